"""The curve of one tag of one run: every value that was logged, with its place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Origin:
    """The source of some values; `lined` says that the places in it are lines."""

    shown: str
    lined: bool = True


@dataclass(frozen=True)
class Place:
    """Where a value was logged; empty where it came from an event file."""

    source: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line is not None else self.source


@dataclass(frozen=True)
class Series:
    """What TensorBoard shows of a (run, tag), in steps that strictly grow.

    steps, values, places, origins: (n,), of the values that stand; a place is a line in
    `sources[origin]`. `restarts` holds, for each time the steps fell back or repeated, the step
    before, the step after and the place of the latter; `logged` counts all values.
    """

    run: str
    tag: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    places: NDArray[np.int64]
    origins: NDArray[np.int64]
    sources: tuple[Origin, ...]
    restarts: tuple[tuple[int, int, Place], ...] = ()
    logged: int = 0

    def place(self, index: int) -> Place:
        """Where a value that stands was logged."""
        return _place(self.sources, int(self.origins[index]), int(self.places[index]))

    def shape(self, width: int = 60) -> tuple[float, ...]:
        """At most `width` of the values, evenly spread, with the last."""
        count = len(self.values)
        chosen = np.linspace(0, count - 1, min(width, count)).round().astype(np.int64)
        return tuple(self.values[chosen].tolist())

    def sparkline(self, width: int = 16) -> str:
        """The curve in `width` characters at most; a value that is no number is `·`."""
        means = np.array(self.shape(width))
        finite = means[np.isfinite(means)]
        low = finite.min() if len(finite) else 0.0
        with np.errstate(over="ignore"):
            span = (finite.max() - low if len(finite) else 0.0) or 1.0
        return "".join(
            _SPARKS[min(7, int((one - low) / span * 8))]
            if np.isfinite(one) and np.isfinite(span)
            else "·"
            for one in means
        )


def _place(sources: Sequence[Origin], origin: int, place: int) -> Place:
    if origin < 0:
        return Place()
    known = sources[origin]
    return Place(known.shown, place if known.lined else None)


class Gathered:
    """Takes values as they are read, and gives the curves."""

    def __init__(self) -> None:
        self.sources: list[Origin] = []
        self._owners: dict[tuple[str, str], str] = {}
        self._parts: dict[tuple[str, str], list[tuple[NDArray[np.float64], int]]] = defaultdict(
            list
        )
        self._blocks: list[tuple[NDArray[np.int64], NDArray[np.int64], int]] = []

    def take(
        self,
        run: str,
        tags: Sequence[str],
        steps: NDArray[np.int64],
        values: NDArray[np.float64],
        *,
        places: NDArray[np.int64],
        origin: int,
        owner: str = "",
    ) -> None:
        """Add `values` (n, tags) at `steps` (n,); the first `owner` of a tag keeps it."""
        self._blocks.append((steps, places, origin))
        for column, tag in enumerate(tags):
            if self._owners.setdefault((run, tag), owner) == owner:
                self._parts[run, tag].append((values[:, column], len(self._blocks) - 1))

    def series(self) -> list[Series]:
        """The curves, by run and tag."""
        sources = tuple(self.sources)
        return [self._one(run, tag, sources) for run, tag in sorted(self._parts)]

    def _one(self, run: str, tag: str, sources: tuple[Origin, ...]) -> Series:
        parts = self._parts[run, tag]
        blocks = [self._blocks[number] for _, number in parts]
        values = np.concatenate([part for part, _ in parts])
        steps = np.concatenate([block[0] for block in blocks])
        places = np.concatenate([block[1] for block in blocks])
        origins = np.repeat([block[2] for block in blocks], [len(block[0]) for block in blocks])
        rising = (np.diff(origins) > 0) | ((np.diff(origins) == 0) & (np.diff(places) >= 0))
        if not rising.all():
            woven = np.lexsort((places, origins))
            steps, values, places, origins = (
                one[woven] for one in (steps, values, places, origins)
            )
        falls = np.flatnonzero(np.diff(steps) <= 0)
        restarts = tuple(
            (
                int(steps[at]),
                int(steps[at + 1]),
                _place(sources, int(origins[at + 1]), int(places[at + 1])),
            )
            for at in falls
        )
        logged = len(steps)
        if len(falls):
            following = np.append(np.minimum.accumulate(steps[::-1])[::-1][1:], steps[-1] + 1)
            stands = steps < following
            steps, values, places, origins = (
                one[stands] for one in (steps, values, places, origins)
            )
        return Series(run, tag, steps, values, places, origins, sources, restarts, logged)
