"""Walk the given paths and say for every file whether it is to be read, and if not, why.

Nothing outside the given roots is touched: symbolic links found on the way are not followed, and
only regular files are opened.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.errors import SourceError, UsageError
from tbingest.model.rows import Ignored
from tbingest.sources import archive
from tbingest.sources.handles import facts_of
from tbingest.sources.stdin import standard_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "-"
EVENT_FILE = "already an event file"
"""Why an event file is not read."""
EMPTY = "empty"
NO_FILES = "holds no files"
PROJECTOR, PROJECTOR_FOLDER = "projector_config.pbtxt", "projector"
"""What a run's folder holds for TensorBoard's Projector."""
MET = "the same file was met before"
EXCLUDED = "in --exclude"
NOT_INCLUDED = "not in --include"
_SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".tbingest", ".venv", "__pycache__", "node_modules"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read: `path` opens it, `name` is its path below `root`, with `/`.

    `shown` is how the user would write it. A root that is a single file has `single` set; the
    standard input has the root `-`, and no time. `identity` is (device, inode), which a rename
    keeps; `ctime_ns` is when the file or what is said of it last changed, which no program sets.
    `as_log` says that it is read, though it is an event file; `archived` that `path` is a copy of
    what an archive holds.
    """

    path: str
    name: str
    root: str
    shown: str
    size: int = 0
    mtime_ns: int = 0
    single: bool = False
    identity: tuple[int, int] = (0, 0)
    as_log: bool = False
    archived: bool = False
    ctime_ns: int = 0

    @property
    def is_copied(self) -> bool:
        """True for an event file that is not read but copied as it is."""
        return not self.as_log and is_event_file(self.name.rpartition("/")[2])

    @property
    def folder(self) -> str:
        """The folder part of `name`, empty at the root."""
        return self.name.rpartition("/")[0]

    @property
    def root_name(self) -> str:
        """The last part of the root's own path: the run's name for what lies at the root."""
        name = Path(self.root).name
        return (self.archived and archive.stem(name)) or name or "root"


def is_event_file(base: str) -> bool:
    """True for a name that TensorBoard takes for an event file."""
    return "tfevents" in base


def is_ours(base: str) -> bool:
    """True for the name of an event file that tbingest made."""
    return ".tbingest." in base


