"""The plan of a log, from a sample of its records: for each family its counter and its values."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.textlog.context import Contexts
from tbingest.formats.textlog.counters import of_an_episode
from tbingest.formats.textlog.decision import Decision, Plan, named, unnumbered
from tbingest.formats.textlog.echoes import Claim, echoes, passing, without
from tbingest.formats.textlog.family import measures
from tbingest.formats.textlog.follower import NO_COUNTER, OF_SAMPLES, Follower
from tbingest.formats.textlog.parts import NAMELESS
from tbingest.formats.textlog.rising import renamed, rising
from tbingest.formats.textlog.tags import Named, tags_of, told_apart
from tbingest.formats.textlog.titles import headings
from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import (
    is_best,
    is_measure,
    is_outer,
    is_setting,
    is_size,
    rank_of,
    split_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.textlog.family import Family
    from tbingest.formats.textlog.recorder import Record

_PATH = re.compile(r"(?:^|\s)[/.~]\S*/")
_COUNTED = frozenset({"own", "pair", "nested"})
Cell = tuple[str, bool, bool]
_FEW = 5
_FEW_LISTS = 3
_MANY_SAMPLES = 20
_STEP_RANK = 4


def decide(records: Sequence[Record]) -> Plan:
    """The plan of the records of a sample."""
    heads = headings(records)
    for record in records:
        if record.title and named(record.family) in heads:
            record.untitle()
    numbered = rising(records)
    for record in records if numbered else ():
        if unnumbered(named(record.family)) in numbered:
            renamed(record)
    deciding = _Deciding(records)
    deciding.plan.headings = sorted(heads)
    deciding.plan.rising = sorted(numbered)
    deciding.run()
    return deciding.plan


class _Deciding(Contexts):
    """All that is decided, in its order: counters, contexts, values, names."""

    def __init__(self, records: Sequence[Record]) -> None:
        super().__init__(records)
        self._aparts: dict[tuple[str, str], str] = {}

    def run(self) -> None:
        """Decide of every family."""
        self._own()
        self._context()
        self._forget_nameless()
        self._forget_samples()
        self._drop()
        self._clashes()
        for name, family in self.families.items():
            none = Decision(count=len(family.records), why=NO_COUNTER)
            self.plan.families.setdefault(name, none)

    def _forget_nameless(self) -> None:
        """Lists without names are values only in a log in which nothing is measured by name.

        And where they have no whole numbers alone.
        """
        taken = [one for one in self.families.values() if one.name in self.plan.families]
        lists = [one for one in taken if one.key[0] == NAMELESS]
        others = [one for one in taken if one.key[0] != NAMELESS]
        named_ones = any(is_measure(s.name) for one in others for s in one.records[0].part.slots)
        for family in lists:
            if named_ones or not measures(family) or len(family.records) < _FEW_LISTS:
                del self.plan.families[family.name]

    def _forget_samples(self) -> None:
        """`img_001 - PSNR: 30.1`, once each for many: their mean is told, too, or something else.

        Not of a few classes or parts of a net, which are told again in each epoch.
        """
        groups: dict[str, list[Family]] = defaultdict(list)
        for family in self.families.values():
            own = named(family.records[0].part.family)
            if family.name in self.plan.families and unnumbered(own) != own:
                groups[unnumbered(own)].append(family)
        many = {
            plain: found
            for plain, found in groups.items()
            if len(found) >= _MANY_SAMPLES
            and sum(len(one.records) for one in found) <= 1.5 * len(found)
        }
        gone = {one.name for found in many.values() for one in found}
        told = [one for one in self.families.values() if one.name in self.plan.families]
        others = [one for one in told if one.name not in gone]
        if any(is_measure(slot.name) for one in others for slot in one.records[0].part.slots):
            self.plan.samples = sorted(many)
            for name in gone:
                self.plan.families[name] = Decision(count=1, why=OF_SAMPLES)

    @property
    def _episodes(self) -> Sequence[object]:
        """The counter that blocks follow, where all lines that count tell the same."""
        clocks = [one.inner for one in self.plan.families.values() if one.clock]
        return clocks[0] if clocks and all(one == clocks[0] for one in clocks) else ()

    def _drop(self) -> None:
        """What is a counter, a total, a setting or a part of the text, and no value."""
        for name, decision in self.plan.families.items():
            family = self.families.get(name)
            if family is None:
                continue
            cells = _cells(family)
            strong = {
                s.name for record in family.records[:1] for s in record.part.slots if s.strong
            }
            still = _still_times(family, cells)
            decision.dropped = [
                slot
                for slot in cells
                if slot in still
                or self._no_value(slot, cells, family, decision, strong=slot in strong)
            ]

    def _no_value(
        self,
        name: str,
        columns: dict[str, list[Cell]],
        family: Family,
        decision: Decision,
        *,
        strong: bool,
    ) -> bool:
        cells = columns[name]
        whole = all(one for _, one, _ in cells)
        others = any(not rank_of(slot.name) for slot in family.records[0].part.slots if slot.name)
        counter = decision.inner or (self._episodes if decision.kind == "block" else ())
        value = others and name not in decision.by[:1]
        if of_an_episode(counter, name) or (value and _wanders(cells, decision, rank_of(name))):
            return False
        if name.endswith("/avg") and whole and not any("." in text for text, _, _ in cells):
            return not all(one for _, one, _ in columns.get(name.removesuffix("/avg"), ()))
        if _counts(name, cells, decision) or _is_setting(name, cells, decision, strong=strong):
            return True
        if len(family.records) > 1:
            return False
        if strong and decision.kind in {"own", "pair"} and not self.plan.moving:
            return False
        early = self.first is None or family.order[0] < self.first
        early = early and family.name not in self.beside
        many = len(columns) > 12 and decision.kind == "block"
        return (not _measures(name, cells) and (cells[0][1] or early)) or many

    def _clashes(self) -> None:
        """Tags that two families claim: the first that is without words of its own has it."""
        claims: dict[str, dict[str, str]] = defaultdict(dict)
        spots: dict[tuple[str, int, int], set[tuple[str, str]]] = defaultdict(set)
        told = list(self._claims())
        echoed = echoes(told) | passing(told)
        for name, slot in sorted(echoed):
            self.plan.families[name].dropped.append(slot)
        told = without(told, echoed)
        for tag, family, other in dict.fromkeys((one.tag, one.family, one.other) for one in told):
            claims[tag].setdefault(f"{family}\x1e{other}", other)
        for one in told:
            if len(claims[one.tag]) > 1:
                spots[one.tag, one.run, one.step].add((one.family, one.other))
        clash = {low for (low, _, _), who in spots.items() if len(who) > 1}
        clash |= {low for low, who in claims.items() if len(set(who.values())) > 1}
        units = self._units(claims)
        for low in clash | set(units):
            if low in units:
                self.plan.clashes[low] = units[low]
                continue
            plain = [who.partition("\x1e")[0] for who, other in claims[low].items() if not other]
            # The last value of each pass gives way to what a line says of the whole pass, and
            # the best of several trainings to what each says.
            plain.sort(key=lambda name: (bool(self.plan.families[name].reduce), self._picks(name)))
            common = _common(claims[low]) if not plain else ""
            self.plan.plain += [low] if common else []
            self.plan.clashes[low] = plain[0] if plain else common
        self._taken(clash - set(units), claims)

    def _picks(self, name: str) -> bool:
        """`Subject: 2  best_run: 3  acc: 0.9`."""
        slots = self.families[name].records[0].part.slots if name in self.families else ()
        return any(is_best(slot.name) and rank_of(slot.name) for slot in slots)

    def _taken(self, clash: set[str], claims: dict[str, dict[str, str]]) -> None:
        """Tags that are another family's, where the words of one are in front: `train/acc`."""
        for low in clash:
            for who, other in claims[low].items():
                apart = self._aparts.get((low, other), "")
                owners = {one.partition("\x1e")[0] for one in claims.get(apart, ())}
                owners.discard(who.partition("\x1e")[0])
                if other and owners and apart not in self.plan.clashes:
                    self.plan.clashes[apart] = min(owners)
                    self.plan.plain.append(apart)

    def _claims(self) -> Iterator[Claim]:
        """The values of the sample, each with its tag and where it stands."""
        follower = Follower(Plan(dict(self.plan.families)))
        known: dict[tuple[str, int, str, str], list[tuple[str, str, str, int]]] = {}
        for record in self.records:
            name = named(record.family)
            decision = self.plan.families.get(name)
            if decision is None or decision.kind == "none":
                continue
            follower.stand(record)
            above = follower.clock.get("label", "") if decision.kind == "block" else ""
            step = follower.clock.get("step", 0)
            if decision.kind != "block":
                step = follower.places.get(name, {}).get("step", step)
            key = (name, id(record.part), record.title, above)
            if key not in known:
                named_ones = tags_of(record.part, record.title, above, decision.dropped)
                known[key] = [
                    (one.tag.lower(), self._other(name, one), one.slot.name, one.slot.place)
                    for one in named_ones
                ]
            prose, last, run = record.part.prose, bool(decision.reduce), follower.run
            for low, other, slot, place in known[key]:
                text = record.numbers[place]
                yield Claim(low, name, other, slot, run, step, text, prose, last)

    def _other(self, family: str, named_one: Named) -> str:
        """The words that tell a value of a family from the same of others, if they do."""
        low, apart = named_one.tag.lower(), told_apart(named_one).lower()
        if apart in {"", low}:
            return ""
        other = unnumbered(named_one.other) if family in self.plan.rising else named_one.other
        self._aparts[low, other] = apart
        return other

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


