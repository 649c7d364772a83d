"""A script for Debian's Python: documents, a line each, then a form feed, then queries, each answered with a number."""

import json
import sys

try:
    import xapian  # type: ignore[import-not-found]  # Debian's package python3-xapian
except ModuleNotFoundError:
    print(
        "wenyuan: xapian is not installed; run this with Debian's Python, which package python3-xapian is for",
        file=sys.stderr,
    )
    sys.exit(2)

TEN = 10
END = "\f"


def main(folder: str) -> None:
    """Index what comes in, and answer ``phrase TEXT`` with a count and ``rank TEXT`` with a document."""
    base = xapian.WritableDatabase(folder, xapian.DB_CREATE_OR_OVERWRITE)
    lines = iter(sys.stdin.readline, "")
    for line in lines:
        text = line.rstrip("\n")
        if text == END:
            break
        document = xapian.Document()
        for place, char in enumerate(text, start=1):
            document.add_posting(char, place)
        for at in range(len(text) - 1):
            document.add_term(text[at : at + 2])
        base.add_document(document)
    base.commit()
    print(json.dumps(0), flush=True)
    enquire = xapian.Enquire(base)
    size = base.get_doccount()
    for line in lines:
        kind, _, text = line.rstrip("\n").partition(" ")
        if kind == "phrase":
            enquire.set_query(xapian.Query(xapian.Query.OP_PHRASE, list(text)))
            print(enquire.get_mset(0, TEN, size).get_matches_estimated(), flush=True)
        else:
            wanted = dict.fromkeys([*text, *(text[at : at + 2] for at in range(len(text) - 1))])
            enquire.set_query(xapian.Query(xapian.Query.OP_OR, list(wanted)))
            found = enquire.get_mset(0, TEN)
            print(found[0].docid - 1 if len(found) else -1, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print("wenyuan: name one folder, which the engine's files are written to", file=sys.stderr)
        sys.exit(2)
    main(sys.argv[1])
