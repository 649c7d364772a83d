"""Where things stand, where nobody says otherwise."""

STATE = "data"
DATABASE = "data/wenyuan.sqlite"
