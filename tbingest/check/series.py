"""The curve of one tag of one run, in what the rules and reports ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.series.samples import averaged, thinned

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
    before, and the point. `samples` are the extremes of even bins, about 1,200, with the last:
    their values and steps, shape (2, n).
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

    def shape(self, width: int = 300) -> tuple[tuple[float, float], ...]:
        """The curve in at most `width` (value, step): all, or the extremes of even bins and both
        ends.
        """
        between = [
            (value, step)
            for value, step in thinned(self.samples, width - 2).T.tolist()
            if self.first.step < step < self.last.step
        ]
        ends = [(one.value, float(one.step)) for one in (self.first, self.last)]
        return (ends[0], *between, *ends[1:]) if self.count > 1 else (ends[0],)

    def sparkline(self, width: int = 16) -> str:
        """The curve in `width` characters at most; what is no number is `·`."""
        return sparkline(averaged(self.samples[0], width).tolist())

    def decimal(self) -> Series:
        """The same curve of float32 values, each as the shortest decimal that stands for it."""
        return replace(
            self,
            first=_decimal(self.first),
            last=_decimal(self.last),
            low=self.low and _decimal(self.low),
            high=self.high and _decimal(self.high),
            lowest=shortest(self.lowest),
            highest=shortest(self.highest),
            rises=_decimal_turn(self.rises),
            falls=_decimal_turn(self.falls),
            tail=np.array([shortest(one) for one in self.tail.tolist()]),
            at={step: _decimal(point) for step, point in self.at.items()},
            spikes={
                bound: one._replace(worst=one.worst and _decimal(one.worst))
                for bound, one in self.spikes.items()
            },
        )


def shortest(value: float) -> float:
    """0.3 for the float32 next to it, which is 0.30000001192; others as they are."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return float(str(single)) if single == value else value


def _decimal(point: Point) -> Point:
    return point._replace(value=shortest(point.value))


def _decimal_turn(turn: Turn) -> Turn:
    return Turn(turn.total, shortest(turn.before), turn.point and _decimal(turn.point))


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
