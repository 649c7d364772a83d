"""The files of an index on disk, and how they are read."""
