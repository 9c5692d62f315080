"""The families without a counter of their own: they stand where the lines above them do."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from tbingest.formats.textlog.decision import Decision, Plan, named
from tbingest.formats.textlog.endings import ending_of
from tbingest.formats.textlog.family import (
    Family,
    head_key,
    measures,
    signature,
    told,
)
from tbingest.formats.textlog.follower import Follower
from tbingest.formats.textlog.slots import BAR
from tbingest.formats.textlog.tags import label_of_part
from tbingest.formats.textlog.tokens import is_whole
from tbingest.formats.textlog.uncounted import Uncounted
from tbingest.formats.textlog.words import (
    SPLITS,
    are_results,
    is_measure,
    is_outer,
    is_score,
    is_share,
    is_system,
    rank_of,
    split_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record

_MANY = 10
"""So many lines are a curve, though they do not say where they stand."""
_SPOTS = 2


def _told(family: Family, spots: Sequence[tuple[object, ...]]) -> int:
    """How many records there are, of two loggers that say each line those of one."""
    count = len(spots)
    told = len(set(zip(spots, map(_values, family.records), strict=True)))
    return told if told > _SPOTS and 2 * told == count else count


def _values(record: Record) -> tuple[str, ...]:
    """What a record's slots say, without the time before them."""
    return tuple(record.numbers[slot.place] for slot in record.part.slots)


def _beginning(family: Family) -> tuple[object, ...]:
    """Where and how a family's own counter begins: the place of its number, its name, its step."""
    slot = family.columns[family.chosen.inner].slot if family.best else None
    if slot is None:
        return (family.name,)
    return (slot.place, slot.name, slot.kind, family.chosen.steps[0])


def _only_counts(family: Family) -> bool:
    return all(rank_of(slot.name) for slot in family.records[0].part.slots)


