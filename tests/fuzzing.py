"""Files as they come when something or somebody has harmed them."""

from __future__ import annotations

import random

WILD = (
    *(
        b"\xff\xfe",
        b"\0",
        b"\x1b[2J",
        b"\xf0\x9f",
        b"\xed\xa0\x80",
        b"\x81\x30",
        b"\xef\xbb\xbf",
        "黑龍江".encode("gb18030"),
    ),
    *(b"{" * 9, b"[" * 9, b"(" * 9, b")", b"/", b"<pb:", b"<pb:a_b_c>", b"&", b"&KR1;", b"[a-b]", "¶".encode()),
    *(
        b"---\n",
        b"#+",
        b"#+PROPERTY: JUAN 2\n",
        b"# ",
        b"```\n",
        b"!!int ",
        b"&a ",
        b"*a",
        b"? ",
        b": ",
        b"| ",
        b"'",
        b'"',
    ),
    *(b"1e999", b"-1", b"9" * 30, b"null", b"\\ud800", b"\\u0000", b"\\UFFFFFFFF", b"\r", b"\n", b"\t"),
)
"""What means something to one format or another."""


def harmed(content: bytes, chance: random.Random) -> bytes:
    """The content with some of it changed, cut off, taken out, doubled, nested, moved or made up."""
    data = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.randrange(1, 12 if chance.random() < 0.8 else 400))
        piece = bytes(data[at:end])
        match chance.randrange(8):
            case 0:
                del data[at:end]
            case 1:
                data[at:end] = piece * 3
            case 2 | 3:
                data[at:end] = chance.choice(WILD)
            case 4:
                data[at:at] = chance.choice(WILD) * chance.randrange(1, 50)
            case 5:
                data[at:end] = chance.randbytes(4)
            case 6 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case _:
                data[at:at] = data[chance.randrange(len(data) + 1) :][:100]
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.1 else data)
