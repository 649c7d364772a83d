"""Citations of places in the texts: for readers on every hit and page, and for the desk's replies."""
