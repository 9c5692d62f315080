"""What it means when a step falls: another training, a resumption, or a record that is late.

0 … 99 0 1 2 3 …        another training: it begins where the first one began, and goes on
0 … 99 60 61 62 63 …    resumed: from 60 on the later values stand
0 … 99 60 100 101 …     one record is late: it belongs between 59 and 61, and takes nothing away
0 … 59 70 … 99 60 61 …  records are late as long as they fill what was left open

Tags that are always logged together share a `Counter`. Records come in the order of the log, each
with the counters that it moves; those of other counters between them decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEW = 3
"""So many records that fall may still be late ones; one more is another course of the step."""
_HELD = 4_096
"""So many records are looked at for how a fall goes on."""
_BLOCK = 1 << 16
MOST_TRAININGS = 99
_STRIDES = 15
_COURSES = 64
_WALKS = 1.5
_RASTER = 0.25
_UNORDERED = 0.2

Kind = Literal["fresh", "resumed", "late"]


@dataclass
class Counter:
    """Where the step of some tags stands. start: of this training; last: the highest that stands;
    count, falls: records so far, and how many fell below the one before (`before`); strides: the
    last few by which it rose; courses: its way, the last parts of it, as [from, stride, how often];
    order: the place of the last record in its source. Its lists are replaced, never changed: what
    was saved of a counter shares them.
    """

    tags: list[str]
    start: int = 0
    last: int | None = None
    count: int = 0
    falls: int = 0
    before: int = 0
    strides: list[int] = field(default_factory=list)
    courses: list[list[int]] = field(default_factory=list)
    order: int = -1
    unordered: bool = False

    def falls_in(self, steps: NDArray[np.int64]) -> bool:
        """True where one of the steps that come next falls."""
        below = self.last is not None and bool(steps[0] < self.last)
        return self.unordered or below or bool((steps[1:] < steps[:-1]).any())

    def seen(self, steps: NDArray[np.int64], order: int) -> None:
        """Count records, whatever they mean; `order` is that of the last one."""
        first = int(self.count > 0 and steps[0] < self.before)
        self.falls += first + int((steps[1:] < steps[:-1]).sum())
        self.count += len(steps)
        self.before = int(steps[-1])
        self.order = order

    def rise(self, steps: NDArray[np.int64]) -> None:
        """Take steps that do not fall, some at a time: there may be millions of them."""
        for begin in range(0, len(steps), _BLOCK):
            self._rise(steps[begin : begin + _BLOCK])

    def _rise(self, steps: NDArray[np.int64]) -> None:
        if self.last is None:
            self.start = self.last = int(steps[0])
        way = np.concatenate(([self.last], steps))
        strides = np.diff(way)
        up = np.flatnonzero(strides > 0)
        strides = strides[up]
        self.strides = [*self.strides, *strides[-_STRIDES:].tolist()][-_STRIDES:]
        bounds = [0, *(np.flatnonzero(strides[1:] != strides[:-1]) + 1).tolist(), len(strides)]
        for begin, end in list(pairwise(bounds))[-_COURSES - 1 :] if len(strides) else ():
            self._go(int(way[up[begin]]), int(strides[begin]), end - begin)
        self.last = int(steps[-1])

    def take(self, step: int) -> None:
        """Take one step that does not fall."""
        if self.last is None:
            self.start = self.last = step
        if step > self.last:
            self.strides = [*self.strides, step - self.last][-_STRIDES:]
            self._go(self.last, step - self.last, 1)
        self.last = step

    def _go(self, begin: int, stride: int, often: int) -> None:
        if self.courses and self.courses[-1][1] == stride:
            begun, _, before = self.courses[-1]
            self.courses = [*self.courses[:-1], [begun, stride, before + often]]
        else:
            self.courses = [*self.courses, [begin, stride, often]][-_COURSES:]

    def begin_anew(self) -> None:
        """Another training begins."""
        self.last, self.strides, self.courses, self.unordered = None, [], [], False

    def resume(self, step: int) -> None:
        """What was taken at `step` or beyond does not stand."""
        if self.last is None or step >= self.last:
            return
        self.last = step
        courses = [course for course in self.courses if course[0] < step]
        self.courses = courses[:-1]
        if courses:
            begin, stride, often = courses[-1]
            whole = min(often, (step - begin) // stride)
            if whole:
                self._go(begin, stride, whole)
            if begin + stride * whole < step:
                self._go(begin + stride * whole, step - begin - stride * whole, 1)

    @property
    def stride(self) -> float:
        """By how much the step rises, as a rule."""
        return float(np.median(self.strides)) if self.strides else 1.0

    @property
    def raster(self) -> float:
        """By how much the step rises where nothing is left out: much may be."""
        least = min(self.strides, default=1)
        often = self.strides.count(least) >= _RASTER * len(self.strides)
        return least if often else self.stride

    def left_open(self, step: int) -> bool:
        """True where the way leaps over a step, further than it goes as a rule."""
        for begin, stride, often in reversed(self.courses):
            if begin <= step:
                wide = stride > _WALKS * self.raster
                return wide and step < begin + stride * often and (step - begin) % stride > 0
        return False

    @property
    def in_no_order(self) -> bool:
        """True where the step falls so often that it may be no course at all."""
        return self.falls > _UNORDERED * self.count


@dataclass
class Verdict:
    """What the records of a run are. part: the training of each, from 0; late: which are sorted
    in; falls: (record, kind) of each fall; decided: how many records have an answer that later
    ones cannot change.
    """

    part: NDArray[np.int64]
    late: NDArray[np.bool_]
    falls: list[tuple[int, Kind]]
    decided: int


def judge(
    steps: Sequence[int], moved: Sequence[tuple[int, ...]], counters: Sequence[Counter], part: int
) -> Verdict:
    """What the records of a run mean: their steps, and the places of the counters they move.

    The counters are brought up to date; `part` is the training that the run stands in. Records
    behind `decided` are judged as if the log ended there.
    """
    count = len(steps)
    verdict = Verdict(np.full(count, part, np.int64), np.zeros(count, bool), [], count)
    for place in range(count):
        step = steps[place]
        fallen = next((at for at in moved[place] if _falls(counters[at], step)), None)
        if fallen is not None:
            kind, sure = _kind(steps, moved, place, fallen, counters[fallen])
            if not sure:
                verdict.decided = min(verdict.decided, place)
            if kind == "fresh" and part >= MOST_TRAININGS:
                kind = "resumed"
            verdict.falls.append((place, kind))
            part += kind == "fresh"
            _settle(kind, step, counters)
            verdict.late[place] = kind == "late"
        verdict.part[place] = part
        for at in moved[place]:
            counter = counters[at]
            if counter.unordered:
                verdict.late[place] = True
                counter.last = step if counter.last is None else max(counter.last, step)
            elif counter.last is None or step >= counter.last:
                counter.take(step)
    return verdict


def _falls(counter: Counter, step: int) -> bool:
    return not counter.unordered and counter.last is not None and step < counter.last


def _settle(kind: Kind, step: int, counters: Sequence[Counter]) -> None:
    for counter in counters:
        if kind == "fresh":
            counter.begin_anew()
        elif kind == "resumed" and not counter.unordered:
            counter.resume(step)


def _kind(
    steps: Sequence[int], moved: Sequence[tuple[int, ...]], place: int, at: int, counter: Counter
) -> tuple[Kind, bool]:
    """What a fall is, by how it goes on; and whether more records cannot change that."""
    high = counter.last if counter.last is not None else steps[place]
    fresh = 0 <= steps[place] <= max(counter.start, 1)
    length, before, fills = 0, steps[place], True
    for other in range(place, min(place + _HELD, len(steps))):
        if at not in moved[other]:
            continue
        step = steps[other]
        if step >= high:  # it is back: a late record jumps there, a course that is run again walks
            walks = step - before <= _WALKS * counter.stride
            return ("fresh" if fresh else "resumed") if walks else "late", True
        if step < before:
            break
        length, before = length + 1, step
        fills &= counter.left_open(step)
        if length > FEW and not fills:
            return "fresh" if fresh else "resumed", True
    else:
        sure = len(steps) - place >= _HELD
        return "fresh" if fresh and length > 1 and not fills else "late", sure
    return "fresh" if fresh and length > 1 and not fills else "late", True
