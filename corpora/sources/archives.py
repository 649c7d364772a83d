"""Unpacking archives of texts within bounds, with nothing outside the folder that is named."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Self

MAX_ENTRIES = 400_000
"""Files, folders and what is left out, all of which have to be gone through."""
MAX_BYTES = 4 << 30
"""The most that is unpacked of one archive, however small the archive is."""
MAX_NAME = 400
_MAX_HEADER = 16 << 10
"""Bytes of what goes before a member and says more of it, such as a long name."""
_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_UNREADABLE = (
    *(tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, ValueError, RecursionError),
    # ``tarfile`` on headers that are cut off, or that lie; the last one where its own handling of errors fails.
    *(TypeError, LookupError, ArithmeticError, AttributeError),
)


class ArchiveFailure(Exception):
    """An archive can't be unpacked; the message is one line that names it and says why."""


def unpack(archive: Path, folder: Path) -> int:
    """Unpack the files of a tar archive, compressed or not, into ``folder``; how many there were.

    Folders are made as files need them. Hidden files are left out.

    Raises:
        ArchiveFailure: it is no archive, holds a link, a device or a name that leads elsewhere, or is too large.
    """
    entries = files = size = 0
    try:
        with tarfile.open(archive, "r|*", tarinfo=_Member) as members:
            for member in members:
                entries += 1
                size += max(member.size, 0)
                if entries > MAX_ENTRIES or size > MAX_BYTES:
                    raise ArchiveFailure(f"{archive}: more than {MAX_ENTRIES} entries or {MAX_BYTES >> 30} GiB")
                name = PurePosixPath(member.name)
                if member.isdir() or any(part.startswith(".") and part not in (".", "..") for part in name.parts):
                    continue
                if not member.isreg() or member.size < 0:
                    raise ArchiveFailure(f"{archive}: {_shown(member)} is a link or no plain file")
                if name.is_absolute() or ".." in name.parts or len(member.name) > MAX_NAME or "\0" in member.name:
                    raise ArchiveFailure(f"{archive}: {_shown(member)} leads out of the folder or is too long a name")
                files += 1
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                content = members.extractfile(member)
                assert content is not None, "it is a regular file"
                with target.open("xb") as file:
                    shutil.copyfileobj(content, file)
    except _UNREADABLE as error:
        raise ArchiveFailure(f"{archive}: no archive that can be read ({error})") from error
    except OSError as error:
        # What is wrong in compressed data comes as an OSError without a number, too.
        raise ArchiveFailure(f"{archive}: {error.strerror or error}") from error
    return files


class _Member(tarfile.TarInfo):
    """A member whose headers are bounded: ``tarfile`` reads them whole, long names and lists of holes too."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Parse the member, or the header of one, that begins here."""
        found = super().frombuf(buf, encoding, errors)
        if found.type == tarfile.GNUTYPE_SPARSE or (found.type in _HEADERS and found.size > _MAX_HEADER):
            raise ValueError(f"a file with holes, or a header of over {_MAX_HEADER >> 10} KiB")
        return found


def _shown(member: tarfile.TarInfo) -> str:
    return repr(member.name[:80])
