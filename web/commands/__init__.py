"""The command line: one module an area, loaded when its command is called."""
