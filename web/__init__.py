"""Pages for people, JSON for programs, and the command line."""
