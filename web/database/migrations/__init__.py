"""Migrations: how the tables came to be as they are, one file a step in ``versions/``, run by Alembic.

To change a table: change its class, and write the next file in ``versions/``, numbered on and naming the one before as
``down_revision``. There is one row of steps, without branches; what stands in a released one is never changed, and no
way leads back but a copy. A test holds the tables that the steps make to the classes, on every kind of database.
"""
