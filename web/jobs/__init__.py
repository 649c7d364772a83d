"""Long work: jobs that people begin on a page, done in steps by a process beside those that answer."""
