"""The plan of a log, from a sample of its records: for each family its counter and its values."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from tbingest.formats.textlog.counters import (
    BAR,
    Axis,
    Column,
    Key,
    candidates,
    columns_of,
    keys_of,
    length_of,
    of_an_episode,
    restarts_of,
    usual_stride,
)
from tbingest.formats.textlog.decision import Decision, Plan, named
from tbingest.formats.textlog.follower import Follower
from tbingest.formats.textlog.tags import label_of_part, tags_of
from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import (
    SPLITS,
    is_measure,
    is_outer,
    is_setting,
    is_system,
    rank_of,
    split_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record

_PATH = re.compile(r"(?:^|\s)[/.~]\S*/")


class Family:
    """The records of one family in a sample, and where each stands among all records."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: list[Record] = []
        self.order: list[int] = []
        self.steps: list[int | None] = []
        self.runs: list[int] = []
        self.columns: dict[Key, Column] = {}
        self.axes: list[Axis] = []
        self.best: Axis | None = None
        self.reduce = ""
        self.whole_bar = 0

    @property
    def chosen(self) -> Axis:
        """The best of the axes, where there is one."""
        return self.best or self.axes[0]

    @property
    def key(self) -> tuple[str, ...]:
        """The family's parts: its kind first."""
        return self.records[0].family


def decide(records: Sequence[Record]) -> Plan:
    """The plan of the records of a sample."""
    return _Deciding(records).plan


