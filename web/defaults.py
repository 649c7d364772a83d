"""Where things stand, where nobody says otherwise."""

DATABASE = "data/wenyuan.sqlite"
