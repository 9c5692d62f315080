"""Curves against those of an earlier training: what got worse, by more than is allowed.

Runs of one name are compared one to one, and seeds of one training together: runs whose names
differ only in the number behind "seed", and, where no name is in both, all runs of a side. Of
seeds the means of the last values are compared, and a change counts only beyond twice the standard
error of its difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.judge import some, there_are
from tbingest.check.rules import Rule, number, rises
from tbingest.check.verdict import Failure
from tbingest.series.seeds import unseeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.check.series import Series

_NO_ROOM = Rule("max-regression", relative=True)


@dataclass
class Compared:
    """What a comparison found; `old` holds the baseline's value by (run, tag)."""

    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    old: dict[tuple[str, str], float] = field(default_factory=dict)


def compare(new: Sequence[Series], old: Sequence[Series], rules: Sequence[Rule]) -> Compared:
    """Hold every curve whose direction is known against the baseline.

    `rules` say directions, and how much worse a curve may be; the first that speaks of it counts.
    """
    done = Compared()
    alike = not {unseeded(one.run) for one in new}.isdisjoint(unseeded(one.run) for one in old)
    mine, theirs = _grouped(new, alike), _grouped(old, alike)
    trainings, names = {run for run, _ in mine}, {one.run for one in new}
    ways: dict[str, set[str]] = {}
    gone: set[str] = set()
    for (run, tag), before in sorted(theirs.items()):
        way = rises(before[0].run, tag, rules)
        said = "not compared" if way is None else f"{'higher' if way else 'lower'} is better"
        ways.setdefault(said, set()).add(tag)
        rule = next((one for one in rules if _says(one, before[0])), _NO_ROOM)
        if run not in trainings:
            if run not in gone:
                what, hint = "is not there, but in the baseline", there_are(run, sorted(names))
                done.failures.append(Failure(rule.text, what, run, hint=hint))
            gone.add(run)
        elif way is not None and (run, tag) not in mine:
            subject = run or (next(iter(names)) if len(names) == 1 else "")
            what = f"{'has no' if subject else 'no run has a'} tag {tag!r}, which the baseline has"
            done.failures.append(Failure(rule.text, what, subject))
        elif way is not None:
            _hold(rule, run, mine[run, tag], before, done, up=way)
    done.notes += _notes(ways, mine.keys() - theirs.keys(), done)
    return done


def _notes(ways: dict[str, set[str]], added: set[tuple[str, str]], done: Compared) -> list[str]:
    notes = [f"{said}: {', '.join(sorted(tags))}" for said, tags in sorted(ways.items())]
    if "not compared" in ways:
        notes.append("--direction TAG=up|down says which way is better")
    if added:
        shown = sorted(f"{run} {tag}".strip() for run, tag in added)
        notes.append(f"not in the baseline: {some(shown)}")
    if not done.old and not done.failures:
        what = "nothing could be compared to the baseline"
        done.failures.append(Failure("--baseline", what))
    return notes


def _grouped(found: Sequence[Series], alike: bool) -> dict[tuple[str, str], list[Series]]:  # noqa: FBT001 - both sides alike
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in found:
        groups.setdefault((unseeded(one.run) if alike else "", one.tag), []).append(one)
    return groups


def _says(rule: Rule, one: Series) -> bool:
    return rule.kind == "max-regression" and rule.means(one.run, one.tag)


def _hold(
    rule: Rule,
    training: str,
    after: Sequence[Series],
    before: Sequence[Series],
    done: Compared,
    *,
    up: bool,
) -> None:
    now, was = _values(after), _values(before)
    with np.errstate(all="ignore"):
        old, new = float(was.mean()), float(now.mean())
    if not math.isfinite(old):
        shown = f"{after[0].run if len(after) == 1 else training} {after[0].tag}".strip()
        done.notes.append(f"{shown}: not compared, for the baseline is {old}")
        return
    done.old |= {(one.run, one.tag): old for one in after}
    room = rule.bound * abs(old) if rule.relative else rule.bound
    room = max(room, 2 * math.sqrt(_error(now) + _error(was)))
    worse = old - new if up else new - old
    if worse <= room or math.isclose(worse, room, rel_tol=1e-9):
        return
    bound = old - room if up else old + room
    side = "not a number, against" if math.isnan(new) else "below" if up else "above"
    first = after[0]
    done.failures.append(
        Failure(
            rule.text,
            f"{_shown(now)} is {side} {number(bound)}: baseline {_shown(was)}{_change(old, new)}",
            first.run if len(now) == 1 else training,
            first.tag,
            first.last.step,
            new,
            bound,
            first.last.source,
            first.last.line,
            first.sparkline(),
            severity=math.inf if math.isnan(worse) else worse / (abs(old) or 1.0),
        )
    )


def _change(old: float, new: float) -> str:
    """`, +5%`, where there is a share that a value changed by."""
    share = (new - old) / abs(old) * 100 if old else math.inf
    return f", {share:+.4g}%" if math.isfinite(share) else ""


def _values(found: Sequence[Series]) -> NDArray[np.float64]:
    return np.array([one.last.value for one in found], np.float64)


def _shown(values: NDArray[np.float64]) -> str:
    mean = number(float(values.mean()))
    return f"mean of {len(values)} {mean} ± {_std(values):.3g}" if len(values) > 1 else mean


def _std(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _error(values: NDArray[np.float64]) -> float:
    """The variance of the mean."""
    variance = _std(values) ** 2 / len(values)
    return 0.0 if math.isnan(variance) else variance
