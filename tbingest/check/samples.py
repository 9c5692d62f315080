"""A curve in few values that keep its peaks: the lowest and the highest of each bin, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST = 1200


def thinned(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """At most `width` (at least 2) of the values: all, or the extremes of even bins. Shape (n,)."""
    if len(values) <= width:
        return values
    return _extremes(_bins(values, width // 2))


def averaged(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The means of at most `width` even bins; of what is no number only where all of one is."""
    if len(values) <= width:
        return values
    bins = _bins(values, width)
    finite = np.isfinite(bins)
    with np.errstate(all="ignore"):
        means: NDArray[np.float64] = np.where(finite, bins, 0.0).sum(1) / finite.sum(1)
    return means


def _bins(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Shape (at most `count`, n); NaN fills the last one."""
    size = -(-len(values) // count)
    rows = -(-len(values) // size)
    fill = np.full(rows * size - len(values), np.nan)
    return np.concatenate([values, fill]).reshape(rows, size)


def _extremes(bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lowest and the highest finite value of each bin, in their order. Shape (2 * bins,)."""
    if bins.shape[1] <= 2:
        return bins.ravel()
    finite = np.isfinite(bins)
    low = np.where(finite, bins, np.inf).argmin(1)
    high = np.where(finite, bins, -np.inf).argmax(1)
    places = np.sort(np.stack([low, high], 1), 1)
    return np.take_along_axis(bins, places, 1).ravel()


class Samples:
    """Values that come piece by piece, in at most 1,200 of them.

    Bins are of two values at first, which are kept as they are; where there are too many bins, two
    become one.
    """

    def __init__(self) -> None:
        self._size = 2
        self._kept = self._begun = self._last = np.empty(0)
        self._count = 0

    def fold(self, values: NDArray[np.float64]) -> None:
        """Take in the next values. Shape (n,)."""
        self._last = values[-1:].copy()
        while len(values):
            if self._count or len(values) < self._size:
                room = self._size - self._count
                self._begun = _reduced(np.concatenate([self._begun, values[:room]]))
                self._count += len(values[:room])
                values = values[room:]
                if self._count == self._size:
                    self._keep(self._begun)
                    self._begun, self._count = np.empty(0), 0
            else:
                whole = len(values) // self._size * self._size
                self._keep(_extremes(values[:whole].reshape(-1, self._size)))
                values = values[whole:]
            self._halve()

    def _keep(self, extremes: NDArray[np.float64]) -> None:
        self._kept = np.concatenate([self._kept, extremes])

    def _halve(self) -> None:
        while len(self._kept) > _MOST:
            whole = len(self._kept) // 4 * 4
            if whole < len(self._kept):  # the last bin has no other: it goes on
                self._begun = _reduced(np.concatenate([self._kept[whole:], self._begun]))
                self._count += self._size
            self._kept = _extremes(self._kept[:whole].reshape(-1, 4))
            self._size *= 2

    def all(self) -> NDArray[np.float64]:
        """In their order, with the last."""
        found = np.concatenate([self._kept, self._begun])
        if np.array_equal(found[-1:], self._last, equal_nan=True):
            return found
        return np.concatenate([found, self._last])


def _reduced(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return _extremes(values[None])
