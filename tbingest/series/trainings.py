"""The trainings of a log: what falls of the step do to its points, by default.

A fresh start begins a run of its own (`<run>/2`), a resumption lets the later values stand, records
that are late or in no order are sorted in and take nothing away. What a fall is, says `axis.falls`.
The same log gives the same points, however it is cut: what only later lines decide is held back,
and where what was written turns out wrong, the source is to be read again (`ReadAgain`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.axis.falls import Counter, judge
from tbingest.model.accounts import Account
from tbingest.names.files import join
from tbingest.names.words import plural
from tbingest.series.late import sorted_in
from tbingest.series.slicing import take

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.axis.falls import Verdict
    from tbingest.model.points import Points

_DECIDING = ("scalar", "histogram")
_ALL_DIFFER = 0.95


class ReadAgain(Exception):  # noqa: N818 - no error: what was written is to be made anew
    """Later records show that earlier ones mean something else: read the whole source at once."""


@dataclass
class Course:
    """What is remembered of a run; its fields are JSON. part: the training it stands in, from 0;
    counters: see `falls.Counter`; open: more records may change what the last ones mean.
    """

    part: int = 0
    counters: list[dict[str, Any]] = field(default_factory=list)
    open: bool = False


@dataclass
class Trainings:
    """What is remembered of a source between its batches. whole: all of it is to come at once;
    base: the source's own run, behind which the number of a training stands (`base/2/train`).

    superseded, repeated, notes, account: of the last batch, the values that others replaced, those
    that were told twice, (place in the source, what was found there), and what was lost, and why.
    """

    runs: dict[str, Course] = field(default_factory=dict)
    whole: bool = False
    base: str = ""
    superseded: int = 0
    repeated: int = 0
    notes: list[tuple[int, str]] = field(default_factory=list)
    account: Account = field(default_factory=Account)

    @classmethod
    def from_json(cls, saved: dict[str, Any], *, whole: bool = False, base: str = "") -> Trainings:
        """What was kept of a source; empty where nothing was."""
        return cls({name: Course(**course) for name, course in saved.items()}, whole, base)

    def to_json(self) -> dict[str, Any]:
        """What is kept between conversions; no copy, as nothing in a course changes any more."""
        return {name: vars(course) for name, course in self.runs.items()}

    def arrange(self, groups: Sequence[Points], *, close: bool) -> list[Points] | None:
        """The points as they are to be written; None where only more records can say.

        Then they are given again, before those that follow. close: the source ends with them.
        Raises ReadAgain.
        """
        if self.whole and not close:
            return None
        by_run: dict[str, list[Points]] = {}
        for points in groups:
            by_run.setdefault(points.run, []).append(points)
        everything = close and not self.runs
        found = [
            _Part(name, parts, self.runs.get(name, Course()), everything=everything, close=close)
            for name, parts in by_run.items()
        ]
        for one in found:
            one.base = self.base
        if not close and any(one.course.open for one in found):
            return None
        self.superseded, self.repeated, self.notes, self.account = 0, 0, [], Account()
        arranged: list[Points] = []
        for one in found:
            arranged += one.arranged()
            self.runs[one.name] = one.course
            self.superseded += one.superseded
            self.repeated += one.repeated
            self.notes += one.notes
            self.account.absorb(one.account)
        return arranged


class _Part:
    """The points of one run in a batch. `course` is that after them."""

    def __init__(
        self, name: str, groups: Sequence[Points], course: Course, *, everything: bool, close: bool
    ) -> None:
        self.name = name
        self.base = ""
        self.superseded = self.repeated = 0
        self.account = Account()
        self.notes: list[tuple[int, str]] = []
        self._everything = everything
        self._close = close
        self._verdict: Verdict | None = None
        self._part = course.part
        kinds = {points.kind for points in groups}
        kind = next((kind for kind in _DECIDING if kind in kinds), "")
        self._deciding = [points for points in groups if points.kind == kind]
        self._others = [points for points in groups if points.kind != kind]
        self.course = self._judged(course) if self._deciding else course

    def _judged(self, course: Course) -> Course:
        if course.open:
            raise ReadAgain
        counters, moved = _split(
            [Counter(**saved) for saved in course.counters], [one.tags for one in self._deciding]
        )
        courses = _courses(self._deciding, moved, len(counters))
        begun = self._begun(course, counters, courses)
        plain = True
        for counter, (order, steps) in zip(counters, courses, strict=True):
            if len(steps):
                plain &= not counter.falls_in(steps)
                counter.seen(steps, int(order[-1]))
                self._look_for_order(counter, steps)
        if plain:
            for counter, (_, steps) in zip(counters, courses, strict=True):
                if len(steps):
                    counter.rise(steps)
            return Course(course.part, [vars(one) for one in counters])
        self._records = _records(self._deciding)
        moves = [moved[at] for at in self._records.group.tolist()]
        self._verdict = judge(self._records.steps.tolist(), moves, counters, course.part)
        undecided = self._verdict.decided < len(moves)
        if begun and self._verdict.late.any() and (self._close or not undecided):
            raise ReadAgain
        return Course(int(self._verdict.part[-1]), [vars(one) for one in counters], undecided)

    def _begun(
        self,
        course: Course,
        counters: list[Counter],
        courses: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    ) -> bool:
        """True where points stand before these; a document that changed tells all of them again."""
        again = any(
            len(order) and int(order[0]) < counter.order
            for counter, (order, _) in zip(counters, courses, strict=True)
        )
        if again and course.part:
            raise ReadAgain
        if again:
            counters[:] = [Counter(counter.tags) for counter in counters]
        return bool(course.counters) and not again

    def _look_for_order(self, counter: Counter, steps: NDArray[np.int64]) -> None:
        if counter.in_no_order:
            if not self._everything:
                raise ReadAgain
            counter.unordered = len(np.unique(steps)) > _ALL_DIFFER * len(steps)

    def arranged(self) -> Iterator[Points]:
        """The points, by training, in the order in which they are to be written."""
        if self._verdict is None:
            yield from (
                _of(self.base, points, self._part) for points in (*self._deciding, *self._others)
            )
            return
        self._say(self._verdict)
        found = [*self._by_record(self._verdict)]
        for part in range(self._part, self.course.part + 1):
            groups = [points for number, points, _ in found if number == part]
            late = [mask for number, _, mask in found if number == part]
            if any(mask.any() for mask in late):
                groups, superseded, repeated = sorted_in(groups, late, self.account)
                self.superseded += superseded
                self.repeated += repeated
            yield from (_of(self.base, points, part) for points in groups)
        yield from self._beside(self._verdict)

    def _by_record(self, verdict: Verdict) -> Iterator[tuple[int, Points, NDArray[np.bool_]]]:
        """(training, points, which of them are late) of the records that decide."""
        for number, points in enumerate(self._deciding):
            mine = self._records.group == number
            rows = self._records.row[mine]
            parts = np.empty(len(points), np.int64)
            late = np.empty(len(points), bool)
            parts[rows], late[rows] = verdict.part[mine], verdict.late[mine]
            for part in np.unique(parts).tolist():
                chosen = np.flatnonzero(parts == part)
                yield part, take(points, chosen), late[chosen]

    def _beside(self, verdict: Verdict) -> Iterator[Points]:
        """Texts and the like: they belong to the training of the record before them."""
        for points in self._others:
            places = np.searchsorted(self._records.order, points.order, "right") - 1
            parts = np.where(places < 0, self._part, verdict.part[np.maximum(places, 0)])
            for part in np.unique(parts).tolist():
                yield _of(self.base, take(points, np.flatnonzero(parts == part)), part)

    def _say(self, verdict: Verdict) -> None:
        for place, kind in verdict.falls:
            line, step = int(self._records.order[place]), int(self._records.steps[place])
            if kind == "fresh":
                run = _run(self.base, self.name, int(verdict.part[place]))
                self.notes.append((line, f"begins again at step {step}: run {run}"))
            elif kind == "resumed":
                self.notes.append((line, f"resumed at step {step}: the later values stand"))
        late = np.flatnonzero(verdict.late)
        if len(late):
            are = "are sorted in by their steps" if len(late) > 1 else "is sorted in by its step"
            what = f"{plural(len(late), 'late or unordered record')} {are}"
            self.notes.append((int(self._records.order[late[0]]), what))


def _run(base: str, name: str, part: int) -> str:
    """The run of a training: `base/2/train` for `base/train`."""
    if not part:
        return name
    below = name.removeprefix(base).strip("/") if f"{name}/".startswith(f"{base}/") else ""
    return join(base, str(part + 1), below) if below and base else join(name, str(part + 1))


def _of(base: str, points: Points, part: int) -> Points:
    if not part:
        return points
    return take(points, np.arange(len(points)), run=_run(base, points.run, part))


def _split(
    known: Sequence[Counter], groups: Sequence[tuple[str, ...]]
) -> tuple[list[Counter], list[tuple[int, ...]]]:
    """The counters, one for all tags that were always logged together, and which of them each
    group of points moves.
    """
    of = {tag: at for at, counter in enumerate(known) for tag in counter.tags}
    moving = {of[tag] for tags in groups for tag in tags if tag in of}
    inside: dict[str, list[int]] = {tag: [] for tag, at in of.items() if at in moving}
    for at, tags in enumerate(groups):
        for tag in tags:
            inside.setdefault(tag, []).append(at)
    counters: dict[tuple[Any, ...], Counter] = {
        (at,): counter for at, counter in enumerate(known) if at not in moving
    }
    for tag, places in inside.items():
        key = (of.get(tag, -1), *places)
        if key not in counters:
            counters[key] = replace(known[of[tag]], tags=[]) if tag in of else Counter([])
        counters[key].tags.append(tag)
    moved: list[list[int]] = [[] for _ in groups]
    for number, (_, *places) in enumerate(counters):
        for at in places:
            moved[at].append(number)
    return list(counters.values()), [tuple(numbers) for numbers in moved]


class _Records(NamedTuple):
    """All records of some groups, in their order: places in the source, steps, group and row."""

    order: NDArray[np.int64]
    steps: NDArray[np.int64]
    group: NDArray[np.int64]
    row: NDArray[np.int64]


def _courses(
    groups: Sequence[Points], moved: Sequence[tuple[int, ...]], count: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(places, steps) of the records that move each of `count` counters, in their order."""
    mine: list[list[Points]] = [[] for _ in range(count)]
    for points, moves in zip(groups, moved, strict=True):
        for counter in dict.fromkeys(moves):
            mine[counter].append(points)
    return [_course(one) for one in mine]


def _course(groups: Sequence[Points]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if len(groups) == 1:
        return groups[0].order, groups[0].steps
    found = _records(groups)
    return found.order, found.steps


def _records(groups: Sequence[Points]) -> _Records:
    if not groups:
        nothing = np.empty(0, np.int64)
        return _Records(nothing, nothing, nothing, nothing)
    order = np.concatenate([points.order for points in groups])
    steps = np.concatenate([points.steps for points in groups])
    group = np.repeat(np.arange(len(groups)), [len(points) for points in groups])
    row = np.concatenate([np.arange(len(points)) for points in groups])
    sequence = np.argsort(order, kind="stable")
    return _Records(order[sequence], steps[sequence], group[sequence], row[sequence])
