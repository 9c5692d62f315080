"""Counters that stand below what they count: `Epoch 3 finished` behind the epoch's values."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tbingest.formats.textlog.words import is_measure, is_outer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tbingest.formats.textlog.decision import Plan
    from tbingest.formats.textlog.family import Family

_MOST = 0.9
_LEAST = 2


class Ending(NamedTuple):
    """A family whose counter stands below other lines: the step of each of these, by the next one
    of its lines. rise: what lies between two of its steps.
    """

    family: Family
    steps: list[int]
    rise: int


def ending_of(family: Family, others: Iterable[Family], plan: Plan) -> Ending | None:
    """The family of lines that close the epochs whose values stand above them.

    Values stand above the first of these lines, and above each other one; the lines say that
    something ended (`Epoch 3 finished in 12 s`, `---- Epoch=3 end ----`), or they measure nothing
    (`====> Epoch: 3`), or it is a bar's values (`100%|###| 9/9 [00:01<00:00, loss=0.5]` above
    `Epoch 3 | loss 0.5`), and none stands below the last.
    """
    for other in others:
        decision = plan.families.get(other.name)
        if other is family or decision is None or decision.kind != "own" or decision.reduce:
            continue
        if not decision.clock or decision.restarts or not is_outer(decision.why):
            continue
        steps = [step for step in other.steps if step is not None]
        rises = {b - a for a, b in pairwise(steps)}
        if len(steps) < max(_LEAST, len(other.records)) or len(rises) != 1 or min(rises) <= 0:
            continue
        if family.order[0] > other.order[0] or not _closes(other, family):
            continue
        rise = rises.pop()
        at = [bisect_left(other.order, place) for place in family.order]
        if len(set(at)) >= _MOST * len(steps):
            return Ending(other, [steps[0] + one * rise for one in at], rise)
    return None


def _closes(other: Family, family: Family) -> bool:
    part = other.records[0].part
    if part.ends:
        return True
    silent = bool(family.records[0].part.bar) or not any(is_measure(s.name) for s in part.slots)
    return silent and family.order[-1] < other.order[-1]
