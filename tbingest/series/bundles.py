"""Runs that are seeds of one training as one curve: the mean of each step, and their spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.series.seeds import unseeded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_GRID = 1_000


class Steps(NamedTuple):
    """The values of a tag: steps that rise and values, (n,)."""

    steps: NDArray[np.float64]
    values: NDArray[np.float64]


class Bundle(NamedTuple):
    """A mean of `members` runs; low and high are one standard deviation of the population away.

    All (n,); of a single run its values, and no room between low and high.
    """

    name: str
    members: int
    steps: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def bundles(curves: Mapping[str, Steps], *, together: bool = True) -> list[Bundle]:
    """The curves of one tag by run: seeds `together`, all others by themselves."""
    groups: dict[str, list[str]] = {}
    for run in curves:
        groups.setdefault(unseeded(run) if together else run, []).append(run)
    found: list[Bundle] = []
    for name, runs in groups.items():
        grid = _grid([curves[run] for run in runs])
        if len(runs) > 1 and len(grid):
            found.append(_mean(name, [curves[run] for run in runs], grid))
        else:
            found += [Bundle(run, 1, *curves[run], *[curves[run].values] * 2) for run in runs]
    return found


def _grid(members: Sequence[Steps]) -> NDArray[np.float64]:
    """The steps that lie within all members: beyond, a mean would be that of others."""
    grid = np.unique(np.concatenate([one.steps for one in members]))
    low = max(float(one.steps[0]) for one in members)
    high = min(float(one.steps[-1]) for one in members)
    grid = grid[(grid >= low) & (grid <= high)]
    if len(grid) > _GRID:
        grid = grid[np.linspace(0, len(grid) - 1, _GRID).astype(np.int64)]
    return grid


def _mean(name: str, members: Sequence[Steps], grid: NDArray[np.float64]) -> Bundle:
    """Values between the steps of a member lie on the line that joins these."""
    table = np.array([np.interp(grid, one.steps, one.values) for one in members])
    mean, spread = table.mean(axis=0), table.std(axis=0)
    return Bundle(name, len(members), grid, mean, mean - spread, mean + spread)