class Contexts(Uncounted):
    """Decides of the families that follow others.

    first: where the first counter moves. beside: families that stand where it begins.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        super().__init__(records)
        self.first: int | None = None
        self.beside: set[str] = set()

    def _context(self) -> None:
        moving = [one for one in self.families.values() if len(set(one.steps)) > 1]
        self.plan.moving = bool(moving)
        most = max((len(one.records) for one in moving), default=0)
        solid = [one for one in moving if len(one.records) >= max(2, 0.02 * most) and measures(one)]
        solid = solid or [one for one in moving if one.key[0] != "bare"] or moving
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
        if not self.plan.moving:
            self._beside_numbered()
        self._beside_even()

    def _forget_early(self, solid: list[Family], first: int | None) -> None:
        """Lines with a counter that stand once or twice before the first counter moves.

        Of bare numbers, whole ones (how many of each class) however often they stand; so of lines
        that only count, and fall (`Total samples: 900`). But not a line that stands at the first
        step of such a counter, told as that one is (`0 probe 0.24` beside `0 train 10.9`).
        """
        alike = {signature(one) for one in solid}
        begins = {_beginning(one) for one in solid if one.name in self.plan.families}
        for family in self.families.values():
            if family.name not in self.plan.families or signature(family) in alike:
                continue
            early = first is not None and family.order[-1] < first and family not in solid
            counts = family.key[0] == "bare" and not measures(family)
            counts = counts or (_only_counts(family) and self.plan.families[family.name].restarts)
            if early and measures(family) and _beginning(family) in begins:
                self.beside.add(family.name)
                continue
            if early and (counts or (len(family.records) <= 2 and not told(family))):
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
            follower.stand(record)
            if decision.clock:
                step = follower.places.get(name, {}).get("step")
                if step is not None:
                    found.append((place, follower.run, step, name))
        return found

    def _block(self, family: Family, clocks: list[tuple[int, int, int, str]]) -> None:
        if self._redrawn(family) or self._closed_block(family, clocks):
            return
        best = self._nearest(family, clocks)
        ending = ending_of(family, self.families.values(), self.plan)
        for other in self.families.values():
            decision = self.plan.families.get(other.name)
            if ending is not None and other is ending.family:
                continue  # its last line ended the epoch before
            if decision and decision.clock and is_outer(decision.why) and len(other.records) > 1:
                found = self._following(family, other)
                best = max(best, found, key=lambda one: one[0])
        _, kept, follows, sources = best
        count = len(family.records)
        if kept < 0.75 and not (kept >= 0.5 and count <= 6):
            self._even(family)
            if family.name not in self.plan.families:
                self._each(family)
            return
        self.plan.families[family.name] = Decision(
            "block",
            outer=list(head_key(family)),
            follows=follows,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            count=count,
            kept=kept,
            why=self.plan.families[follows].why if follows else "the last line that counts",
            inherits=self._inherits(sources),
        )

    def _closed_block(self, family: Family, clocks: list[tuple[int, int, int, str]]) -> bool:
        """Values whose epoch stands below them, where none above tells them apart."""
        ending = ending_of(family, self.families.values(), self.plan)
        if ending is None:
            return False
        kept = len(set(ending.steps)) / len(ending.steps)
        above = [one for one in clocks if one[3] != ending.family.name]
        if kept < 0.75 or (above and self._nearest(family, above)[1] >= 0.75):
            return False
        self.plan.families[family.name] = Decision(
            "block",
            outer=list(head_key(family)),
            follows=ending.family.name,
            reduce=family.reduce,
            by=list(BAR) if family.reduce else [],
            count=len(family.records),
            kept=kept,
            why=f"{self.plan.families[ending.family.name].why} below",
            ahead=ending.rise,
        )
        return True

    def _inherits(self, sources: set[str]) -> bool:
        """A split that holds for the lines above: of a test, or where the splits alternate."""
        label = self._label(self.families[next(iter(sources))]) if sources else ""
        return len(sources) > 1 or SPLITS.get(split_of(label), "") != "train"

    def _results(self, family: Family) -> bool:
        """Whether a family tells results that differ: the first may stand before the training."""
        names = [slot.name for slot in family.records[0].part.slots]
        differ = len(set(map(_values, family.records[:_MANY]))) > 1
        return differ and are_results(names)

    def _label(self, family: Family) -> str:
        """The split that a family's own words name."""
        return label_of_part(family.records[0].part, family.records[0].title)

    def _nearest(
        self, family: Family, clocks: list[tuple[int, int, int, str]]
    ) -> tuple[tuple[object, ...], float, str, set[str]]:
        """The last line that counts, whatever its family, and how well the rhythm fits."""
        places = [one[0] for one in clocks]
        at = [bisect_right(places, place) - 1 for place in family.order]
        count = len(at)
        known = [one for one in at if one >= 0]
        early = 1 if self._results(family) else 0
        if len(known) < min(0.9 * count, count - early):
            return ((False, 0.0, 0.0, 0.0), 0.0, "", set())
        stood = [clocks[max(one, 0)] for one in at]
        sources = {one[3] for one in stood}
        labels = {name: self._label(self.families[name]) for name in sources}
        if self._label(family) or not self._inherits(sources):
            labels = dict.fromkeys(sources, "")
        spots = [(*one[1:3], labels[one[3]]) for one in stood]
        kept = len(set(spots)) / _told(family, spots)
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
        kept = len(set(stood)) / _told(family, stood)
        low, high = max(min(at), 0), max(at)
        there = len(set(zip(other.runs[low : high + 1], other.steps[low : high + 1], strict=True)))
        rhythm = min(count, there) / max(count, there)
        return ((kept >= 0.9, round(rhythm, 1), 0.45, kept), kept, other.name, {other.name})

    def _worth(self, family: Family, first: int | None) -> bool:
        """Not what is said before a counter moves, never changes, is prose or a machine's."""
        records = family.records
        slots = [slot for record in records for slot in record.part.slots]
        if not slots or family.key[0] == "settings":
            return False
        if family.key[0] == "block" and not are_results([one.name for one in slots]):
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
        named = any(map(is_measure, records[0].part.labels))  # Accuracy for class: cat is 58.5 %
        return any(
            (is_score(slot.name) or (named and slot.share))
            and (slot in broken or slot.share or ("." in text and is_share(slot.name)))
            for slot, text in values
        )

    def _beside_numbered(self) -> None:
        """Where lines are numbered, rarer ones (of an evaluation) stand at the number before."""
        numbered = [
            family
            for family in self.families.values()
            if family.name in self.plan.families
            and self.plan.families[family.name].kind == "number"
        ]
        most = max(numbered, key=lambda one: len(one.records), default=None)
        if most is None:
            return
        self.plan.families[most.name].clock = True
        clocks = self._clocks()
        for family in numbered:
            if 2 * len(family.records) > len(most.records) or family.order[0] < most.order[0]:
                continue
            _, kept, _, sources = self._nearest(family, clocks)
            if kept == 1.0:
                self.plan.families[family.name] = Decision(
                    "block",
                    count=len(family.records),
                    why="the number of the line before",
                    inherits=self._inherits(sources),
                )

    def _beside_even(self) -> None:
        """A trainer's other dicts (of an evaluation) stand where its last one spaced evenly does.

        The output was buffered: the bars before them say where the training was when it was shown.
        """
        decisions = self.plan.families
        spaced = [name for name, one in decisions.items() if one.kind == "even"]
        for family in self.families.values():
            decision = decisions.get(family.name)
            follows = decision is not None and decision.kind == "block"
            if follows and "dict" in family.key and spaced:
                decisions[family.name] = Decision(
                    "block",
                    follows=spaced[0],
                    count=len(family.records),
                    why="the dict before",
                )
