"""Families that no counter tells of: numbered, spaced evenly, or each line a training's first."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from tbingest.formats.textlog.decision import Decision
from tbingest.formats.textlog.family import (
    Family,
    named_value,
)
from tbingest.formats.textlog.own import OwnCounters
from tbingest.formats.textlog.tokens import is_whole
from tbingest.formats.textlog.words import (
    is_measure,
    is_outer,
    is_setting,
    rank_of,
)

_MANY = 10
"""So many lines are a curve, though they do not say where they stand."""
_ORDERED = 0.9
_NAMED = 3


class Uncounted(OwnCounters):
    """Decides of the families whose lines are numbered, or spaced evenly."""

    def _redrawn(self, family: Family) -> bool:
        """A trainer's dicts that follow later, as output was buffered: the bar says where it was.

        `100/900 [...]`, drawn again below an empty line, and at the end `{'loss': 0.5}`.
        """
        count = len(family.records)
        if "dict" not in family.key or "train" not in family.records[0].part.labels:
            return False
        for bar in self.families.values():
            strides = Counter(b - a for a, b in pairwise(bar.redrawn))
            if not strides:
                continue
            stride, often = strides.most_common(1)[0]
            as_many = abs(len(bar.redrawn) - count) <= 1 and len(strides) == 1
            usual = len(bar.redrawn) >= _NAMED and often >= _ORDERED * strides.total()
            if as_many or (usual and stride > 1):
                self.plan.families[family.name] = Decision(
                    "even",
                    stride=stride,
                    first=bar.redrawn[0] - stride,
                    count=count,
                    why="where the bar was drawn again",
                )
                return True
        return False

    def _even(self, family: Family) -> None:
        """A trainer's dicts with a fraction of an epoch: evenly over the steps of the whole bar."""
        epochs = [named_value(record, "epoch") for record in family.records]
        known = [one for one in epochs if one is not None]
        if (
            len(epochs) < 3
            or len(known) < 0.5 * len(epochs)
            or all(one == int(one) for one in known)
        ):
            return
        reached = max((one.whole_bar for one in self.families.values()), default=0)
        stride = max(1, round(reached / len(epochs)))
        self.plan.families[family.name] = Decision(
            "even",
            stride=stride,
            count=len(epochs),
            why="spaced evenly, by the fraction of the epoch",
        )

    def _each(self, family: Family) -> None:
        """Many lines of one step that say no other: `Epoch 1 - Batch loss: 0.5` counts its lines.

        Not those of workers, clients or episodes, which a number tells apart or brings in no order.
        """
        records = family.records
        slots = [slot for slot in records[0].part.slots if slot.name]
        measured = [slot for slot in slots if is_measure(slot.name) and not is_setting(slot.name)]
        broken = [one for one in measured if not is_whole(records[0].numbers[one.place])]
        others = [slot for slot in slots if slot not in measured and not rank_of(slot.name)]
        identified = any(is_whole(records[0].numbers[one.place]) for one in others)
        unordered = any(one.kind == "own" and one.behaves <= _ORDERED for one in family.axes)
        counters = sum(rank_of(slot.name) > 0 for slot in slots)
        if len(records) < _MANY or not broken or identified or unordered or counters > 1:
            return
        if len({tuple(record.numbers) for record in records}) > 0.5 * len(records):
            self.plan.families[family.name] = Decision(
                "number", count=len(records), why="the record's number"
            )

    def _uncounted(self, family: Family) -> None:
        """In a log in which nothing counts: measures that recur are numbered, single ones at 0."""
        records = family.records
        names = [slot.name for record in records[:3] for slot in record.part.slots]
        if not any(is_measure(name) and not is_setting(name) for name in names):
            return
        different = {tuple(record.numbers) for record in records}
        broken = any(not is_whole(records[0].numbers[slot.place]) for slot in records[0].part.slots)
        least = 2 if "dict" in family.key else 3
        if len(records) >= least and broken and len(different) > 1:
            self.plan.families[family.name] = Decision(
                "number", count=len(records), why="the record's number"
            )
        elif broken and len(different) > 1 and self._each_anew(family):
            return
        elif broken:
            self.plan.families[family.name] = Decision(
                "block", count=len(records), why="no counter"
            )

    def _each_anew(self, family: Family) -> bool:
        """`Epoch 1: loss = 0.5`, and once more: each line is the first of a training of its own.

        Where no other line measures anything, and the counter is where counters begin.
        """
        others = [one for one in self.families.values() if one is not family]
        if any(is_measure(slot.name) for one in others for slot in one.records[0].part.slots):
            return False
        first = [one for one in family.columns.values() if one.rank >= _NAMED]
        if len(first) != 1 or set(first[0].values) not in ({0}, {1}):
            return False
        value, name = first[0].values[0], first[0].key[0]
        self.plan.families[family.name] = Decision(
            "own",
            inner=list(first[0].key),
            restarts=True,
            again=True,
            clock=True,
            first=value,
            count=len(family.records),
            why=name,
            unit="epoch" if is_outer(name) else "",
        )
        return True
