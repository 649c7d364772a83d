"""Default paths."""

STATE = "data"
DATABASE = "data/wenyuan.sqlite"
PARTS = ("database", "key", "collections", "letterhead", "index")
"""The parts of a site, in the order in which a backup takes them and a restoration puts them back."""
