"""Files by their handles, whatever the system: as bytes, without following a link or waiting.

Windows takes for text what is not said to be bytes, follows every link, reads only where a handle
stands, and makes durable only what is open for writing.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BYTES: int = getattr(os, "O_BINARY", 0)
_NO_LINKS: int = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)


def opened(path: str | Path, flags: int = os.O_RDONLY, *, links: bool = False) -> int:
    """A handle of a file's bytes, which waits for no pipe; a link is followed only with `links`.

    Raises OSError.
    """
    if not links and not _NO_LINKS and os.path.islink(path):  # noqa: PTH114 - names hold any bytes
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, flags | _BYTES | _NO_WAIT | (0 if links else _NO_LINKS), 0o644)


def read_at(handle: int, size: int, place: int) -> bytes:
    """Up to `size` bytes from `place` on; where the handle stands is not to be relied on."""
    if hasattr(os, "pread"):
        return os.pread(handle, size, place)
    os.lseek(handle, place, os.SEEK_SET)
    return os.read(handle, size)


def sync(path: str | Path) -> None:
    """Make a file or a folder durable; Windows opens no folders. Raises OSError."""
    if _BYTES and os.path.isdir(path):  # noqa: PTH112
        return
    handle = os.open(path, (os.O_RDWR if _BYTES else os.O_RDONLY) | _BYTES)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def facts_of(entry: os.DirEntry[str]) -> os.stat_result:
    """What the system knows of an entry of a folder, not of what a link leads to. Raises OSError.

    Windows keeps no identity there, and the size that a file had when it was last closed.
    """
    info = entry.stat(follow_symlinks=False)
    return info if info.st_ino or stat.S_ISLNK(info.st_mode) else os.lstat(entry.path)