def _common(claims: dict[str, str]) -> str:
    """The one family that has a tag of which the others tell the best: it has no word in front.

    `Validation at step 5: ppl 9.5`, and at the end `Best validation at step 5: ppl 8.5`.
    """
    usual = {who.partition("\x1e")[0] for who, other in claims.items() if not is_best(other)}
    best = any(map(is_best, claims.values()))
    return usual.pop() if len(usual) == 1 and best else ""


def _cells(family: Family) -> dict[str, list[Cell]]:
    """Of each of a family's slots, by name: its text, whether it is whole, has a total.

    What is measured in per cent is not whole: `Accuracy of cat : 62 %`.
    """
    found: dict[str, list[Cell]] = defaultdict(list)
    named_by = any(map(is_measure, family.records[0].part.labels))
    for record in family.records:
        for slot in record.part.slots:
            text = record.numbers[slot.place]
            share = slot.share and (named_by or is_measure(slot.name))
            whole = is_whole(text) and not share
            found[slot.name].append((text, whole or slot.scale != 1, slot.total >= 0))
    return found


def _still_times(family: Family, cells: dict[str, list[Cell]]) -> set[str]:
    """Times that are told once, or never change: `Total time: 12.5s`, `timeout: 30s`."""
    slots = (slot for record in family.records for slot in record.part.slots)
    times = {slot.name for slot in slots if slot.kind == "time"}
    return {name for name in times if len({text for text, _, _ in cells[name]}) == 1}


