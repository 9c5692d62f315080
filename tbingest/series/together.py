"""Several runs of one tag as one curve: a middle, a band, and how many runs each point has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_STEPS = 1000
"""So many steps at most has a curve of runs whose own steps differ."""
_ENOUGH = 0.5
_HUGE = 1e150
"""Larger numbers have no square."""


@dataclass(frozen=True, slots=True)
class Together:
    """`steps` (n,); `middle`, `lower` and `upper` (n,); `runs` (n,), how many have a value there.

    `between`: True where a run is taken to go straight from one of its steps to the next.
    """

    steps: Ints
    middle: Floats
    lower: Floats
    upper: Floats
    runs: Ints
    between: bool


def _mean_std(values: Floats) -> tuple[Floats, Floats, Floats]:
    middle, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    return middle, middle - spread, middle + spread


def _min_max(values: Floats) -> tuple[Floats, Floats, Floats]:
    return np.nanmean(values, axis=0), np.nanmin(values, axis=0), np.nanmax(values, axis=0)


def _quartiles(values: Floats) -> tuple[Floats, Floats, Floats]:
    lower, middle, upper = np.nanquantile(values, (0.25, 0.5, 0.75), axis=0)
    return middle, lower, upper


_BANDS: dict[str, Callable[[Floats], tuple[Floats, Floats, Floats]]] = {
    "mean±std": _mean_std,
    "min-max": _min_max,
    "quartiles": _quartiles,
}


def together(
    curves: Sequence[tuple[Ints, Floats]],
    band: str,
    *,
    most: int = MOST_STEPS,
    between: bool | None = None,
) -> Together | None:
    """The curves, (steps, values) of each with rising steps, as one; None where two never meet.

    Where most of their points stand at steps of several curves, at these steps; else, or where
    `between` says so, at the steps of all, `most` of them at the most, each curve going straight
    from step to step and ending with its last. Values that are not finite are left out, and steps
    with fewer than two runs.
    """
    finite = [np.isfinite(values) for _, values in curves]
    known = [
        (steps[good], np.clip(values[good], -_HUGE, _HUGE))
        for (steps, values), good in zip(curves, finite, strict=True)
        if good.any()
    ]
    if len(known) < 2:
        return None
    steps, counts = np.unique(np.concatenate([one for one, _ in known]), return_counts=True)
    if between is None:
        between = int(counts[counts > 1].sum()) < _ENOUGH * counts.sum()
    if between and len(steps) > most:
        grid = np.round(np.linspace(float(steps[0]), float(steps[-1]), most))
        steps = np.unique(grid.astype(np.int64))
    table = np.full((len(known), len(steps)), np.nan)
    for row, (own, values) in enumerate(known):
        if between:
            table[row] = np.interp(steps, own, values, np.nan, np.nan)
        else:
            table[row, np.searchsorted(steps, own)] = values
    runs = np.isfinite(table).sum(axis=0)
    met = runs > 1
    if not met.any():
        return None
    middle, lower, upper = _BANDS[band](table[:, met])
    return Together(steps[met], middle, lower, upper, runs[met], between)
