"""Fewer points of a curve that looks the same: of each stretch the lowest, the highest, the last.

A stretch is N values of a tag in the order in which they were logged; it ends where steps fall. The
first value after a fall is kept, as it takes away others, and so is the very first. Of the values
of a stretch that are not a number the first is kept. Of pictures and the like only the last is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.model.points import Kind, Points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


class _Values(NamedTuple):
    """Values of one tag as they were logged: steps, times, values (n,) and places (n,)."""

    steps: NDArray[Any]
    times: NDArray[Any]
    values: NDArray[Any]
    order: NDArray[Any]

    def take(self, chosen: NDArray[np.int64] | slice) -> _Values:
        return _Values(*(part[chosen].copy() for part in self))


@dataclass
class Thinner:
    """Thins the points of one source. `left_out` counts what was not kept."""

    every: int
    left_out: int = 0
    _held: dict[tuple[str, Kind, str], _Values] = field(default_factory=dict)
    _last: dict[tuple[str, Kind, str], int] = field(default_factory=dict)

    def thin(self, groups: Sequence[Points], *, close: bool) -> list[Points]:
        """What is kept of the stretches that are complete; of all once the source is closed."""
        found: dict[tuple[str, Kind, str], list[_Values]] = {}
        if close:
            found = {key: [held] for key, held in self._held.items()}
        kept = []
        for points in groups:
            if points.kind in {"hparams", "layout", "graph"}:
                kept.append(points)
                continue
            for place, tag in enumerate(points.tags):
                key = (points.run, points.kind, tag)
                before = [self._held[key]] if key in self._held else []
                found.setdefault(key, before).append(_column(points, place))
        for key, parts in found.items():
            kept += self._of(key, _woven(parts), close=close)
        return kept

    def _of(self, key: tuple[str, Kind, str], values: _Values, *, close: bool) -> Iterator[Points]:
        run, kind, tag = key
        falls = np.flatnonzero(values.steps[1:] <= values.steps[:-1]) + 1
        last = self._last.get(key)
        fell = last is None or int(values.steps[0]) <= last
        starts = np.concatenate([[0], falls])
        segment = np.repeat(starts, np.diff(np.append(starts, len(values.steps))))
        within = np.arange(len(values.steps)) - segment
        ids = np.cumsum(np.where(within % self.every == 0, 1, 0))
        count = len(ids)
        unfinished = int(np.searchsorted(ids, ids[-1]))
        if not close and count - unfinished < self.every:
            count = unfinished
        self._held[key] = values.take(slice(count, None))
        if not len(self._held[key].steps):
            del self._held[key]
        if not count:
            return
        done = values.take(slice(0, count))
        after = falls[falls < count]
        chosen = _chosen(done.values, ids[:count], np.append(after, 0) if fell else after)
        self._last[key] = int(done.steps[-1])
        self.left_out += count - len(chosen)
        part = done.take(chosen)
        shaped: Any = part.values[:, None] if kind == "scalar" else [[one] for one in part.values]
        yield Points(run, kind, (tag,), part.steps, part.times, shaped, part.order)


def _column(points: Points, place: int) -> _Values:
    values: NDArray[Any] = np.empty(len(points), object)
    if isinstance(points.values, np.ndarray):
        values = points.values[:, place]
    else:
        values[:] = [row[place] for row in points.values]
    return _Values(points.steps, points.times, values, points.order)


def _woven(parts: list[_Values]) -> _Values:
    if len(parts) == 1:
        return parts[0]
    joined = _Values(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    return joined.take(np.argsort(joined.order, kind="stable"))


def _chosen(
    values: NDArray[Any], ids: NDArray[np.int64], falls: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The places that are kept, rising."""
    ends = np.append(np.flatnonzero(ids[1:] != ids[:-1]), len(ids) - 1)
    if values.dtype == object:
        return np.unique(np.concatenate([ends, falls]))
    odd = np.isnan(values)
    not_numbers = _firsts(np.where(odd, 0, 1), ids)
    extremes = [_firsts(values, ids), _firsts(-values, ids), not_numbers[odd[not_numbers]]]
    return np.unique(np.concatenate([ends, falls, *extremes]))


def _firsts(keys: NDArray[Any], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the lowest key of each stretch, the first where several are; NaN is the last."""
    order = np.lexsort((np.arange(len(ids)), keys, ids))
    first = np.concatenate([[True], ids[order][1:] != ids[order][:-1]])
    found: NDArray[np.int64] = order[first]
    return found