class _Deciding:
    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.families: dict[str, Family] = {}
        for place, record in enumerate(records):
            name = named(record.family)
            family = self.families.get(name) or self.families.setdefault(name, Family(name))
            family.records.append(record)
            family.order.append(place)
        self.plan = Plan()
        self.fractions = self._fractions()
        for family in self.families.values():
            if family.records[0].part.bar:
                self._bar(family)
        self._own()
        self._context()
        self._drop()
        self._clashes()
        for name, family in self.families.items():
            none = Decision(count=len(family.records), why="no counter that moves")
            self.plan.families.setdefault(name, none)

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

    # -- bars
    def _bar(self, family: Family) -> None:
        """A bar that runs more than once counts where each pass ends; else at each state."""
        records = family.records
        spots = [int(number(one.numbers[one.part.bar[0]])) for one in records if one.part.bar]
        heads = [_head(record) for record in records]
        cuts = [
            at
            for at in range(1, len(spots))
            if spots[at] < spots[at - 1] or heads[at] != heads[at - 1]
        ]
        ends = {*(at - 1 for at in cuts), len(records) - 1}
        if cuts:
            family.reduce = "falls"
            kept = sorted(ends)
        else:
            family.reduce = "changes"
            kept = [at for at in range(len(records)) if at in ends or spots[at] != spots[at + 1]]
            totals = [
                one.numbers[one.part.bar[1]]
                for one in records
                if one.part.bar and one.part.bar[1] >= 0
            ]
            family.whole_bar = max((int(number(text)) for text in totals), default=0) or 1
        family.records = [records[at] for at in kept]
        family.order = [family.order[at] for at in kept]

    # -- own counters
    def _own(self) -> None:
        waiting = []
        for family in self.families.values():
            family.columns = columns_of(family.records, bar=bool(family.whole_bar))
            if self.fractions and "dict" in family.key:
                family.columns = {k: c for k, c in family.columns.items() if k[0] != "epoch"}
            family.axes = [
                one for one in candidates(family.records, family.columns) if one.kept > 0
            ]
            best = max(family.axes, key=lambda axis: axis.score, default=None)
            family.best = best
            if best is None or (len(family.records) == 1 and best.rank < 1):
                continue
            if len(family.records) <= 2 and family.records[0].part.prose:
                continue
            outer = _before(family, best) if _is_pass(family, best) else None
            if outer:
                self._at_outer(family, best, outer)
            elif _is_pass(family, best) or (best.kind == "own" and best.falling):
                waiting.append(family)
            elif best.outer and _evaluates(family):
                self._at_outer(family, best, best.outer)
            elif best.behaves > 0.9 and (best.kept >= 0.25 or len(family.records) < 3):
                self._take(family, best)
        for family in sorted(waiting, key=lambda one: -len(one.records)):
            self._falling(family)

    def _take(self, family: Family, axis: Axis) -> None:
        values = axis.steps
        self.plan.families[family.name] = Decision(
            axis.kind,
            inner=list(axis.inner),
            outer=list(axis.outer or _head_key(family)),
            length=axis.length,
            base=axis.base,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            restarts=axis.restarts > 0,
            clock=not family.records[0].part.bar or bool(family.whole_bar) or _speaks(family),
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
        evaluates = _evaluates(family)
        is_bar = best.inner == BAR
        outer = self._outer(family, evaluates=evaluates)
        values = [float(one) for one in best.steps]
        falls = [at for at in range(1, len(values)) if values[at] < values[at - 1]]
        if outer and (evaluates or is_bar):
            self._pass(family, outer)
            return
        nests = outer and is_outer(self.plan.families[outer.name].why)
        if outer and nests and self._nest(family, outer, best, values):
            return
        if outer and len(falls) > 3 and best.rank < 4:
            self._pass(family, outer)
            return
        if best.kept >= 0.25 and best.behaves > 0.9:
            self._take(family, best)

    def _outer(self, family: Family, *, evaluates: bool) -> Family | None:
        """The family whose counter has risen wherever this one's fell."""
        best = family.chosen
        falls = [at for at in range(1, len(best.steps)) if best.steps[at] < best.steps[at - 1]]
        chosen: tuple[tuple[object, ...], Family] | None = None
        for other in self.families.values():
            decision = self.plan.families.get(other.name)
            if other is family or not decision or decision.kind in {"pass", "nested"}:
                continue
            at = [bisect_right(other.order, place) - 1 for place in family.order]
            if sum(one >= 0 for one in at) < 0.9 * len(at):
                continue
            stood = [(other.runs[max(one, 0)], other.steps[max(one, 0)]) for one in at]
            rose = sum(stood[one] != stood[one - 1] for one in falls) / len(falls) if falls else 0
            if not (rose >= 0.9 or (evaluates and len(set(stood)) >= 0.8 * len(falls))):
                continue
            near = -sum(
                place - other.order[one]
                for place, one in zip(family.order, at, strict=True)
                if one >= 0
            )
            steps = {step for _, step in stood}
            outer = is_outer(decision.why) and len(steps) >= 0.8 * len(falls)
            score = (near,) if evaluates else (outer, -len(steps), decision.kept)
            if chosen is None or score > chosen[0]:
                chosen = (score, other)
        return chosen[1] if chosen else None

    def _nest(self, family: Family, outer: Family, best: Axis, values: list[float]) -> bool:
        stood = self._stood(family, outer)
        column = family.columns.get(best.inner)
        length = length_of(
            [float(step) for _, step in stood], values, column.total if column else 0
        )
        steps = [step for _, step in stood]
        base = min(outer_step for outer_step in steps)
        base = base if base in {0, 1} else 0
        own = [
            int((above - base) * length + value) for above, value in zip(steps, values, strict=True)
        ]
        runs = [run for run, _ in stood]
        kept = len(set(zip(runs, own, strict=True))) / len(own)
        if kept < 0.5:
            return False
        decision = self.plan.families[outer.name]
        self.plan.families[family.name] = Decision(
            "nested",
            inner=list(best.inner),
            length=length,
            base=base,
            follows=outer.name,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            clock=True,
            count=len(own),
            kept=kept,
            why=f"{decision.why} x {best.name}",
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

    # -- counters in other lines
    def _context(self) -> None:
        moving = [one for one in self.families.values() if len(set(one.steps)) > 1]
        self.plan.moving = bool(moving)
        most = max((len(one.records) for one in moving), default=0)
        solid = [
            one for one in moving if len(one.records) >= max(2, 0.02 * most) and _measures(one)
        ] or moving
        first = min((one.order[0] for one in solid), default=None)
        self.first = first
        self._forget_early(solid, first)
        clocks = self._clocks()
        for family in self.families.values():
            if family.name in self.plan.families or not self._worth(family, first):
                continue
            if self.plan.moving:
                self._block(family, clocks)
            else:
                self._uncounted(family)

    def _forget_early(self, solid: list[Family], first: int | None) -> None:
        """Lines with a counter that stand once or twice before the first counter moves."""
        alike = {_signature(one) for one in solid}
        for family in self.families.values():
            if family.name not in self.plan.families or _signature(family) in alike:
                continue
            early = first is not None and family.order[-1] < first and family not in solid
            if early and len(family.records) <= 2 and not _told(family):
                del self.plan.families[family.name]

    def _clocks(self) -> list[tuple[int, int, int, str]]:
        """(place, run, step, family) of every line that counts, as the follower will have it."""
        follower = Follower(Plan(dict(self.plan.families)))
        found = []
        for place, record in enumerate(self.records):
            name = named(record.family)
            decision = self.plan.families.get(name)
            if decision is None:
                continue
            list(follower.take(record))
            if decision.clock:
                step = follower.places.get(name, {}).get("step")
                if step is not None:
                    found.append((place, follower.run, step, name))
        return found

    def _block(self, family: Family, clocks: list[tuple[int, int, int, str]]) -> None:
        best = self._nearest(family, clocks)
        for other in self.families.values():
            decision = self.plan.families.get(other.name)
            if decision and decision.clock and is_outer(decision.why) and len(other.records) > 1:
                found = self._following(family, other)
                best = max(best, found, key=lambda one: one[0])
        _, kept, follows, sources = best
        count = len(family.records)
        if kept < 0.9 and not (kept >= 0.5 and count <= 6):
            self._even(family)
            return
        self.plan.families[family.name] = Decision(
            "block",
            outer=list(_head_key(family)),
            follows=follows,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            count=count,
            kept=kept,
            why=self.plan.families[follows].why if follows else "the last line that counts",
            inherits=self._inherits(sources),
        )

    def _inherits(self, sources: set[str]) -> bool:
        """A split that holds for the lines above: of a test, or where the splits alternate."""
        first = self.families[next(iter(sources))].records[0] if sources else None
        label = label_of_part(first.part, first.title) if first else ""
        return len(sources) > 1 or SPLITS.get(split_of(label), "") != "train"

    def _nearest(
        self, family: Family, clocks: list[tuple[int, int, int, str]]
    ) -> tuple[tuple[object, ...], float, str, set[str]]:
        """The last line that counts, whatever its family, and how well the rhythm fits."""
        places = [one[0] for one in clocks]
        at = [bisect_right(places, place) - 1 for place in family.order]
        count = len(at)
        known = [one for one in at if one >= 0]
        if len(known) < 0.9 * count:
            return ((False, 0.0, 0.0, 0.0), 0.0, "", set())
        stood = [clocks[max(one, 0)] for one in at]
        kept = len({one[1:3] for one in stood}) / count
        sources = {one[3] for one in stood}
        between = sum(one[3] in sources for one in clocks[min(known) : max(known) + 1])
        rhythm = count / max(count, between)
        return ((kept >= 0.9, round(rhythm, 1), 0.5, kept), kept, "", sources)

    def _following(
        self, family: Family, other: Family
    ) -> tuple[tuple[object, ...], float, str, set[str]]:
        """The lines of an outer counter: one block for each of them."""
        at = [bisect_right(other.order, place) - 1 for place in family.order]
        count = len(at)
        if sum(one >= 0 for one in at) < 0.9 * count:
            return ((False, 0.0, 0.0, 0.0), 0.0, "", set())
        stood = [(other.runs[max(one, 0)], other.steps[max(one, 0)]) for one in at]
        kept = len(set(stood)) / count
        low, high = max(min(at), 0), max(at)
        there = len(set(zip(other.runs[low : high + 1], other.steps[low : high + 1], strict=True)))
        rhythm = min(count, there) / max(count, there)
        return ((kept >= 0.9, round(rhythm, 1), 0.45, kept), kept, other.name, {other.name})

    def _even(self, family: Family) -> None:
        """A trainer's dicts with a fraction of an epoch: evenly over the steps of the whole bar."""
        epochs = [_named_value(record, "epoch") for record in family.records]
        known = [one for one in epochs if one is not None]
        if (
            len(epochs) < 3
            or len(known) < 0.5 * len(epochs)
            or all(one == int(one) for one in known)
        ):
            return
        total = max((one.whole_bar for one in self.families.values()), default=0)
        stride = 1
        if total > 1 and max(known):
            whole = math.ceil(max(known) - 1e-6)
            stride = max(1, round(total * max(known) / whole / len(epochs)))
        self.plan.families[family.name] = Decision(
            "even",
            stride=stride,
            count=len(epochs),
            why="spaced evenly, by the fraction of the epoch",
        )

    def _worth(self, family: Family, first: int | None) -> bool:
        """Not what is said before a counter moves, never changes, is prose or a machine's."""
        records = family.records
        slots = [slot for record in records for slot in record.part.slots]
        if not slots or family.key[0] == "settings":
            return False
        if len(records) <= 2 and records[0].part.prose:
            return False
        early = first is not None and family.order[-1] < first
        measured = any(is_measure(slot.name) for slot in slots)
        if early and (len(records) < 3 or not measured):
            return False
        if all(is_system(slot.name) for slot in slots):
            return False
        values = [
            (slot, record.numbers[slot.place])
            for record in records
            for slot in record.part.slots
            if slot.strong
            or is_measure(slot.name)
            or (not is_whole(record.numbers[slot.place]) and len(slot.name.split()) <= 2)
        ]
        if not values:
            return False
        broken = [slot for slot, text in values if not is_whole(text)]
        if len(records) > 2:
            return bool(broken) or len({text for _, text in values}) > max(2, len(records) / 4)
        after = first is not None and family.order[0] > first
        return any(
            is_measure(slot.name) or (after and len(slot.name.split()) <= 2 and slot.strong)
            for slot in broken
        )

    def _uncounted(self, family: Family) -> None:
        """In a log in which nothing counts: measures that recur are numbered, single ones at 0."""
        records = family.records
        names = [slot.name for record in records[:3] for slot in record.part.slots]
        if not any(is_measure(name) and not is_setting(name) for name in names):
            return
        different = {tuple(record.numbers) for record in records}
        broken = any(not is_whole(records[0].numbers[slot.place]) for slot in records[0].part.slots)
        if len(records) >= 3 and broken and len(different) > len(records) / 2:
            self.plan.families[family.name] = Decision(
                "number", count=len(records), why="the record's number"
            )
        elif broken:
            self.plan.families[family.name] = Decision(
                "block", count=len(records), why="no counter"
            )

    # -- what is shown
    def _drop(self) -> None:
        """What is a counter, a total, a setting or a part of the text, and no value."""
        for name, decision in self.plan.families.items():
            family = self.families[name]
            cells: dict[str, list[tuple[str, bool, bool]]] = defaultdict(list)
            for record in family.records:
                for slot in record.part.slots:
                    text = record.numbers[slot.place]
                    whole = is_whole(text) or slot.scale != 1
                    cells[slot.name].append((text, whole, slot.total >= 0))
            strong = {
                s.name for record in family.records[:1] for s in record.part.slots if s.strong
            }
            decision.dropped = [
                slot
                for slot, column in cells.items()
                if self._no_value(slot, column, family, decision, len(cells), strong=slot in strong)
            ]

    def _no_value(
        self,
        name: str,
        cells: list[tuple[str, bool, bool]],
        family: Family,
        decision: Decision,
        count: int,
        *,
        strong: bool,
    ) -> bool:
        rank = rank_of(name)
        whole = all(one for _, one, _ in cells)
        total = all(one for _, _, one in cells)
        constant = len({text for text, _, _ in cells}) == 1
        measure = is_measure(name)
        single = len(family.records) == 1
        if of_an_episode(decision.inner, name):
            return False
        if rank and all(one or over for _, one, over in cells):
            return True
        if name in {*decision.inner[:1], *decision.outer[:1]}:
            return True
        if (rank and is_outer(name) and len(words(name)) == 1) or _PATH.search(name):
            return True
        split = whole and split_of(name) and (len(words(name)) == 1 or total)
        weak = whole and not measure and not strong and (constant or len(name.split()) > 2)
        still = decision.kind == "block" and constant and whole and len(cells) > 2
        if split or weak or still:
            return True
        early = self.first is None or family.order[0] < self.first
        if not single or (decision.kind in {"own", "pair"} and not self.plan.moving and strong):
            return False
        many = count > 12 and decision.kind == "block"
        return (not measure and (cells[0][1] or early)) or many

    def _clashes(self) -> None:
        """Tags that two families claim: the first that is without words of its own has it."""
        claims: dict[str, dict[str, str]] = defaultdict(dict)
        spots: dict[tuple[str, int, int], set[tuple[str, str]]] = defaultdict(set)
        follower = Follower(Plan(dict(self.plan.families)))
        for record in self.records:
            name = named(record.family)
            decision = self.plan.families.get(name)
            if decision is None or decision.kind == "none":
                continue
            list(follower.take(record))
            above = follower.clock.get("label", "") if decision.kind == "block" else ""
            step = follower.clock.get("step", 0)
            if decision.kind != "block":
                step = follower.places.get(name, {}).get("step", step)
            for one in tags_of(record.part, record.title, above, decision.dropped):
                low = one.tag.lower()
                claims[low].setdefault(f"{name}\x1e{one.other}", one.other)
                spots[low, follower.run, step].add((name, one.other))
        clash = {low for (low, _, _), who in spots.items() if len(who) > 1}
        clash |= {low for low, who in claims.items() if len(set(who.values())) > 1}
        units = self._units(claims)
        for low in clash | set(units):
            if low in units:
                self.plan.clashes[low] = units[low]
                continue
            plain = [who.partition("\x1e")[0] for who, other in claims[low].items() if not other]
            self.plan.clashes[low] = plain[0] if plain else ""

    def _units(self, claims: dict[str, dict[str, str]]) -> dict[str, str]:
        """Tags that count epochs in one family and steps in another, which has the plain tag."""
        found = {}
        for low, who in claims.items():
            names = dict.fromkeys(name.partition("\x1e")[0] for name in who)
            counted = [name for name in names if self.plan.families[name].kind in _COUNTED]
            epochs = [name for name in counted if self.plan.families[name].unit]
            others = [name for name in counted if not self.plan.families[name].unit]
            if epochs and others:
                found[low] = others[0]
        return found


_COUNTED = frozenset({"own", "pair", "nested"})


def _is_pass(family: Family, best: Axis) -> bool:
    """`Test: [48/48]`: the only counter of an evaluation is that of its batches."""
    column = family.columns.get(best.inner)
    nameless = column and column.slot and column.slot.kind == "count" and column.total
    return best.kind == "own" and bool(nameless) and _evaluates(family)


def _told(family: Family) -> bool:
    """Whether a line measures something: then it is no setting, though it stands alone."""
    slots = family.records[0].part.slots
    if len(slots) > 6 or any(is_setting(slot.name) for slot in slots):
        return False
    return any(
        is_measure(slot.name) and not is_whole(record.numbers[slot.place])
        for record in family.records
        for slot in record.part.slots
    )


def _before(family: Family, best: Axis) -> Key | None:
    """`Epoch(val) [1][10/10]`: the counter before that of the batches."""
    place = family.columns[best.inner].slot
    for key, column in family.columns.items():
        if column.slot and place and column.slot.place < place.place and column.rank >= 3:
            return key
    return None


def _head(record: Record) -> float | None:
    """The outer counter in a bar's own line."""
    for slot in record.part.slots:
        if is_outer(slot.name):
            return number(record.numbers[slot.place])
    return None


def _head_key(family: Family) -> Key | tuple[()]:
    if not family.records[0].part.bar:
        return ()
    return next((key for key, _ in keys_of(family.records[0].part) if is_outer(key[0])), ())


def _named_value(record: Record, name: str) -> float | None:
    for slot in record.part.slots:
        if slot.name.lower() == name:
            return number(record.numbers[slot.place])
    return None


def _speaks(family: Family) -> bool:
    return any(record.part.slots for record in family.records)


def _measures(family: Family) -> bool:
    """Whether a family's last line has a value that is no whole number."""
    last = family.records[-1]
    return any(not is_whole(last.numbers[slot.place]) for slot in last.part.slots)


def _signature(family: Family) -> tuple[str, ...]:
    names = [slot.name for slot in family.records[0].part.slots]
    return tuple(name.split()[-1] if rank_of(name) and name.split() else name for name in names)


def _evaluates(family: Family) -> bool:
    """Whether a family's lines are those of a validation or a test."""
    record = family.records[0]
    label = label_of_part(record.part, record.title)
    labels = [label, *(slot.label for slot in record.part.slots)]
    found = next((split_of(one) for one in labels if one and split_of(one)), "")
    if not found:
        names = [slot.name for slot in record.part.slots[:2]]
        found = next((split_of(one) for one in names if split_of(one)), "")
    return SPLITS.get(found, "") in {"val", "test"}
