"""Files below the logdir: found, written whole, appended to, copied in."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.errors import OutputError, SourceError
from tbingest.sources.discover import is_event_file, is_ours
from tbingest.sources.handles import opened, read_at, sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Buffer = bytes | bytearray | memoryview

_PIECE = 1 << 20


def event_files(logdir: str) -> list[Path]:
    """Regular files that TensorBoard takes for event files."""
    found = []
    for folder, _, names in os.walk(logdir):
        paths = [Path(folder, name) for name in names if is_event_file(name)]
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
    return sorted(found)


def foreign_files(logdir: str, run: str) -> list[Path]:
    """The event files in a run's own folder that tbingest did not make."""
    folder = Path(logdir, run)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if is_event_file(path.name) and not is_ours(path.name)]


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a mebibyte at a time."""
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def piece_of(path: str, start: int, stop: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from `start` to `stop`, a mebibyte at a time; a link is not followed."""
    handle = opened(path)
    try:
        while stop is None or start < stop:
            piece = read_at(handle, _PIECE if stop is None else min(_PIECE, stop - start), start)
            if not piece:
                return
            yield piece
            start += len(piece)
    finally:
        os.close(handle)


def is_logdir(path: Path) -> bool:
    """True for a folder that tbingest has written, or that holds only event files."""
    if not path.is_dir():
        return False
    if (path / STATE_FOLDER).is_dir():
        return True
    found = False
    for _, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if is_event_file(name):
                found = True
            elif not name.startswith("."):
                return False
    return found


STATE_FOLDER = ".tbingest"


_COMPARED = 1 << 20


def cannot_write(logdir: str, error: OSError) -> OutputError:
    """The error that says so, and what to do."""
    hint = "check free space and permissions"
    if isinstance(error, NotADirectoryError | FileExistsError):
        hint = "name a folder with --logdir"
    return OutputError(f"{logdir}: cannot be written: {error.strerror}", hint)


def put(logdir: str, run: str, files: Mapping[str, bytes]) -> None:
    """Write whole files beside a run's event file, each in place of the one that was there.

    Names are below the run's folder, with `/`. The logdir's lock is held. Raises OutputError.
    """
    for name, data in files.items():
        path = Path(logdir, run, name)
        temporary = path.with_name(f".{path.name}.new")
        try:
            sync_all(make_folders(logdir, str(Path(run, name).parent)))
            temporary.unlink(missing_ok=True)  # it may be a link
            with temporary.open("xb") as stream:
                stream.write(data)
            temporary.replace(path)
        except OSError as error:
            raise cannot_write(str(path), error) from error


def copy_in(logdir: str, run: str, name: str, path: str) -> int | None:
    """Append to a run's event file what the one at `path` has beyond it; the bytes, or None where
    other bytes stand there. A file that was copied before gives 0. The logdir's lock is held.

    Raises SourceError or OutputError where one of them cannot be opened, or is a link.
    """
    target = os.path.join(logdir, run, name)  # noqa: PTH118 - names hold any bytes
    try:
        source = opened(path)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}") from error
    try:
        sync_all(make_folders(logdir, run))
        handle = opened(target, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            return _copy(source, handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        os.close(source)


def _copy(source: int, target: int) -> int | None:
    new, there = os.fstat(source), os.fstat(target)
    if not stat.S_ISREG(new.st_mode) or not stat.S_ISREG(there.st_mode):
        return None
    if os.path.samestat(new, there):
        return 0
    place = 0
    while place < there.st_size:
        piece = read_at(source, min(_COMPARED, there.st_size - place), place)
        if not piece or not _stands(target, place, memoryview(piece)):
            return None
        place += len(piece)
    while piece := read_at(source, _COMPARED, place):
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(target, rest) :]
        place += len(piece)
    os.fsync(target)
    return place - there.st_size


def _stands(handle: int, offset: int, expected: memoryview) -> bool:
    """True where exactly these bytes stand at `offset`."""
    done = 0
    while done < len(expected):
        piece = read_at(handle, min(_COMPARED, len(expected) - done), offset + done)
        if not piece or piece != expected[done : done + len(piece)]:
            return False
        done += len(piece)
    return True


def make_folders(logdir: str, name: str) -> list[str]:
    """Make a folder below the logdir; nothing on the way below it may be a symbolic link.

    Gives the folders that hold new ones, which the disk may not know of yet: see `sync_all`.
    """
    missing = [folder for folder in (Path(logdir), *Path(logdir).parents) if not folder.exists()]
    made = [str(folder) for folder in reversed(missing)]
    for folder in made:
        Path(folder).mkdir(exist_ok=True)
    path = logdir
    for part in name.split("/"):
        path = os.path.join(path, part)  # noqa: PTH118
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            Path(path).mkdir(exist_ok=True)
            made.append(path)
            continue
        if not stat.S_ISDIR(mode):
            raise OutputError(f"{path}: is not a folder", "tbingest follows no links in a logdir")
    return [os.path.dirname(folder) or "." for folder in made]  # noqa: PTH120


def is_own_folder(logdir: str, name: str) -> bool:
    """True where no part of a folder below the logdir is a link."""
    path = logdir
    for part in name.split("/"):
        path = os.path.join(path, part)  # noqa: PTH118
        if part == ".." or os.path.islink(path):  # noqa: PTH114
            return False
    return True


def sync_all(paths: Iterable[str]) -> None:
    """Make files and folders durable."""
    for path in paths:
        sync(path)


def size_of(path: str) -> int:
    """The size of a file, which may be a link; -1 where there is none."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1


def mode_of(path: str) -> int:
    """The mode of a file, which may be a link; 0 where there is none."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0
