r"""Lines that the user's own regular expressions match: named groups become steps and tags.

    it (?P<step>\d+) loss (?P<loss>\S+)      it 10 loss 0.91
    acc (?P<val__acc>\S+)                    acc 0.7            (the tag val/acc, still of step 10)
    (?P<key>\w+)=(?P<value>\S+)              lr=0.1 wd=0.01

Every pattern is tried everywhere in a line. The groups `step`, `time` and `run` hold for their
whole line and for the lines that follow; `key` names the tag of `value`; any other group is a tag,
`__` standing for `/`. What is no plain number (`1,024`, `3.5ms`) is a problem, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.generic.pattern_groups import (
    CONTEXT,
    MAX_CELL,
    Group,
    compiled,
    matches,
    number_of,
    time_of,
)
from tbingest.formats.generic.pattern_search import searches
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import number_column
from tbingest.model.contracts import Fields, Format
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from tbingest.model.rows import Column

    _Record: TypeAlias = dict[str, float | str]

MAX_MATCHED = 16 << 10
"""Longer lines are not matched: a pattern of the user's may take a time that grows faster."""


@dataclass
class PatternReader(LineReader):
    """Reads lines with the user's patterns.

    `step`, `time` and `run` are the last that were read, as they were written; `unmatched` counts
    lines that no pattern matches, `bad_times` times that are none, `bad_time` is the first.
    """

    patterns: list[str] = field(default_factory=list)
    step: str = ""
    time: str = ""
    run: str = ""
    unmatched: int = 0
    bad_times: int = 0
    bad_time: str = ""

    def __post_init__(self) -> None:
        self._compiled = compiled(tuple(self.patterns))

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """Records of one block, grouped by their fields."""
        text = block.decode("utf-8", "replace")
        lines = (text if final else text.removesuffix("\n")).split("\n")
        found = self._all_at_once(text, lines)
        if found is not None:
            yield from found
            return
        held: list[_Record] = []
        places: list[int] = []
        for number, line in enumerate(lines, self.line + 1):
            records, problems = self._line(line, number)
            yield from problems
            if len(records) > 1 and len(set(map(_shape, records))) > 1:
                # Groups would lose the order of the records of one line.
                yield from _grouped(held, places)
                held, places = [], []
                for record in records:
                    yield from _grouped([record], [number])
            else:
                held += records
                places += [number] * len(records)
        yield from _grouped(held, places)

    def _all_at_once(self, text: str, lines: Sequence[str]) -> list[Rows] | None:
        """The rows of a block, where each line is matched once at most and says its own step.

        None where that is not so: then line after line is read.
        """
        found = searches(tuple(self.patterns))
        if not found or "\r" in text or max(map(len, lines)) > MAX_MATCHED:
            return None
        ends = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)) + 1) - 1
        parts = []
        for search in found:
            part = search.rows(text, ends, self.line + 1)
            if part is None:
                return None
            parts.append(part)
        matched = np.concatenate([part.order for part in parts])
        if len(parts) > 1 and len(np.unique(matched)) < len(matched):
            return None
        if len(matched) < len(lines):
            self.unmatched += sum(map(bool, map(str.strip, lines))) - len(matched)
        last = max(parts, key=lambda part: int(part.order[-1]) if len(part.order) else -1)
        if len(last.order):
            for name in found[0].context:
                value = last.columns[name][-1]
                setattr(self, name, value if isinstance(value, str) else repr(value.item()))
        return [part for part in parts if len(part.order)]

    def _line(self, line: str, number: int) -> tuple[list[_Record], list[Problem]]:
        records: list[_Record] = []
        problems: list[Problem] = []
        matched = False
        # A progress bar writes over its line with a lone carriage return.
        for part in line.rstrip("\r").split("\r"):
            if len(part) > MAX_MATCHED:
                what = f"a line of {len(part):,} characters is too long for patterns"
                hint = f"up to {MAX_MATCHED:,} are matched"
                problems.append(Problem("", number, None, what, hint))
                matched = True
                continue
            found = matches(self._compiled, part)
            matched = matched or bool(found)
            self._take(found, number, records, problems)
        self.unmatched += not matched and bool(line.strip())
        return records, problems

    def close(self) -> Iterator[Rows | Problem]:
        """The last line, and what was passed over in all."""
        yield from super().close()
        if self.bad_times:
            count = "1 time" if self.bad_times == 1 else f"{self.bad_times:,} times"
            what = f"{count} cannot be read, the first is {self.bad_time!r}"
            yield Problem("", None, None, what, "ISO 8601, unix or elapsed seconds are")
        if self.unmatched:
            one = self.unmatched == 1
            what = f"{self.unmatched:,} {'line matches' if one else 'lines match'} no pattern"
            yield Problem("", None, None, what, "tbingest inspect --pattern shows them")

    def _take(
        self,
        found: list[list[Group]],
        number: int,
        records: list[_Record],
        problems: list[Problem],
    ) -> None:
        """Values with their step, time and run; a tag that comes again begins a new record."""
        if len(found) > 1:
            self._look_ahead(found)
        values: _Record = {}
        for groups in found:
            context = [one for one in groups if one.tag in CONTEXT]
            if values and any(getattr(self, one.tag) != one.text for one in context):
                records.append({**self._stamps(), **values})
                values = {}
            for one in context:
                problems += self._set(one, number)
            for one in groups:
                if one.tag in CONTEXT:
                    continue
                value = number_of(one.text)
                if value is None:
                    problems.append(_no_number(one, number))
                    continue
                if one.tag in values:
                    records.append({**self._stamps(), **values})
                    values = {}
                values[one.tag] = value
        if values:
            records.append({**self._stamps(), **values})

    def _look_ahead(self, found: list[list[Group]]) -> None:
        """What a line says of its step also holds for what stands before it in the line."""
        for name in CONTEXT:
            said = (one.text for groups in found for one in groups if one.tag == name)
            first = next(said, "")
            if first and (name != "time" or time_of(first) is not None):
                setattr(self, name, first)

    def _set(self, one: Group, number: int) -> list[Problem]:
        """Remember a step, time or run for what follows."""
        if one.tag == "time" and time_of(one.text) is None:
            self.bad_times += 1
            self.bad_time = self.bad_time or one.text[:MAX_CELL]
            return []
        setattr(self, one.tag, one.text)
        unread = one.tag == "step" and number_of(one.text) is None
        return [_no_number(one, number, values=0)] if unread else []

    def _stamps(self) -> _Record:
        """What holds for a record, as far as it was said."""
        stamps: _Record = {}
        if self.step:
            step = number_of(self.step)
            stamps["step"] = float("nan") if step is None else step
        time = time_of(self.time) if self.time else None
        if time is not None:
            stamps["time"] = time
        if self.run.strip():
            stamps["run"] = self.run
        return stamps


