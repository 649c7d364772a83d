"""A reply as a file: one module a format, each with one function of the document."""
