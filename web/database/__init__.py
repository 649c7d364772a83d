"""The database of accounts and the desk."""
