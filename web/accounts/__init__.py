"""People: accounts and their roles, logging in, and the audit log. Searching needs none of it."""
