"""Curves against those of an earlier training: what got worse, by more than is allowed.

Runs of one name are compared one to one. Where a side has runs that the other lacks, they are taken
for seeds of one training: the means of their values are compared, and a change counts only beyond
twice the standard error of its difference. The value of a curve is its last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.rules import number, rises
from tbingest.check.verdict import Failure
from tbingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.check.series import Series


@dataclass(frozen=True)
class Allowance:
    """How much worse a value may be: `size`, or `size` times the old value's where `relative`."""

    size: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """2% or 0.01. Raises UsageError."""
        try:
            size = float(text.removesuffix("%"))
        except ValueError:
            size = math.nan
        if not 0 <= size < math.inf:
            raise UsageError(f"--max-regression {text}: no such size", "as in 2% or 0.01")
        return cls(size / 100 if text.endswith("%") else size, text.endswith("%"))

    def of(self, old: float) -> float:
        """The room below or above `old`."""
        return self.size * abs(old) if self.relative else self.size


@dataclass
class Compared:
    """What a comparison found; `old` holds the baseline's value by (run, tag)."""

    failures: list[Failure]
    notes: list[str]
    old: dict[tuple[str, str], float]


def compare(
    new: Sequence[Series],
    old: Sequence[Series],
    allowance: Allowance,
    directions: Sequence[tuple[str, bool]] = (),
) -> Compared:
    """Hold every curve whose direction is known against the baseline."""
    done = Compared([], [], {})
    rule = f"--max-regression {number(allowance.size * 100)}%"
    rule = rule if allowance.relative else f"--max-regression {number(allowance.size)}"
    one_to_one = {one.run for one in new} == {one.run for one in old}
    mine, theirs = _grouped(new, one_to_one), _grouped(old, one_to_one)
    names = {one.run for one in new}
    alone = next(iter(names)) if len(names) == 1 else ""
    unknown: set[str] = set()
    up: set[str] = set()
    down: set[str] = set()
    for (run, tag), before in sorted(theirs.items()):
        way = rises(tag, directions)
        if way is None:
            unknown.add(tag)
            continue
        (up if way else down).add(tag)
        after = mine.get((run, tag))
        if after is None:
            what = f"has no tag {tag!r}, which the baseline has"
            done.failures.append(Failure(rule, what, run or alone))
            continue
        was = _values(before)
        for one in after:
            done.old[one.run, one.tag] = float(was.mean())
        failure = _worse(rule, after, was, allowance, up=way)
        if failure:
            done.failures.append(failure)
    new_tags = sorted({tag for _, tag in mine} - {tag for _, tag in theirs})
    said = ((up, "higher is better"), (down, "lower is better"), (unknown, "not compared"))
    done.notes += [f"{what}: {', '.join(sorted(tags))}" for tags, what in said if tags]
    if unknown:
        done.notes.append("--direction TAG=up|down says which way is better")
    if new_tags:
        done.notes.append(f"not in the baseline: {', '.join(new_tags)}")
    if not done.old and not done.failures:
        hint = "--direction TAG=up|down says which way is better"
        done.failures.append(Failure(rule, "nothing could be compared to the baseline", hint=hint))
    return done


def _grouped(found: Sequence[Series], one_to_one: bool) -> dict[tuple[str, str], list[Series]]:  # noqa: FBT001 - both sides alike
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in found:
        groups.setdefault((one.run if one_to_one else "", one.tag), []).append(one)
    return groups


def _values(found: Sequence[Series]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([one.last.value for one in found], np.float64)


def _worse(
    rule: str,
    after: Sequence[Series],
    was: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    allowance: Allowance,
    *,
    up: bool,
) -> Failure | None:
    now = _values(after)
    old, new = float(was.mean()), float(now.mean())
    room = allowance.of(old)
    spread = 2 * math.sqrt(_error(now) + _error(was))
    worse = old - new if up else new - old
    if worse <= max(room, spread):
        return None
    with np.errstate(all="ignore"):
        percent = float(np.float64(new - old) / abs(old) * 100) if old else math.inf
    mean = f"mean of {len(now)} " if len(now) > 1 else ""
    several = f"of {len(was)} " if len(was) > 1 else ""
    said = f"{mean}{_shown(now)}, baseline {several}{_shown(was)}"
    direction = "higher" if up else "lower"
    what = f"{said}: {percent:+.3g}%, and {direction} is better"
    first = after[0]
    return Failure(
        rule,
        what,
        first.run if len(now) == 1 else "",
        first.tag,
        first.last.step,
        new,
        old - room if up else old + room,
        first.last.source,
        first.last.line,
        first.sparkline(),
        severity=math.inf if math.isnan(worse) else worse / (abs(old) or 1.0),
    )


def _shown(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    spread = f" ± {number(_std(values))}" if len(values) > 1 else ""
    return number(float(values.mean())) + spread


def _std(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _error(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """The variance of the mean."""
    variance = _std(values) ** 2 / len(values)
    return 0.0 if math.isnan(variance) else variance
