"""Points out of our own event files, and into them again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.events.decode import histogram_of
from tbingest.events.encode import encode
from tbingest.events.summaries import serialize
from tbingest.logdir.files import piece_of
from tbingest.model.points import Encoded, Points
from tbingest.series.recall import Held, Memory
from tbingest.series.settle import Out, Rows
from tbingest.series.timeseries import WATCHED
from tbingest.sources.handles import opened, read_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tbingest.series.track import Track
    from tbingest.write.run import Run
    from tbingest.write.runs import Runs

_CHUNK = 1 << 16
"""So many records are encoded at a time."""


class Place(NamedTuple):
    """Where a value stands in an event file that can still be read."""

    path: str
    start: int
    end: int

    def read(self) -> Encoded:
        """The bytes. Raises OSError."""
        handle = opened(self.path)
        try:
            return Encoded(read_at(handle, self.end - self.start, self.start))
        finally:
            os.close(handle)


def recalled(
    parts: Iterable[tuple[str, int, int | None]], wanted: Callable[[str], bool] = lambda _: True
) -> tuple[dict[str, tuple[Held, Rows]], str]:
    """What the event files at (path, first byte, byte behind the last) show, by tag; the damage.

    The owner of all rows is 0.
    """
    memory = Memory(wanted)
    paths, starts = [], []
    for number, (path, start, stop) in enumerate(parts):
        memory.take(number, piece_of(path, start, stop))
        paths.append(path)
        starts.append(start)
    found = {}
    for tag, held in memory.held().items():
        values: NDArray[Any]
        if held.values is not None:
            values = held.values
        else:
            values = np.empty(len(held), object)
            rows = held.places if held.places is not None else np.empty((0, 3), np.int64)
            for row, (number, start, end) in enumerate(rows.tolist()):
                values[row] = Place(paths[number], starts[number] + start, starts[number] + end)
        owners = np.zeros(len(held), np.int64)
        found[tag] = held, Rows(held.steps, held.times, values, owners)
    return found, memory.damage


def standing(
    runs: Runs, name: str, wanted: Callable[[str], bool] = lambda _: True
) -> dict[str, Rows]:
    """What stands in a run by its tracks, with owners, read from its event files."""
    run = runs.runs[name]
    parts = [(path, 0, length) for path, length in runs.state.known(name)]
    found = {}
    for tag, (_, rows) in recalled(parts, wanted)[0].items():
        if tag in run.tracks:
            rows.owners = run.tracks[tag].owners_of(rows.steps)
            known = rows.owners >= 0
            found[tag] = rows if known.all() else rows.take(known)
    return found


def given(kind: str, values: NDArray[Any]) -> Sequence[Sequence[Any]] | NDArray[np.float64]:
    """Values of one tag as `Points` hold them."""
    if kind == "scalar":
        return values.astype(np.float64)[:, None]
    return [[value.read() if isinstance(value, Place) else value] for value in values]


def encoded(kind: Any, tag: str, values: Sequence[Any]) -> NDArray[Any]:
    """Values that are no scalars as they will stand in the file."""
    found = np.empty(len(values), object)
    for place, value in enumerate(values):
        found[place] = Encoded(serialize(kind, (tag,), (value,)))
    return found


def same(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two values that are no scalars have the same bytes."""
    pairs = zip(one, other, strict=True)
    return np.fromiter((_bytes(a) == _bytes(b) for a, b in pairs), np.bool_, len(one))


def _bytes(value: Place | Encoded) -> bytes:
    return value.read() if isinstance(value, Place) else value


def put(runs: Runs, name: str, run: Run, outs: Mapping[str, Out]) -> None:
    """Append points of tags, each of them rising; tags with the same steps share their events."""
    sets: dict[tuple[object, ...], list[str]] = {}
    for tag, out in outs.items():
        kind = run.tracks[tag].kind
        key = (kind, out.falls, out.rows.steps.tobytes(), out.rows.times.tobytes())
        sets.setdefault(key if kind == "scalar" else (tag,), []).append(tag)
    for tags in sets.values():
        _append(runs, name, run, tags, outs)


def _append(runs: Runs, name: str, run: Run, tags: list[str], outs: Mapping[str, Out]) -> None:
    kind: Any = run.tracks[tags[0]].kind
    out = outs[tags[0]]
    for start in range(0, len(out.rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        steps, times = out.rows.steps[part], out.rows.times[part]
        if kind == "scalar":
            values: Any = np.stack([outs[tag].rows.values[part] for tag in tags], axis=1)
            values = values.astype(np.float64)
        else:
            values = given(kind, out.rows.values[part])
        points = Points(
            name,
            kind,
            tuple(tags),
            steps,
            times,
            values,
            np.arange(len(steps)),
        )
        falls = out.falls and not start
        mark = np.zeros(len(steps), np.bool_)
        mark[0] = falls
        data = encode([points], [mark if falls else None], serialize)
        if not runs.state.append(name, data, float(times[0])):
            runs.state.begin_file(name)
            runs.state.append(name, data, float(times[0]))
        if runs.tell:
            runs.tell(name, [points])
        run.time = max(run.time, float(times.max()))
        if runs.watches and kind in WATCHED:
            for column, tag in enumerate(tags):
                run.sketch(tag, steps, watched(kind, values, column), falls=falls)


def watched(kind: str, values: Any, column: int) -> NDArray[Any]:
    """Values as figures want them."""
    if kind == "scalar":
        found: NDArray[Any] = values[:, column]
        return found
    found = np.empty(len(values), object)
    for place, row in enumerate(values):
        found[place] = histogram_of(row[column])
    return found


def groups_of(rows: Mapping[str, Rows], tracks: Mapping[str, Track]) -> Iterator[tuple[str, Out]]:
    """What stands, as it is put into an empty file."""
    for tag, part in rows.items():
        if len(part) and tag in tracks:
            yield tag, Out(part, falls=False, anew=False)
