"""Archives of logs (.zip, .tar and compressed ones) as the folders that they hold.

Members are copied, as they are decompressed, into numbered temporary files that go when we end: no
name of an archive becomes a path. What is refused says why: links and devices, names that lead out,
archives within archives, and all beyond the caps, which count what is really decompressed, also of
what is refused.
"""

from __future__ import annotations

import atexit
import bz2
import gzip
import lzma
import shutil
import stat
import tarfile
import tempfile
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, cast

from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
MAX_MEMBERS = 10_000
MAX_BYTES = 4 << 30
FREE_BYTES = 64 << 20
MAX_RATIO = 200
"""Of the archive's own size, its members may take so much, or 64 MiB, but 4 GiB at most."""
_PIECE = 1 << 20
_DAMAGE = (
    *(OSError, EOFError, RuntimeError, NotImplementedError, ValueError, OverflowError, MemoryError),
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
)
_PACKED: dict[bytes, Callable[[str], IO[bytes]]] = {
    b"\x1f\x8b": gzip.open,  # type: ignore[dict-item]
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_REMARKS = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_MOST_REMARKS = 128 << 10
_TOO_MUCH = "the archive unpacks to too much: the rest is not read"
_MODEL = (".pth", ".npy", "data.pkl", "model.weights.h5")
_SKIPPED = frozenset({"__MACOSX", "__pycache__", ".git"})


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of an archive: its name there, with `/`, and the temporary file that holds it.

    `refused` says why it is not read; then there is no such file.
    """

    name: str
    path: str = ""
    size: int = 0
    mtime_ns: int = 0
    refused: str = ""


@dataclass(frozen=True)
class _Zipped:
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        return self.info.filename

    @property
    def time(self) -> float:
        try:
            return time.mktime((*self.info.date_time, 0, 0, -1))
        except (OverflowError, ValueError):
            return 0.0

    @property
    def refused(self) -> str:
        if stat.S_ISLNK(self.info.external_attr >> 16):
            return "a link: not followed"
        return "is encrypted" if self.info.flag_bits & 1 else ""

    def open(self) -> IO[bytes]:
        return self.archive.open(self.info)


@dataclass(frozen=True)
class _Tarred:
    archive: tarfile.TarFile
    info: tarfile.TarInfo

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def time(self) -> float:
        return float(self.info.mtime)

    @property
    def refused(self) -> str:
        if self.info.issym() or self.info.islnk():
            return "a link: not followed"
        return "" if self.info.isreg() else "not a regular file"

    def open(self) -> IO[bytes]:
        found = self.archive.extractfile(self.info)
        if found is None:
            raise SourceError("not a regular file")
        return found


class _Plain(tarfile.TarInfo):
    """A member whose names and remarks, which are taken into memory, are no longer than those of
    ordinary archives: 200 MB of them are 200 kB of gzip.
    """

    def _proc_member(self, tar: tarfile.TarFile) -> Any:
        if self.type in _REMARKS and self.size > _MOST_REMARKS:
            raise tarfile.ReadError("a member's name or remarks are too long")
        return super()._proc_member(tar)  # type: ignore[misc]


class _BeyondError(Exception):
    """A packed archive was to be read further than it may."""


class _Bounded:
    """A packed archive's own bytes, up to `end`: also what is passed over is unpacked."""

    def __init__(self, stream: IO[bytes], end: int) -> None:
        self._stream = stream
        self._end = end
        self.tell = stream.tell

    def read(self, size: int) -> bytes:
        if self.tell() + size > self._end:
            raise _BeyondError
        return self._stream.read(size)

    def seek(self, place: int) -> int:
        if place > self._end:
            raise _BeyondError
        return self._stream.seek(place)


def stem(name: str) -> str:
    """The name of an archive without its suffixes; empty for what is not named like one."""
    lower = name.lower()
    end = max((len(suffix) for suffix in SUFFIXES if lower.endswith(suffix)), default=0)
    return name[:-end] if end else ""


@cache
def members(path: str, size: int, _mtime_ns: int) -> tuple[Packed, ...] | None:
    """The files of an archive, of that size and time; None for what is no archive of logs.

    Raises SourceError for a damaged one.
    """
    most = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * size))
    try:
        with _opened(path, most + FREE_BYTES) as archive:
            return None if archive is None else tuple(_unpacked(archive, most))
    except _DAMAGE as error:
        raise SourceError(f"no whole archive: {error}", "was it copied completely?") from error


