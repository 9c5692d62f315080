"""Exact histograms and statistics in one pass, over edges that are the same for every step.

Every octave of |x| is cut into eight equal buckets, from the octave of the largest |x| down twelve
octaves; one bucket around 0 holds the rest. Edges depend on the octave alone, so that histograms
of several steps can be compared, and tails keep their own buckets however far out they lie. The
first and the last edge are the data's own minimum and maximum.

Of up to 16,384 numbers, and of those of few bits, a bucket that holds more than a sixteenth is
halved, and so on: numbers close to 1, as scales of normalisation layers are, show their bell. The
halves are the same at every step, too, as far as they go.

An eighth of an octave is what a float's sign, exponent and three highest bits of its fraction
say: numbers are counted by their leading bits, without a comparison and before the range is known.
Numbers of at most 16 bits are counted as they are: a cell for each. A few are sorted in at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from tbingest.model.points import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Block: TypeAlias = NDArray[np.floating[Any]]

_BLOCK = 1 << 16  # the buffers stay in the cache; larger and smaller ones are slower
_FEW = 1 << 14
_PARTS = 8
_OCTAVES = 12
_SHARES = 16
_SMALLEST = -1021  # 2**-1022, the smallest normal float64, begins the octave below 2**-1021

_SINGLE_SHIFT, _SINGLE_CELLS = 20, 1 << 12
_DOUBLE_SHIFT, _DOUBLE_CELLS = 49, 1 << 15
_SINGLE_TINY = 2.0**-100  # the octaves below still are normal float32 numbers


@dataclass
class Statistics:
    """What is known of some numbers.

    count: of all of them; nan, neg_inf, pos_inf, zeros: how many are that; low, high, mean: of the
    finite ones; spread: the sum of their squared distances from the mean. Without a finite number
    low is inf and high is -inf.
    """

    count: int = 0
    nan: int = 0
    neg_inf: int = 0
    pos_inf: int = 0
    zeros: int = 0
    low: float = math.inf
    high: float = -math.inf
    mean: float = 0.0
    spread: float = 0.0

    @property
    def not_finite(self) -> int:
        """How many are NaN or infinite."""
        return self.nan + self.neg_inf + self.pos_inf

    @property
    def finite(self) -> int:
        """How many are neither NaN nor infinite."""
        return self.count - self.not_finite

    @property
    def std(self) -> float:
        """The standard deviation of the finite numbers, as of a whole population."""
        return math.sqrt(self.spread / self.finite)

    @property
    def norm(self) -> float:
        """The Euclidean norm of the finite numbers."""
        return math.hypot(math.sqrt(self.spread), self.mean * math.sqrt(self.finite))

    def merge(self, finite: int, mean: float, spread: float) -> None:
        """Take in mean and spread of so many more finite numbers; `count` holds them already."""
        share = finite / self.finite
        apart = mean - self.mean
        self.mean += apart * share
        self.spread += spread + apart * apart * share * (self.finite - finite)


def histogram(chunks: Callable[[], Iterable[NDArray[Any]]]) -> Histogram:
    """The exact histogram of the real numbers of any shapes and types that `chunks()` gives.

    See `summarize`.
    """
    return summarize(chunks())[0]


def summarize(
    chunks: Iterable[NDArray[Any]], codes: NDArray[np.float64] | None = None
) -> tuple[Histogram, Statistics]:
    """Histogram and statistics of real numbers of any shapes and types.

    With `codes` the chunks are whole numbers, and `codes[c]` is the number meant. The counts are
    those of `numpy.histogram` over the same edges; equal numbers v stand in one bucket from
    v - 0.5 to v + 0.5. Memory is a few blocks of 2**16 numbers, however many there are. Numbers
    that no float64 holds count as the nearest one. Raises ValueError for complex numbers or
    objects.
    """
    few, rest = _first(chunks)
    statistics = Statistics()
    if rest is None:
        values = np.concatenate([_decoded(chunk, codes) for chunk in few] or [np.zeros(0)])
        counts = np.ones(len(values), np.int64)
        lefts, counts = _of_values(values, counts, statistics)
    elif codes is not None:
        counts = sum(
            (np.bincount(chunk.reshape(-1), minlength=len(codes)) for chunk in chain(few, rest)),
            np.zeros(len(codes), np.int64),
        )
        used = np.flatnonzero(counts)
        lefts, counts = _of_values(codes[used], counts[used], statistics)
    else:
        cells = _Cells(statistics)
        for block in _blocks(chain(few, rest)):
            cells.add(block)
        lefts, counts = cells.filled()
    edges = edges_between(statistics.low, statistics.high) if statistics.finite else None
    if edges is not None and (rest is None or codes is not None):
        edges = finer(edges, lefts, counts)
    return _histogram(lefts, counts, statistics, edges), statistics


def _first(
    chunks: Iterable[NDArray[Any]],
) -> tuple[list[NDArray[Any]], Iterator[NDArray[Any]] | None]:
    """(the first chunks, the others, or None where these are few numbers)."""
    found: list[NDArray[Any]] = []
    size = 0
    iterator = iter(chunks)
    for chunk in iterator:
        array = np.asarray(chunk)
        size += array.size
        if size > _FEW:
            return [*found, array], iterator
        found.append(array.copy())  # its memory may be used for the next one
    return found, None


def _decoded(chunk: NDArray[Any], codes: NDArray[np.float64] | None) -> NDArray[np.float64]:
    if codes is not None:
        return np.take(codes, chunk.reshape(-1))
    _check(chunk)
    with np.errstate(over="ignore", invalid="ignore"):
        return chunk.reshape(-1).astype(np.float64)


def _check(array: NDArray[Any]) -> None:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"numbers of type {array.dtype} have no order")


def _of_values(
    values: NDArray[np.float64], counts: NDArray[np.int64], statistics: Statistics
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The finite ones of some numbers, each of which is there `counts` times."""
    statistics.count = int(counts.sum())
    statistics.zeros = int(counts[values == 0].sum())
    finite = np.isfinite(values)
    if not finite.all():
        statistics.nan = int(counts[np.isnan(values)].sum())
        statistics.neg_inf = int(counts[values == -math.inf].sum())
        statistics.pos_inf = int(counts[values == math.inf].sum())
        values, counts = values[finite], counts[finite]
    if len(values):
        statistics.low, statistics.high = float(values.min()), float(values.max())
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float((values * counts).sum() / statistics.finite)
            apart = values - mean
            statistics.merge(statistics.finite, mean, float((apart * apart * counts).sum()))
    return values, counts


