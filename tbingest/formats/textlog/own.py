"""The counters that stand in a family's own lines: alone, in pairs, in bars, in passes."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from tbingest.formats.textlog.counters import Axis, candidates, kept_of, length_of
from tbingest.formats.textlog.decision import Decision, Plan, named
from tbingest.formats.textlog.endings import ending_of
from tbingest.formats.textlog.family import (
    Family,
    before,
    evaluates,
    head,
    head_key,
    is_config,
    is_pass,
    is_title,
    speaks,
)
from tbingest.formats.textlog.follower import ends_again
from tbingest.formats.textlog.restarts import begins_again, restarts_of, usual_stride
from tbingest.formats.textlog.slots import BAR, Key, columns_of, keys_of
from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import is_outer, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record


_COUNTS = 2.9
"""The rank of a counter by its name."""


class OwnCounters:
    """Decides of the families whose lines have a counter. `settings` are lists of settings."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.families: dict[str, Family] = {}
        for place, record in enumerate(records):
            name = named(record.family)
            family = self.families.get(name) or self.families.setdefault(name, Family(name))
            family.records.append(record)
            family.order.append(place)
        self.plan = Plan()
        self.settings: list[Family] = []
        self.fractions = self._fractions()
        for family in list(self.families.values()):
            if family.records[0].setting:
                self.plan.families[family.name] = Decision(
                    count=len(family.records), why="settings"
                )
                self.settings.append(self.families.pop(family.name))
            elif family.records[0].part.bar:
                self._bar(family)

    def _fractions(self) -> bool:
        """Whether a trainer's dicts have an `epoch` that is a fraction: it is no counter there."""
        for family in self.families.values():
            if "dict" not in family.key:
                continue
            for record in family.records:
                for (name, _), slot in keys_of(record.part):
                    if name == "epoch" and not is_whole(record.numbers[slot.place]):
                        return True
        return False

    def _fraction(self, record: Record) -> bool:
        """`epoch = 3.0`, alone, of a trainer's summary."""
        return any("." in record.numbers[slot.place] for slot in record.part.slots)

    # -- bars
    def _bar(self, family: Family) -> None:
        """A bar that runs more than once counts where each pass ends; else at each state."""
        records = family.records
        spots = [int(number(one.numbers[one.part.bar[0]])) for one in records if one.part.bar]
        heads = [head(record) for record in records]
        cuts = [
            at
            for at in range(1, len(spots))
            if spots[at] < spots[at - 1]
            or heads[at] != heads[at - 1]
            or ends_again(records[at], spots[at], spots[at - 1], records[at - 1].line)
        ]
        ends = {*(at - 1 for at in cuts), len(records) - 1}
        if cuts:
            family.reduce = "falls"
            kept = sorted(ends)
        else:
            family.reduce = "changes"
            kept = [at for at in range(len(records)) if at in ends or spots[at] != spots[at + 1]]
            family.whole_bar = max(spots) or 1
            order = family.order
            again = (
                at
                for at in range(1, len(spots))
                if spots[at] == spots[at - 1] and order[at] == order[at - 1] + 1
            )
            family.redrawn = sorted({spots[at] for at in again} - {0})
        family.records = [records[at] for at in kept]
        family.order = [family.order[at] for at in kept]

    # -- own counters
    def _own(self) -> None:
        waiting = []
        for family in self.families.values():
            family.columns = columns_of(family.records, bar=bool(family.whole_bar))
            if self.fractions and ("dict" in family.key or self._fraction(family.records[0])):
                family.columns = {k: c for k, c in family.columns.items() if k[0] != "epoch"}
            family.axes = [
                one for one in candidates(family.records, family.columns) if one.kept > 0
            ]
            best = max(family.axes, key=lambda axis: axis.score, default=None)
            family.best = best
            if best is None or (len(family.records) == 1 and best.rank < 2):
                continue
            if len(family.records) <= 2 and family.records[0].part.prose:
                continue
            if self._no_axis(family, best) or is_config(family):
                continue
            # `Testing: 100%|...| 21/21`, once, below the training: a bar of batches is no epoch.
            of_batches = best.inner == BAR and not best.outer and evaluates(family)
            passes = is_pass(family, best) and not self._beside(family, best)
            outer = before(family, best) if passes else None
            if outer:
                self._at_outer(family, best, outer)
            elif passes or (best.kind == "own" and best.falling) or of_batches:
                waiting.append(family)
            elif best.outer and evaluates(family):
                self._at_outer(family, best, best.outer)
            elif best.behaves > 0.9 and (best.kept >= 0.25 or len(family.records) < 3):
                self._take(family, best)
        for family in sorted(waiting, key=lambda one: (not is_title(one), -len(one.records))):
            self._falling(family)

    def _beside(self, family: Family, best: Axis) -> bool:
        """`valid (1/10) loss: 0.5` below `train (1/10) loss: 0.6`: each counts the same epochs."""
        values = family.columns[best.inner].values
        columns = (
            column
            for other in self.families.values()
            for column in other.columns.values()
            if other is not family
        )
        return not best.falling and any(column.values == values for column in columns)

    def _no_axis(self, family: Family, best: Axis) -> bool:
        """Numbers without names, as in a matrix; tokens beside the fraction of an epoch."""
        slots = family.records[0].part.slots
        nameless = not family.records[0].part.bar and not any(slot.name for slot in slots)
        labelled = family.records[0].part.labels
        weak = self.fractions and "dict" in family.key and best.rank < 3
        return weak or (nameless and not labelled)

    def _take(self, family: Family, axis: Axis) -> None:
        values = axis.steps
        self.plan.families[family.name] = Decision(
            axis.kind,
            inner=list(axis.inner),
            outer=list(axis.outer or head_key(family)),
            length=axis.length,
            base=axis.base,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            restarts=axis.restarts > 0,
            again=axis.restarts > 0 and begins_again(values),
            clock=not family.records[0].part.bar or bool(family.whole_bar) or speaks(family),
            stride=axis.stride,
            first=float(values[0]),
            rise=usual_stride(values) or 1,
            count=len(family.records),
            kept=axis.kept,
            why=axis.name,
            unit="epoch" if axis.kind == "own" and is_outer(axis.name) else "",
        )
        family.steps = list(values)
        family.runs = restarts_of(values)[0] if axis.restarts else [0] * len(values)

    def _at_outer(self, family: Family, inner: Axis, key: Key) -> None:
        """An evaluation's lines with epoch and batch: one point for each epoch, at its end."""
        outer = next((one for one in family.axes if one.inner == key and not one.outer), None)
        column = family.columns[key]
        steps = [int(value) for value in column.values]
        axis = outer or Axis("own", column.key, None, steps, 1.0, 1.0, column.rank)
        self._take(family, axis)
        decision = self.plan.families[family.name]
        decision.reduce, decision.by = "falls", list(inner.inner)
        decision.outer = list(key)

    def _falling(self, family: Family) -> None:
        """A counter that falls back: inner to one in other lines, passes, or several trainings."""
        best = family.chosen
        tests = evaluates(family)
        is_bar = best.inner == BAR
        values = [float(one) for one in best.steps]
        falls = [at for at in range(1, len(values)) if values[at] < values[at - 1]]
        if not tests and not is_bar and self._closed(family, best, values, falls):
            return
        outer = self._outer(family, tests=tests)
        if outer and (tests or is_bar):
            self._pass(family, outer)
            return
        if outer and best.steps == [step for _, step in self._stood(family, outer)]:
            self._take(family, best)  # the same counter, told in both
            return
        why = self.plan.families[outer.name].why if outer else ""
        # `Best was 0.5 at epoch 3` below `Epoch 5/50` tells an epoch, and no part of one.
        nests = is_outer(why) and words(why)[-1:] != words(best.name)[-1:]
        if outer and nests and self._nest(family, outer, self._stood(family, outer), values):
            return
        if outer and len(falls) > 3 and best.rank < 4:
            self._pass(family, outer)
            return
        inner = best.restarts > max(3, len(values) / 8) and self._within(family, falls)
        if best.kept >= 0.25 and best.behaves > 0.9 and not inner:
            self._take(family, best)

    def _within(self, family: Family, falls: list[int]) -> bool:
        """Whether one other line counts between any two falls: `Epoch 3/3`, then `Episode 7/10`."""
        places = [family.order[at] for at in falls]
        for other in self.families.values():
            counts = any(column.rank >= _COUNTS for column in other.columns.values())
            cycles = {bisect_right(places, place) for place in other.order}
            once = len(other.order) <= 1.3 * len(cycles) and len(cycles) > 0.8 * len(places)
            if other is not family and counts and once:
                return True
        return False

    def _outer(self, family: Family, *, tests: bool) -> Family | None:
        """The family whose counter has risen wherever this one's fell."""
        best = family.chosen
        falls = [at for at in range(1, len(best.steps)) if best.steps[at] < best.steps[at - 1]]
        chosen: tuple[tuple[object, ...], Family, list[int] | None] | None = None
        for other in self.families.values():
            decision = self.plan.families.get(other.name)
            if other is family or not decision or decision.kind in {"pass", "nested"}:
                continue
            at = [bisect_right(other.order, place) - 1 for place in family.order]
            if sum(one >= 0 for one in at) < 0.9 * len(at):
                continue
            again = not tests and best.inner != BAR and _told_again(other, at, falls)
            runs = restarts_of(_steps(other), fell=True)[0] if again else other.runs
            stood = [(runs[max(one, 0)], other.steps[max(one, 0)]) for one in at]
            rose = sum(stood[one] != stood[one - 1] for one in falls) / len(falls) if falls else 0
            least = max(min(len(falls) + 1, 2), 0.8 * len(falls))
            if not (rose >= 0.9 or (tests and len(set(stood)) >= least)):
                continue
            near = -sum(
                place - other.order[one]
                for place, one in zip(family.order, at, strict=True)
                if one >= 0
            )
            steps = {step for _, step in stood}
            outer = is_outer(decision.why) and len(steps) >= 0.8 * len(falls)
            score = (near,) if tests else (outer, -len(steps), decision.kept)
            if chosen is None or score > chosen[0]:
                chosen = (score, other, runs if again else None)
        if chosen and chosen[2]:
            decision = self.plan.families[chosen[1].name]
            decision.restarts = decision.again = True
            chosen[1].runs = chosen[2]
        return chosen[1] if chosen else None

    def _closed(self, family: Family, best: Axis, values: list[float], falls: list[int]) -> bool:
        """Batches whose epoch stands below them: the counter falls where another one is next."""
        ending = ending_of(family, self.families.values(), self.plan, falls)
        if ending is None or is_outer(best.name):
            return False
        steps = ending.steps
        if sum(steps[at] == steps[at - 1] for at in falls) > 0.1 * len(falls):
            return False
        stood = [(0, step) for step in steps]
        return self._nest(family, ending.family, stood, values, ahead=ending.rise)

    def _nest(
        self,
        family: Family,
        outer: Family,
        stood: list[tuple[int, int]],
        values: list[float],
        ahead: int = 0,
    ) -> bool:
        """Count the family's `values` on over another one's steps, where that tells them apart."""
        best = family.chosen
        column = family.columns.get(best.inner)
        above = [step for _, step in stood]
        length = length_of([float(step) for step in above], values, column.total if column else 0)
        base, own = _counted_on(above, values, length)
        runs = [run for run, _ in stood]
        kept = kept_of(family.records, runs, own)
        if kept < 0.5:
            return False
        decision = self.plan.families[outer.name]
        if ahead and decision.kind == "own":
            decision.unit = "epoch"
        self.plan.families[family.name] = Decision(
            "nested",
            inner=list(best.inner),
            length=length,
            base=base,
            follows=outer.name,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            restarts=decision.restarts,
            first=values[0],
            rise=usual_stride(values) or 1,
            clock=True,
            count=len(own),
            kept=kept,
            why=f"{decision.why} x {best.name}",
            ahead=ahead,
        )
        family.steps, family.runs = list(own), runs
        return True

    def _stood(self, family: Family, outer: Family) -> list[tuple[int, int]]:
        found = []
        for place in family.order:
            at = max(bisect_right(outer.order, place) - 1, 0)
            found.append((outer.runs[at], outer.steps[at] or 0))
        return found

    def _pass(self, family: Family, outer: Family) -> None:
        best = family.chosen
        decision = self.plan.families[outer.name]
        self.plan.families[family.name] = Decision(
            "pass",
            inner=list(best.inner),
            follows=outer.name,
            reduce="falls",
            by=list(best.inner),
            clock=True,
            count=len(family.records),
            why=f"the end of a pass, at {decision.why}",
        )
        stood = self._stood(family, outer)
        family.steps, family.runs = [step for _, step in stood], [run for run, _ in stood]


def _steps(family: Family) -> list[float]:
    return [float(step or 0) for step in family.steps]


def _told_again(other: Family, at: Sequence[int], falls: Sequence[int]) -> bool:
    """Whether an outer counter's first value is told again where the inner one falls.

    `at` is where in the outer family's lines each line of the inner one stands.
    """
    steps = _steps(other)
    again = any(
        at[one] > at[one - 1] >= 0 and steps[at[one]] == steps[at[one - 1]] == steps[0]
        for one in falls
    )
    return again and begins_again(steps, fell=True)


def _counted_on(
    above: Sequence[int], values: Sequence[float], length: int
) -> tuple[int, list[int]]:
    """(0 or 1, the first of the outer counter, the steps): `length` steps to each outer one."""
    base = min(above) if min(above) in {0, 1} else 0
    return base, [
        int((step - base) * length + value) for step, value in zip(above, values, strict=True)
    ]
