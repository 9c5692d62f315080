"""A curve in few points that keep its peaks: the lowest and the highest of each bin, in order.

Points are of shape (2, n): their values, and their steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST = 1200


def thinned(points: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """At most `width` (at least 2) of the points: all, or the extremes of even bins."""
    if points.shape[1] <= width:
        return points
    return _extremes(_bins(points, width // 2))


def averaged(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The means of at most `width` even bins; of what is no number only where all of one is.

    Shape (n,), as that of the values.
    """
    if len(values) <= width:
        return values
    bins = _bins(values, width)
    finite = np.isfinite(bins)
    with np.errstate(all="ignore"):
        means: NDArray[np.float64] = np.where(finite, bins, 0.0).sum(1) / finite.sum(1)
    return means


def _bins(data: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Shape (..., n) in (..., at most `count`, n); NaN fills the last one."""
    *before, whole = data.shape
    size = -(-whole // count)
    rows = -(-whole // size)
    fill = np.full((*before, rows * size - whole), np.nan)
    return np.concatenate([data, fill], -1).reshape(*before, rows, size)


def _extremes(bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of the lowest and the highest finite value of each bin, in their order.

    Shape (2, bins, n) in (2, 2 * bins).
    """
    if bins.shape[2] <= 2:
        return bins.reshape(2, -1)
    values = bins[0]
    finite = np.isfinite(values)
    low = np.where(finite, values, np.inf).argmin(1)
    high = np.where(finite, values, -np.inf).argmax(1)
    places = np.sort(np.stack([low, high], 1), 1)
    return np.take_along_axis(bins, places[None], 2).reshape(2, -1)


class Samples:
    """Points that come piece by piece, in at most 1,200 of them.

    Bins are of two values at first, which are kept as they are; where there are too many bins, two
    become one.
    """

    def __init__(self) -> None:
        self._size = 2
        self._kept = self._begun = self._last = np.empty((2, 0))
        self._count = 0

    def fold(self, values: NDArray[np.float64], steps: NDArray[np.int64]) -> None:
        """Take in the next values, and their steps. Shapes (n,)."""
        points = np.stack([values, steps.astype(np.float64)])
        self._last = points[:, -1:].copy()
        while points.shape[1]:
            if self._count or points.shape[1] < self._size:
                room = self._size - self._count
                self._begun = _reduced(np.concatenate([self._begun, points[:, :room]], 1))
                self._count += points[:, :room].shape[1]
                points = points[:, room:]
                if self._count == self._size:
                    self._keep(self._begun)
                    self._begun, self._count = np.empty((2, 0)), 0
            else:
                whole = points.shape[1] // self._size * self._size
                self._keep(_extremes(points[:, :whole].reshape(2, -1, self._size)))
                points = points[:, whole:]
            self._halve()

    def _keep(self, extremes: NDArray[np.float64]) -> None:
        self._kept = np.concatenate([self._kept, extremes], 1)

    def _halve(self) -> None:
        while self._kept.shape[1] > _MOST:
            whole = self._kept.shape[1] // 4 * 4
            if whole < self._kept.shape[1]:  # the last bin has no other: it goes on
                self._begun = _reduced(np.concatenate([self._kept[:, whole:], self._begun], 1))
                self._count += self._size
            self._kept = _extremes(self._kept[:, :whole].reshape(2, -1, 4))
            self._size *= 2

    def all(self) -> NDArray[np.float64]:
        """In their order, with the last."""
        found = np.concatenate([self._kept, self._begun], 1)
        if np.array_equal(found[:, -1:], self._last, equal_nan=True):
            return found
        return np.concatenate([found, self._last], 1)


def _reduced(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return _extremes(points[:, None])
