r"""Lines that the user's own regular expressions match: named groups become steps and tags.

    it (?P<step>\d+) loss (?P<loss>\S+)      it 10 loss 0.91
    acc (?P<val__acc>\S+)                    acc 0.7            (the tag val/acc, still of step 10)
    (?P<key>\w+)=(?P<value>\S+)              lr=0.1 wd=0.01

Every pattern is tried everywhere in a line. The groups `step`, `time` and `run` hold for their
whole line and for the lines that follow; `key` names the tag of `value`; any other group is a tag,
`__` standing for `/`. What is no plain number (`1,024`, `3.5ms`) is a problem, not a guess.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from tbingest.errors import UsageError
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import number_column
from tbingest.formats.readers.table_layout import to_number
from tbingest.model.contracts import Fields, Format
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    from tbingest.model.rows import Column

    _Record: TypeAlias = dict[str, float | str]

MAX_MATCHED = 16 << 10
"""Longer lines are not matched: a pattern of the user's may take a time that grows faster."""
_MAX_CELL = 200
_CONTEXT = ("step", "time", "run")
_COMMA = re.compile(r",(?=\d{3,6}$)")


class Group(NamedTuple):
    """A named group as it matched: where in the line, counted from 0, and what it means."""

    name: str
    start: int
    stop: int
    text: str
    tag: str


@cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The patterns, ready for use. Raises UsageError, with the place, for one that is none."""
    return tuple(_compiled(pattern) for pattern in patterns)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():  # of what later Pythons may read otherwise
            warnings.simplefilter("ignore")
            found = re.compile(pattern)
    except re.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise UsageError(
            f"no regular expression: {error.msg}{at}: {pattern}",
            "see https://docs.python.org/3/library/re.html",
        ) from None
    except (OverflowError, RecursionError) as error:
        raise UsageError(f"no regular expression: {error}: {pattern}", "shorten it") from None
    if not found.groupindex:
        raise UsageError(
            f"no named group: {pattern}", r"write it as 'it (?P<step>\d+) loss (?P<loss>\S+)'"
        )
    return found


def matches(patterns: Sequence[re.Pattern[str]], text: str) -> list[list[Group]]:
    """The groups of every match in a line, by where the matches begin."""
    found = [
        (match.start(), number, groups)
        for number, pattern in enumerate(patterns)
        for match in pattern.finditer(text)
        if (groups := _groups(match))
    ]
    return [groups for _, _, groups in sorted(found, key=lambda one: one[:2])]


@cache
def _layout(pattern: re.Pattern[str]) -> tuple[tuple[tuple[str, int, str], ...], int]:
    """(name, number, tag) of each group, and the number of `key` where it names a `value`."""
    numbers = dict(pattern.groupindex)
    key = numbers.pop("key") if {"key", "value"} <= numbers.keys() else 0
    return tuple(
        (name, number, name.replace("__", "/").strip("/") or name)
        for name, number in numbers.items()
    ), key


def _groups(match: re.Match[str]) -> list[Group]:
    """The groups that took part; `key` and `value` are one."""
    layout, key = _layout(match.re)
    groups = []
    for name, number, tag in layout:
        text = match[number]
        if text:
            own = (match[key] or "").strip() if key and name == "value" else ""
            groups.append(Group(name, *match.span(number), text, own or tag))
    return groups


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
        searches = _searches(tuple(self.patterns))
        if not searches or "\r" in text or max(map(len, lines)) > MAX_MATCHED:
            return None
        ends = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)) + 1) - 1
        parts = []
        for search in searches:
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
            for name in searches[0].context:
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
            context = [one for one in groups if one.tag in _CONTEXT]
            if values and any(getattr(self, one.tag) != one.text for one in context):
                records.append({**self._stamps(), **values})
                values = {}
            for one in context:
                problems += self._set(one, number)
            for one in groups:
                if one.tag in _CONTEXT:
                    continue
                value = _number(one.text)
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
        for name in _CONTEXT:
            said = (one.text for groups in found for one in groups if one.tag == name)
            first = next(said, "")
            if first and (name != "time" or _time(first) is not None):
                setattr(self, name, first)

    def _set(self, one: Group, number: int) -> list[Problem]:
        """Remember a step, time or run for what follows."""
        if one.tag == "time" and _time(one.text) is None:
            self.bad_times += 1
            self.bad_time = self.bad_time or one.text[:_MAX_CELL]
            return []
        setattr(self, one.tag, one.text)
        unread = one.tag == "step" and _number(one.text) is None
        return [_no_number(one, number, values=0)] if unread else []

    def _stamps(self) -> _Record:
        """What holds for a record, as far as it was said."""
        stamps: _Record = {}
        if self.step:
            step = _number(self.step)
            stamps["step"] = float("nan") if step is None else step
        time = _time(self.time) if self.time else None
        if time is not None:
            stamps["time"] = time
        if self.run.strip():
            stamps["run"] = self.run
        return stamps


@dataclass(frozen=True)
class _Search:
    """A pattern that finds its matches in all lines at once. `context`: step, perhaps time, run."""

    pattern: re.Pattern[str]
    context: tuple[str, ...]

    def rows(self, text: str, ends: NDArray[np.int64], first: int) -> Rows | None:
        """All matches; None where one is no record of its own line, or holds what is no number."""
        found = list(self.pattern.finditer(text))
        if not found:
            return Rows({}, np.empty(0, np.int64))
        places = np.searchsorted(ends, np.fromiter(map(re.Match.start, found), np.int64))
        stops = np.searchsorted(ends, np.fromiter(map(re.Match.end, found), np.int64))
        if not np.array_equal(places, stops) or not (np.diff(places) > 0).all():
            return None
        cells = list(zip(*map(re.Match.groups, found), strict=True))
        columns: dict[str, Column] = {}
        for name, number, tag in _layout(self.pattern)[0]:
            column = _column(name, cells[number - 1])
            if column is None:
                return None
            columns[tag] = column
        return Rows(columns, places + first)


_NOT_BY_LINE = re.compile(r"\\[AZ]|\(\?(?!P<|:)")


@cache
def _searches(patterns: tuple[str, ...]) -> tuple[_Search, ...]:
    """The patterns as searches over many lines; none where they must see line after line."""
    found = []
    for pattern in compiled(patterns):
        names = pattern.groupindex.keys()
        context = tuple(name for name in _CONTEXT if name in names)
        if "step" not in names or "key" in names or _NOT_BY_LINE.search(pattern.pattern):
            return ()
        search = re.compile(pattern.pattern, pattern.flags | re.MULTILINE)
        found.append(_Search(search, context))
    return tuple(found) if len({one.context for one in found}) == 1 else ()


def _column(name: str, cells: Sequence[str | None]) -> Column | None:
    """A column of matched texts; None where they are not all there and of one kind."""
    if not all(cells):
        return None
    texts = cast("Sequence[str]", cells)
    if name == "run":
        return list(texts)
    if name == "time":
        times = [_time(text) for text in texts]
        stamps = [one for one in times if isinstance(one, str)]
        if len(stamps) == len(times):
            return stamps
    joined = "".join(texts)
    if "_" in joined or not joined.isascii():
        return None
    try:
        if joined.isdecimal():
            return number_column(list(map(int, texts)))
        return np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None


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


def is_plain_number(text: str) -> bool:
    """True where a group's text would be read as a value."""
    return _number(text) is not None


