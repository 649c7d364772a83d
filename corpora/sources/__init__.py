"""Sources of files: repositories, folders, archives."""
