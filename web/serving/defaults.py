"""Where things stand, where nobody says otherwise."""

STATE = "data"
DATABASE = "data/wenyuan.sqlite"
PARTS = ("database", "key", "collections", "letterhead", "index")
"""What a site is made of, in the order in which a backup takes it and a restoration puts it back."""
