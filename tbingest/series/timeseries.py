"""Strictly growing steps for every (run, tag): what restarts and duplicates do to a curve.

TensorBoard's default loader shows, for each tag, only steps that strictly grow: a point at step s
removes every earlier point at s or later. Python's loader does the same for a tag where a *rewind*
(an event without values at step s + 1) stands before it. So a rewind goes before every event in
which a tag's last step is not below its own, and the later values win in both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tbingest.model.accounts import FELL, SAME_STEP, Account
from tbingest.series.replaced import Replaced
from tbingest.series.track import progressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points
    from tbingest.series.track import Track


@dataclass
class Applied:
    """Points in the form in which they are written, with the events that need a rewind before.

    `superseded` counts by kind the points of this conversion that no longer stand, of which
    `repeated` are told again with the same value; the account says why the others do not stand.
    `replaced` counts points of earlier conversions that no longer stand.
    """

    points: list[Points]
    rewinds: list[NDArray[np.bool_] | None]
    superseded: Counter[str] = field(default_factory=Counter)
    replaced: int = 0
    repeated: int = 0
    account: Account = field(default_factory=Account)


WATCHED = ("scalar", "histogram")


class Watch(Protocol):
    """Is told every rising piece of a tag of scalars or of histograms, which come as objects.

    `falls` where its first step is not new; then all its steps may be that one, said again.
    """

    def __call__(
        self, tag: str, steps: NDArray[np.int64], values: NDArray[Any], *, falls: bool
    ) -> None:
        """Take a piece."""


def apply(
    groups: Sequence[Points], tracks: dict[str, Track], owner: int, watch: Watch | None = None
) -> Applied:
    """Later values win: mark the rewinds, and count what is superseded.

    All groups are of one run and one owner; every tag has a track. They are brought up to date.
    """
    users: dict[str, list[tuple[int, int]]] = {}
    for place, points in enumerate(groups):
        for column, tag in enumerate(points.tags):
            users.setdefault(tag, []).append((place, column))
    rising = [bool((np.diff(points.steps) > 0).all()) for points in groups]
    known = [
        progressions(points.steps) if up else [] for points, up in zip(groups, rising, strict=True)
    ]
    applied = Applied(list(groups), [None] * len(groups))
    for tag, where in users.items():
        track = tracks[tag]
        place, column = where[0]
        only = groups[place]
        first, last = int(only.steps[0]), track.last
        if len(where) == 1 and rising[place] and (last is None or last < first):
            track.extend(known[place], len(only), owner)
            if watch and only.kind in WATCHED:
                watch(tag, only.steps, values_of(only, column), falls=False)
        else:
            _folded(tag, track, owner, where, applied, watch)
    return applied


def values_of(points: Points, column: int) -> NDArray[Any]:
    """The values of one tag: float64 of scalars, else objects."""
    if isinstance(points.values, np.ndarray):
        return points.values[:, column]
    values = np.empty(len(points), object if points.kind == "histogram" else np.float64)
    values[:] = [row[column] for row in points.values]
    return values


def sequence_of(
    groups: Sequence[Points], places: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The records of some of the groups in the order of their source: (group, row) of each."""
    counts = [len(groups[place]) for place in places]
    order = np.concatenate([groups[place].order for place in places])
    sequence = np.argsort(order, kind="stable")
    row = np.concatenate([np.arange(count) for count in counts])
    return np.repeat(places, counts)[sequence], row[sequence]


def _folded(
    tag: str,
    track: Track,
    owner: int,
    where: list[tuple[int, int]],
    applied: Applied,
    watch: Watch | None,
) -> None:
    """One tag over several groups, or with steps that fall, segment by segment: `where` gives
    (group, column) of its values.
    """
    watch = watch if track.kind in WATCHED else None
    scalar = track.kind == "scalar"
    group, row = sequence_of(applied.points, [place for place, _ in where])
    order, steps, values = _in_order(applied.points, where, values=bool(watch or scalar))
    falls = np.empty(len(steps), bool)
    falls[0] = track.last is not None and int(steps[0]) <= track.last
    falls[1:] = steps[1:] <= steps[:-1]
    _mark(applied, group[falls], row[falls])
    lost = _Lost(tag, applied, values if scalar else None, steps, order)
    for again, start, end in _pieces(steps, falls):
        if again < start:
            applied.superseded[track.kind] += start - again
            lost.again(again, start)
            if watch:
                watch(tag, steps[again:start], values[again:start], falls=True)
        if falls[start]:
            fresh, earlier = track.cut(int(steps[start]))
            applied.superseded[track.kind] += fresh
            applied.replaced += earlier
            lost.fall(start, fresh)
        part = steps[start:end]
        lost.stand(start, end)
        track.extend(progressions(part), len(part), owner)
        if watch:
            watch(tag, part, values[start:end], falls=bool(falls[start]))
    lost.close()


