"""Exact histograms in blocks, over edges that are the same for every step.

Every octave of |x| is cut into eight equal buckets, from the octave of the largest |x| down twelve
octaves; one bucket around 0 holds the rest. Edges depend on the octave alone, so that histograms
of several steps can be compared, and tails keep their own buckets however far out they lie. The
first and the last edge are the data's own minimum and maximum.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

_BLOCK = 1 << 18
_PARTS = 8
_OCTAVES = 12


class _Extent:
    """The first pass: the finite range, and what is not finite."""

    def __init__(self) -> None:
        self.low = math.inf
        self.high = -math.inf
        self.nan = self.neg_inf = self.pos_inf = 0

    def take(self, block: NDArray[Any]) -> None:
        """Look at some float64 numbers."""
        low, high = float(block.min()), float(block.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            self.nan += int(np.isnan(block).sum())
            self.neg_inf += int((block == -math.inf).sum())
            self.pos_inf += int((block == math.inf).sum())
            block = block[np.isfinite(block)]
            if not len(block):
                return
            low, high = float(block.min()), float(block.max())
        self.low, self.high = min(self.low, low), max(self.high, high)


def histogram(chunks: Callable[[], Iterable[NDArray[Any]]]) -> Histogram:
    """The exact histogram of real numbers, which `chunks` gives in pieces, twice the same.

    Raises ValueError for complex numbers or objects. Memory is a few blocks of 2**18 numbers,
    however many there are. Whole numbers beyond 2**53 count as the nearest float64.
    """
    extent = _Extent()
    buffer = np.empty(_BLOCK)
    for block in _blocks(chunks(), buffer):
        extent.take(block)
    aside = (extent.nan, extent.neg_inf, extent.pos_inf)
    if extent.low > extent.high:
        return Histogram(np.zeros((0, 3)), *aside)
    edges = edges_between(extent.low, extent.high)
    below = np.zeros(len(edges), np.int64)
    for block in _blocks(chunks(), buffer):
        block.sort()
        start = np.searchsorted(block, -math.inf, "right") if block[0] == -math.inf else 0
        finite = block[start : np.searchsorted(block, math.inf, "left")]  # NaN sorts last
        places = np.searchsorted(finite, edges, "left")
        places[-1] = len(finite)
        below += places
    return Histogram(_compact(edges, np.diff(below)), *aside)


def _blocks(
    chunks: Iterable[NDArray[Any]], buffer: NDArray[np.float64]
) -> Iterable[NDArray[np.float64]]:
    """The numbers as float64, copied block by block into the same buffer."""
    for chunk in chunks:
        flat = np.asarray(chunk).reshape(-1)
        if flat.dtype.kind not in "biuf":
            raise ValueError(f"numbers of type {flat.dtype} have no order")
        for start in range(0, len(flat), _BLOCK):
            part = flat[start : start + _BLOCK]
            block = buffer[: len(part)]
            block[:] = part
            yield block


def edges_between(low: float, high: float) -> NDArray[np.float64]:
    """Rising edges from `low` to `high`; the data's range may be a single number."""
    if low == high:
        around = np.asarray([low - 0.5, low + 0.5])
        return (
            around
            if around[0] < low < around[1]
            else np.asarray([low, math.nextafter(low, math.inf)])
        )
    _, octave = math.frexp(max(-low, high))
    positive = _positive_edges(octave)
    edges = np.concatenate((-positive[::-1], positive))
    inner = edges[(edges > low) & (edges < high)]
    return np.concatenate(([low], inner, [high]))


def _positive_edges(octave: int) -> NDArray[np.float64]:
    """The edges of all octaves below 2**octave."""
    steps = 1 + np.arange(_PARTS) / _PARTS
    scales = [
        math.ldexp(1.0, octave - 1 - n) for n in reversed(range(_OCTAVES)) if octave - 1 - n > -1070
    ]
    found = np.concatenate([scale * steps for scale in scales]) if scales else np.empty(0)
    return np.unique(found)


def _compact(edges: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(k, 3) buckets, where neighbours that are empty are one."""
    first = np.ones(len(counts), bool)
    first[1:] = (counts[1:] > 0) | (counts[:-1] > 0)
    starts = np.flatnonzero(first)
    left = edges[:-1][starts]
    right = np.append(left[1:], edges[-1])
    return np.stack((left, right, counts[starts].astype(np.float64)), axis=1)
