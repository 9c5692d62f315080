"""Text logs of any framework: `key: value` and `key=value` lines with a counter.

Epoch [1/3], Step [17/6471], Loss: 9.19, Perplexity: 9872.29
iter 10: loss 4.17, time 224.77ms, mfu 106.93%
2026-11-23 03:14:40 [TRAIN] epoch: 1, iter: 10/1000, loss: 2.0655, lr: 0.01 | ETA 00:16:09

The step is the line's own counter; a step that starts again with each epoch becomes a global one.
Values without a counter belong to the line before. Prose, configs and source code are no values;
of a progress bar that is overwritten, what it said last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.line_grammar import Plan, understand, value_of, whole
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import number_column
from tbingest.formats.readers.terminal import NUMBER, STAMP, iso_stamp, shown
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.rows import Column, Problem

STEP, TIME = "@step", "@time"
_MAX_SHAPES = 20_000
_LONGEST = 20_000
_NEAR = 3
_MOST = 60
_GAP = re.compile(r"\s{2,}")
_PLAIN = re.compile(r"[-+]?\d{1,40}+(?:\.\d{1,40}+)?(?:[eE][-+]?\d{1,3}+)?")
_ESCAPED_GAP = re.compile(r"\\ (?:\\[ \t])+")
_NEVER = re.compile(r"(?!)")
_CONTROLS = bytes([*range(9), *range(11, 32), 127])


@dataclass
class Place:
    """Where in the training a log stands; its fields are JSON.

    unit: `step`, `epoch` or another counter's name, empty before the first; step: its last value.
    line: the last line that said anything. epoch: the last one; first: whether they count from 0
    or 1. last: the last step as the log says it; within: its epoch; most: the largest step there.
    restarts: whether steps begin again with each epoch, None while that is not known; length: an
    epoch's steps.
    """

    unit: str = ""
    step: int = 0
    line: int = 0
    epoch: int | None = None
    first: int = 1
    last: int = -1
    within: int | None = None
    most: int = 0
    restarts: bool | None = None
    length: int = 0

    def take(self, line: int, plan: Plan, numbers: Sequence[str]) -> bool:
        """Go where a line says. False where it has no place, or is no progress bar at its end."""
        if plan.progress and numbers[plan.progress[0]] != numbers[plan.progress[1]]:
            return False
        if plan.follows:
            near = plan.measure or line <= self.line + _NEAR
            if not self.unit or not near:
                return False
        elif not plan.counts(numbers):
            return False
        else:
            self._move(plan, numbers)
        self.line = line
        return True

    def _move(self, plan: Plan, numbers: Sequence[str]) -> None:
        counts = {counter.kind: whole(numbers[counter.place]) for counter in plan.counters}
        totals = {
            counter.kind: whole(numbers[counter.total])
            for counter in plan.counters
            if counter.total >= 0
        }
        if "epoch" in counts and "step" not in counts:
            self._enter(counts["epoch"])
        if "global" in counts:
            self.unit, self.step = "step", counts["global"]
        elif "step" in counts:
            self._within(counts["step"], counts.get("epoch", self.epoch), totals)
        elif "epoch" in counts:
            self.unit, self.step = "epoch", counts["epoch"]
        else:
            self.unit, self.step = plan.counters[0].name, counts["other"]

    def _enter(self, epoch: int) -> None:
        if self.epoch is None:
            self.first = min(epoch, 1)
        self.epoch = epoch

    def _within(self, step: int, epoch: int | None, totals: dict[str, int]) -> None:
        """A step of an epoch: the same as the global one until an epoch begins that starts anew."""
        self.unit, self.step = "step", step
        if epoch is None:
            return
        self._enter(epoch)
        if self.within is None:
            if epoch > self.first:
                self.restarts = _began_late(step, epoch, totals)
        elif epoch > self.within:
            if self.restarts is None:
                self.restarts = step <= self.last
            self.length = self.length or self.most
            self.most = 0
        self.within, self.last = epoch, step
        self.most = max(self.most, step)
        length = totals.get("step", self.length)
        if self.restarts and length:
            self.step = (epoch - self.first) * length + step


def _began_late(step: int, epoch: int, totals: dict[str, int]) -> bool | None:
    """A log that begins in a later epoch: do its steps start anew? None where that is not known."""
    if "step" not in totals or "epoch" not in totals:
        return None
    done = step / max(totals["step"], 1) * totals["epoch"]
    return not epoch - 1.25 <= done <= epoch + 0.25


@dataclass
class TextReader(LineReader):
    """Reads lines by plans, one for each shape of line; see `linegrammar`.

    `timed`: lines have timestamps. `units` says in which unit a tag counts: in another one it gets
    a name of its own.
    """

    timed: bool = False
    place: Place | dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    _shapes: dict[tuple[str, ...], Shape] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._now = Place(**self.place) if isinstance(self.place, dict) else self.place
        self.place = vars(self._now)
        self._bare = self._last = Shape((), ())

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The values of one block's lines, grouped by their plans."""
        del final
        groups: dict[tuple[Plan, str, bool], _Group] = {}
        now = self._now
        for first, shape, found, plain in self._runs(_as_shown(block)):
            plan = shape.plan
            own = shape.own if now.epoch is None or shape.own != "step" else ""
            for number, numbers in enumerate(found[-1:] if own else found, first):
                place = number + len(found) - 1 if own else number
                if not now.take(place, plan, numbers) or not plan.values:
                    continue
                key = (plan, now.unit, bool(own))
                group = groups.get(key) or groups.setdefault(key, _Group())
                if own:
                    group.lines += range(first, first + len(found))
                    group.numbers += found
                    group.plain &= plain
                else:
                    group.lines.append(number)
                    group.numbers.append(numbers)
                    group.steps.append(now.step)
        for (plan, unit, _), group in groups.items():
            yield self._rows(plan, unit, group)

    def _runs(self, text: str) -> Iterator[tuple[int, Shape, list[Sequence[str]], bool]]:
        """Lines of one shape that stand together: the first, their numbers, are those plain."""
        shape = self._last
        start, number, size = 0, self.line + 1, len(text)
        while start < size:
            found: list[Sequence[str]] = []
            if number <= self.line + 2 and shape.own:
                # Very often all lines of a block are alike: then one search is enough.
                found = shape.numbers.findall(text, start)
                alike = len(found) == text.count("\n", start) and text[-1] == "\n"
                start, found = (size, found) if alike else (start, [])
            if not found:
                shape, start, found = shape.next_run(text, start)
            plain = bool(found)
            if not found:
                end = text.find("\n", start)
                end = size if end < 0 else end
                shape.after, numbers = self._shape(text[start : min(end, start + _LONGEST)])
                shape, start, found = shape.after, end + 1, [numbers]
            if shape.says and (plain or not shape.own or shape.plan.counts(found[0])):
                yield number, shape, found, plain
            number += len(found)
        self._last = shape

    def _shape(self, line: str) -> tuple[Shape, Sequence[str]]:
        """The shape of a line, and its numbers."""
        parts = NUMBER.split(line)
        numbers = parts[1::2]
        if not numbers:
            return self._bare, ()
        texts = tuple(_GAP.sub("  ", text) for text in parts[::2])
        shape = self._shapes.get(texts)
        if shape is None:
            if len(self._shapes) >= _MAX_SHAPES:
                self._shapes.clear()
            shape = self._shapes[texts] = Shape(texts, numbers)
        return shape, numbers

    def _rows(self, plan: Plan, unit: str, group: _Group) -> Rows:
        columns: dict[str, Column] = {}
        if group.plain and not group.steps and plan.time < 0:
            table = _matrix(group.numbers)
            columns[STEP] = table[plan.counters[0].place].astype(np.int64)
            for value in plan.values:
                columns[self._named(value.tag, unit)] = table[value.place]
            return Rows(columns, np.asarray(group.lines, np.int64))
        cells = list(zip(*group.numbers, strict=True))
        steps = group.steps or list(map(whole, cells[plan.counters[0].place]))
        columns[STEP] = number_column(steps)
        if self.timed and plan.time >= 0:
            columns[TIME] = [iso_stamp(cell) for cell in cells[plan.time]]
        for value in plan.values:
            columns[self._named(value.tag, unit)] = _floats(cells[value.place])
        return Rows(columns, np.asarray(group.lines, np.int64))

    def _named(self, tag: str, unit: str) -> str:
        """The tag, or one that says its unit where it counts in another one already."""
        if self.units.setdefault(tag, unit) == unit:
            return tag
        return f"{unit}/{tag}"


