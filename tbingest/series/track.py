"""The track of a tag: which steps of a time series stand, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from numpy.typing import NDArray

_MAX_PROGRESSIONS = 4_096
_AT_MOST = 65_536


@dataclass(slots=True)
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
