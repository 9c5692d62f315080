"""The curve of one tag of one run, in what the rules and reports ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Origin:
    """The source of some values; `lined` says that the places in it are lines."""

    shown: str
    lined: bool = True


class Point(NamedTuple):
    """One value with its step, and where it was logged: no line where the source has none."""

    step: int
    value: float
    source: str = ""
    line: int | None = None


class Turn(NamedTuple):
    """Changes in one direction: how many, and the first of them, from `before` to `point`."""

    total: int = 0
    before: float = 0.0
    point: Point | None = None


class Spikes(NamedTuple):
    """Values beyond a bound: how many; the worst, its distance, and the values before it."""

    total: int = 0
    worst: Point | None = None
    score: float = 0.0
    before: int = 0


@dataclass(frozen=True)
class Series:
    """What TensorBoard shows of a (run, tag), in steps that strictly grow.

    `count` values stand. `low` and `high` are the extremes of those that are not NaN, `lowest` and
    `highest` of those that are finite (NaN where none is); `odd` is the first that is not finite,
    of `odd_count`. `tail` holds the last values, shape (n,), as many as a rule asks for; `at` the
    points at the steps that a rule asks for; `spikes` what lies beyond each bound that one asks
    for. `restart` is the first time that steps fell back or repeated, of `restart_count`: the step
    before, and the point. `samples` are values in even distances, at most 600, with the last.
    """

    run: str
    tag: str
    count: int
    first: Point
    last: Point
    low: Point | None
    high: Point | None
    lowest: float
    highest: float
    odd: Point | None
    odd_count: int
    rises: Turn
    falls: Turn
    tail: NDArray[np.float64]
    samples: NDArray[np.float64]
    at: Mapping[int, Point] = field(default_factory=dict)
    spikes: Mapping[float, Spikes] = field(default_factory=dict)
    restart: tuple[int, Point] | None = None
    restart_count: int = 0

    def shape(self, width: int = 300) -> tuple[float, ...]:
        """At most `width` of the values, evenly spread, with the last."""
        count = len(self.samples)
        chosen = np.linspace(0, count - 1, min(width, count)).round().astype(np.int64)
        return tuple(self.samples[chosen].tolist())

    def sparkline(self, width: int = 16) -> str:
        """The curve in `width` characters at most; a value that is no number is `·`."""
        return sparkline(self.shape(width))


def sparkline(values: Sequence[float]) -> str:
    """One character for each value, by its height; `·` for what is no number."""
    shown = np.array(values)
    finite = shown[np.isfinite(shown)]
    low = finite.min() if len(finite) else 0.0
    with np.errstate(over="ignore"):
        span = (finite.max() - low if len(finite) else 0.0) or 1.0
    return "".join(
        _SPARKS[min(7, int((one - low) / span * 8))]
        if np.isfinite(one) and np.isfinite(span)
        else "·"
        for one in shown
    )
