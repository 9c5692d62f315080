"""Counts what became of a log's numbers, by family of lines: taken, set aside, or not understood.

A number counts where it could be a value: one with a name that is no counter, or one of a line in
which nothing has a name. Times, rates and totals are none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tbingest.formats.textlog.decision import Decision, named, unnumbered
from tbingest.formats.textlog.follower import OF_SAMPLES
from tbingest.formats.textlog.screen import BAR
from tbingest.formats.textlog.tokens import number
from tbingest.formats.textlog.words import is_measure, is_setting, rank_of
from tbingest.model.accounts import MOST_KINDS, LineKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.textlog.decision import Plan
    from tbingest.formats.textlog.line import Line
    from tbingest.formats.textlog.parts import Part
    from tbingest.formats.textlog.recorder import Record

_SAMPLE = 200
_DRAWN = "|...|"
_NO_NAME = "no name stands beside its numbers"
_OTHERS = "\x1f"


class Tally:
    """The kinds of lines since they were last given out."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._kinds: dict[str, LineKind] = {}
        self._values: dict[tuple[int, str], tuple[Part, int]] = {}

    def record(self, record: Record, text: str, why: str) -> None:
        """One record; `why` its numbers were not taken, empty where they were."""
        kind = self.kind(named(record.family), record.line, text)
        self.count(kind, record.part, 1, why)

    def kind(self, family: str, line: int = 0, text: str = "") -> LineKind:
        """The kind of a family's lines, with its first line; those of samples are one kind."""
        if self._plan.families.get(family, _UNDECIDED).why == OF_SAMPLES:
            family = unnumbered(family)
        found = self._kinds.get(family)
        if found is None:
            if len(self._kinds) >= MOST_KINDS:
                family, text = _OTHERS, ""
            sample = text[:_SAMPLE].replace(BAR, _DRAWN).strip()
            found = self._kinds.setdefault(family, LineKind(family, sample, line))
        return found

    def count(self, kind: LineKind, part: Part, lines: int, why: str) -> None:
        """So many more lines of a part."""
        decision = self._plan.families.get(kind.key, _UNDECIDED)
        numbers = lines * self._values_of(part, decision)
        kind.lines += lines
        kind.numbers += numbers
        if why:
            kind.why = why
            kind.measured = kind.measured or _measures(part)
        else:
            kind.taken += numbers

    def _values_of(self, part: Part, decision: Decision) -> int:
        """How many numbers of a part could be values."""
        key = (id(part), decision.kind)
        known = self._values.get(key)
        if known is None or known[0] is not part:
            none = decision.kind == "none"
            names = [slot.name for slot in part.slots if slot.kind != "count" and slot.name]
            names = [name for name in names if name not in decision.dropped]
            count = sum(not (none and rank_of(name)) for name in names)
            known = self._values[key] = (part, count)
        return known[1]

    def nameless(self, key: str, line: int, text: str, tokens: Sequence[str]) -> None:
        """A line that is no record, by its template."""
        count = numbers_of(tokens)
        if count:
            self.kind(_OTHERS + key, line, text)
            self.further(key, 1, count)

    def further(self, key: str, lines: int, numbers: int) -> None:
        """So many more lines of such a template, with so many numbers each."""
        kind = self.kind(_OTHERS + key)
        kind.lines += lines
        kind.numbers += lines * numbers
        kind.why = _NO_NAME

    def given(self) -> Iterator[LineKind]:
        """What was counted, which is then forgotten."""
        for key, kind in self._kinds.items():
            decision = self._plan.families.get(key)
            if decision is not None:
                kind.counter, kind.kept = counter_of(decision), decision.kept
                known = {*decision.inner[:1], *decision.outer[:1], ""}
                kind.aside = tuple(name for name in decision.dropped if name not in known)
            yield kind
        self._kinds = {}
        self._values = {}


_UNDECIDED = Decision()


def _measures(part: Part) -> bool:
    """Whether a number of a part is called like a measure."""
    return any(is_measure(slot.name) and not is_setting(slot.name) for slot in part.slots)


def counter_of(decision: Decision) -> str:
    """What says the steps of a family's lines, in words."""
    inner = decision.inner[0] if decision.inner else ""
    inner = "the bar's count" if inner == "@bar" else inner or "the number in front"
    outer = decision.outer[0] if decision.outer else ""
    words = {
        "own": inner,
        "pair": f"{inner} within {outer or 'the one before it'}",
        "nested": f"{inner} within {decision.why.partition(' x ')[0]}",
        "pass": decision.why,
        "block": decision.why,
        "number": "the record's number",
        "even": decision.why,
    }
    return words.get(decision.kind, "")


def numbers_of(tokens: Sequence[str]) -> int:
    """How many tokens are numbers, and no times."""
    return sum(not math.isnan(number(one)) for one in tokens)


def is_nameless(line: Line) -> bool:
    """True for a line with numbers that is neither a record nor a part of a table, box or block."""
    in_block = line.yaml is not None and (line.yaml[0] > 0 or line.yaml[2] == -2)
    parts = any(part.family[0] != "bare" for part in line.parts)  # of which a row may not count
    known = parts or line.header or line.box or line.rule or line.report
    return not (known or in_block)
