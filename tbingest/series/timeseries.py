"""Strictly growing steps for every (run, tag): what restarts and duplicates do to a curve.

TensorBoard's default loader shows, for each tag, only steps that strictly grow: a point at step s
removes every earlier point at s or later. Python's loader does the same for a tag where a *rewind*
(an event without values at step s + 1) stands before it. So a rewind goes before every event in
which a tag's last step is not below its own, and the later values win in both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points


_MAX_PROGRESSIONS = 4_096


@dataclass
class Track:
    """What is known of one tag: its kind, the format that gave it, and the steps it shows.

    `shown` counts the points that stand; `progressions` holds their steps, rising, as
    [first, stride, count]. Beyond 4,096 of them the oldest are merged: the count of superseded
    points is then near, not exact, for restarts that far back.
    `fresh` of the `shown` ones are of this conversion. A `doubtful` tag may have steps in an event
    file that no track tells of.
    """

    kind: str
    owner: str
    last: int | None = None
    shown: int = 0
    progressions: list[list[int]] = field(default_factory=list)
    fresh: int = 0
    doubtful: bool = False

    def to_json(self) -> list[Any]:
        """What is kept between conversions."""
        kept = [self.kind, self.owner, self.last, self.shown, self.progressions]
        return [*kept, 0, True] if self.doubtful else kept

    @classmethod
    def from_json(cls, saved: list[Any]) -> Track:
        """The track that was kept."""
        return cls(*saved)

    def extend(self, rising: Sequence[Sequence[int]], last: int, count: int) -> None:
        """Take steps that all lie above the last one."""
        mine = self.progressions
        for first, stride, number in rising:
            if mine:
                end = mine[-1]
                step = end[1] if end[2] > 1 else first - end[0]
                if first == end[0] + step * end[2] and (number == 1 or stride == step):
                    end[1], end[2] = step, end[2] + number
                    continue
            mine.append([first, stride, number])
        if len(mine) > _MAX_PROGRESSIONS:
            half = _MAX_PROGRESSIONS // 2
            mine[:half] = [
                _merged(a, b) for a, b in zip(mine[:half:2], mine[1:half:2], strict=True)
            ]
        self.last = last
        self.shown += count
        self.fresh += count

    def cut(self, step: int) -> tuple[int, int]:
        """Remove every point at `step` or later; how many of this and of earlier conversions."""
        removed = 0
        while self.progressions:
            first, stride, count = self.progressions[-1]
            if first >= step:
                removed += count
                self.progressions.pop()
                continue
            kept = min(count, (step - 1 - first) // max(stride, 1) + 1)
            removed += count - kept
            self.progressions[-1][2] = kept
            break
        removed = min(removed, self.shown)
        fresh = min(removed, self.fresh)
        self.shown -= removed
        self.fresh -= fresh
        return fresh, removed - fresh


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

    `superseded` counts by kind the points of this conversion that no longer stand, `replaced`
    those of earlier ones.
    """

    points: list[Points]
    rewinds: list[NDArray[np.bool_] | None]
    superseded: Counter[str] = field(default_factory=Counter)
    replaced: int = 0


WATCHED = ("scalar", "histogram")


class Watch(Protocol):
    """Is told every rising piece of a tag of scalars or of histograms, which come as objects.

    `falls` where its first step is not new.
    """

    def __call__(
        self, tag: str, steps: NDArray[np.int64], values: NDArray[Any], *, falls: bool
    ) -> None:
        """Take a piece."""


def apply(
    groups: Sequence[Points], tracks: dict[str, Track], watch: Watch | None = None
) -> Applied:
    """Later values win: mark the rewinds, and count what is superseded.

    All groups are of one run; every tag has a track. The tracks are brought up to date.
    """
    users: dict[str, list[int]] = {}
    for place, points in enumerate(groups):
        for tag in points.tags:
            users.setdefault(tag, []).append(place)
    rising = [bool((np.diff(points.steps) > 0).all()) for points in groups]
    known = [
        progressions(points.steps) if up else [] for points, up in zip(groups, rising, strict=True)
    ]
    applied = Applied(list(groups), [None] * len(groups))
    for tag, places in users.items():
        track = tracks[tag]
        only = groups[places[0]]
        first = int(only.steps[0])
        above = track.last is None or track.last < first
        if len(places) == 1 and rising[places[0]] and above and not track.doubtful:
            track.extend(known[places[0]], int(only.steps[-1]), len(only))
            if watch and only.kind in WATCHED:
                watch(tag, only.steps, _values(only, tag), falls=False)
        else:
            _woven(tag, track, places, applied, watch)
    return applied


def _values(points: Points, tag: str) -> NDArray[Any]:
    column = points.tags.index(tag)
    if isinstance(points.values, np.ndarray):
        return points.values[:, column]
    values = np.empty(len(points), object if points.kind == "histogram" else np.float64)
    values[:] = [row[column] for row in points.values]
    return values


def _woven(
    tag: str, track: Track, places: list[int], applied: Applied, watch: Watch | None
) -> None:
    """One tag over several groups, or with steps that fall: segment by segment."""
    groups = applied.points
    counts = [len(groups[place]) for place in places]
    order = np.concatenate([groups[place].order for place in places])
    steps = np.concatenate([groups[place].steps for place in places])
    group = np.repeat(places, counts)
    row = np.concatenate([np.arange(count) for count in counts])
    sequence = np.argsort(order, kind="stable")
    steps, group, row = steps[sequence], group[sequence], row[sequence]
    watch = watch if track.kind in WATCHED else None
    values = (
        np.concatenate([_values(groups[place], tag) for place in places])[sequence]
        if watch
        else np.empty(0)
    )
    falls = np.empty(len(steps), bool)
    falls[0] = track.doubtful or (track.last is not None and int(steps[0]) <= track.last)
    track.doubtful = False
    falls[1:] = steps[1:] <= steps[:-1]
    starts = np.unique(np.concatenate(([0], np.flatnonzero(falls)))).tolist()
    for start, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        if falls[start]:
            fresh, earlier = track.cut(int(steps[start]))
            applied.superseded[track.kind] += fresh
            applied.replaced += earlier
            marks = applied.rewinds[int(group[start])]
            if marks is None:
                marks = np.zeros(len(groups[int(group[start])]), bool)
                applied.rewinds[int(group[start])] = marks
            marks[row[start]] = True
        part = steps[start:end]
        track.extend(progressions(part), int(part[-1]), len(part))
        if watch:
            watch(tag, part, values[start:end], falls=bool(falls[start]))


@dataclass
class Shown:
    """What TensorBoard shows of a tag: rising steps with their values, and the last time."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    time: float = 0.0

    def add(self, step: int, value: float, time: float) -> None:
        """Take a point; it removes those at its step or later."""
        if self.steps and step <= self.steps[-1]:
            cut = bisect_left(self.steps, step)
            del self.steps[cut:], self.values[cut:]
        self.steps.append(step)
        self.values.append(value)
        self.time = max(self.time, time)
