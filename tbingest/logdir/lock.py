"""One tbingest at a time writes into a logdir."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.errors import OutputError
from tbingest.logdir import state_files
from tbingest.logdir.files import STATE_FOLDER, cannot_write, make_folders, sync_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    Buffer = bytes | bytearray | memoryview


_LOCK_SECONDS = 10.0


@contextmanager
def locked(logdir: str) -> Iterator[None]:
    """Hold the one lock of a logdir, which is made where it is missing.

    Raises OutputError where it cannot be written, or another tbingest holds it for 10 seconds.
    """
    from filelock import FileLock, Timeout

    folder = Path(logdir, STATE_FOLDER)
    holder = folder / "holder"
    try:
        sync_all(make_folders(logdir, STATE_FOLDER))
        lock = folder / "lock"
        if lock.is_symlink() or (lock.exists() and not lock.is_file()):
            lock.unlink()  # whoever brought the logdir may have left a link, or a pipe
        with FileLock(lock, timeout=_LOCK_SECONDS):
            said = f"process {os.getpid()} on {platform.node()}"
            state_files.write(holder, said.encode(), durable=False)
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        raise OutputError(
            f"{logdir}: another tbingest is writing here{_said_by(holder)}",
            "wait for it, or use another --logdir",
        ) from None
    except OSError as error:
        raise cannot_write(logdir, error) from error


def _said_by(holder: Path) -> str:
    try:
        return f": {(state_files.read(holder) or b'').decode()[:200]}"
    except (OSError, ValueError):
        return ""  # it has just ended