@dataclass(frozen=True, slots=True)
class Filters:
    """Globs over names below the root, and the logdir, whose own output is never read.

    `adopt` says that event files are copied: but those of our own making; `events` that they are
    read wherever they lie, `ours` those of our own making, too. Else those are read that are named,
    or that are all a path holds. `live` takes what of the standard input is there, and does not
    wait for its end.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    logdir: str = ""
    adopt: bool = False
    events: bool = False
    ours: bool = False
    live: bool = False

    def refusal(self, name: str) -> str:
        """Why a name is filtered out, or an empty string."""
        if self.include and not name_matches(name, self.include):
            return NOT_INCLUDED
        if name_matches(name, self.exclude):
            return EXCLUDED
        return ""


def name_matches(name: str, globs: Sequence[str]) -> bool:
    """True where a glob matches a name below the root, its end, or its last part."""
    base = name.rpartition("/")[2]
    return any(
        fnmatchcase(name, glob) or fnmatchcase(base, glob) or fnmatchcase(name, f"*/{glob}")
        for glob in globs
    )


def discover(
    paths: Sequence[str | os.PathLike[str]], filters: Filters
) -> Iterator[Source | Ignored]:
    """Every file below `paths`, in sorted order.

    Raises UsageError for a path that does not exist or no path at all.
    """
    if not paths:
        raise UsageError("no path was given", "name a file or a folder: tbingest convert logs/")
    seen: set[tuple[int, int]] = set()
    for given in paths:
        text = os.fspath(given)
        _check(text)
        if text == STDIN:
            yield _spooled(live=filters.live)
            continue
        path = Path(text)
        if not path.exists() and filters.live:
            yield Ignored(text, "is not there (yet)", failed=True)
            continue
        if not path.exists():
            raise UsageError(f"{text}: no such file or folder", "check the path")
        if path.is_dir():
            found = _walk(path, _for_events(path, filters), seen)
            yield next(found, Ignored(text, NO_FILES, failed=True))
            yield from found
        else:
            yield from _named(path, text, filters, seen)


def _for_events(path: Path, filters: Filters) -> Filters:
    """The filters, where all that a folder holds are event files, so that they are meant."""
    if filters.adopt or os.path.realpath(path) == filters.logdir:
        return filters
    whole = holds_only_events(path)
    return replace(filters, events=filters.events or whole, ours=whole)


def holds_only_events(path: Path) -> bool:
    """True for a folder with event files and with no other ones but hidden ones, or those of the
    Projector.
    """
    found = False
    for folder, folders, names in os.walk(path):
        if PROJECTOR in names:
            names = [name for name in names if is_event_file(name)]  # noqa: PLW2901
            folders[:] = [name for name in folders if name != PROJECTOR_FOLDER]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if is_event_file(name) and not Path(folder, name).is_symlink():
                found = True
            elif not name.startswith("."):
                return False
    return found


def _check(path: str) -> None:
    """Raises UsageError for what is no path: the empty one would mean the working directory."""
    if not path:
        raise UsageError("a path is empty", "is a variable of the command line not set?")
    if "://" in path:
        raise UsageError(
            f"{path}: is an address, and only files and folders are read",
            "download it first, and name the file",
        )


def _spooled(*, live: bool) -> Source | Ignored:
    spool = standard_input()
    if not live:
        spool.wait()
    if not spool.size:
        return Ignored(STDIN, "empty", failed=True)
    return Source(spool.path, "stdin", STDIN, STDIN, spool.size, single=True)


def _named(
    path: Path, text: str, filters: Filters, seen: set[tuple[int, int]]
) -> Iterator[Source | Ignored]:
    """A file that was named: itself, or what an archive holds."""
    found = _single(path, text, filters, seen)
    if isinstance(found, Source):
        within = _archived(replace(found, root=str(path.resolve())), "", filters)
        if within is not None:
            yield from within or [Ignored(text, NO_FILES, failed=True)]
            return
    yield found


def _archived(source: Source, folder: str, filters: Filters) -> list[Source | Ignored] | None:
    """The files of an archive, whose names stand below `folder`; None for what is none."""
    if not archive.stem(source.name):
        return None
    try:
        found = archive.members(source.path, source.size, source.mtime_ns)
    except SourceError as error:
        return [Ignored(source.shown, f"{error.message}; {error.hint}", failed=True)]
    return None if found is None else [_member(source, one, folder, filters) for one in found]


def _member(source: Source, one: archive.Packed, folder: str, filters: Filters) -> Source | Ignored:
    name = f"{folder}/{one.name}" if folder else one.name
    shown = f"{source.shown}/{one.name}"
    refusal = one.refused or filters.refusal(name) or (EMPTY if not one.size else "")
    if not refusal and is_event_file(name) and not (filters.adopt or filters.events):
        refusal = EVENT_FILE
    if refusal:
        return Ignored(shown, refusal, failed=bool(one.refused))
    log = filters.events and is_event_file(name)
    made = Source(one.path, name, source.root, shown, one.size, one.mtime_ns)
    return replace(made, as_log=log, archived=True, ctime_ns=0)


def _single(
    path: Path, text: str, filters: Filters, seen: set[tuple[int, int]]
) -> Source | Ignored:
    try:
        info = path.stat()
    except OSError as error:
        return Ignored(text, f"cannot be read: {error.strerror}", failed=True)
    named = replace(filters, events=not filters.adopt, ours=not filters.adopt)
    refusal = _not_a_file(path.name, info, named) or _seen_before(info, seen)
    if refusal:
        return Ignored(text, refusal, failed=refusal != MET)
    if is_event_file(path.name) and not filters.adopt:
        # Its run is the folder that it lies in.
        root = str(path.resolve().parent)
        return replace(_source(str(path), path.name, root, text, info), as_log=True)
    root = str(path.resolve())
    return _source(str(path), path.name, root, text, info, single=True)


def moved_to(known: Source) -> Iterator[Source]:
    """The file beside it that a source has become by a rename."""
    folder = Path(known.path).parent
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        try:
            info = facts_of(entry)
        except OSError:
            continue
        if stat.S_ISREG(info.st_mode) and (info.st_dev, info.st_ino) == known.identity:
            shown = str(folder / entry.name)
            yield _source(entry.path, entry.name, known.root, shown, info, single=True)


def _walk(root: Path, filters: Filters, seen: set[tuple[int, int]]) -> Iterator[Source | Ignored]:
    base = str(root.resolve())
    folders = [""]
    while folders:
        folder = folders.pop()
        here = root / folder
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            yield Ignored(str(here), f"cannot be read: {error.strerror}", failed=True)
            continue
        below = []
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _SKIPPED_FOLDERS and not _is_logdir(entry.path, filters):
                    below.append(name)
                continue
            found = _examine(entry, name, base, filters, seen)
            within = _unpacked(found, filters) if isinstance(found, Source) else None
            yield from [found] if within is None else within
        folders.extend(reversed(below))


def _unpacked(source: Source, filters: Filters) -> list[Source | Ignored] | None:
    """What an archive in a folder holds, in a folder of its name; None for what is none."""
    base = archive.stem(source.name.rpartition("/")[2])
    if base and Path(source.path).with_name(base).is_dir():
        return [Ignored(source.shown, f"the folder {base} beside it is what it holds")]
    return _archived(source, archive.stem(source.name), filters)


def _is_logdir(path: str, filters: Filters) -> bool:
    return bool(filters.logdir) and os.path.realpath(path) == filters.logdir


def _examine(
    entry: os.DirEntry[str], name: str, root: str, filters: Filters, seen: set[tuple[int, int]]
) -> Source | Ignored:
    if entry.is_symlink():
        return Ignored(entry.path, "symbolic link: not followed")
    try:
        info = facts_of(entry)
    except OSError as error:
        return Ignored(entry.path, f"cannot be read: {error.strerror}", failed=True)
    refusal = (
        filters.refusal(name) or _not_a_file(entry.name, info, filters) or _seen_before(info, seen)
    )
    if refusal:
        return Ignored(entry.path, refusal)
    source = _source(entry.path, name, root, entry.path, info)
    return replace(source, as_log=filters.events) if is_event_file(entry.name) else source


def _source(
    path: str, name: str, root: str, shown: str, info: os.stat_result, *, single: bool = False
) -> Source:
    identity = (info.st_dev, info.st_ino)
    size, mtime, ctime = info.st_size, info.st_mtime_ns, info.st_ctime_ns
    return Source(path, name, root, shown, size, mtime, single, identity, ctime_ns=ctime)


def _not_a_file(name: str, info: os.stat_result, filters: Filters) -> str:
    if not stat.S_ISREG(info.st_mode):
        return "not a regular file"
    if is_event_file(name):
        if not filters.adopt and not filters.events:
            return EVENT_FILE
        if is_ours(name) and not filters.ours:
            return "an event file that tbingest made: convert its logs instead"
    return EMPTY if info.st_size == 0 else ""


def _seen_before(info: os.stat_result, seen: set[tuple[int, int]]) -> str:
    identity = (info.st_dev, info.st_ino)
    if identity in seen:
        return MET
    seen.add(identity)
    return ""