class Shape:
    """Lines that differ in their numbers only: their plan, and a pattern that finds the numbers.

    `after` is the shape of the line that came next the last time: it is tried first.
    """

    def __init__(self, texts: Sequence[str], numbers: Sequence[str]) -> None:
        self.plan = understand(texts, numbers) if numbers else Plan()
        self.own = self.plan.own
        self.says = not self.plan.empty
        self.after = self
        self.run = self.numbers = _NEVER
        if 1 < len(numbers) <= _MOST and all(map(_PLAIN.fullmatch, numbers[self.plan.time + 1 :])):
            self.run = re.compile(f"(?:{''.join(self._parts(texts, '(?:'))}\\n)+")
            self.numbers = re.compile("^" + "".join(self._parts(texts, "(")) + "\\n", re.MULTILINE)

    def next_run(self, text: str, start: int) -> tuple[Shape, int, list[Sequence[str]]]:
        """The next lines of this shape or of the one that came after it: (shape, end, numbers)."""
        for shape in (self, self.after):
            run = shape.run.match(text, start)
            if run:
                return shape, run.end(), shape.numbers.findall(text, start, run.end())
        return self, start, []

    def _parts(self, texts: Sequence[str], opening: str) -> Iterator[str]:
        """Of a pattern that takes no line that `NUMBER` would split otherwise."""
        whole_ones = {counter.place for counter in self.plan.counters}
        for place, text in enumerate(texts):
            yield _ESCAPED_GAP.sub(r"[^\\S\\n]{2,}", re.escape(text))
            if place == self.plan.time:
                yield f"{opening}{STAMP.pattern})"
            elif place < len(texts) - 1:
                number = r"\d{1,15}+" if place in whole_ones else _PLAIN.pattern
                yield f"{opening}{number})"


