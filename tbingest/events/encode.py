"""One run's points, as the bytes to be appended to its event file.

The size of every record is known beforehand, so one cumulative sum in the order of the source
gives every record's place, and whole groups of equally laid out records are put there at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tbingest.events.records import event
from tbingest.events.scalars import FEW, Group, groups, single, write
from tbingest.model.points import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Kind, Value

    Serialize: TypeAlias = Callable[[Kind, tuple[str, ...], Sequence[Value]], bytes]

ENCODER_VERSION = 1
"""Grows whenever the same points give other bytes."""

_LAST_STEP = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class _Part:
    """Points and what is known of their records: `sizes` (n,) in bytes.

    Scalars are encoded in place, by `groups`; of the other kinds `records` are the bytes.
    """

    points: Points
    sizes: NDArray[np.int64]
    groups: tuple[Group, ...] = ()
    records: tuple[bytes, ...] = ()


def encode(
    batch: Sequence[Points],
    rewinds: Sequence[NDArray[np.bool_] | None],
    serialize: Serialize,
) -> memoryview:
    """The event records of one run's points, in the order of their source.

    The points are woven by `order`; where it is equal, by their place in `batch`. Where
    `rewinds[i][j]` is set, an event with an empty Summary at the next step and the same wall time
    goes directly before record j of `batch[i]`: it makes both of TensorBoard's loaders drop what
    the record supersedes. `serialize(kind, tags, values[j])` gives the Summary of a record that
    is no scalar. The bytes do not depend on how records are cut into batches. The memory belongs
    to the caller.
    """
    parts = [_part(points, serialize) for points in batch]
    spans = [part.sizes for part in parts]
    rewound: dict[int, _Part] = {}
    for index, (points, mask) in enumerate(zip(batch, rewinds, strict=True)):
        if mask is not None and mask.any():
            rewound[index] = _part(_rewind_points(points, mask), serialize)
            spans[index] = spans[index].copy()
            spans[index][mask] += rewound[index].sizes
    starts = _starts([points.order for points in batch], spans)
    out = np.empty(sum(int(span.sum()) for span in spans), np.uint8)
    for index, (part, mask) in enumerate(zip(parts, rewinds, strict=True)):
        _put(out, part, starts[index] + (spans[index] - part.sizes))
        if index in rewound:
            _put(out, rewound[index], starts[index][mask])
    return out.data


def pieces(
    batch: Sequence[Points], rewinds: Sequence[NDArray[np.bool_] | None], most: int
) -> Iterator[tuple[Sequence[Points], Sequence[NDArray[np.bool_] | None]]]:
    """What `encode` is to be given one after the other, for the same bytes with less memory.

    `most` records each; a batch of several points is woven, and stays whole.
    """
    one, mask = batch[0], rewinds[0]
    ordered = len(batch) == 1 and len(one) > most and bool((one.order[1:] >= one.order[:-1]).all())
    if not ordered or not isinstance(one.values, np.ndarray):
        yield batch, rewinds
        return
    for start in range(0, len(one), most):
        part = slice(start, start + most)
        columns = (one.steps[part], one.times[part], one.values[part], one.order[part])
        points = Points(one.run, one.kind, one.tags, *columns)
        yield [points], [None if mask is None else mask[part]]


def _part(points: Points, serialize: Serialize) -> _Part:
    """The points with the sizes of their records."""
    if points.kind == "scalar" and len(points) > FEW:
        sizes = np.empty(len(points), np.int64)
        found = tuple(groups(points))
        for group in found:
            sizes[group.rows] = group.layout.width
        return _Part(points, sizes, groups=found)
    if points.kind == "scalar":
        records = single(points)
    else:
        stamps = zip(points.times.tolist(), points.steps.tolist(), points.values, strict=True)
        records = tuple(
            event(wall, step, serialize(points.kind, points.tags, values))
            for wall, step, values in stamps
        )
    return _Part(points, np.asarray([len(record) for record in records], np.int64), (), records)


def _rewind_points(points: Points, mask: NDArray[np.bool_]) -> Points:
    """The rewinds before the masked records: scalars without a tag."""
    steps = points.steps[mask]
    return Points(
        run=points.run,
        kind="scalar",
        tags=(),
        steps=steps + (steps != _LAST_STEP),
        times=points.times[mask],
        values=np.empty((len(steps), 0)),
        order=points.order[mask],
    )


def _starts(
    orders: Sequence[NDArray[np.int64]], spans: Sequence[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Where each record's span begins, when all of them are woven by `orders`."""
    if not orders:
        return []
    span = np.concatenate(spans)
    woven = np.argsort(np.concatenate(orders), kind="stable") if len(orders) > 1 else slice(None)
    ends = np.cumsum(span[woven])
    starts = np.empty_like(ends)
    starts[woven] = ends - span[woven]
    return np.split(starts, np.cumsum([len(order) for order in orders])[:-1])


def _put(out: NDArray[np.uint8], part: _Part, starts: NDArray[np.int64]) -> None:
    """Encode the part's records to their places in `out`."""
    if part.records:
        view = out.data
        for record, start in zip(part.records, starts.tolist(), strict=True):
            view[start : start + len(record)] = record
    for group in part.groups:
        width = group.layout.width
        places = starts[group.rows]
        first, end = int(places[0]), int(places[-1]) + width
        if end - first == len(places) * width:
            write(out[first:end].reshape(-1, width), group, part.points)
        else:
            block = np.empty((len(places), width), np.uint8)
            write(block, group, part.points)
            _scatter(out, block, places)


def _scatter(out: NDArray[np.uint8], block: NDArray[np.uint8], places: NDArray[np.int64]) -> None:
    """Copy the rows of `block` to `places` in `out`, which do not overlap."""
    width = block.shape[1]
    record: np.dtype[np.void] = np.dtype((np.void, width))
    # One item for every place where a record might begin: items overlap, chosen ones do not.
    windows = np.ndarray((len(out) - width + 1,), record, out.data, strides=(1,))
    windows[places] = block.view(record)[:, 0]
