"""Zip archives that hold arrays: opened once, checked before anything is unpacked."""

from __future__ import annotations

import io
import struct
import weakref
import zipfile
import zlib
from contextlib import contextmanager
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any, cast

from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.tensors import Opener

_LOCAL_HEADER = 30
_MAX_NAME = 1024
_FAR = 1 << 60
_MAX_MEMBERS = 200_000
_MAX_DIRECTORY = 64 << 20
_TAIL = (64 << 10) + 22 + 20 + 56  # a comment, and the three records of an end
_FREE = 64 << 20
_MAX_RATIO = 200
_READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def opened(open_: Opener) -> zipfile.ZipFile:
    """The archive, whose file is closed with it.

    Raises SourceError for one that is damaged, too large, or whose members lie over each other.
    """
    stream = open_()
    try:
        _check_directory(stream)
        archive = zipfile.ZipFile(stream)
        _check(archive.infolist())
    except _DAMAGE as error:
        stream.close()
        raise SourceError(f"no whole zip archive: {error}", "was it copied completely?") from error
    except BaseException:
        stream.close()
        raise
    weakref.finalize(archive, stream.close)
    return archive


def first_member(data: bytes) -> str:
    """The name of the first member of an archive that begins with `data`; empty for any other."""
    if not data.startswith(b"PK\x03\x04") or len(data) < _LOCAL_HEADER:
        return ""
    (length,) = struct.unpack("<H", data[26:28])
    return data[_LOCAL_HEADER : _LOCAL_HEADER + length].decode("utf-8", "replace")


def _check_directory(stream: IO[bytes]) -> None:
    """Hold the directory to its caps before Python's own reader makes objects of it."""
    if not stream.seekable():
        raise SourceError("is compressed as a whole and cannot be searched", "unpack it first")
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return
    (length,) = struct.unpack_from("<I", tail, at + 12)
    end = size - len(tail) + at
    large = tail.rfind(b"PK\x06\x06", 0, at)
    if large >= 0 and len(tail) >= large + 56:
        (length,) = struct.unpack_from("<Q", tail, large + 40)
        end = size - len(tail) + large
    if length > _MAX_DIRECTORY:
        raise SourceError(f"a zip archive whose directory is {length >> 20:,} MiB long")
    stream.seek(max(0, end - length))
    _check_count(stream.read(length).count(b"PK\x01\x02"))


def _check_count(count: int) -> None:
    if count > _MAX_MEMBERS:
        raise SourceError(f"a zip archive of {count:,} members, more than are read")


def visible_members(data: bytes) -> list[str]:
    """The names of the members whose headers lie in the beginning `data` of an archive."""
    if not first_member(data):
        return []
    found = []
    place = 0
    while (place := data.find(b"PK\x03\x04", place)) >= 0:
        if name := first_member(data[place : place + _MAX_NAME]):
            found.append(name)
        place += 4
    return found


def _check(members: list[zipfile.ZipInfo]) -> None:
    _check_count(len(members))
    if len({member.filename for member in members}) < len(members):
        raise SourceError("a zip archive that holds a name twice")
    if any(not 0 <= member.header_offset < _FAR for member in members):
        raise SourceError("a zip archive whose members lie outside of it")
    places = sorted(
        (member.header_offset, member.header_offset + _LOCAL_HEADER + member.compress_size)
        for member in members
    )
    if any(end > begin for (_, end), (begin, _) in pairwise(places)):
        raise SourceError("a zip archive whose members lie over each other")


def oversized(member: zipfile.ZipInfo) -> str:
    """Why a member is not unpacked, or an empty string."""
    if member.compress_type not in _READ:
        return "is compressed in a way that no writer of arrays uses"
    if member.file_size <= max(_FREE, _MAX_RATIO * member.compress_size):
        return ""
    return f"unpacks to {member.file_size >> 20} MiB, which is out of proportion"


def opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opener:
    """Opens a member for reading; damage raises SourceError."""

    @contextmanager
    def one() -> Iterator[IO[bytes]]:
        try:
            with archive.open(member) as stream:
                yield stream
        except _DAMAGE as error:
            raise SourceError(f"damaged zip archive: {error}") from error

    return cast("Opener", one)


def part(stream: IO[bytes], begin: int, size: int) -> IO[bytes]:
    """`size` bytes of a file from `begin` on as a file of their own, which closes it."""
    return cast("IO[bytes]", io.BufferedReader(_Part(stream, begin, size)))


class _Part(io.RawIOBase):
    """A part of a file as a file of its own, which closes it."""

    def __init__(self, stream: IO[bytes], begin: int, size: int) -> None:
        self._stream, self._begin, self._size, self._at = stream, begin, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, space: Any) -> int:
        wanted = max(0, min(len(space), self._size - self._at))
        self._stream.seek(self._begin + self._at)
        got = int(cast("Any", self._stream).readinto(memoryview(space)[:wanted]) or 0)
        self._at += got
        return got

    def close(self) -> None:
        self._stream.close()
        super().close()


def data_offset(open_: Opener, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member lie that is stored as it is.

    Raises SourceError for a compressed one, or a damaged header.
    """
    if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
        raise SourceError(
            f"member {member.filename!r} is compressed, so that it cannot be read in place"
        )
    with open_() as stream:
        stream.seek(member.header_offset)
        header = stream.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise SourceError("damaged zip archive: a member has no header")
    name, extra = struct.unpack("<HH", header[26:30])
    return int(member.header_offset + _LOCAL_HEADER + name + extra)
