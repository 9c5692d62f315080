"""What a log must never lead to: something run, a socket, a file written outside of its room."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = (
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"),
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "os.symlink", "os.chmod"),
)
ELSEWHERE = "/etc/passwd"
"""What the inputs name that lie about where their numbers are."""
_WATCHING: list[list[str]] = []
_HOOKED: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _WATCHING:
        return
    if event in RUNS and "hdf5_child.py" not in repr(arguments):  # our own, with limits
        _WATCHING[-1].append(f"{event} {arguments!r}"[:200])
    elif event == "open" and isinstance(arguments[0], str) and isinstance(arguments[2], int):
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        room = arguments[0].startswith((tempfile.gettempdir(), "/dev/null"))
        if (writes and not room and not arguments[0].endswith(".pyc")) or arguments[0].startswith(
            ELSEWHERE
        ):
            _WATCHING[-1].append(f"open {arguments[0]}")


@contextmanager
def watched() -> Iterator[list[str]]:
    """What is done meanwhile that must not be: an audit hook stays for good, so there is one."""
    if not _HOOKED:
        sys.addaudithook(_hook)
        _HOOKED.append(True)
    _WATCHING.append([])
    try:
        yield _WATCHING[-1]
    finally:
        _WATCHING.pop()
