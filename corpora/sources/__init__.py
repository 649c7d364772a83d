"""Where files come from: repositories, folders, archives."""