@contextmanager
def _opened(path: str, end: int) -> Iterator[Iterator[_Zipped | _Tarred] | None]:
    if path.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = {info.filename for info in infos}
            if any(name.endswith(_MODEL) for name in names) and len(names) < _FEW:
                yield None  # a checkpoint, which a format reads
            else:
                yield (_Zipped(archive, info) for info in infos if not info.is_dir())
        return
    with Path(path).open("rb") as raw:
        magic = raw.read(6)
    unpack = next((how for start, how in _PACKED.items() if magic.startswith(start)), None)
    # Asked for any compression, the library unpacks zeros as an old kind of xz, for ever.
    with unpack(path) if unpack else Path(path).open("rb") as stream:
        bytes_ = cast("IO[bytes]", _Bounded(stream, end) if unpack else stream)
        with tarfile.open(fileobj=bytes_, mode="r:", tarinfo=_Plain) as tar:
            yield (_Tarred(tar, info) for info in tar if not info.isdir())


_FEW = 12
"""Of fewer members than these, one that holds arrays makes an archive a checkpoint."""


def _unpacked(entries: Iterator[_Zipped | _Tarred], left: int) -> Iterator[Packed]:
    """Each member, copied; the last one of a name that stands twice."""
    found: dict[str, Packed] = {}
    work = left + FREE_BYTES
    try:
        for place, entry in enumerate(entries):
            name = _plain(entry.name)
            if name and _SKIPPED & set(name.split("/")):
                continue
            shown = name or entry.name
            if place >= MAX_MEMBERS:
                said = f"an archive of over {MAX_MEMBERS:,} files: the rest is not read"
                found[shown] = Packed(shown, refused=said)
                break
            refused = (not name and "its name leads out of the archive") or _refused(name, entry)
            member = Packed(shown, refused=refused) if refused else _copied(name, entry, left)
            found[shown] = member
            left -= member.size if member.path else 0
            work -= member.size
            if work < 0:
                found["..."] = Packed("...", refused=_TOO_MUCH)
                break
    except _BeyondError:
        found["..."] = Packed("...", refused=_TOO_MUCH)
    yield from found.values()


def _plain(name: str) -> str:
    """A name below the archive's own top; empty for one that leads out of it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0] or "\0" in name:
        return ""
    return "/".join(parts)


def _refused(name: str, entry: _Zipped | _Tarred) -> str:
    return entry.refused or ("an archive within an archive: not unpacked" if stem(name) else "")


def _copied(name: str, entry: _Zipped | _Tarred, left: int) -> Packed:
    """The member in a file of its own, or why it is not; what is there of a damaged one."""
    target = _folder() / str(next(_numbers()))
    size = 0
    try:
        with entry.open() as stream, target.open("wb") as kept:
            while piece := stream.read(min(_PIECE, left + 1 - size)):
                size += len(piece)
                if size > left:
                    target.unlink()
                    said = "too large: the archive holds more than is read"
                    return Packed(name, size=size, refused=said)
                kept.write(piece)
    except _DAMAGE as error:
        target.unlink(missing_ok=True)
        return Packed(name, size=size, refused=f"is damaged: {str(error) or type(error).__name__}")
    return Packed(name, str(target), size, int(entry.time * 1e9))


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="tbingest-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def _numbers() -> Iterator[int]:
    return iter(range(1 << 62))
