"""Care of an index: repair, backup, declarations of access."""