def _in_order(
    groups: Sequence[Points], where: Sequence[tuple[int, int]], *, values: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Places, steps and, where they are asked for, values of a tag, in the order of the source."""
    mine = [(groups[place], column) for place, column in where]
    order = np.concatenate([one.order for one, _ in mine])
    steps = np.concatenate([one.steps for one, _ in mine])
    sequence = np.argsort(order, kind="stable")
    given = np.concatenate([values_of(*one) for one in mine])[sequence] if values else np.empty(0)
    return order[sequence], steps[sequence], given


def _mark(applied: Applied, group: NDArray[np.int64], row: NDArray[np.int64]) -> None:
    """Before the events of these records goes a rewind."""
    for place in np.unique(group).tolist():
        marks = applied.rewinds[place]
        if marks is None:
            marks = applied.rewinds[place] = np.zeros(len(applied.points[place]), bool)
        marks[row[group == place]] = True


def _pieces(steps: NDArray[np.int64], falls: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """(again, start, end) of each piece that rises, from `start` to `end`.

    The records from `again` to `start` say the step of the one before them again, and so does that
    at `start`: a log may say one step a million times.
    """
    same = np.zeros(len(steps) + 1, bool)
    same[1:-1] = steps[1:] == steps[:-1]
    starts = np.unique(np.concatenate(([0], np.flatnonzero(falls))))
    bounds = np.append(starts, len(steps))
    kept = np.flatnonzero(~(same[starts] & same[starts + 1]))
    again = bounds[np.concatenate(([0], kept[:-1] + 1))]
    yield from zip(again.tolist(), starts[kept].tolist(), bounds[kept + 1].tolist(), strict=True)


class _Lost:
    """Says of one tag which values do not stand, while its records are taken, rising part by part.

    values: float64 (n,) where they can be compared; steps, order (n,): of the records.
    """

    def __init__(
        self,
        tag: str,
        applied: Applied,
        values: NDArray[Any] | None,
        steps: NDArray[np.int64],
        order: NDArray[np.int64],
    ) -> None:
        self._tag, self._applied = tag, applied
        self._values, self._steps, self._order = values, steps, order
        self._replaced = Replaced(tag, applied.account)
        self._stands: list[int] = []

    def fall(self, start: int, fresh: int) -> None:
        """The record `start` falls: `fresh` points of this conversion do not stand any more."""
        step, place = int(self._steps[start]), int(self._order[start])
        known = 0
        falls = not self._stands or self._steps[self._stands[-1]] != step
        while self._stands and self._steps[self._stands[-1]] >= step:
            at = self._stands.pop()
            known += 1
            if self._values is not None:
                value, where = float(self._values[at]), int(self._order[at])
                self._replaced.remove(int(self._steps[at]), value, where, by=place, falls=falls)
        count = fresh - known if self._values is not None else fresh
        why = SAME_STEP if fresh == 1 or not falls else FELL
        self._applied.account.gave_way(why, self._tag, count, 0, place)

    def again(self, start: int, end: int) -> None:
        """Each record from `start` to `end` has the step of the one before it, which stood."""
        self._stands[-1] = end - 1
        places = self._order[start - 1 : end]
        if self._values is not None:
            self._replaced.again(self._values[start - 1 : end], places)
        else:
            account = self._applied.account
            account.gave_way(SAME_STEP, self._tag, end - start, 0, int(places[-1]))

    def stand(self, start: int, end: int) -> None:
        """The records from `start` to `end` rise."""
        self._stands += range(start, end)
        if self._values is not None and self._replaced.is_open:
            steps = self._steps[start:end].tolist()
            self._replaced.told(dict(zip(steps, self._values[start:end].tolist(), strict=True)))

    def close(self) -> None:
        """All records were taken."""
        self._replaced.close()
        self._applied.repeated += self._replaced.repeated
