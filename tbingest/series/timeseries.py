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

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points


_MAX_PROGRESSIONS = 4_096
_AT_MOST = 65_536


@dataclass
class Track:
    """What is known of one tag: its kind, and the steps that stand, with their owners.

    `progressions` holds the steps, rising, as [first, stride, count, number of the owner]. Beyond
    4,096 of them neighbours of one owner are merged: then they are near, not exact.
    `pairs` tells which loggers agree (see `agreement`); `fresh` of the `shown` points are of this
    conversion.
    """

    kind: str
    shown: int = 0
    progressions: list[list[int]] = field(default_factory=list)
    pairs: list[list[Any]] = field(default_factory=list)
    fresh: int = 0

    def to_json(self) -> list[Any]:
        """What is kept between conversions."""
        return [self.kind, self.shown, self.progressions, *([self.pairs] if self.pairs else [])]

    @classmethod
    def from_json(cls, saved: list[Any]) -> Track:
        """The track that was kept."""
        return cls(*saved)

    @property
    def last(self) -> int | None:
        """The last step that stands."""
        if not self.progressions:
            return None
        first, stride, count, _ = self.progressions[-1]
        return first + stride * (count - 1)

    def hand_over(self, owner: int) -> None:
        """Give the last step to another owner."""
        end = self.progressions[-1]
        step = self.last
        end[2] -= 1
        if not end[2]:
            self.progressions.pop()
        self.progressions.append([step or 0, 1, 1, owner])

    def extend(self, rising: Sequence[Sequence[int]], count: int, owner: int) -> None:
        """Take steps that all lie above the last one."""
        mine = self.progressions
        for first, stride, number in rising:
            if mine and mine[-1][3] == owner:
                end = mine[-1]
                step = end[1] if end[2] > 1 else first - end[0]
                if first == end[0] + step * end[2] and (number == 1 or stride == step):
                    end[1], end[2] = step, end[2] + number
                    continue
            mine.append([first, stride, number, owner])
        if len(mine) > _MAX_PROGRESSIONS and len(mine) % 1_024 < len(rising):
            self._thin()
        self.shown += count
        self.fresh += count

    def _thin(self) -> None:
        """Merge the older half: neighbours of one owner, and any where that is not enough."""
        half = len(self.progressions) // 2
        old, kept = self.progressions[:half], self.progressions[half:]
        thin: list[list[int]] = []
        for one in old:
            join = thin and (thin[-1][3] == one[3] or len(self.progressions) > _AT_MOST)
            if join and len(thin[-1]) == 4:
                thin[-1] = [*_merged(thin[-1], one), thin[-1][3], 0]
            else:
                thin.append(one)
        self.progressions = [one[:4] for one in thin] + kept

    def cut(self, step: int) -> tuple[int, int]:
        """Remove every point at `step` or later; how many of this and of earlier conversions."""
        removed = 0
        while self.progressions:
            first, stride, count, _ = self.progressions[-1]
            if first >= step:
                removed += count
                self.progressions.pop()
                continue
            kept = min(count, (step - 1 - first) // max(stride, 1) + 1)
            removed += count - kept
            self.progressions[-1][2] = kept
            break
        return self.gone(removed)

    def gone(self, removed: int) -> tuple[int, int]:
        """Count out what does not stand: how much of this and of earlier conversions."""
        removed = min(removed, self.shown)
        fresh = min(removed, self.fresh)
        self.shown -= removed
        self.fresh -= fresh
        return fresh, removed - fresh

    def owners(self, step: int | None = None) -> set[int]:
        """Who has points, at `step` or later."""
        found = set()
        for first, stride, count, owner in reversed(self.progressions):
            if step is not None and first + stride * (count - 1) < step:
                break
            found.add(owner)
        return found

    def put(self, steps: NDArray[np.int64], owners: NDArray[np.int64]) -> None:
        """What stands now, steps rising; shape (n,) both. What is fresh is not changed."""
        fresh = self.fresh
        self.progressions, self.shown = [], 0
        bounds = np.flatnonzero(np.diff(owners)) + 1 if len(steps) else np.empty(0, np.int64)
        for part, whose in zip(np.split(steps, bounds), np.split(owners, bounds), strict=True):
            if len(part):
                self.extend(progressions(part), len(part), int(whose[0]))
        self.fresh = min(fresh, self.shown)

    def owners_of(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The owner of each of the steps, (n,) rising; -1 where none stands there."""
        found = np.full(len(steps), -1, np.int64)
        for first, stride, count, owner in self.progressions:
            last = first + stride * (count - 1)
            begin, end = np.searchsorted(steps, [first, last + 1]).tolist()
            found[begin:end] = owner
        return found

    def forget(self, numbers: Container[int]) -> int:
        """Remove the points of some owners; how many these were."""
        left = [one for one in self.progressions if one[3] not in numbers]
        removed = sum(one[2] for one in self.progressions) - sum(one[2] for one in left)
        self.progressions = left
        self.shown = max(0, self.shown - removed)
        self.fresh = min(self.fresh, self.shown)
        return removed


def _merged(one: list[int], other: list[int]) -> list[int]:
    count = one[2] + other[2]
    end = other[0] + other[1] * (other[2] - 1)
    return [one[0], max(1, (end - one[0]) // (count - 1)), count]


def progressions(steps: NDArray[np.int64]) -> list[list[int]]:
    """Strictly rising steps as arithmetic progressions [first, stride, count]."""
    if len(steps) == 1:
        return [[int(steps[0]), 1, 1]]
    strides = np.diff(steps)
    changes = np.flatnonzero(strides[1:] != strides[:-1]) + 1
    found = []
    place = 0
    for end in [*changes.tolist(), len(strides)]:
        if place > end:
            continue
        count = end - place + 1
        stride = int(strides[place]) if count > 1 else 1
        found.append([int(steps[place]), stride, count])
        place = end + 1
    if place < len(steps):
        found.append([int(steps[place]), 1, 1])
    return found


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
    groups = [applied.points[place] for place, _ in where]
    order = np.concatenate([one.order for one in groups])
    sequence = np.argsort(order, kind="stable")
    steps = np.concatenate([one.steps for one in groups])[sequence]
    group, row = sequence_of(applied.points, [place for place, _ in where])
    watch = watch if track.kind in WATCHED else None
    scalar = track.kind == "scalar"
    values = np.empty(0)
    if watch or scalar:
        columns = zip(groups, where, strict=True)
        values = np.concatenate([values_of(one, column) for one, (_, column) in columns])[sequence]
    falls = np.empty(len(steps), bool)
    falls[0] = track.last is not None and int(steps[0]) <= track.last
    falls[1:] = steps[1:] <= steps[:-1]
    _mark(applied, group[falls], row[falls])
    lost = _Lost(tag, applied, values if scalar else None, steps, order[sequence])
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