def _grouped(records: Sequence[_Record], places: Sequence[int]) -> Iterator[Rows]:
    """Records by their fields; only times and runs may be texts."""
    groups: dict[object, tuple[list[_Record], list[int]]] = {}
    for record, place in zip(records, places, strict=True):
        members, order = groups.setdefault(_shape(record), ([], []))
        members.append(record)
        order.append(place)
    for members, order in groups.values():
        cells = zip(*(record.values() for record in members), strict=True)
        columns: dict[str, Column] = {
            name: list(column) if isinstance(column[0], str) else number_column(column)
            for name, column in zip(members[0], cells, strict=True)
        }
        yield Rows(columns, np.asarray(order, np.int64))


def _shape(record: _Record) -> tuple[object, ...]:
    return (*record, isinstance(record.get("time"), str))


def _no_number(one: Group, line: int, values: int = 1) -> Problem:
    what = f"{one.tag} is not a plain number: {one.text[:MAX_CELL]!r}"
    hint = "let the group match the digits only, without units or thousands separators"
    return Problem("", line, one.start + 1, what, hint, values)


SAMPLE = r"""it 10 loss 0.91        read by  it (?P<step>\d+) loss (?P<loss>\S+)"""

FORMAT = Format(
    name="pattern",
    about="lines that your own regular expressions match (a `[[source]]` in tbingest.toml)",
    sample=SAMPLE,
    reader=lambda head: PatternReader(patterns=list(head.patterns)),
    fields=Fields(run=("run",)),
)