def _floats(cells: Sequence[str]) -> NDArray[np.float64]:
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return np.fromiter(map(value_of, cells), np.float64, len(cells))


def _matrix(rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """(numbers of a line, lines): plain numbers, parsed at once."""
    flat = np.fromstring(" ".join(chain.from_iterable(rows)), np.float64, sep=" ")
    return flat.reshape(len(rows), -1).T


@dataclass
class _Group:
    """The lines of one plan in a block; without `steps`, each line tells its own.

    `plain` says that every number is written as digits, a point and an exponent.
    """

    lines: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    numbers: list[Sequence[str]] = field(default_factory=list)
    plain: bool = True


_REWRITTEN = (
    ("batch:", r"(?<!\d)(\d{1,6})epoch:(\w{1,20}):\d+-(\d+)batch:", r"epoch: \1, \2, step: \3 "),
    ("epoch results", r"(?<!\d)(\d{1,6})epoch results:", r"epoch: \1, "),
    (" and ", r"(\d+) hours?, (\d+) minutes? and (\d+(?:\.\d+)?) seconds?", r"\1h \2m \3s"),
    (" and ", r"(\d+) minutes? and (\d+(?:\.\d+)?) seconds?", r"\1m \2s"),
    ("inibatches", r".{0,400}'(\S{1,40})' for minibatches \d+-(\d+) is ", r"step: \2, \1: "),
    (
        " rate, ",
        r"^ ?(\d+): ([\d.]+), ([\d.]+) avg(?: loss)?, ([\d.]+) rate,",
        r"step: \1, loss: \2, avg loss: \3, rate: \4, time:",
    ),
    ("INFO:", r"^(?:INFO|DEBUG|WARNING):[\w.]{1,80}:", ""),
    ("] ", r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [^\s:\]]{1,80}:\d+\] ", ""),
)
"""(mark, pattern, what to read instead): ESPnet, Kaldi, Darknet; prefixes of logging and glog."""


def _as_shown(block: bytes) -> str:
    """A block's lines as a terminal shows them; a framework's own style is rewritten."""
    text = block.decode("utf-8", "replace")
    if b"%|" in block or len(block.translate(None, _CONTROLS)) != len(block):
        text = "\n".join(map(shown, text.split("\n")))
    for mark, pattern, instead in _REWRITTEN:
        if mark in text:
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text


_NO_LOGS = frozenset(
    "py pyi ipynb sh c h cpp cu rs js ts css html htm tex bib xml toml ini cfg yaml yml json md "
    "rst csv tsv sql patch diff lock".split()
)


def look(head: Head) -> tuple[int, int, int, bool]:
    """(lines, lines with values, different steps, has timestamps) of a head."""
    reader = TextReader(timed=True)
    found = [*reader.feed(head.data), *(reader.close() if head.complete else ())]
    rows = [item for item in found if isinstance(item, Rows)]
    steps = {int(step) for part in rows for step in np.asarray(part.columns[STEP]).tolist()}
    lines = sum(1 for line in head.data.split(b"\n") if line.strip())
    timed = any(TIME in part.columns for part in rows)
    return lines, sum(len(part.order) for part in rows), len(steps), timed


def detect(head: Head) -> Evidence:
    """Lines with a counter and values, at more than one step."""
    start = head.data.lstrip()[:2]
    if head.binary or start[:1] == b"<" or (start[:1] == b"{" and start != b"{'"):
        return Evidence(0.0, "no text log")
    if head.basename.lower().rpartition(".")[2] in _NO_LOGS:
        return Evidence(0.0, "named like something else than a log")
    lines, valued, steps, _ = look(head)
    if not valued:
        return Evidence(0.0, "no line with a counter and a value")
    reason = f"{valued} of {lines} lines have a counter and values, at {steps} steps"
    if steps < 2 and not (head.complete and valued):
        return Evidence(0.3, reason)
    return Evidence(round(0.62 + 0.22 * min(1.0, valued / max(lines, 1)), 2), reason)


FORMAT = Format(
    name="text",
    about="text logs: key: value and key=value lines with a counter",
    sample="Epoch [1/3], Step [10/500], Loss: 2.19\nEpoch [1/3], Step [20/500], Loss: 1.87",
    detect=detect,
    reader=lambda head: TextReader(timed=look(head)[3]),
    rounded=True,
    fields=Fields(
        step=(STEP,), time=(TIME,), elapsed=("@elapsed",), rename=lambda name: ("", name)
    ),
)
