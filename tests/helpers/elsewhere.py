"""`python elsewhere.py ARGUMENTS`: tbingest where the system is none of ours, as far as one can say
so on Linux.

What Windows and macOS lack is taken away before tbingest is imported. What they do otherwise is
done so: handles that are not said to be bytes are refused, files that are open are not replaced, a
folder has no handle, texts are cp1252 with CR LF, and an entry of a folder does not know which file
it is.
"""

from __future__ import annotations

import builtins
import errno
import io
import multiprocessing.popen_spawn_posix
import multiprocessing.resource_tracker
import multiprocessing.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent import futures
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

import filelock
import matplotlib.backends.backend_agg
import numpy as np
import pandas as pd
import PIL.Image
import tensorboard.compat.proto.event_pb2
import tensorboardX.summary
import watchfiles

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = ("fcntl", "grp", "posix", "pwd", "resource", "termios")
_OF_OS = """O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC chown fchdir fchmod fchown fdatasync
    fork forkpty getegid geteuid getgid getloadavg getpgid getpgrp getuid initgroups killpg lchown
    mkfifo mknod nice posix_fadvise pread preadv pwrite pwritev sched_getaffinity sendfile setsid
    statvfs sync sysconf uname wait4""".split()
_OF_SIGNAL = """ITIMER_REAL SIGALRM SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 alarm pause
    setitimer sigwait""".split()
_KNOWN = {signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGINT, signal.SIGSEGV} | {
    signal.SIGTERM
}
_O_BINARY = 1 << 30
_NO_NAME = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')
_OURS = f"{os.sep}tbingest{os.sep}"


def _refuse(code: int, path: object) -> OSError:
    return OSError(code, os.strerror(code), str(path))


def _hide() -> None:
    for name in _MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in _OF_OS:
        delattr(os, name)
    for name in _OF_SIGNAL:
        delattr(signal, name)
    shutil._use_fd_functions = False  # type: ignore[attr-defined]
    shutil._USE_CP_SENDFILE = False  # type: ignore[attr-defined]
    os.supports_dir_fd.clear()


def _keep_lock() -> None:
    """`filelock` has a lock of its own for each system, and here only that for this one."""
    kept = ModuleType("os")
    kept.__dict__.update(vars(os))
    for name, module in sys.modules.items():
        if name.startswith("filelock") and hasattr(module, "os"):
            module.os = kept


def _handles() -> None:
    import posix

    def opened(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        called = sys._getframe(1).f_code.co_filename
        if _OURS in called and not flags & _O_BINARY:
            raise AssertionError(f"{called} opens {path} as text")
        if Path(path).is_dir():
            raise _refuse(errno.EACCES, path)
        if flags & os.O_CREAT:
            _name(path)
        return posix.open(path, flags & ~_O_BINARY, mode, **more)

    def fsync(handle: int) -> None:
        if writes(handle):
            posix.fsync(handle)
        else:
            raise _refuse(errno.EBADF, handle)

    from fcntl import F_GETFL, fcntl

    def writes(handle: int) -> bool:
        return bool(fcntl(handle, F_GETFL) & (os.O_WRONLY | os.O_RDWR))

    os.O_BINARY = _O_BINARY  # type: ignore[attr-defined]
    os.open, os.fsync = opened, fsync  # type: ignore[assignment]


def _name(path: Any) -> None:
    name = Path(path).name
    if _NO_NAME.search(name):
        raise _refuse(errno.EINVAL, path)


def _held_open() -> None:
    """No file that is open is replaced or removed."""
    import posix

    def free(path: Any) -> None:
        wanted = os.path.realpath(os.fspath(path))
        for handle in posix.listdir("/proc/self/fd"):
            try:
                held = posix.readlink(f"/proc/self/fd/{handle}")
            except OSError:
                continue
            if held == wanted:
                raise _refuse(errno.EACCES, path)

    def replace(source: Any, target: Any, **more: Any) -> None:
        _name(target)
        free(source)
        free(target)
        posix.replace(source, target, **more)

    def rename(source: Any, target: Any, **more: Any) -> None:
        if os.path.lexists(target):
            raise _refuse(errno.EEXIST, target)
        replace(source, target, **more)

    def unlink(path: Any, **more: Any) -> None:
        free(path)
        posix.unlink(path, **more)

    def mkdir(path: Any, mode: int = 0o777, **more: Any) -> None:
        _name(path)
        posix.mkdir(path, mode, **more)

    os.replace, os.rename, os.unlink, os.remove, os.mkdir = replace, rename, unlink, unlink, mkdir


class _Entry:
    """An entry that knows its kind, and of its file only what the folder holds."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self._entry = entry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        found = list(self._entry.stat(follow_symlinks=follow_symlinks))
        found[1:4] = [0, 0, 0]  # inode, device, links
        found[6] = 0  # the size when it was last closed
        return os.stat_result(found)


class _Entries:
    def __init__(self, found: Any) -> None:
        self._found = found

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._found))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._found.close()


def _folders() -> None:
    import posix

    os.scandir = lambda path=".": _Entries(posix.scandir(path))  # type: ignore[assignment]


def _texts() -> None:
    plain = io.open

    def opened(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        if isinstance(file, str) and file.startswith("/proc"):
            raise _refuse(errno.ENOENT, file)
        if set(mode) & set("wxa") and not isinstance(file, int):
            _name(file)
        if "b" not in mode and len(more) < 2 and named.get("encoding") in {None, "locale"}:
            named["encoding"] = "cp1252"
        if "b" not in mode and mode[0] in "wxa" and len(more) < 4 and not named.get("newline"):
            named.setdefault("newline", "\r\n")
        return plain(file, mode, *more, **named)

    builtins.open = io.open = opened


def _signals() -> None:
    plain, kill = signal.signal, os.kill

    def handle(number: int, handler: Any) -> Any:
        if number not in _KNOWN:
            raise ValueError("invalid signal value")
        return plain(number, handler)

    def send(process: subprocess.Popen[Any], number: int) -> None:
        if number != signal.SIGTERM:
            raise ValueError(f"Unsupported signal: {number}")
        if process.poll() is None:
            kill(process.pid, 9)

    signal.signal = handle
    subprocess.Popen.send_signal = send  # type: ignore[method-assign]
    subprocess.Popen.kill = lambda self: send(self, signal.SIGTERM)  # type: ignore[method-assign]


def take_away() -> None:
    """From now on it is another system; what others made for this one is there already."""
    assert all(
        (multiprocessing.resource_tracker, futures.ProcessPoolExecutor, tempfile, watchfiles)
    )
    assert all((filelock, np, pd, PIL.Image, matplotlib, tensorboard, tensorboardX))
    beside = str(Path(__file__).parent)
    sys.path[:] = [path for path in sys.path if path != beside]
    for change in (_keep_lock, _handles, _held_open, _folders, _texts, _signals, _hide):
        change()


if __name__ in {"__main__", "__mp_main__"}:  # the latter in a process that reads beside the first
    take_away()

if __name__ == "__main__":
    from tbingest.cli import run

    sys.exit(run(sys.argv[1:]))
