"""What stands at a step: pure functions over steps and values, for everything that asks.

TensorBoard shows of a time series only steps that strictly rise: a point at step s *preempts* every
earlier point at s or later. Writing, checking, verifying, means and figures ask here what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEAR = 0.02
"""A console rounds: values that differ by no more than that share are taken for the same."""


def stands(steps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which points of a time series still stand after the last: shape (n,)."""
    found = np.ones(len(steps), np.bool_)
    if len(steps) > 1:
        found[:-1] = steps[:-1] < np.minimum.accumulate(steps[::-1])[::-1][1:]
    return found


def equal(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two values look the same in TensorBoard, which shows float32; (n,) each."""
    with np.errstate(over="ignore"):
        a, b = one.astype(np.float32), other.astype(np.float32)
    found: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b))
    return found


def near(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two values are the same but for the digits that a console shows; (n,) each."""
    with np.errstate(invalid="ignore", over="ignore"):
        found = np.abs(one - other) <= _NEAR * np.maximum(np.abs(one), np.abs(other)) + 1e-3
    both: NDArray[np.bool_] = found | equal(one, other)
    return both


def alike(
    steps: NDArray[np.int64],
    values: NDArray[np.float64],
    other: NDArray[np.int64],
    theirs: NDArray[np.float64],
) -> bool:
    """True where two loggers seem to write one time series: steps that rise, with their values.

    At the steps that both have, most values are near each other. Where they share none, one begins
    about where the other ends, at a like pace; else their steps count different things.
    """
    if not len(steps) or not len(other):
        return True
    _, mine, yours = np.intersect1d(steps, other, assume_unique=True, return_indices=True)
    if len(mine):
        return bool(near(values[mine], theirs[yours]).mean() >= 0.5)
    first, then = (steps, other) if steps[0] < other[0] else (other, steps)
    if first[-1] >= then[0]:
        return False
    pace = [float(np.median(np.diff(part))) for part in (first, then) if len(part) > 1] or [1.0]
    return max(pace) <= 10 * min(pace) and int(then[0] - first[-1]) <= 2 * max(pace)


def rising(steps: NDArray[np.int64]) -> list[slice]:
    """The parts of a time series in which steps strictly rise."""
    starts = [0, *(np.flatnonzero(steps[1:] <= steps[:-1]) + 1).tolist()]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(steps)], strict=True)]
