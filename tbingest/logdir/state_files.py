"""Files in the state's folder: read and written without following a link or waiting for a pipe."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from tbingest.sources.handles import opened

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 1 << 30


def read(path: Path) -> bytes | None:
    """What a file holds; None where it is not there. Raises OSError where it is no plain file."""
    if path.parent.is_symlink():
        raise OSError("the folder of the state is a link")
    try:
        handle = opened(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(handle, "rb") as stream:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or info.st_size > _MOST:
            raise OSError("no plain file")
        return stream.read()


def write(path: Path, data: bytes, *, durable: bool) -> None:
    """Put a file in place of what bears its name, whatever that is. Raises OSError."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    handle = opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        if durable:
            stream.flush()
            os.fsync(handle)
    temporary.replace(path)


def append(path: Path, data: bytes) -> None:
    """Append to a file that `write` made. Raises OSError."""
    handle = opened(path, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
