"""Counters that stand below what they count: `Epoch 3 finished` behind the epoch's values."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tbingest.formats.textlog.words import is_measure, is_outer, rank_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tbingest.formats.textlog.decision import Plan
    from tbingest.formats.textlog.family import Family

_MOST = 0.9
_LEAST = 2
_NAMELESS = "[n]"
_EPOCH = 3
"""The rank of an epoch, and of an episode, whose steps may go on over all of them."""


class Ending(NamedTuple):
    """A family whose counter stands below other lines: the step of each of these, by the next one
    of its lines. rise: what lies between two of its steps.
    """

    family: Family
    steps: list[int]
    rise: int


def ending_of(
    family: Family, others: Iterable[Family], plan: Plan, falls: Sequence[int] = ()
) -> Ending | None:
    """The family of lines that close the epochs whose values stand above them.

    Values stand above the first of these lines, and above each other one; the lines say that
    something ended (`Epoch 3 finished in 12 s`, `---- Epoch=3 end ----`), or they measure nothing
    (`====> Epoch: 3`), or it is a bar's values (`100%|###| 9/9 [00:01<00:00, loss=0.5]` above
    `Epoch 3 | loss 0.5`), and none stands below the last. Or one of these lines stands at each of
    the `falls` of the family's own counter, and nowhere else: `Batch 9 loss 0.5` above
    `Epoch 3: val_loss 0.6`, and `Batch 1 loss 0.4` below that.
    """
    for other in others:
        decision = plan.families.get(other.name)
        if other is family or decision is None or decision.kind != "own" or decision.reduce:
            continue
        between = bool(falls) and _between(other, family, falls)
        counts = decision.why == _NAMELESS or rank_of(decision.why) == _EPOCH
        outer = is_outer(decision.why) or (between and counts)
        if not decision.clock or decision.restarts or not outer:
            continue
        steps = [step for step in other.steps if step is not None]
        rises = {b - a for a, b in pairwise(steps)}
        if len(steps) < max(_LEAST, len(other.records)) or len(rises) != 1 or min(rises) <= 0:
            continue
        if family.order[0] > other.order[0] or not (between or _closes(other, family)):
            continue
        rise = rises.pop()
        at = [bisect_left(other.order, place) for place in family.order]
        if len(set(at)) >= _MOST * len(steps):
            return Ending(other, [steps[0] + one * rise for one in at], rise)
    return None


def _between(other: Family, family: Family, falls: Sequence[int]) -> bool:
    """Whether one line of the other family stands at each fall, one at most behind the last."""
    cuts = [bisect_left(other.order, family.order[at]) for at in falls]
    before = [bisect_left(other.order, family.order[at - 1]) for at in falls]
    expected = list(range(1, len(falls) + 1))
    return cuts == expected and before == [0, *expected[:-1]] and len(other.order) <= len(falls) + 1


def _closes(other: Family, family: Family) -> bool:
    part = other.records[0].part
    if part.ends:
        return True
    silent = bool(family.records[0].part.bar) or not any(is_measure(s.name) for s in part.slots)
    return silent and family.order[-1] < other.order[-1]
