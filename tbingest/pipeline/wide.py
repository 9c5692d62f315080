"""Scalars with a column for each tag: an outer join by step, run by run.

All values are held, 12 to 16 bytes each, since the header names every tag before the first row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_ROWS = 1 << 14


class Wide:
    """Takes the values of each tag, whose steps all differ, and gives rows."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, list[tuple[NDArray[np.int64], NDArray[Any]]]]] = {}
        self._known: set[str] = set()

    def add(self, run: str, tag: str, steps: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Take values of a tag."""
        self._known.add(tag)
        held = self._runs.setdefault(run, {}).setdefault(tag, [])
        held.append((steps.copy(), values.copy()))

    @property
    def tags(self) -> list[str]:
        """All tags, by name."""
        return sorted(self._known)

    def rows(self) -> Iterator[list[Sequence[Any] | NDArray[Any]]]:
        """Some rows at a time: run, step, and the value of each tag or None; steps rise."""
        for run, held in self._runs.items():
            joined = {
                tag: (
                    np.concatenate([steps for steps, _ in parts]),
                    np.concatenate([_plain(values) for _, values in parts]),
                )
                for tag, parts in held.items()
            }
            tags = self.tags
            steps = np.unique(np.concatenate([steps for steps, _ in joined.values()]))
            for start in range(0, len(steps), _ROWS):
                part = steps[start : start + _ROWS]
                cells = [_cells(joined.get(tag), part) for tag in tags]
                yield [[run] * len(part), part, *cells]


def _plain(values: NDArray[Any]) -> NDArray[np.float64]:
    if values.dtype == np.float32:
        return values.astype("U").astype(np.float64)
    return values.astype(np.float64)


def _cells(
    held: tuple[NDArray[np.int64], NDArray[np.float64]] | None, steps: NDArray[np.int64]
) -> list[float | None]:
    """The value at each of the steps."""
    cells: list[float | None] = [None] * len(steps)
    if held is not None:
        inside = (held[0] >= steps[0]) & (held[0] <= steps[-1])
        places = np.searchsorted(steps, held[0][inside]).tolist()
        for place, value in zip(places, held[1][inside].tolist(), strict=True):
            cells[place] = value
    return cells
