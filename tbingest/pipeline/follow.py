"""`follow()`: look, read what is new, wait; until the logs rest or someone asks to stop.

A look only asks the system for names, sizes and times. Logs are read as they grow; what is written
whole (documents, dumps, pictures, compressed files) once it has not changed for a turn.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.errors import UsageError
from tbingest.formats.registry import format_of
from tbingest.logdir.lock import locked
from tbingest.model.report import Report
from tbingest.options import OnRestart, Options, local_folder
from tbingest.pipeline.session import Session, without_curves
from tbingest.pipeline.work import never
from tbingest.plan.planned import Plan, is_stream, is_sure
from tbingest.plan.planner import Planner
from tbingest.reading.points import as_list
from tbingest.reading.workers import Workers
from tbingest.sources.discover import STDIN
from tbingest.sources.stdin import standard_input
from tbingest.sources.watch import Alarm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tbingest.plan.planned import Job, Planned
    from tbingest.reading.points import Paths
    from tbingest.write.finish import Progress

_REST = 30.0
"""After so many seconds without a change, a log is read to its end, though a line may lack its own,
and its figures are drawn."""
_PATIENCE = 5.0
"""For so many seconds, a log that could still be of another kind is left alone."""
_TURNS = 10
"""After so many turns, what never rests is read as it is."""
_SWEEP = 10.0
"""Seconds between two looks where there is an alarm."""
_SHARE = 40
"""A look costs at most one part in so many of the time."""


@dataclass(frozen=True)
class Following:
    """How logs are followed: at least `interval` seconds between two looks, and when to end: after
    `until_idle` seconds without anything new, or once the file `once_done` exists.
    """

    interval: float = 1.0
    until_idle: float = math.inf
    once_done: str = ""


@dataclass
class _Waiting:
    """A source that is not read yet, since when and for how many looks."""

    since: float
    stamp: tuple[int, int] = (-1, -1)
    turns: int = 0


@dataclass
class Follower:
    """Logs that may be written at this moment, and the logdir that shows them, whose lock is held.

    `last_change` is when something was last seen to change, by the monotonic clock, and `spent`
    how many seconds the last look took.
    Raises UsageError for options that need whole logs.
    """

    paths: list[str]
    logdir: str
    options: Options = field(default_factory=Options)
    stop: Callable[[], bool] = never
    workers: Workers = field(default_factory=Workers)
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if self.options.on_restart == OnRestart.SORT:
            raise UsageError(
                "--on-restart sort needs whole logs: it cannot follow one",
                "leave one of the two out",
            )
        self.last_change = time.monotonic()
        self.spent = 0.0
        self.planner = Planner(self.paths, self.logdir, self.options, live=True, remember=True)
        self.plan = Plan()
        self._planned = False
        self._read: dict[str, tuple[int, int]] = {}
        self._identities: set[tuple[int, int]] = set()
        self._waiting: dict[str, _Waiting] = {}
        self._open: dict[str, float] = {}
        self._session = Session(self.logdir, self.options, self.workers, self.stop, self.progress)
        self._news = False

    @property
    def waits(self) -> bool:
        """True where something was seen that is not read, or not to its end."""
        return bool(self._waiting or self._open)

    def sweep(self) -> Report | None:
        """Look, and read what is new; None where nothing was. Raises OutputError."""
        begun = time.monotonic()
        changed = self.planner.look()
        now = time.monotonic()
        self.spent = now - begun
        if changed:
            self.last_change = now
        rested = {prefix for prefix, last in self._open.items() if now - last >= _REST}
        if changed or not self._planned:  # though nothing is read: it says why
            self.plan = self.planner.plan()
            self._planned = True
        if not changed and not self._waiting and not rested:
            return None
        report = Report(self.logdir, ignored=list(self.plan.ignored))
        known = {one.source.path for job in self.plan.jobs for one in job.sources}
        self._waiting = {path: one for path, one in self._waiting.items() if path in known}
        for job in self.plan.jobs:
            due = [one for one in job.sources if self._is_due(one, changed, now)]
            if due:
                self._advance(job, due, report, live=not all(map(_has_rested, due)))
            elif job.prefix in rested:
                self._advance(job, job.sources, report, live=False)
        if changed:
            self._session.adopt(self.plan, report)
        self._combine(report)
        return report

    def finish(self) -> Report:
        """Read everything to its end, unfinished lines and all, and draw."""
        self.planner.look()
        self.plan = self.planner.plan()
        report = Report(self.logdir)
        for job in self.plan.jobs:
            self._advance(job, job.sources, report, live=False)
        self._session.adopt(self.plan, report)
        self._combine(report)
        return report

    def _advance(self, job: Job, due: Sequence[Planned], report: Report, *, live: bool) -> None:
        if self.stop():
            return
        only = {one.source.path: _stamp(one) for one in due}
        self._session.advance(job, report, only=only, live=live)
        self._read.update(only)
        self._identities.update(one.source.identity for one in due)
        self._open.pop(job.prefix, None)
        if live:
            self._open[job.prefix] = time.monotonic()
        else:
            self._news = True

    def _combine(self, report: Report) -> None:
        """Show runs together once all of them rest."""
        if self._news and not self._open and not self.stop():
            self._news = False
            self._session.combine(self.plan, report)

    def _is_due(self, planned: Planned, changed: set[str], now: float) -> bool:
        """True for what is to be read now; what is to be read later is noted down."""
        path, stamp = planned.source.path, _stamp(planned)
        beside = not changed.isdisjoint((f"{path}-wal", f"{path}-journal"))  # an SQLite database's
        if self._read.get(path) == stamp and not beside:
            self._waiting.pop(path, None)
            return False
        waiting = self._waiting.setdefault(path, _Waiting(now))
        rests = waiting.stamp == stamp and path not in changed
        waiting.stamp = stamp
        waiting.turns += 1
        if format_of(planned.format).summary:
            ready = False  # last values: they would go before the curves
        elif is_stream(planned):
            known = path in self._read or planned.source.identity in self._identities
            # The parts of a rotated log go before it.
            sure = planned.part_of or (is_sure(planned) and planned.roles.fields)
            ready = bool(known or sure) or now - waiting.since >= _PATIENCE
        else:
            whole = planned.dump.whole if planned.dump else True
            ready = (rests and whole) or waiting.turns > _TURNS
        if ready or _has_rested(planned):
            del self._waiting[path]
            return True
        return False


def _stamp(planned: Planned) -> tuple[int, int]:
    return planned.source.size, planned.source.mtime_ns


def _has_rested(planned: Planned) -> bool:
    """True for a file that was last written a while ago, by the clock of the system."""
    written = planned.source.mtime_ns / 1e9
    return bool(written) and time.time() - written >= _REST


def follow(  # noqa: PLR0913 - four of them are hooks
    paths: Paths,
    logdir: str | os.PathLike[str] = "runs",
    options: Options | None = None,
    following: Following | None = None,
    *,
    stop: Callable[[], bool] = never,
    progress: Progress | None = None,
    tell: Callable[[Report], None] | None = None,
    wake: Callable[[Alarm], object] | None = None,
) -> Report:
    """Convert the logs and dumps at `paths`, and go on as they grow; the report of it all.

    Every point is written once, whatever becomes of the logs. Ends as `following` says, at the end
    of the standard input where only that is followed, or once `stop` says so. `progress` is called
    as in `convert`; `tell` is given the report of each turn that read something; `wake` the alarm,
    whose `ring` ends a wait. Raises UsageError and OutputError as `convert` does.
    """
    following = following or Following()
    options = options or Options()
    target = local_folder(os.fspath(logdir))
    given = [os.fspath(path) for path in as_list(paths)]
    began = time.monotonic()
    with locked(target), Workers(options.processes, options.plugins) as workers:
        follower = Follower(given, target, options, stop, workers, progress)
        alarm = Alarm([path for path in given if path != STDIN], target)
        if wake:
            wake(alarm)
        total = Report(target)
        try:
            if _turns(follower, alarm, following, total, tell):
                total.absorb(follower.finish())
        finally:
            alarm.close()
    total.ignored = list(follower.plan.ignored)
    total.notes += without_curves(total)
    total.seconds = time.monotonic() - began
    return total


def _turns(
    follower: Follower,
    alarm: Alarm,
    following: Following,
    total: Report,
    tell: Callable[[Report], None] | None,
) -> bool:
    """Look and wait, turn after turn; False where we were asked to stop."""
    while not follower.stop():
        over = _is_over(follower, following)
        report = follower.sweep()
        pause = max(following.interval, _SHARE * follower.spent)
        if report:
            total.absorb(report)
            if tell:
                tell(report)
        left = following.until_idle - (time.monotonic() - follower.last_change)
        if over or left <= 0:
            return not follower.stop()
        _wait(follower, alarm, following, min(pause, left), min(_SWEEP, left))
    return False


def _wait(
    follower: Follower, alarm: Alarm, following: Following, pause: float, longest: float
) -> None:
    """Until the next look: not before `pause` seconds, then at once where there is news."""
    piped = standard_input().size if STDIN in follower.paths else 0
    begun = time.monotonic()
    alarm.pause(pause)
    if not alarm.works or follower.waits:
        return
    while time.monotonic() - begun < longest and not follower.stop():
        grew = STDIN in follower.paths and standard_input().size != piped
        if grew or _is_over(follower, following) or alarm.wait(pause):
            return


def _is_over(follower: Follower, following: Following) -> bool:
    """True where the logs are said to be complete."""
    if following.once_done and os.path.lexists(following.once_done):
        return True
    return follower.paths == [STDIN] and standard_input().ended


__all__ = ["Follower", "Following", "follow"]
