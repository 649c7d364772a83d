"""Tables: what searches and analyses find, one module each, as rows with what they are of."""
