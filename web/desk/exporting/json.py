"""JSON: the document itself."""

from __future__ import annotations

import json as library

from web.desk.document import ReplyDocument, to_data

MEDIA_TYPE = "application/json"


def json(document: ReplyDocument) -> bytes:
    """Return the reply as JSON."""
    return library.dumps(to_data(document), ensure_ascii=False, indent=2).encode()
