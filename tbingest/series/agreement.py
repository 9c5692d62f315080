"""Whether loggers of two formats write one time series: what was found of it, look after look.

One look may bring a few lines of one of them only, whose steps the other has not, or not any more:
what was found stays, and what both have said is counted over all looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.series.standing import near

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class Curve(NamedTuple):
    """What a logger says of a tag: steps that rise, and values; (n,) both, n > 0."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


Pair = list[Any]
"""[format, format, whether they agree, steps that both have, those with values near each other]"""


def agree(
    pairs: list[Pair], one: str, other: str, said: Curve, stood: Curve, *, anew: bool
) -> bool:
    """True where what `one` says is of the time series of which `other` says what `stood`.

    `pairs` is what was found before, and brought up to date; `anew` where everything is said again.
    """
    pair = _of(pairs, one, other)
    shared, alike = _compared(said, stood)
    if pair is None:
        common = any(_knows(pairs, one, third) for third in _friends(pairs, other))
        found = 2 * alike >= shared if shared else common or _goes_on(said.steps, stood.steps)
        found = found and not _counted_otherwise(said, stood)
        pair = [one, other, found, 0, 0]
        pairs.append(pair)
    if anew:
        pair[3:] = 0, 0
    pair[3] += shared
    pair[4] += alike
    return bool(pair[2])


def turned(pairs: Iterable[Pair], family: str) -> bool:
    """True where all that was counted says otherwise of a format than what was found first."""
    found = [
        pair
        for pair in pairs
        if family in pair[:2] and pair[3] and (2 * pair[4] >= pair[3]) != pair[2]
    ]
    for pair in found:
        pair[2:] = not pair[2], 0, 0
    return bool(found)


def count_anew(pairs: Iterable[Pair], families: set[str]) -> None:
    """What was said in some formats is read again: what was found stays."""
    for pair in pairs:
        if not families.isdisjoint(pair[:2]):
            pair[3:] = 0, 0


def _of(pairs: Iterable[Pair], one: str, other: str) -> Pair | None:
    return next((pair for pair in pairs if {one, other} == {*pair[:2]}), None)


def _friends(pairs: Iterable[Pair], one: str) -> set[str]:
    return {name for pair in pairs if one in pair[:2] and pair[2] for name in pair[:2]} - {one}


def _knows(pairs: Iterable[Pair], one: str, other: str) -> bool:
    pair = _of(pairs, one, other)
    return bool(pair and pair[2])


def _compared(one: Curve, other: Curve) -> tuple[int, int]:
    """How many steps both have, and at how many of these the values are near each other."""
    steps, mine, theirs = np.intersect1d(
        one.steps, other.steps, assume_unique=True, return_indices=True
    )
    return len(steps), int(near(one.values[mine], other.values[theirs]).sum())


def _counted_otherwise(one: Curve, other: Curve) -> bool:
    """True where both say the same values one after the other, each at steps of its own."""
    count = min(len(one.steps), len(other.steps))
    mine, theirs = one.values[:count], other.values[:count]
    told = bool((mine != np.floor(mine)).any())  # 0 and 1 may be those of another step
    same = np.abs(mine - theirs) <= 1e-3 * np.maximum(np.abs(mine), np.abs(theirs))
    most = bool(same.all()) or (count > 2 and 3 * int(same.sum()) >= 2 * count)
    return told and most and bool((one.steps[:count] != other.steps[:count]).all())


def _goes_on(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    """True where each begins about where the other ends or pauses, at a like pace; else their steps
    count different things. They may take turns, for two steps at least on the average.
    """
    pace = [float(np.median(np.diff(part))) for part in (one, other) if len(part) > 1] or [1.0]
    steps = np.concatenate([one, other])
    order = np.argsort(steps, kind="stable")
    turns = np.flatnonzero(np.diff(order < len(one)))
    if max(pace) > 10 * min(pace) or (len(turns) > 1 and 2 * (len(turns) + 1) > len(steps)):
        return False
    return int(np.diff(steps[order])[turns].max()) <= 2 * max(pace)
