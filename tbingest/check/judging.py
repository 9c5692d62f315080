"""Rules held against curves: pure, curves in and failures out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.rules import Rule, matches, number, rises
from tbingest.check.verdict import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tbingest.check.series import Series

WINDOW = 50
FEWEST = 10
_MAD = 1.4826
_MEAN = 1.2533
_FLOOR = 1e-3


def judge(rules: Sequence[Rule], found: Sequence[Series]) -> list[Failure]:
    """What of `found` is not as the rules ask, in the order of the rules."""
    failures: list[Failure] = []
    for rule in rules:
        of_runs = [one for one in found if matches(one.run, rule.run)]
        if rule.kind == "min-steps":
            failures += _lengths(rule, of_runs)
            continue
        meant = [one for one in of_runs if matches(one.tag, rule.tag)]
        if not meant and rule.kind not in {"no-nan", "no-restart"}:
            failures.append(_missing(rule, found, of_runs))
        elif rule.kind == "require":
            failures += _required(rule, of_runs, meant)
        else:
            judged = (_JUDGES[rule.kind](rule, one) for one in meant)
            failures += [one for one in judged if one]
    return failures


def _failure(rule: Rule, one: Series, index: int, what: str, severity: float = np.inf) -> Failure:
    place = one.place(index)
    return Failure(
        rule.text,
        what,
        one.run,
        one.tag,
        int(one.steps[index]),
        float(one.values[index]),
        rule.bound if rule.kind in {"max", "min", "no-spike", "no-divergence"} else None,
        place.source,
        place.line,
        one.sparkline(),
        severity=severity,
    )


def _missing(rule: Rule, found: Sequence[Series], of_runs: Sequence[Series]) -> Failure:
    if not of_runs and rule.run != "*":
        names = sorted({one.run for one in found})
        what, asked = f"no run matches {rule.run!r}", rule.run
    else:
        names = sorted({one.tag for one in of_runs})
        what, asked = f"no run has a tag {rule.tag!r}", rule.tag
        if any(letter in rule.tag for letter in "*?["):
            what = f"no tag matches {rule.tag!r}"
    near = get_close_matches(asked, names, 1)
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    hint = f"did you mean {near[0]}?" if near else f"there are {shown}" if names else ""
    return Failure(rule.text, what, hint=hint)


def _required(rule: Rule, of_runs: Sequence[Series], meant: Sequence[Series]) -> list[Failure]:
    having = {one.run for one in meant}
    lacking = sorted({one.run for one in of_runs} - having)
    return [Failure(rule.text, f"has no tag {rule.tag!r}", run) for run in lacking]


def _lengths(rule: Rule, found: Sequence[Series]) -> list[Failure]:
    longest: dict[str, Series] = {}
    for one in found:
        if one.run not in longest or len(one.steps) > len(longest[one.run].steps):
            longest[one.run] = one
    failures = []
    for one in longest.values():
        if len(one.steps) < rule.bound:
            what = f"{_points(len(one.steps))} in its longest curve, expected {int(rule.bound)}"
            severity = 1 - len(one.steps) / rule.bound
            failures.append(_failure(rule, one, -1, what, severity))
    return failures


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"


def _bounded(rule: Rule, one: Series) -> Failure | None:
    index, value, which = _chosen(rule, one)
    if index is None:
        return _failure(rule, one, -1, f"no value at step {rule.n}")
    if value <= rule.bound if rule.kind == "max" else value >= rule.bound:
        return None
    side = "above" if rule.kind == "max" else "below"
    side = "not a number, against" if np.isnan(value) else side
    with np.errstate(all="ignore"):
        beyond = np.float64(abs(value - rule.bound)) / (abs(rule.bound) or 1.0)
    what = f"{which} {number(value)} is {side} {number(rule.bound)}"
    return _failure(rule, one, index, what, np.inf if np.isnan(beyond) else float(beyond))


def _chosen(rule: Rule, one: Series) -> tuple[int | None, float, str]:
    """(place of the value, the value, its name)."""
    values = one.values
    if rule.which == "first":
        return 0, float(values[0]), "first"
    if rule.which == "mean":
        last = values[-rule.n :]
        with np.errstate(all="ignore"):
            return len(values) - 1, float(np.mean(last)), f"mean of last {len(last)}"
    if rule.which == "at":
        index = int(np.searchsorted(one.steps, rule.n))
        if index == len(one.steps) or one.steps[index] != rule.n:
            return None, 0.0, ""
        return index, float(values[index]), "value"
    if rule.which == "best" and not np.isnan(values).all():
        index = int(np.nanargmin(values) if rule.kind == "max" else np.nanargmax(values))
        return index, float(values[index]), "best"
    return len(values) - 1, float(values[-1]), rule.which


def _finite(rule: Rule, one: Series) -> Failure | None:
    odd = np.flatnonzero(~np.isfinite(one.values))
    if not len(odd):
        return None
    more = f", and {len(odd) - 1} more" if len(odd) > 1 else ""
    return _failure(rule, one, int(odd[0]), f"{float(one.values[odd[0]])} is no number{more}")


def _no_restart(rule: Rule, one: Series) -> Failure | None:
    if not one.restarts:
        return None
    before, after, place = one.restarts[0]
    more = f", and {len(one.restarts) - 1} more" if len(one.restarts) > 1 else ""
    what = f"steps go back from {before} to {after}{more}"
    return Failure(rule.text, what, one.run, one.tag, after, source=place.source, line=place.line)


def _monotonic(rule: Rule, one: Series) -> Failure | None:
    up = rule.up if rule.up is not None else rises(one.tag) is not False
    with np.errstate(invalid="ignore"):
        changes = np.diff(one.values)
    wrong = np.flatnonzero(changes < 0 if up else changes > 0)
    if not len(wrong):
        return None
    at = int(wrong[0]) + 1
    word = "falls" if up else "rises"
    what = f"{word} from {number(one.values[at - 1])} to {number(one.values[at])}"
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return _failure(rule, one, at, what + more, float(abs(changes[at - 1])))


def spikes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each value is from the median of the 50 before it, in robust standard deviations.

    The deviation is the greater of 1.4826 times the median distance from that median and 1.2533
    times the mean one, at least a thousandth of the median. The first 10 values, and those that
    are no numbers, have 0. Shape (n,).
    """
    scores = np.zeros(len(values))
    finite = np.flatnonzero(np.isfinite(values))
    known = values[finite]
    if len(known) <= FEWEST:
        return scores
    padded = np.concatenate([np.full(WINDOW - FEWEST, np.nan), known[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    with np.errstate(all="ignore"):
        for start in range(0, len(windows), 1 << 14):
            window = windows[start : start + (1 << 14)]
            now = known[FEWEST + start : FEWEST + start + len(window)]
            median = np.nanmedian(window, axis=1)
            away = np.abs(window - median[:, None])
            spread = np.maximum(np.nanmedian(away, axis=1) * _MAD, np.nanmean(away, axis=1) * _MEAN)
            spread = np.maximum(np.maximum(spread, _FLOOR * np.abs(median)), 1e-300)
            scores[finite[FEWEST + start : FEWEST + start + len(window)]] = (
                np.abs(now - median) / spread
            )
    return scores


def _no_spike(rule: Rule, one: Series) -> Failure | None:
    scores = spikes(one.values)
    beyond = np.flatnonzero(scores > rule.bound)
    if not len(beyond):
        return None
    worst = int(np.argmax(scores))
    more = f", and {len(beyond) - 1} more" if len(beyond) > 1 else ""
    what = (
        f"{number(one.values[worst])} is {scores[worst]:.1f} deviations from the median of the "
        f"{min(WINDOW, worst)} before{more}"
    )
    return _failure(rule, one, worst, what, float(scores[worst] / rule.bound))


def _no_divergence(rule: Rule, one: Series) -> Failure | None:
    """Divergence: the last value is worse than the best by more than (K - 1) times its size."""
    values = one.values[np.isfinite(one.values)]
    if not len(values):
        return None
    up = rises(one.tag) is True
    best = float(values.max() if up else values.min())
    last = float(one.values[-1])
    worse = best - last if up else last - best
    room = (rule.bound - 1) * abs(best) if not up else (1 - 1 / rule.bound) * abs(best)
    if worse <= room:
        return None
    what = f"last {number(last)} is more than {number(rule.bound)} times worse than best "
    return _failure(rule, one, -1, what + number(best), worse / (abs(best) or 1.0))


_JUDGES: dict[str, Callable[[Rule, Series], Failure | None]] = {
    "max": _bounded,
    "min": _bounded,
    "no-nan": _finite,
    "no-restart": _no_restart,
    "monotonic": _monotonic,
    "no-spike": _no_spike,
    "no-divergence": _no_divergence,
}