def finer(
    edges: NDArray[np.float64], values: NDArray[np.float64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The edges, and halves of buckets that hold more than a sixteenth of some finite numbers."""
    order = np.argsort(values, kind="stable")
    values = values[order]
    until = np.concatenate(([0], np.cumsum(counts[order])))
    most = until[-1] / _SHARES
    places = np.searchsorted(values, edges)
    places[-1] = len(values)
    found: list[float] = []
    cells = []
    for at, (begin, end) in enumerate(pairwise(places.tolist())):
        left, right = float(edges[at]), float(edges[at + 1])
        if left * right > 0 and until[end] - until[begin] > most:
            cells.append((*_cell_around(left, right), begin, end))
    while cells:
        left, width, begin, end = cells.pop()
        if until[end] - until[begin] <= most or values[begin] == values[end - 1]:
            continue
        middle = left + width / 2
        if left < middle == edges[-1]:  # the last bucket holds its right edge: cut it below that
            cells.append((left, width / 2, begin, end))
            continue
        place = begin + int(np.searchsorted(values[begin:end], middle))
        if begin < place < end:
            found.append(middle)
        if middle in {left, left + width}:
            continue
        cells += [(left, width / 2, begin, place)] if begin < place else []
        cells += [(middle, width / 2, place, end)] if place < end else []
    return np.sort(np.concatenate((edges, found))) if found else edges


def _cell_around(left: float, right: float) -> tuple[float, float]:
    """(left, width) of the eighth of an octave that two edges lie in."""
    middle = left + (right - left) / 2
    _, octave = math.frexp(middle)
    width = math.ldexp(0.5 / _PARTS, octave)
    return math.floor(middle / width) * width, width


def _histogram(
    lefts: NDArray[np.float64],
    counts: NDArray[np.int64],
    statistics: Statistics,
    edges: NDArray[np.float64] | None,
) -> Histogram:
    """Of the finite numbers, whose buckets begin at `lefts` or hold them."""
    aside = (statistics.nan, statistics.neg_inf, statistics.pos_inf)
    if edges is None or not statistics.finite:
        return Histogram(np.zeros((0, 3)), *aside)
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
    """The numbers as float32 where that is exact, else float64, block by block.

    Blocks are parts of the chunks, or one buffer for those of other types.
    """
    buffers: dict[int, Block] = {4: np.empty(_BLOCK, np.float32), 8: np.empty(_BLOCK, np.float64)}
    for chunk in chunks:
        array = np.asarray(chunk)
        _check(array)
        kind, size = array.dtype.kind, array.dtype.itemsize
        buffer = buffers[4 if size < 4 or (size == 4 and kind == "f") else 8]
        if array.dtype == buffer.dtype and array.flags.c_contiguous:
            flat = array.reshape(-1)
            yield from (flat[start : start + _BLOCK] for start in range(0, len(flat), _BLOCK))
            continue
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
    """How many numbers lie in each eighth of an octave; the `statistics` are kept as well."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._single = np.zeros(_SINGLE_CELLS, np.int64)
        self._double = np.zeros(_DOUBLE_CELLS, np.int64)
        self._bits: dict[int, NDArray[Any]] = {
            4: np.empty(_BLOCK, np.uint32),
            8: np.empty(_BLOCK, np.uint64),
        }
        self._places = np.empty(_BLOCK, np.int64)
        self._apart = np.empty(_BLOCK)

    def add(self, block: Block) -> None:
        """Count a block of float32 or float64 numbers."""
        known = self.statistics
        known.count += len(block)
        low, high = float(block.min()), float(block.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            known.nan += int(np.isnan(block).sum())
            known.neg_inf += int((block == -math.inf).sum())
            known.pos_inf += int((block == math.inf).sum())
            block = block[np.isfinite(block)]
            if not len(block):
                return
            low, high = float(block.min()), float(block.max())
        known.low, known.high = min(known.low, low), max(known.high, high)
        if block.dtype == np.float32 and max(-low, high) >= _SINGLE_TINY:
            cells, counts = self._single, self._count(block, _SINGLE_SHIFT, _SINGLE_CELLS)
        else:
            double = block.astype(np.float64, copy=False)
            cells, counts = self._double, self._count(double, _DOUBLE_SHIFT, _DOUBLE_CELLS)
        if counts[0]:
            known.zeros += int((block == 0).sum())
        cells += counts
        with np.errstate(over="ignore", invalid="ignore"):  # squares beyond float64
            self._measure(block)

    def _measure(self, block: Block) -> None:
        apart = self._apart[: len(block)]
        apart[:] = block
        mean = float(apart.sum()) / len(block)
        np.subtract(apart, mean, out=apart)
        np.multiply(apart, apart, out=apart)
        self.statistics.merge(len(block), mean, float(apart.sum()))

    def _count(self, block: Block, shift: int, cells: int) -> NDArray[np.int64]:
        """Counts by the leading bits: [a, b) for positive numbers, [-b, -a) for negative ones."""
        size = block.dtype.itemsize
        bits = block.view(np.uint32 if size == 4 else np.uint64)
        found = self._bits[size][: len(block)]
        places = self._places[: len(block)]
        np.right_shift(bits, 8 * size - 1, out=found)
        np.subtract(bits, found, out=found)  # -b lies in the bucket that it begins
        np.right_shift(found, shift, out=places, casting="unsafe")
        counts = np.bincount(places, minlength=cells)
        below_zero = cells // 2 - 1  # where -0.0 comes to lie, and no other finite number
        counts[0] += counts[below_zero]
        counts[below_zero] = 0
        return counts

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