def _measures(name: str, cells: Sequence[Cell]) -> bool:
    return is_measure(name) or bool(split_of(name) and not all(whole for _, whole, _ in cells))


def _counts(name: str, cells: Sequence[Cell], decision: Decision) -> bool:
    """True for a counter, by its name or as what the family follows, for a size and a path."""
    rank, outer = rank_of(name), is_outer(name) and len(words(name)) == 1
    if (rank and all(whole or total for _, whole, total in cells)) or is_size(name):
        return True
    if name in {*decision.inner[:1], *decision.outer[:1]}:
        return True
    epsilon = name.lower() in {"e", "ep"} and not all(whole for _, whole, _ in cells)
    return bool((rank and outer and not epsilon) or _PATH.search(name))


def _is_setting(name: str, cells: Sequence[Cell], decision: Decision, *, strong: bool) -> bool:
    """True for whole numbers that are settings, sizes of a split, or a part of the text."""
    if not all(whole for _, whole, _ in cells):
        return False
    if split_of(name) and (len(words(name)) == 1 or all(total for _, _, total in cells)):
        return True
    constant = len({text for text, _, _ in cells}) == 1
    if not is_measure(name):
        if not strong and (constant or len(name.split()) > 2):
            return True
        if constant and len(cells) > 2 and is_setting(name):
            return True
    return decision.kind == "block" and constant and len(cells) > 2


def _wanders(cells: Sequence[Cell], decision: Decision, rank: float) -> bool:
    """`Ep 7 | Reward 12.5 | Steps 200`: what is called like a counter, but rises and falls.

    Where another number of the line counts.
    """
    if decision.kind != "own" or rank < _STEP_RANK or any(total for _, _, total in cells):
        return False
    values = [number(text) for text, _, _ in cells]
    falls = sum(b < a for a, b in pairwise(values))
    return len(values) >= _FEW and falls >= len(values) / 4
