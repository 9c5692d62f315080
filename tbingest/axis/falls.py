"""What it means when a step falls: another training, a resumption, or a record that is late.

0 … 99 0 1 2 3 …        another training: it begins where the first one began, and goes on
0 … 99 60 61 62 63 …    resumed: from 60 on the later values stand
0 … 99 60 100 101 …     one record is late: it belongs between 59 and 61, and takes nothing away

Tags that are always logged together share a `Counter`. Records come in the order of the log, each
with the counters that it moves; those of other counters between them decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEW = 3
"""So many records that fall may still be late ones; one more is another course of the step."""
_HELD = 4_096
"""So many records are looked at for how a fall goes on."""
MOST_TRAININGS = 99
_STRIDES = 15
_UNORDERED = 0.2

Kind = Literal["fresh", "resumed", "late"]


@dataclass
class Counter:
    """Where the step of some tags stands. start: of this training; last: the highest that stands;
    count, falls: records so far, and how many fell below the one before (`before`); strides: the
    last few by which it rose; order: the place of the last record in its source.
    """

    tags: list[str]
    start: int = 0
    last: int | None = None
    count: int = 0
    falls: int = 0
    before: int = 0
    strides: list[int] = field(default_factory=list)
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
        """Take steps that do not fall."""
        if self.last is None:
            self.start = self.last = int(steps[0])
        tail = np.diff(np.concatenate(([self.last], steps[-_STRIDES - 1 :])))
        self.strides = [*self.strides, *tail[tail > 0].tolist()][-_STRIDES:]
        self.last = int(steps[-1])

    def take(self, step: int) -> None:
        """Take one step that does not fall."""
        if self.last is None:
            self.start = self.last = step
        if step > self.last:
            self.strides = [*self.strides, step - self.last][-_STRIDES:]
        self.last = step

    def begin_anew(self) -> None:
        """Another training begins."""
        self.last, self.strides, self.unordered = None, [], False

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
        elif kind == "resumed" and counter.last is not None and not counter.unordered:
            counter.last = min(counter.last, step)


def _kind(
    steps: Sequence[int], moved: Sequence[tuple[int, ...]], place: int, at: int, counter: Counter
) -> tuple[Kind, bool]:
    """What a fall is, by how it goes on; and whether more records cannot change that."""
    high = counter.last if counter.last is not None else steps[place]
    fresh = 0 <= steps[place] <= max(counter.start, 1)
    length, before = 0, steps[place]
    for other in range(place, min(place + _HELD, len(steps))):
        if at not in moved[other]:
            continue
        step = steps[other]
        if step >= high:  # it is back: a late record jumps there, a course that is run again walks
            stride = float(np.median(counter.strides)) if counter.strides else 1.0
            walks = step - before <= 1.5 * stride
            return ("fresh" if fresh else "resumed") if walks else "late", True
        if step < before:
            break
        length, before = length + 1, step
        if length > FEW:
            return "fresh" if fresh else "resumed", True
    else:
        sure = len(steps) - place >= _HELD
        return "fresh" if fresh and length > 1 else "late", sure
    return "fresh" if fresh and length > 1 else "late", True
