"""Letters that the site writes: one queue in the database, which any process may work off, and none sends twice.

A letter says of itself what it is (:class:`web.letters.models.LetterKind`). Who decides on one of which nobody knows
whether it arrived is for the area that wrote it.
"""
