"""Exact histograms in one pass, over edges that are the same for every step.

Every octave of |x| is cut into eight equal buckets, from the octave of the largest |x| down twelve
octaves; one bucket around 0 holds the rest. Edges depend on the octave alone, so that histograms
of several steps can be compared, and tails keep their own buckets however far out they lie. The
first and the last edge are the data's own minimum and maximum.

An eighth of an octave is what a float's sign, exponent and three highest bits of its fraction
say: numbers are counted by their leading bits, without a comparison and before the range is known.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from tbingest.model import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Block: TypeAlias = NDArray[np.floating[Any]]

_BLOCK = 1 << 17  # the buffers stay in the cache; larger and smaller ones are slower
_PARTS = 8
_OCTAVES = 12
_SMALLEST = -1021  # 2**-1022, the smallest normal float64, begins the octave below 2**-1021

_SINGLE_SHIFT, _SINGLE_CELLS = 20, 1 << 12
_DOUBLE_SHIFT, _DOUBLE_CELLS = 49, 1 << 15
_SINGLE_TINY = 2.0**-100  # the octaves below still are normal float32 numbers


def histogram(chunks: Callable[[], Iterable[NDArray[Any]]]) -> Histogram:
    """The exact histogram of the real numbers of any shapes and types that `chunks()` gives.

    The counts are those of `numpy.histogram` over the same edges; equal numbers v stand in one
    bucket from v - 0.5 to v + 0.5. Memory is a few blocks of 2**17 numbers, however many there
    are. Numbers that no float64 holds count as the nearest one. Raises ValueError for complex
    numbers or objects.
    """
    cells = _Cells()
    for block in _blocks(chunks()):
        cells.add(block)
    aside = (cells.nan, cells.neg_inf, cells.pos_inf)
    if cells.low > cells.high:
        return Histogram(np.zeros((0, 3)), *aside)
    edges = edges_between(cells.low, cells.high)
    lefts, counts = cells.filled()
    places = np.searchsorted(edges[1:-1], lefts, "right")
    sums = np.zeros(len(edges) - 1, np.int64)
    np.add.at(sums, places, counts)
    return Histogram(_compact(edges, sums), *aside)


def edges_between(low: float, high: float) -> NDArray[np.float64]:
    """Rising, finite edges from `low` to `high`, which may be equal."""
    if low == high:
        around = (low - 0.5, low + 0.5)
        if not around[0] < low < around[1]:
            largest = np.finfo(np.float64).max
            below, above = math.nextafter(low, -math.inf), math.nextafter(low, math.inf)
            around = (max(below, -largest), min(above, largest))
        return np.asarray(around)
    _, octave = math.frexp(max(-low, high))
    begin = max(octave - _OCTAVES, _SMALLEST)
    scales = np.ldexp(1.0, np.arange(begin, octave + 1) - 1)
    positive = np.outer(scales, 1 + np.arange(_PARTS) / _PARTS).reshape(-1)
    edges = np.concatenate((-positive[::-1], positive))
    return np.concatenate(([low], edges[(edges > low) & (edges < high)], [high]))


def _blocks(chunks: Iterable[NDArray[Any]]) -> Iterator[Block]:
    """The numbers as float32 where that is exact, else float64, block by block in one buffer."""
    buffers: dict[int, Block] = {4: np.empty(_BLOCK, np.float32), 8: np.empty(_BLOCK, np.float64)}
    for chunk in chunks:
        array = np.asarray(chunk)
        kind, size = array.dtype.kind, array.dtype.itemsize
        if kind not in "biuf":
            raise ValueError(f"numbers of type {array.dtype} have no order")
        buffer = buffers[4 if size < 4 or (size == 4 and kind == "f") else 8]
        # A strided array's `reshape(-1)` would be a copy of it all.
        parts = np.nditer(
            array, ["external_loop", "buffered", "zerosize_ok"], order="K", buffersize=_BLOCK
        )
        for part in cast("Iterable[NDArray[Any]]", parts):
            if len(part):
                block = buffer[: len(part)]
                with np.errstate(over="ignore", invalid="ignore"):  # long doubles, signalling NaN
                    block[:] = part
                yield block


class _Cells:
    """How many numbers lie in each eighth of an octave, their range, and what is not finite."""

    def __init__(self) -> None:
        self.low = math.inf
        self.high = -math.inf
        self.nan = self.neg_inf = self.pos_inf = 0
        self._single = np.zeros(_SINGLE_CELLS, np.int64)
        self._double = np.zeros(_DOUBLE_CELLS, np.int64)
        self._bits: dict[int, NDArray[Any]] = {
            4: np.empty(_BLOCK, np.uint32),
            8: np.empty(_BLOCK, np.uint64),
        }
        self._places = np.empty(_BLOCK, np.int64)

    def add(self, block: Block) -> None:
        """Count a block of float32 or float64 numbers; its contents are lost."""
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
        if block.dtype == np.float32 and max(-low, high) >= _SINGLE_TINY:
            self._single += self._count(block, _SINGLE_SHIFT, _SINGLE_CELLS)
        else:
            self._double += self._count(
                block.astype(np.float64, copy=False), _DOUBLE_SHIFT, _DOUBLE_CELLS
            )

    def _count(self, block: Block, shift: int, cells: int) -> NDArray[np.int64]:
        """Counts by the leading bits: [a, b) for positive numbers, [-b, -a) for negative ones."""
        block += 0.0  # makes -0.0 a 0.0
        size = block.dtype.itemsize
        bits = block.view(np.uint32 if size == 4 else np.uint64)
        found = self._bits[size][: len(block)]
        places = self._places[: len(block)]
        np.right_shift(bits, 8 * size - 1, out=found)
        np.subtract(bits, found, out=found)  # -b lies in the bucket that it begins
        np.right_shift(found, shift, out=places, casting="unsafe")
        return np.bincount(places, minlength=cells)

    def filled(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(left edges, counts) of the cells that hold numbers."""
        single, double = np.flatnonzero(self._single), np.flatnonzero(self._double)
        lefts = (_left_edges(single, np.float32), _left_edges(double, np.float64))
        return np.concatenate(lefts), np.concatenate((self._single[single], self._double[double]))


def _left_edges(
    cells: NDArray[np.intp], dtype: type[np.float32 | np.float64]
) -> NDArray[np.float64]:
    """Where these cells begin; the largest negative one begins at -infinity."""
    single = dtype is np.float32
    negative = cells >= (_SINGLE_CELLS if single else _DOUBLE_CELLS) // 2
    bits = (cells + negative) << (_SINGLE_SHIFT if single else _DOUBLE_SHIFT)
    return bits.astype(np.uint32 if single else np.uint64).view(dtype).astype(np.float64)


def _compact(edges: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(k, 3) buckets, where neighbours that are empty are one."""
    first = np.ones(len(counts), bool)
    first[1:] = (counts[1:] > 0) | (counts[:-1] > 0)
    starts = np.flatnonzero(first)
    left = edges[:-1][starts]
    right = np.append(left[1:], edges[-1])
    return np.stack((left, right, counts[starts].astype(np.float64)), axis=1)
