"""A shelf of one's own: what readers keep, in the database with an account, in their browser without one."""
