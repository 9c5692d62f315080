"""The only code that writes event files and state: names, append, commit, recover, lock.

State lives in `<logdir>/.tbingest/`, one JSON file per job. Before an append, a line of the
*journal* says which part of which source comes next; a commit says how far each source was read and
how long the event files are, and ends the journal. After a crash the parts of the journal are
encoded again, in their order: what already stands in the files must be their beginning, and only
the rest is appended. Nothing is ever truncated or rewritten; where the bytes do not match, a new,
later-sorting event file begins. One that takes the place of others gets its name when it is
committed: a half of it, behind what it repeats, would take points away.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.errors import OutputError
from tbingest.events import ENCODER_VERSION, file_version
from tbingest.logdir import state_files
from tbingest.logdir.checked import OURS, UNSEEN, is_count
from tbingest.logdir.files import (
    _stands,
    cannot_write,
    is_own_folder,
    make_folders,
    mode_of,
    size_of,
    sync_all,
)
from tbingest.logdir.saved import SCHEMA, is_signed, load, signed, state_path
from tbingest.logdir.source_state import SourceState
from tbingest.sources.handles import opened, sync
from tbingest.version import VERSION

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence

    Buffer = bytes | bytearray | memoryview


@dataclass
class RunState:
    """What is known of one run; its fields are JSON.

    file: the event file's name, empty before the first append; length: its bytes that count;
    older: [name, bytes that count] of the event files before it; drop: names of those whose place
    it takes, deleted once that is safe; tracks: see `track.Track`; curves, spreads, drawn: see
    `sketch.Sketch`; time: the last wall time; best: see `runs.Run`.
    """

    file: str = ""
    length: int = 0
    older: list[list[Any]] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    encoder: int = ENCODER_VERSION
    tracks: dict[str, list[Any]] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    spreads: dict[str, Any] = field(default_factory=dict)
    time: float = 0.0
    drawn: str = ""
    best: str = ""


class JobState:
    """One job's state, and its event files. The logdir's lock is held around it."""

    def __init__(self, logdir: str, prefix: str, root: str, options: str) -> None:
        self.logdir = logdir
        self._path = state_path(logdir, prefix)
        self.damage = ""
        try:
            data = load(self._path)
        except OutputError as error:
            data, self.damage = {}, error.message
        self.fresh = not data
        self.size = 0
        self._begun = False
        self.options = data.get("options", options)
        self.given: dict[str, Any] = data.get("given", {})
        self.sources = {name: SourceState(**one) for name, one in data.get("sources", {}).items()}
        self.derived: dict[str, str] = data.get("derived", {})
        self.runs = {name: RunState(**run) for name, run in data.get("runs", {}).items()}
        self.hparams: dict[str, Any] = data.get("hparams", {})
        self.owners: dict[str, dict[str, Any]] = data.get("owners", {})
        self.commits: int = data.get("commits", 0)
        self.bytes_written = 0
        self._unsynced: dict[str, None] = {}
        self._root = root
        self.moved = data.get("root", root) != root
        self._prefix = prefix
        self._journal = self._path.with_suffix(".journal")

    def gone(self) -> list[str]:
        """Runs of which an event file is missing or shorter than what was committed."""
        return [
            name
            for name in self.runs
            if any(size_of(path) < length for path, length in self.known(name))
        ]

    def _file(self, name: str, run: RunState) -> str:
        folder = os.path.join(self.logdir, name)  # noqa: PTH118 - names hold any bytes
        unseen = os.path.join(folder, _unseen(run.file))  # noqa: PTH118
        if run.drop and (not run.length or size_of(unseen) >= 0):
            return unseen
        return os.path.join(folder, run.file)  # noqa: PTH118

    def reset(self) -> None:
        """Forget everything: the sources are read from their starts again."""
        self.sources, self.runs, self.hparams, self.owners = {}, {}, {}, {}
        self.derived = {}

    def remove(self) -> None:
        """Delete the event files that this job wrote, and the state."""
        for name in self.runs:
            self._delete(name, self._all_ours(name))
        self.reset()
        self._path.unlink(missing_ok=True)
        self._journal.unlink(missing_ok=True)

    def _delete(self, name: str, files: Iterable[str]) -> None:
        for file in files if is_own_folder(self.logdir, name) else ():
            path = os.path.join(self.logdir, name, file)  # noqa: PTH118 - names hold any bytes
            named = OURS.fullmatch(file) or UNSEEN.fullmatch(file)
            if named and stat.S_ISREG(mode_of(path)):
                os.unlink(path)  # noqa: PTH108
                self._unsynced.pop(path, None)

    def ours(self, name: str, pattern: re.Pattern[str] = OURS) -> list[str]:
        """The event files of a run that tbingest made, in the order in which they are read."""
        folder = os.path.join(self.logdir, name)  # noqa: PTH118 - names hold any bytes
        try:
            there = sorted(os.listdir(folder))  # noqa: PTH208
        except OSError:
            return []
        return [
            one
            for one in there
            if pattern.fullmatch(one) and stat.S_ISREG(mode_of(os.path.join(folder, one)))  # noqa: PTH118
        ]

    def _all_ours(self, name: str) -> list[str]:
        """Those, too, that a crash kept from getting their name."""
        return [*self.ours(name, UNSEEN), *self.ours(name)]

    def known(self, name: str) -> list[tuple[str, int]]:
        """(path, bytes that count) of the event files of a run, in the order of their reading."""
        run = self.runs.get(name, RunState())
        folder = os.path.join(self.logdir, name)  # noqa: PTH118 - names hold any bytes
        older = [(os.path.join(folder, file), length) for file, length in run.older]  # noqa: PTH118
        return [*older, (self._file(name, run), run.length)] if run.length else older

    def beyond(self, name: str) -> list[tuple[str, int]]:
        """(path, first byte) of what stands in event files of a run and is not known."""
        known = dict(self.known(name))
        folder = os.path.join(self.logdir, name)  # noqa: PTH118 - names hold any bytes
        found = []
        run = self.runs.get(name, RunState())
        for file in self.ours(name):
            path = os.path.join(folder, file)  # noqa: PTH118
            if file in run.drop:
                continue
            start = known.get(path, 0)
            if os.lstat(path).st_size > start:
                found.append((path, start))
        return found

    def adopt(self, name: str, lengths: Sequence[tuple[str, int]], *, whole: bool) -> None:
        """What stands in the event files of a run counts from now on: (path, bytes) of each.

        Appending goes on in the last one where it is `whole`.
        """
        run = self.runs.setdefault(name, RunState())
        run.older = [[os.path.basename(path), length] for path, length in lengths]  # noqa: PTH119
        run.file, run.length = "", 0
        if whole and lengths:
            run.file, run.length = run.older.pop()

    def replace(self, name: str, first_time: float) -> None:
        """Begin another event file for a run, which takes the place of those that are there."""
        run = self.runs.setdefault(name, RunState())
        run.drop = self.ours(name)
        self._next_file(name, run, first_time)
        run.older = []

    def lose(self, name: str) -> None:
        """Forget a run, of which event files are gone; what is left of them is found again."""
        del self.runs[name]

    def wipe(self, name: str) -> None:
        """Forget a run, and delete the event files that tbingest made of it."""
        self._delete(name, self._all_ours(name))
        self.runs.pop(name, None)

    def begin(self, part: dict[str, Any]) -> None:
        """Write down what comes next, for a restart after a crash before the next commit."""
        # A line begins with its own line end: one before it may have been torn by a crash.
        line = b"\n" + signed({"commits": self.commits, **part})
        try:
            if self._begun:
                state_files.append(self._journal, line)
            else:
                state_files.write(self._journal, line, durable=False)
        except OSError as error:
            raise cannot_write(self.logdir, error) from error
        self._begun = True

    def pending(self) -> list[dict[str, Any]]:
        """What was begun and not committed: the last part of each source, in their order."""
        found: dict[str, dict[str, Any]] = {}
        try:
            lines = (state_files.read(self._journal) or b"").splitlines()
        except OSError:
            lines = []  # it is no plain file: the next `begin` takes its place
        for line in filter(is_signed, lines if not self.damage else ()):  # a torn one was not begun
            part = json.loads(line)
            sound = is_count(part.get("stop")) and isinstance(part.get("source"), str)
            if sound and part.get("commits") == self.commits:
                found[part["source"]] = part
        self._begun = bool(found)
        return list(found.values())

    def uncommitted(self, name: str, first_time: float) -> bool:
        """True where the run's event file holds more than is known of it."""
        run = self.runs.setdefault(name, RunState())
        if not run.file:
            self._next_file(name, run, first_time)
        return size_of(self._file(name, run)) > run.length

    def append(self, name: str, data: Buffer, first_time: float) -> bool:
        """Append records to a run's event file, as far as they do not stand there already.

        False where other records stand in their place.
        """
        run = self.runs.setdefault(name, RunState())
        if not run.file or run.encoder != ENCODER_VERSION:
            self._next_file(name, run, first_time)
        try:
            return self._complete(name, run, memoryview(data), first_time)
        except OSError as error:
            raise cannot_write(os.path.join(self.logdir, name), error) from error  # noqa: PTH118

    def begin_file(self, name: str) -> None:
        """What comes next goes into another event file: the one that is there is not as known."""
        run = self.runs[name]
        if run.file:
            run.older.append([run.file, run.length])
        run.file, run.length = "", 0

    def _next_file(self, name: str, run: RunState, first_time: float) -> None:
        """Name the next event file: it sorts after all of ours that are there."""
        second = min(max(int(first_time), 0), 9_999_999_999)
        if run.file and run.length:
            run.older.append([run.file, run.length])
        there = [one.rsplit(".", 3) for one in self._all_ours(name)]
        times = [(int(second), int(number)) for _, second, _, number in there]
        fresh = not (run.older or run.drop or run.file)
        if fresh and len(times) == 1:  # what no state tells of may be what comes now
            second, number = times[0]
        else:
            second = max([second, *(time for time, _ in times)])
            number = max((number + 1 for _, number in times), default=0)
        run.file = f"events.out.tfevents.{second:010d}.tbingest.{number:03d}"
        run.length = 0
        run.encoder = ENCODER_VERSION

    def _complete(self, name: str, run: RunState, data: memoryview, first_time: float) -> bool:
        """Append what is missing; False where other bytes stand in its place."""
        if not run.length:
            data = memoryview(file_version(first_time) + data)
        self._unsynced |= dict.fromkeys(make_folders(self.logdir, name))
        handle = opened(self._file(name, run), os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "is not a regular file")
            there = os.fstat(handle).st_size - run.length
            if there and not _stands(handle, run.length, data[:there]):
                return False
            rest = data[max(there, 0) :]
            self.bytes_written += len(rest)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
        path = self._file(name, run)
        self._unsynced |= {path: None, os.path.dirname(path): None}  # noqa: PTH120
        run.length += len(data)
        return True

    def commit(self) -> None:
        """What was begun is done: remember everything, durably."""
        sync_all(self._unsynced)
        self._unsynced.clear()
        self.commits += 1
        self._begun = False
        data = {
            "schema": SCHEMA,
            "version": VERSION,
            "commits": self.commits,
            "prefix": self._prefix,
            "root": self._root,
            "options": self.options,
            "given": self.given,
            "sources": {name: vars(source) for name, source in self.sources.items()},
            "derived": self.derived,
            "runs": {name: vars(run) for name, run in self.runs.items()},
            "hparams": self.hparams,
            "owners": self.owners,
        }
        text = signed(data)
        self.size = len(text)
        try:
            state_files.write(self._path, text, durable=True)
            sync(self._path.parent)
        except OSError as error:
            raise cannot_write(self.logdir, error) from error
        self.drop()

    def drop(self) -> bool:
        """Delete the event files whose place others have taken; True where there were any.

        It is known of these others once the state is saved: a crash may come between.
        """
        due = {name: run for name, run in self.runs.items() if run.drop}
        for name, run in due.items():
            unseen = self._file(name, run)
            if is_own_folder(self.logdir, name) and size_of(unseen) >= 0:
                folder = os.path.dirname(unseen)  # noqa: PTH120
                os.replace(unseen, os.path.join(folder, run.file))  # noqa: PTH105, PTH118
                self._unsynced[folder] = None
            self._delete(name, [*run.drop, *self.ours(name, UNSEEN)])
            run.drop = []
        return bool(due)


def _unseen(file: str) -> str:
    """The name of an event file that takes the place of others, until it is committed.

    TensorBoard reads what has `tfevents` in its name.
    """
    return file.replace("events.out.tfevents", ".unseen")


def claim(logdir: str, prefix: str, root: str, options: str) -> None:
    """Remember that a run prefix belongs to a root, though nothing was converted. Locked."""
    state = JobState(logdir, prefix, root, options)
    if state.fresh:
        state.commit()
