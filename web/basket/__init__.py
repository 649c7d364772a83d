"""The basket: places that somebody keeps, with an account in the database, without one in their browser."""
