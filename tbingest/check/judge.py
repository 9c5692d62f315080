"""Rules held against curves: pure, curves in and failures out."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.rules import Rule, matches, number, rises
from tbingest.check.verdict import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from tbingest.check.series import Point, Series

MEANINGS = frozenset({"allow-nan", "direction", "max-regression"})
"""Kinds of rules that say how others are meant."""


def judge(
    rules: Sequence[Rule],
    found: Sequence[Series],
    bare: Sequence[str] = (),
    unscalar: Collection[str] = (),
) -> list[Failure]:
    """What of `found` is not as the rules ask, in the order of the rules.

    `bare` are the runs without a curve: they lack what every run should have. `unscalar` are tags
    of histograms, texts and the like.
    """
    failures: list[Failure] = []
    for rule in rules:
        if rule.kind in MEANINGS:
            continue
        of_runs = [one for one in found if matches(one.run, rule.run)]
        meant = [one for one in of_runs if matches(one.tag, rule.tag)]
        if not meant:
            failures.append(_missing(rule, found, of_runs, unscalar))
        elif rule.kind == "require":
            failures += _required(rule, of_runs, meant, bare)
        elif rule.kind == "min-steps":
            failures += _required(rule, of_runs, meant, bare) + _lengths(rule, meant)
        else:
            judged = (_JUDGES[rule.kind](rule, one, rules) for one in meant)
            failures += [one for one in judged if one]
    return failures


def not_asked(rules: Sequence[Rule], found: Sequence[Series]) -> Iterator[str]:
    """A line for each rule that some runs escape, as they have no such tag."""
    for rule in rules:
        if rule.kind in MEANINGS or rule.kind in {"require", "min-steps"}:
            continue
        runs = {one.run for one in found if matches(one.run, rule.run)}
        left = sorted(runs - {one.run for one in found if rule.means(one.run, one.tag)})
        if 0 < len(left) < len(runs):
            said = f"{rule.text}: not asked of {some(left)}, without such a tag"
            yield f"{said}: --require '{rule.tag}' fails there"


def _failure(rule: Rule, one: Series, at: Point, what: str, severity: float = np.inf) -> Failure:
    return Failure(
        rule.text,
        what,
        one.run,
        one.tag,
        at.step,
        at.value,
        rule.bound if rule.kind in {"max", "min", "no-spike", "no-divergence"} else None,
        at.source,
        at.line,
        one.sparkline(),
        severity=np.inf if np.isnan(severity) else severity,
    )


def _missing(
    rule: Rule, found: Sequence[Series], of_runs: Sequence[Series], unscalar: Collection[str]
) -> Failure:
    if not of_runs and rule.run != "*":
        names = sorted({one.run for one in found})
        what, asked = f"no run matches {rule.run!r}", rule.run
    else:
        names = sorted({one.tag for one in of_runs})
        what, asked = f"no run has a tag {rule.tag!r}", rule.tag
        if any(letter in rule.tag for letter in "*?["):
            what = f"no tag matches {rule.tag!r}"
    if asked in unscalar:
        what = f"the tag {asked!r} holds no scalars"
    return Failure(rule.text, what, hint=there_are(asked, names))


def there_are(asked: str, names: Sequence[str]) -> str:
    """A hint: the nearest of the names that there are, or the first ten."""
    near = get_close_matches(asked, names, 1)
    return f"did you mean {near[0]}?" if near else f"there are {some(names)}" if names else ""


def some(names: Sequence[str]) -> str:
    """The first ten, in a line."""
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")


def _required(
    rule: Rule, of_runs: Sequence[Series], meant: Sequence[Series], bare: Sequence[str]
) -> list[Failure]:
    lacking = {one.run for one in of_runs} - {one.run for one in meant}
    failures = [Failure(rule.text, f"has no tag {rule.tag!r}", run) for run in sorted(lacking)]
    return failures + [
        Failure(rule.text, "has no scalars", run, hint="--runs GLOB leaves runs out")
        for run in bare
        if matches(run, rule.run)
    ]


def _lengths(rule: Rule, found: Sequence[Series]) -> list[Failure]:
    longest: dict[str, Series] = {}
    for one in found:
        if one.run not in longest or one.count > longest[one.run].count:
            longest[one.run] = one
    failures = []
    for one in longest.values():
        if one.count < rule.bound:
            what = f"{_points(one.count)} in its longest curve, expected {int(rule.bound)}"
            failure = _failure(rule, one, one.last, what, 1 - one.count / rule.bound)
            failures.append(replace(failure, value=one.count, bound=rule.bound))
    return failures


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"


def _bounded(rule: Rule, one: Series, _: Sequence[Rule]) -> Failure | None:
    at, value, which = _chosen(rule, one)
    if at is None:
        return _failure(rule, one, one.last, f"no value at step {rule.n}")
    if value <= rule.bound if rule.kind == "max" else value >= rule.bound:
        return None
    side = "above" if rule.kind == "max" else "below"
    side = "not a number, against" if np.isnan(value) else side
    with np.errstate(all="ignore"):
        beyond = np.float64(abs(value - rule.bound)) / (abs(rule.bound) or 1.0)
    what = f"{which} {number(value)} is {side} {number(rule.bound)}"
    return _failure(rule, one, at, what, np.inf if np.isnan(beyond) else float(beyond))


def _chosen(rule: Rule, one: Series) -> tuple[Point | None, float, str]:
    """(the point that is looked at, the value, its name)."""
    if rule.which == "first":
        return one.first, one.first.value, "first"
    if rule.which == "mean":
        last = one.tail[-rule.n :]
        with np.errstate(all="ignore"):
            return one.last, float(np.mean(last)), f"mean of last {len(last)}"
    if rule.which == "at":
        at = one.at.get(rule.n)
        return at, at.value if at else 0.0, "value"
    best = one.low if rule.kind == "max" else one.high
    if rule.which == "best" and best:
        return best, best.value, "best"
    return one.last, one.last.value, rule.which


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _finite(rule: Rule, one: Series, rules: Sequence[Rule]) -> Failure | None:
    allowed = any(other.kind == "allow-nan" and other.means(one.run, one.tag) for other in rules)
    if one.odd is None or allowed:
        return None
    return _failure(rule, one, one.odd, f"{one.odd.value} is not a number{_more(one.odd_count)}")


def _no_restart(rule: Rule, one: Series, _: Sequence[Rule]) -> Failure | None:
    if one.restart is None:
        return None
    before, at = one.restart
    what = f"steps go back from {before} to {at.step}{_more(one.restart_count)}"
    return Failure(rule.text, what, one.run, one.tag, at.step, source=at.source, line=at.line)


def _monotonic(rule: Rule, one: Series, rules: Sequence[Rule]) -> Failure | None:
    up = rule.up if rule.up is not None else rises(one.run, one.tag, rules) is not False
    count, before, at = one.falls if up else one.rises
    if at is None:
        return None
    word = "falls" if up else "rises"
    what = f"{word} from {number(before)} to {number(at.value)}{_more(count)}"
    return _failure(rule, one, at, what, abs(at.value - before))


def _no_spike(rule: Rule, one: Series, _: Sequence[Rule]) -> Failure | None:
    found = one.spikes[rule.bound]
    if found.worst is None:
        return None
    what = (
        f"{number(found.worst.value)} is {found.score:.1f} deviations from the median of the "
        f"{found.before} before{_more(found.total)}"
    )
    return _failure(rule, one, found.worst, what, found.score / rule.bound)


def _no_divergence(rule: Rule, one: Series, rules: Sequence[Rule]) -> Failure | None:
    """Divergence: the last value is worse than the best by more than (K - 1) times its size."""
    up = rises(one.run, one.tag, rules) is True
    best, last = one.highest if up else one.lowest, one.last.value
    if np.isnan(best) or np.isnan(last):
        known = "no value is a number" if np.isnan(best) else f"last nan, best was {number(best)}"
        return _failure(rule, one, one.last, known)
    worse = best - last if up else last - best
    room = (rule.bound - 1) * abs(best) if not up else (1 - 1 / rule.bound) * abs(best)
    if worse <= room:
        return None
    what = f"last {number(last)} is more than {number(rule.bound)} times worse than best "
    return _failure(rule, one, one.last, what + number(best), worse / (abs(best) or 1.0))


_JUDGES: dict[str, Callable[[Rule, Series, Sequence[Rule]], Failure | None]] = {
    "max": _bounded,
    "min": _bounded,
    "no-nan": _finite,
    "no-restart": _no_restart,
    "monotonic": _monotonic,
    "no-spike": _no_spike,
    "no-divergence": _no_divergence,
}