def _number(text: str) -> float | None:
    """As `to_number`, whose pattern is slow."""
    if len(text) > _MAX_CELL:
        return None
    if text.isascii():
        if text.isdigit():
            return int(text)
        try:
            return float(text) if "_" not in text else None
        except ValueError:
            pass
    return to_number(text, ".")


def _no_number(one: Group, line: int, values: int = 1) -> Problem:
    what = f"{one.tag} is no plain number: {one.text[:_MAX_CELL]!r}"
    hint = "let the group match the digits only, without units or thousands separators"
    return Problem("", line, one.start + 1, what, hint, values)


def _time(text: str) -> float | str | None:
    """A number, or a time in ISO 8601; None where it is neither."""
    seconds = _number(text)
    if seconds is not None:
        return seconds
    # Slashes in the date and a comma before the milliseconds are common in logs.
    plain = _COMMA.sub(".", text.strip().replace("/", "-")) if len(text) <= _MAX_CELL else ""
    try:
        datetime.fromisoformat(plain)
    except ValueError:
        return None
    return plain


SAMPLE = r"""it 10 loss 0.91        read by  it (?P<step>\d+) loss (?P<loss>\S+)"""

FORMAT = Format(
    name="pattern",
    about="lines that your own regular expressions match (a `[[source]]` in tbingest.toml)",
    sample=SAMPLE,
    reader=lambda head: PatternReader(patterns=list(head.patterns)),
    fields=Fields(run=("run",)),
)
