"""The embedded store: packs on a disk of this machine, and an inverted index beside them."""
