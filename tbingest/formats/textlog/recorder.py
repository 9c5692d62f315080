"""Lines to records: what stands in several lines (boxes, tables, blocks, titles) put together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.formats.textlog.consoles import row_part
from tbingest.formats.textlog.layout import named_for
from tbingest.formats.textlog.parts import ALONE, Part, Slot
from tbingest.formats.textlog.shapes import Shapes
from tbingest.formats.textlog.words import (
    SPLITS,
    are_results,
    clean,
    is_measure,
    is_outer,
    rank_of,
    split_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.textlog.line import Line

TITLE_HOLDS = 3
_COUNTER = 3
_SECTION = 12
"""So many lines of a section that go on without a gap have its title."""
_HEADER_HOLDS = 400
_HEADERS = 4
_BLOCK_LEAST = 5
_BLOCK_MOST = 2_000
_SETTINGS_LEAST = 6
_REPORT = ["precision", "recall", "f1-score", "support"]
_REPORT_HOLDS = 200
_TITLE_WORDS = 4
_IDS = re.compile(r"(?<![0-9a-f])[0-9a-f]{5,}+_\d+|\d+")


class Record:
    """One message of a line: its part, the line's tokens and timestamp, which rank says it.

    `family` may end in a title, of which that rank is a part.
    """

    __slots__ = ("family", "line", "numbers", "part", "setting", "time", "title", "who")

    def __init__(
        self,
        line: int,
        part: Part,
        numbers: Sequence[str],
        title: str = "",
        time: str = "",
        who: str = "",
    ) -> None:
        self.line = line
        self.part = part
        self.numbers = numbers
        self.title = f"{title} {who}".strip() if who else title
        self.time = time
        self.who = who
        self.setting = False
        self.family = (*part.family, self.title) if self.title else part.family
        if part.total >= 0:
            self.family = ("bar", f"({numbers[part.total]})")

    def untitle(self) -> None:
        """Without the title, which was only a heading."""
        self.title, self.family = "", self.part.family


@dataclass
class Recorder:
    """Gives the records of states of lines, one after the other. Its public fields are JSON.

    title, title_first: the label that a line above set; title_line: the last one that it is set or
    held on; titled: a line without a counter had it; title_counter: the epoch that it is of;
    title_told: the family that it was said of; title_heads: it ends in a colon. stamped: the last
    line with a timestamp. ruled: the last line that is drawn; framed: the line below that, which is
    a title where another one is drawn below: its number, its words.
    headers: the last headers of tables, each with its line. box: (line, name, value) of the rows of
    an open box, under `section`. block: (line, text) of an open block of indented `name: value`
    rows.
    """

    title: str = ""
    title_line: int = -9
    title_first: int = -9
    titled: bool = False
    title_counter: str = ""
    title_told: list[str] = field(default_factory=list)
    title_heads: bool = False
    stamped: int = -9
    ruled: int = -9
    framed: list[Any] = field(default_factory=list)
    headers: list[list[Any]] = field(default_factory=list)
    box: list[list[Any]] = field(default_factory=list)
    section: str = ""
    block: list[list[Any]] = field(default_factory=list)
    _code: int = 0
    _warned: bool = False
    _settings: list[tuple[int, str]] = field(default_factory=list, repr=False)
    _shapes: Shapes = field(default_factory=Shapes, repr=False)

    @property
    def shapes(self) -> Shapes:
        """The shapes of the lines that were seen."""
        return self._shapes

    _rows: dict[Any, Part | None] = field(default_factory=dict, repr=False)

    def take(
        self, number: int, text: str, looked: tuple[Line, list[str]] | None = None
    ) -> Iterator[Record]:
        """The records that are complete with one more line; `looked` is what it is."""
        if self.block:
            if text[:1].isspace() and not text.isspace() and len(self.block) < _BLOCK_MOST:
                self.block.append([number, text])
                return
            yield from self._close_block()
        if not text or text.isspace():
            if self.stamped == number - 1:
                self._goes_over(number)
            elif self.titled or self.title_line < number - 1:
                self.title = ""
            return
        line, tokens = looked or self._shapes.look(text)
        if line.time >= 0:
            self.stamped = number
        if line.yaml and line.yaml[0] == 0 and line.yaml[2] == -2:
            yield from self._close_box()
            self.block = [[number, text]]
            return
        yield from self._single(number, line, tokens)

    def _goes_over(self, number: int) -> None:
        """A blank line below one with a timestamp is the end of that message: no section ends."""
        if self.title and self.title_line >= number - 1:
            self.title_line += 1
            self.title_first += 1

    def settings(self) -> set[int]:
        """The numbers of the lines that stand in a list of settings, some of them words."""
        found: set[int] = set()
        run: list[tuple[int, str]] = []
        for entry in [*self._settings, (-9, "")]:
            if run and entry[0] != run[-1][0] + 1:
                words = sum(kind == "word" for _, kind in run)
                if len(run) >= _SETTINGS_LEAST and words >= 0.2 * len(run):
                    found.update(line for line, _ in run)
                run = []
            run.append(entry)
        return found

    def forget(self) -> None:
        """Forget the lists of settings, which only a sample is asked for."""
        self._settings.clear()

    @property
    def code(self) -> int:
        """How many lines looked like those of a program."""
        return self._code

    def close(self) -> Iterator[Record]:
        """The records that end where the log does."""
        yield from self._close_block()
        yield from self._close_box()

    def _single(self, number: int, line: Line, tokens: list[str]) -> Iterator[Record]:
        self._code += line.code and not self._warned
        self._warned = line.warns
        if line.setting:
            self._settings.append((number, line.setting))
        if line.rule:
            yield from self._close_box()
            if self.framed and self.framed[0] == number - 1:
                self._entitle(number, self.framed[1], heads=False)
            self.ruled, self.framed = number, []
            return
        if line.box and (self.box or line.box[1] != -1):
            self._box_row(number, line.box, tokens)
            return
        yield from self._close_box()
        if line.header:
            names = self._below(number, line.header)
            names = named_for(self.title, names) if self.title_first == number - 1 else names
            held = [entry for entry in self.headers if entry[0] != names]
            self.headers = [[names, number], *held][:_HEADERS]
        report = self._report(number, line)
        if report:
            if report.slots:
                yield Record(number, report, tokens)
            return
        if line.words and not line.header:
            self._entitle(number, line.title, heads=line.heads)
            framed = self.ruled == number - 1 and line.plain and not line.title
            self.framed = [number, line.plain] if framed else []
        yield from self.told(number, line, tokens)

    def told(self, number: int, line: Line, tokens: Sequence[str]) -> Iterator[Record]:
        """The records of a line that stands alone, or as a row under a table's header."""
        row = self._row(number, line) if line.cells and self.headers else None
        if row:
            yield Record(number, row, tokens)
            yield from (Record(number, part, tokens) for part in line.parts[1:])
            return
        time = tokens[line.time] if line.time >= 0 else ""
        for part in line.parts:
            if part.family == ALONE:
                yield from self._alone(number, part, tokens, time)
                continue
            if part.family[0] == "bare" and "." in tokens[part.slots[0].place]:
                continue  # 0.54 5.72: the first of them counts nothing
            counts = _counts(part)
            if self.titled and counts:
                self.title = ""
            title = self._title_of(number, part)
            if counts and not (split_of(title) and self._goes_on(number, part, tokens)):
                title = ""
            if title and not counts:
                self.titled = True
                self.title_line = min(number, self.title_first + _SECTION)
            yield Record(number, part, tokens, title, time, _who(line, tokens))

    def _entitle(self, number: int, title: str, *, heads: bool) -> None:
        """A line labels what follows, or nothing."""
        self.title, self.title_line, self.title_first = title, number, number
        self.titled, self.title_counter, self.title_told = False, "", []
        self.title_heads = heads

    def _below(self, number: int, header: tuple[str, ...]) -> list[str]:
        """The names of a header, with those of the line above it, which leaves columns alike.

        `Epoch | Mini-batch | Mini-batch`, and below it `Accuracy | Loss`, of the last ones. Where
        only its words are as many as the columns, each is one: `counter   predict features`.
        """
        above: list[str] = self.headers[0][0] if self.headers else []
        at = self.headers[0][1] if self.headers else number
        if at != number - 1 or len(header) > len(above) or len(set(above)) == len(above):
            return list(header)
        single = " ".join(header).split()
        header = tuple(single) if len(single) == len(above) else header
        first = len(above) - len(header)
        return above[:first] + [f"{a} {b}" for a, b in zip(above[first:], header, strict=True)]

    def _alone(self, number: int, part: Part, tokens: Sequence[str], time: str) -> Iterator[Record]:
        """A number alone in its line, below a heading that names it: `Training loss:`."""
        named = self.title_heads and number == self.title_first + 1
        if named and is_measure(self.title):
            found = self._listed(("line", "", self.title, ""), (self.title,))
            yield Record(number, found, [tokens[part.slots[0].place]], time=time)
            self.title = ""

    def _goes_on(self, number: int, part: Part, tokens: Sequence[str]) -> bool:
        """Whether a title holds for a line that counts: for one epoch, or for all of its batches.

        `Evaluating...` stands above `Epoch 1: loss 0.5`, and not above `Epoch 2: loss 0.4`, nor
        above one more such line;
        `Validation:` above `[Epoch: 1]` and the lines below that.
        """
        inner = [slot for slot in part.slots if _is_counter(slot) and not is_outer(slot.name)]
        outer = [tokens[slot.place] for slot in part.slots if is_outer(slot.name)]
        begins = all(rank_of(slot.name) for slot in part.slots)  # Epoch 2/9
        told = list(part.family) == self.title_told
        if begins and self.title_heads and not self.titled and number == self.title_first + 1:
            self.title_line = number
        elif not inner and (begins or self.title_counter not in {"", *outer} or told):
            self.title = ""
        elif inner and SPLITS[split_of(self.title)] != "train":
            self.title_line = number
        elif not inner:
            self.title_counter = outer[0] if outer else ""
            self.title_told = list(part.family)
        return bool(self.title)

    def in_report(self, number: int) -> bool:
        """Whether a line stands in a classification report."""
        names, at = self.headers[0] if self.headers else ([], 0)
        return number - at <= _REPORT_HOLDS and [name.lower() for name in names] == _REPORT

    def header_ends(self, line: Line) -> int:
        """The last line up to which rows like this one stand under the header that they have."""
        ends = (at + _HEADER_HOLDS for names, at in self.headers if len(names) == len(line.cells))
        return next(ends, -1)

    def _report(self, number: int, line: Line) -> Part | None:
        """A row of a classification report: `macro avg  0.94  0.91  0.93  45396`."""
        if not line.report or not self.in_report(number):
            return None
        names = self.headers[0][0]
        label, places = line.report
        key = ("report", label, places)
        if key not in self._rows:
            shown = [label] if len(places) == 2 else [f"{label}/{name}" for name in names[:-1]]
            pairs = zip(shown, places, strict=False) if label else ()
            slots = tuple(Slot(place, name, strong=True) for name, place in pairs)
            self._rows[key] = Part(("report", label), slots)
        return self._rows[key]

    def _title_of(self, number: int, part: Part) -> str:
        near = self.title and number - self.title_line <= TITLE_HOLDS
        split = SPLITS.get(self.title.lower(), "")
        if not near or (part.bar and (not split or (split == "train" and _counts(part)))):
            return ""  # `Epoch 1: 100%|` below `Training` is not alone in that
        return "" if any(map(split_of, part.labels)) else self.title

    def _box_row(self, number: int, row: tuple[str, int], tokens: list[str]) -> None:
        name, place = row
        if place == -2:
            self.section = name.rstrip("/")
        elif place >= 0:
            full = f"{self.section}/{name}" if self.section else name
            self.box.append([number, full, tokens[place]])

    def _close_box(self) -> Iterator[Record]:
        if self.box:
            names = tuple(entry[1] for entry in self.box)
            heads = {name.partition("/")[0] for name in names if "/" in name}
            kind = "eval" if heads == {"eval"} else ""
            part = self._listed(("box", kind), names)
            yield Record(self.box[-1][0], part, [entry[2] for entry in self.box])
        self.box = []
        self.section = ""

    def _listed(
        self, family: tuple[str, ...], names: tuple[str, ...], labels: tuple[str, ...] = ()
    ) -> Part:
        key = (family, names)
        part = self._rows.get(key)
        if part is None:
            slots = tuple(Slot(place, name, strong=True) for place, name in enumerate(names))
            part = self._rows[key] = Part(family, slots, labels)
        return part

    def _close_block(self) -> Iterator[Record]:
        """A title at the margin and indented rows under it are a record, if they are enough."""
        block, self.block = self.block, []
        if not block:
            return
        looked = [(number, *self._shapes.look(text)) for number, text in block]
        if sum(1 for _, line, _ in looked[1:] if line.yaml) < _BLOCK_LEAST:
            for number, line, tokens in looked:
                yield from self._single(number, line, tokens)
            return
        names, values = [], []
        above: list[tuple[int, str]] = []
        others = []
        for number, line, tokens in looked[1:]:
            if not line.yaml or line.yaml[2] == -1:
                others.append((number, line, tokens))
                continue
            depth, name, place = line.yaml
            while above and above[-1][0] >= depth:
                above.pop()
            if place == -2:
                above.append((depth, name))
            elif place >= 0:
                names.append("/".join([*(one for _, one in above), name]))
                values.append(tokens[place])
        title = _IDS.sub("#", block[0][1].strip())
        label = clean(title)
        if names:
            labels = (label,) if len(label.split()) <= _TITLE_WORDS else ()
            part = self._listed(("block", title), tuple(names), labels)
            yield Record(block[0][0], part, values)
        for number, line, tokens in others if are_results(names) else ():
            yield from self._single(number, line, tokens)

    def _row(self, number: int, line: Line) -> Part | None:
        """The part that a row of a table is, under the last header of as many names."""
        for names, at in self.headers:
            if len(names) != len(line.cells) or number - at > _HEADER_HOLDS:
                continue
            key = (line.cells, line.parts[0].bar if line.parts else (), *names)
            if key not in self._rows:
                self._rows[key] = row_part(line, names)
            if self._rows[key]:
                return self._rows[key]
        return None


def _who(line: Line, tokens: Sequence[str]) -> str:
    if line.who is None:
        return ""
    name, at = line.who
    return f"{name} {tokens[at]}" if at >= 0 else name


def _counts(part: Part) -> bool:
    """Whether a line says where it stands: a title that others had does not hold beyond it."""
    return any(map(_is_counter, part.slots))


def _is_counter(slot: Slot) -> bool:
    return rank_of(slot.name) >= _COUNTER or slot.kind == "count"
