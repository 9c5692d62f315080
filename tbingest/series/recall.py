"""Reads our own event files back: they are the memory from which points are given out again.

Checksums are held against the bytes, block by block. Scalars come as numbers; of everything else
the place in the file is kept, so that a thousand pictures are not held at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.errors import SourceError
from tbingest.events.decode import columns, kind_of
from tbingest.series.standing import stands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from tbingest.events.decode import Columns

KINDS = {
    "scalars": "scalar",
    "histograms": "histogram",
    "hparams": "hparams",
    "graphs": "graph",
    "pr_curves": "pr_curve",
    "custom_scalars": "layout",
}
"""TensorBoard's plug-ins whose name is not that of our kind."""
_MESH = ("_VERTEX", "_FACE", "_COLOR")


@dataclass
class Held:
    """What stands of a tag: steps (n,) that rise, times (n,), and values (n,): float64 of scalars;
    of other kinds `places` (n, 3), the file's number, where the value starts and where it ends.
    """

    kind: str
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: NDArray[np.float64] | None
    places: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, chosen: NDArray[Any]) -> Held:
        """Some of the points."""
        return Held(
            self.kind,
            self.steps[chosen],
            self.times[chosen],
            None if self.values is None else self.values[chosen],
            None if self.places is None else self.places[chosen],
        )


class Memory:
    """What event files show, file after file: `take` each of them, then ask `held`.

    `damage` says what is wrong with one of them; what stands before it is known.
    """

    def __init__(self, wanted: Callable[[str], bool] = lambda _: True) -> None:
        self._wanted = wanted
        self._found: dict[str, list[tuple[Columns, int, int]]] = {}
        self.damage = ""

    def take(self, number: int, pieces: Iterable[bytes]) -> None:
        """Read one more file, which comes after the others."""
        parts: list[Columns] = []
        try:
            for found in columns(pieces):
                parts += found
        except SourceError as error:
            self.damage = error.message
        for part in parts:
            if part.other:
                name = part.other
                if kind_of(part.held) == "mesh":
                    name = next((name[: -len(end)] for end in _MESH if name.endswith(end)), name)
                if self._wanted(name):
                    self._found.setdefault(name, []).append((part, -1, number))
            for column, tag in enumerate(part.tags):
                if self._wanted(tag):
                    self._found.setdefault(tag, []).append((part, column, number))

    def held(self) -> dict[str, Held]:
        """What stands of every tag, in the order in which they first came."""
        shared: dict[tuple[tuple[int, int], ...], _Shared] = {}
        return {tag: _held(parts, shared) for tag, parts in self._found.items()}


class _Shared(NamedTuple):
    """What tags of the same events have in common; `chosen` are those of all their points that
    stand, None where that is every one as it lies.
    """

    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    chosen: NDArray[np.int64] | None


def _held(
    parts: Sequence[tuple[Columns, int, int]],
    shared: dict[tuple[tuple[int, int], ...], _Shared],
) -> Held:
    # TensorBoard shows the first kind.
    if parts[0][1] < 0:
        return _held_places([one for one in parts if one[1] < 0])
    parts = [one for one in parts if one[1] >= 0]
    key = tuple((id(part), number) for part, _, number in parts)
    common = shared.get(key)
    if common is None:
        common = shared[key] = _common(parts)
    values = np.concatenate([part.values[:, column] for part, column, _ in parts])
    if common.chosen is not None:
        values = values[common.chosen]
    return Held("scalar", common.steps, common.times, values)


def _common(parts: Sequence[tuple[Columns, int, int]]) -> _Shared:
    steps, times, order, _ = _events(parts)
    chosen = order[stands(steps[order])]
    if len(chosen) == len(steps) and (chosen[1:] > chosen[:-1]).all():
        return _Shared(steps, times, None)
    return _Shared(steps[chosen], times[chosen], chosen)


def _events(
    parts: Sequence[tuple[Columns, int, int]],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """(steps, times, the order in which TensorBoard reads them, the number of the file)."""
    steps = np.concatenate([part.steps for part, _, _ in parts])
    times = np.concatenate([part.times for part, _, _ in parts])
    files = np.repeat([number for _, _, number in parts], [len(p.steps) for p, _, _ in parts])
    places = np.concatenate([part.places for part, _, _ in parts])
    return steps, times, np.lexsort((places, files)), files


def _held_places(parts: Sequence[tuple[Columns, int, int]]) -> Held:
    steps, times, order, files = _events(parts)
    kind = kind_of(parts[0][0].held)
    kind = KINDS.get(kind, kind)
    spans = np.array([part.span for part, _, _ in parts], np.int64).reshape(-1, 2)
    where = np.column_stack([files, spans])
    if kind == "mesh":
        where, order = _whole(where, files, np.concatenate([part.places for part, _, _ in parts]))
    held = Held(kind, steps[order], times[order], None, where[order])
    return held.take(stands(held.steps))


def _whole(
    where: NDArray[np.int64], files: NDArray[np.int64], places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A mesh is up to three values of one event: their places as one, and one row of each."""
    order = np.lexsort((where[:, 1], places, files))
    first = order[:1].tolist()
    for before, row in zip(order.tolist(), order[1:].tolist(), strict=False):
        if (files[before], places[before]) == (files[row], places[row]):
            where[first[-1], 2] = where[row, 2]
        else:
            first.append(row)
    return where, np.array(first, np.int64)
