"""Messages of the pages in other languages than the one that they are written in."""
