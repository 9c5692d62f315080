"""What the lines of a cut say, once one of them was read: nothing, or values at a step.

Of lines whose steps follow from their numbers and from the lines that count, a `Way` is made:
`Stretch` takes as many of them at once as there are. All others are left to the recorder and the
follower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.formats.textlog.decision import Decision
from tbingest.formats.textlog.follower import NO_COUNTER
from tbingest.formats.textlog.tags import label_of_part
from tbingest.formats.textlog.tally import is_nameless, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.follower import Follower
    from tbingest.formats.textlog.parts import Part
    from tbingest.formats.textlog.recorder import Record, Recorder
    from tbingest.formats.textlog.shapes import Cut

NOTHING, SAYS, TOLD = "nothing", "says", "told"
COUNTED = frozenset({"own", "pair"})
NUMBERED = frozenset({"number", "even"})
WITHIN = frozenset({"nested", "pass"})
_NO_END = 2**62
_ABSENT = -1


@dataclass(eq=False)
class Way:
    """What the lines of one cut say.

    kind: `nothing`; `says` values; `told` one by one. part, why: what is counted of their numbers,
    as `Tally.count` has it. numbers: how many the lines have that say nothing. inner, outer, by,
    head, total: the tokens of the counters and of what ends a pass, -1 where there is none. time:
    the token that is the lines' timestamp, or -1. headers, until: those of tables under which the
    lines stand, and the last line for which that is so. title: which of several ranks says the
    lines. tags: with the places of their values, by the label above. lines: how many there were
    since they were counted.
    """

    cut: Cut
    kind: str = NOTHING
    family: str = ""
    part: Part | None = None
    why: str = ""
    decision: Decision = field(default_factory=Decision)
    inner: int = _ABSENT
    outer: int = _ABSENT
    by: int = _ABSENT
    head: int = _ABSENT
    total: int = _ABSENT
    time: int = _ABSENT
    headers: Any = None
    until: int = _NO_END
    label: str = ""
    title: str = ""
    numbers: int = 0
    lines: int = 0
    tags: dict[str, Any] = field(default_factory=dict)


def way_of(
    cut: Cut, number: int, tokens: Sequence[str], recorder: Recorder, follower: Follower
) -> Way | None:
    """The way of a cut of which a line was just read; None where the lines around it matter."""
    line = cut.line
    if not line.alone or (line.report and recorder.in_report(number)):
        return None
    records = list(recorder.told(number, line, tokens))
    headers, until = recorder.headers, _NO_END
    if not records:
        numbers = numbers_of(tokens) if is_nameless(line) else 0
        return Way(cut, numbers=numbers, headers=headers)
    if len(records) > 1:
        return Way(cut, TOLD, headers=headers)
    if records[0].part not in line.parts:
        until = recorder.header_ends(line)
    found = _way(cut, records[0], follower)
    if found is not None:
        found.headers, found.until = headers, until
    return found


def _way(cut: Cut, record: Record, follower: Follower) -> Way | None:
    """The way of lines of one record each."""
    family, part = follower.family(record), record.part
    decision = follower.plan.families.get(family)
    if decision is None:
        return None
    way = Way(cut, TOLD, family, part, decision=decision)
    way.time = cut.line.time if record.time else _ABSENT
    if decision.kind == "none":
        way.kind, way.why = NOTHING, decision.why or NO_COUNTER
    elif family in follower.places and _alone(record, cut) and _places(way, part, follower):
        way.kind, way.label, way.title = SAYS, label_of_part(part, record.title), record.title
    return way


def _alone(record: Record, cut: Cut) -> bool:
    """Whether no title stands above a line, and of its rank follows from how it is cut."""
    who = cut.line.who
    return not record.title or (who is not None and record.title == record.who)


def _places(way: Way, part: Part, follower: Follower) -> bool:
    """Find the tokens that count; whether all are there, and are whole numbers written plainly."""
    decision = way.decision
    if decision.ahead or (decision.stride and decision.kind not in NUMBERED):
        return False
    needed = []
    if decision.kind in COUNTED or decision.kind == "nested":
        way.inner = follower.place_of(part, decision.inner)
        needed.append(way.inner)
    if decision.kind == "pair":
        way.outer = follower.place_of(part, decision.outer)
        needed.append(way.outer)
    if decision.reduce:
        way.by = follower.place_of(part, decision.by)
        needed.append(way.by)
        if decision.outer and follower.has_place(part, decision.outer):
            way.head = follower.place_of(part, decision.outer)
            needed.append(way.head)
        if part.bar and part.bar[1] >= 0:
            way.total = part.bar[1]
            needed.append(way.total)
    return all(place >= 0 and way.cut.tokens[place].is_run for place in needed)
