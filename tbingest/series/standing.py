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
        found = np.abs(one - other) <= _NEAR * np.maximum(np.abs(one), np.abs(other)) + 6e-4
    both: NDArray[np.bool_] = found | equal(one, other)
    return both


def rising(steps: NDArray[np.int64]) -> list[slice]:
    """The parts of a time series in which steps strictly rise."""
    starts = [0, *(np.flatnonzero(steps[1:] <= steps[:-1]) + 1).tolist()]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(steps)], strict=True)]
