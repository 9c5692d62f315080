"""Records to points: where in the training each stands, by what was decided of its family."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tbingest.formats.textlog.decision import Decision, Plan, named, unnumbered
from tbingest.formats.textlog.restarts import starts_anew
from tbingest.formats.textlog.rising import renamed
from tbingest.formats.textlog.slots import BAR, Key, keys_of
from tbingest.formats.textlog.tags import label_of_part, tags_of, told_apart
from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import is_measure, rank_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.formats.textlog.parts import Part
    from tbingest.formats.textlog.recorder import Record
    from tbingest.formats.textlog.tags import Named

_MOST_DIGITS = 15
LARGEST = 2**62
"""No step is further from 0."""
_NAMELESS_BAR = re.compile(r"bar\x1f\((\d{1,15})\)")
NO_COUNTER = "no counter that moves"
OF_SAMPLES = "results of a sample each"
NO_STEP = "the counter that says its step is not there"


class Said(NamedTuple):
    """A record at its step: the run's number (0 for the first), its tags and their values."""

    line: int
    run: int
    step: int
    tags: tuple[str, ...]
    values: tuple[float, ...]
    time: str = ""


@dataclass
class Follower:
    """Follows a log. Its public fields are JSON.

    run: how many trainings began before this one. places: for each family its last counter, its
    run, how many records it had, its step. clock: the step, run and label of the last
    line that counts. held: for each family that has one point for each pass, the last record.
    owners: tags in lower case, each with the family that had it first.
    """

    plan: Plan
    run: int = 0
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    clock: dict[str, Any] = field(default_factory=dict)
    held: dict[str, list[Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    _tags: dict[Any, tuple[tuple[int, ...], tuple[str, ...]]] = field(
        default_factory=dict, repr=False
    )
    _keys: dict[int, tuple[Part, dict[Key, tuple[int, float]]]] = field(
        default_factory=dict, repr=False
    )
    _labels: dict[tuple[int, str], str] = field(default_factory=dict, repr=False)
    _names: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)
    _why: str = field(default="", repr=False)

    @property
    def why(self) -> str:
        """Why the last record gave no point; empty where it did, or does at the end of its pass."""
        return self._why

    def take(self, record: Record) -> Iterator[Said]:
        """The points that are certain with one more record."""
        found = self.stand(record)
        if found is None:
            return
        family, decision, step, above, before = found
        said = self._said(record, family, decision, step, above)
        if not decision.reduce:
            if said.tags:
                yield said
            return
        ended = self._ended(record, decision, self.places[family], before)
        if ended and family in self.held:
            yield self.unhold(family)
        if said.tags:
            self.held[family] = list(said)

    def unhold(self, family: str) -> Said:
        """The point of a family's pass that has ended."""
        return _unheld(self.held.pop(family))

    def stand(self, record: Record) -> tuple[str, Decision, int, str, Any] | None:
        """Go on to a record: its family and decision, its step, the label of the lines above, and
        where its pass stood. None where it has no step.
        """
        family = self.family(record)
        decision = self.plan.families.get(family)
        if decision is None:
            samples = self.plan.samples
            sample = samples and unnumbered(named(record.part.family)) in samples
            decision = Decision(late=True, why=OF_SAMPLES) if sample else unseen(record)
            self.plan.families[family] = decision
        self._why = ""
        if decision.kind == "none":
            self._why = decision.why or NO_COUNTER
            return None
        place = self.places.get(family)
        if place is None:
            place = self.places[family] = {"last": None, "run": self.run, "count": 0}
        before = place.get("by")
        step = self._step(record, decision, place)
        if step is None or abs(step) > LARGEST:
            self._why = NO_STEP
            return None
        inherits = decision.kind == "block" and decision.inherits and not decision.follows
        above = self.clock.get("label", "") if inherits else ""
        if decision.kind != "block":
            place["run"] = self.run
        if decision.clock or decision.kind == "even":
            place["step"] = step
        if decision.clock:
            label = self._label(record.part, record.title)
            self.clock = {"step": step, "label": label, "line": record.line, "family": family}
        return family, decision, step, above, before

    def family(self, record: Record) -> str:
        """A record's family, without a title that is only a heading."""
        if record.title and named(record.family) in self.plan.headings:
            record.untitle()
        if self.plan.rising and unnumbered(named(record.family)) in self.plan.rising:
            renamed(record)
        family = self._names.get(record.family)
        if family is None:
            family = self._names[record.family] = named(record.family)
        return family

    def close(self) -> Iterator[Said]:
        """The last pass of each family."""
        for held in sorted(self.held.values(), key=lambda one: one[0]):
            yield _unheld(held)
        self.held = {}

    # -- where a record stands
    def _step(self, record: Record, decision: Decision, place: dict[str, Any]) -> int | None:
        kind = decision.kind
        if kind in {"own", "pair"}:
            return self._counted(record, decision, place)
        if kind == "nested":
            inner = self._value(record, decision.inner)
            outer = self._above(decision)
            if inner is None or outer is None:
                return None
            self._nested_anew(decision, place, inner, outer)
            return (outer - decision.base) * decision.length + inner
        if kind == "pass":
            outer = self.stood(decision.follows)
            return int(self.clock.get("step", 0)) if outer is None else outer
        if kind in {"number", "even"}:
            again = kind == "number" and place["run"] != self.run
            place["count"] = 1 if again else place["count"] + 1
            return int(decision.first + place["count"] * (decision.stride or 1))
        if decision.follows:
            return self._above(decision)
        return int(self.clock.get("step", 0))

    def _nested_anew(
        self, decision: Decision, place: dict[str, Any], inner: int, outer: int
    ) -> None:
        """A training that begins at the outer counter's first value, where the last one ended."""
        last, before = place["last"], place.get("outer")
        place["last"], place["outer"] = inner, outer
        if not decision.restarts or last is None or before != outer or place["run"] != self.run:
            return
        if starts_anew(inner, last, decision.first, decision.rise):
            self.run += 1

    def _above(self, decision: Decision) -> int | None:
        """The step of the lines that a family follows: the last one's, or the next one's."""
        step = self.stood(decision.follows)
        if not decision.ahead:
            return step
        first = self.plan.families[decision.follows].first
        return int(first) if step is None else step + decision.ahead

    def stood(self, family: str) -> int | None:
        """The step of a family's last line."""
        step = self.places.get(family, {}).get("step")
        return None if step is None else int(step)

    def _counted(self, record: Record, decision: Decision, place: dict[str, Any]) -> int | None:
        value = self._value(record, decision.inner)
        if value is None:
            return None
        if decision.kind == "pair":
            outer = self._value(record, decision.outer)
            if outer is None:
                return None
            value = (outer - decision.base) * decision.length + value
        if decision.stride:
            place["count"] += 1
            return int(decision.first) + round((int(place["count"]) - 1) * decision.stride)
        last = place["last"]
        place["last"] = value
        begins = (
            decision.restarts
            and last is not None
            and (
                starts_anew(value, last, decision.first, decision.rise)
                or (decision.again and value == last == decision.first)
            )
        )
        if begins and place["run"] == self.run:
            self.run += 1
            self.clock = {}
        return value

    def _value(self, record: Record, key: list[Any]) -> int | None:
        at, scale = self._places(record.part).get(_key(key), (-1, 1))
        if at < 0:
            return None
        text = record.numbers[at]
        if scale == 1 and len(text) <= _MOST_DIGITS and text.isdecimal():
            return int(text)
        if not is_whole(text) and scale == 1:
            return None
        return round(number(text) * scale)

    def place_of(self, part: Part, key: list[Any]) -> int:
        """Where a line of a part has its counter, as it stands; -1 where none or a scaled one."""
        at, scale = self._places(part).get(_key(key), (-1, 1))
        return at if scale == 1 else -1

    def has_place(self, part: Part, key: list[Any]) -> bool:
        """Whether a line of a part has such a counter."""
        return _key(key) in self._places(part)

    def _places(self, part: Part) -> dict[Key, tuple[int, float]]:
        known = self._keys.get(id(part))
        if known is None or known[0] is not part:
            places = {key: (slot.place, slot.scale) for key, slot in keys_of(part)}
            if part.bar:
                places[BAR] = (part.bar[0], 1)
            known = self._keys[id(part)] = (part, places)
        return known[1]

    def _ended(
        self, record: Record, decision: Decision, place: dict[str, Any], before: Any
    ) -> bool:
        """Whether the record begins another pass, so that the one that is held stands."""
        value = self._value(record, decision.by)
        head = self._value(record, decision.outer) if decision.outer else None
        now = [head, value, record.line]
        place["by"] = now
        if before is None or value is None or before[1] is None:
            return True
        if decision.reduce == "changes":
            return bool(now[:2] != before[:2])
        again = ends_again(record, value, before[1], before[2] if len(before) > 2 else record.line)
        return bool(value < before[1] or head != before[0] or again)

    def _label(self, part: Part, title: str) -> str:
        key = (id(part), title)
        found = self._labels.get(key)
        if found is None:
            self._places(part)  # keeps the part, so that its id stays its own
            found = self._labels[key] = label_of_part(part, title)
        return found

    # -- what it says
    def _said(self, record: Record, family: str, decision: Decision, step: int, above: str) -> Said:
        key = (id(record.part), family, record.title, above)
        found = self._tags.get(key)
        if found is None:
            self._places(record.part)  # keeps the part, so that its id stays its own
            named_ones = tags_of(record.part, record.title, above, decision.dropped)
            tags = [self._own(one, family, decision) for one in named_ones]
            found = (tuple(one.slot.place for one in named_ones), tuple(tags))
            self._tags[key] = found
        places, names = found
        values = tuple(number(record.numbers[place]) for place in places)
        return Said(record.line, self.run, step, names, values, record.time)

    def tags_of(
        self, part: Part, family: str, title: str, above: str
    ) -> tuple[tuple[int, ...], tuple[str, ...]] | None:
        """The places of a record's values, and their tags, if one was read below that label."""
        return self._tags.get((id(part), family, title, above))

    def _own(self, one: Named, family: str, decision: Decision) -> str:
        """The tag, told apart from that of another family."""
        low = one.tag.lower()
        first = self.owners.setdefault(low, family)
        if low in self.plan.clashes:
            first = self.plan.clashes[low]
        elif not decision.late or first == family:
            return one.tag
        apart = told_apart(one)
        if apart and self.plan.clashes.get(apart.lower(), family) not in {"", family}:
            mark = " (batch)" if decision.reduce else " (2)"
            apart = f"{decision.unit}/{apart}" if decision.unit else f"{apart}{mark}"
        if first == family:
            return one.tag if low in self.plan.plain else apart or one.tag
        if decision.reduce and _evaluates(family, first):
            return f"eval/{one.tag}"
        apart = "" if apart.lower() == low else apart
        if decision.reduce:
            return apart or f"{one.tag} (batch)"
        return apart or (f"{decision.unit}/{one.tag}" if decision.unit else f"{one.tag} (2)")


def ends_again(record: Record, spot: int, last: int, line: int) -> bool:
    """Whether a bar stands at its end once more, where other lines came since: another pass.

    A log that was not written by a terminal holds the last state of each pass only.
    """
    if not record.part.bar or spot != last or record.line <= line + 1:
        return False
    if record.part.bar[1] < 0:  # 100it [00:10, 9.5it/s]
        return True
    total = record.numbers[record.part.bar[1]]
    return is_whole(total) and number(total) == spot


def _evaluates(family: str, first: str) -> bool:
    """Whether bars without a name are those of an evaluation, beside longer ones of the training.

    ` [====> 10/391 ....]  Loss: 0.5`, and ` [====> 10/100 ....]  Loss: 0.6` after its end.
    """
    own, other = _NAMELESS_BAR.fullmatch(family), _NAMELESS_BAR.fullmatch(first)
    return own is not None and other is not None and int(own[1]) < int(other[1])


def _key(key: list[Any]) -> Key:
    return (key[0], key[1]) if key else BAR


def _unheld(held: list[Any]) -> Said:
    return Said(held[0], held[1], held[2], tuple(held[3]), tuple(held[4]), held[5])


def unseen(record: Record) -> Decision:
    """The decision for lines that no sample showed: their own counter, or the line above's."""
    slots = keys_of(record.part)
    ranked = sorted(slots, key=lambda one: -rank_of(one[0][0]))
    values = [slot for (name, _), slot in slots if name and not rank_of(name)]
    strong = any(slot.strong or is_measure(slot.name) for slot in values)
    if not values or not strong or record.part.bar:
        return Decision(late=True)
    if ranked and rank_of(ranked[0][0][0]) >= 3:
        key = list(ranked[0][0])
        dropped = [name for (name, _), _ in slots if rank_of(name)]
        return Decision("own", inner=key, dropped=dropped, late=True)
    if any(is_measure(slot.name) for slot in values):
        return Decision("block", late=True)
    return Decision(late=True)
