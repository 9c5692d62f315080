"""Lines of cuts that were read before: as many at once as say values without a line between them.

A line is read by `Recorder` and `Follower`; then a `Way` is made of its cut, which says the same of
further lines. Where a line might mean more than its numbers (a training that begins anew, a title
above it, an open box), it is left to the two, and what comes before it is said first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.textlog.recorder import TITLE_HOLDS
from tbingest.formats.textlog.shapes import Lines, Shapes
from tbingest.formats.textlog.stretch import Stretch
from tbingest.formats.textlog.tally import Tally, is_nameless
from tbingest.formats.textlog.ways import NOTHING, TOLD, Way, way_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.textlog.follower import Follower
    from tbingest.formats.textlog.gather import Gathered
    from tbingest.formats.textlog.line import Line
    from tbingest.formats.textlog.recorder import Record, Recorder
    from tbingest.formats.textlog.shapes import Cut
    from tbingest.model.accounts import LineKind

_NEVER = 2**62
_FEW = 12
"""Fewer lines than so many are faster one by one."""
_SHORTEST = 64


class Quick:
    """Reads lines: by their ways, where they have one, else by the recorder and the follower."""

    def __init__(self, recorder: Recorder, follower: Follower) -> None:
        self._recorder, self._follower = recorder, follower
        self._shapes: Shapes = recorder.shapes
        self._tally = Tally(follower.plan)
        self._used: list[Way] = []
        self._headers = recorder.headers
        self.by_ways = True

    def read(self, numbers: Sequence[int], texts: list[str], out: Gathered) -> None:
        """Add what the lines say."""
        block = _Block(self._shapes, numbers, texts, self._headers)
        free, at, most = self._free(), 0, _NEVER
        while at < len(texts):
            out.at = at
            if numbers[at] > free and self.by_ways:
                end = min(block.end(at), at + most)
                stop = self._at_once(block, at, end, out)
                most = 2 * most if stop == end else _SHORTEST
                out.at = at = stop
                if at >= len(texts) or stop == end < block.end(at):
                    continue
            if numbers[at] > free and block.told(at):
                self._tell(block, at, out)
            else:
                self._slowly(block, at, out)
                free = self._free()
                if free < numbers[at]:
                    self._learn(block, at)
            at += 1

    def add(self, record: Record, text: str, out: Gathered) -> None:
        """Add what a record says; `text` is its line, where it is at hand."""
        for said in self._follower.take(record):
            out.add(said)
        self._tally.record(record, text, self._follower.why)

    def kinds(self) -> Iterator[LineKind]:
        """What became of the numbers of the lines since this was last asked."""
        for way in self._used:
            if way.part:
                self._tally.count(self._tally.kind(way.family), way.part, way.lines, way.why)
            elif way.numbers:
                self._tally.further(way.family, way.lines, way.numbers)
            way.lines = 0
        self._used = []
        return self._tally.given()

    def _at_once(self, block: _Block, start: int, end: int, out: Gathered) -> int:
        """Add what lines with ways say; where the first one stands that is to be read by itself."""
        if end - start <= _FEW:
            for at in range(start, end):
                out.at = at
                self._tell(block, at, out)
            return end
        parts = block.parts(start, end)
        stretch = Stretch(block.lines, block.numbers, parts, self._follower)
        if stretch.declined < end:
            if stretch.declined == start:
                return start
            return self._at_once(block, start, stretch.declined, out)
        stretch.take(out)
        for way, count in block.counts(start, end):
            self._count(way, count)
        return end

    def _tell(self, block: _Block, at: int, out: Gathered) -> None:
        """Add what a line says that has a way, by itself."""
        cut = block.cuts[at]
        if cut is None or cut.way is None:
            return
        if cut.way.kind == NOTHING:
            self._count(cut.way, 1)
            return
        tokens = block.lines.tokens(at, cut)
        records = list(self._recorder.told(int(block.numbers[at]), cut.line, tokens))
        for record in records:
            self.add(record, "", out)
        if not records:
            self._nameless(block, at, cut.line, tokens)

    def _count(self, way: Way, lines: int) -> None:
        if not way.lines:
            self._used.append(way)
        way.lines += lines

    def _slowly(self, block: _Block, at: int, out: Gathered) -> None:
        """Add what one line says, by way of records."""
        recorded, number, text = False, int(block.numbers[at]), block.texts[at]
        looked = block.looked(at)
        for record in self._recorder.take(number, text, looked):
            recorded |= record.line == number
            self.add(record, text if record.line == number else "", out)
        if not recorded:
            self._nameless(block, at, *looked)

    def _nameless(self, block: _Block, at: int, line: Line, tokens: Sequence[str]) -> None:
        """Count the numbers of a line that is no record."""
        if is_nameless(line):
            text = block.texts[at]
            key = self._shapes.template(text)
            self._tally.nameless(key, int(block.numbers[at]), text, tokens)

    def _free(self) -> int:
        """The line up to which what stands in lines above may still hold."""
        recorder = self._recorder
        if recorder.block or recorder.box or recorder.section:
            return _NEVER
        return recorder.title_line + TITLE_HOLDS if recorder.title else -1

    def _learn(self, block: _Block, at: int) -> None:
        """Make a way for lines like this one."""
        cut = block.cuts[at]
        if self._recorder.headers is not self._headers:
            self._headers = self._recorder.headers
            block.forget_rows()
        if cut is not None and cut.way is None:
            tokens, number = block.lines.tokens(at, cut), int(block.numbers[at])
            cut.way = way_of(cut, number, tokens, self._recorder, self._follower)
            if cut.way and cut.way.numbers:
                cut.way.family = self._shapes.template(block.texts[at])
            block.learned(cut)


class _Block:
    """The lines of a block, and which of them have which way."""

    def __init__(
        self, shapes: Shapes, numbers: Sequence[int], texts: list[str], headers: object
    ) -> None:
        self.texts = texts
        self.numbers = np.asarray(numbers, np.int64)
        self.lines = Lines(texts)
        self._shapes = shapes
        self.cuts: list[Cut | None] = [None] * len(texts)
        self._ways: list[Way] = []
        self._of = np.zeros(len(texts), np.int64)
        """The way of each line that is taken with others, by its place among the ways."""
        self._alone = np.ones(len(texts), bool)
        self._groups: dict[int, NDArray[np.int64]] = {}
        for cut, places in shapes.cuts(self.lines):
            for at in places.tolist():
                self.cuts[at] = cut
            if cut is not None:
                self._groups[id(cut)] = places
                if cut.way is not None and cut.way.headers is not headers and cut.line.is_row:
                    cut.way = None
                self.learned(cut)

    def learned(self, cut: Cut) -> None:
        """A cut has a way now, perhaps."""
        if cut.way is not None and cut.way.kind != TOLD:
            places = self._groups[id(cut)]
            self._of[places] = len(self._ways)
            self._alone[places] = False
            self._ways.append(cut.way)

    def forget_rows(self) -> None:
        """Another header stands above the rows of tables that follow."""
        for places in self._groups.values():
            cut = self.cuts[places[0]]
            if cut is not None and cut.line.is_row:
                cut.way = None
                self._alone[places] = True

    def looked(self, at: int) -> tuple[Line, list[str]]:
        """What a line is, and its tokens."""
        cut = self.cuts[at]
        return (cut.line, self.lines.tokens(at, cut)) if cut else self._shapes.look(self.texts[at])

    def told(self, at: int) -> bool:
        """Whether a line has a way, which it has lost where it is no row of its table any more."""
        cut = self.cuts[at]
        if cut is not None and cut.way is not None and cut.way.until < self.numbers[at]:
            cut.way = None
            self._alone[self._groups[id(cut)]] = True
        return cut is not None and cut.way is not None

    def end(self, at: int) -> int:
        """Where the first line from here on stands that is not taken with others."""
        step = int(self._alone[at:].argmax())
        return at + step if self._alone[at + step] else len(self._alone)

    def parts(self, start: int, end: int) -> list[tuple[Way, NDArray[np.int64]]]:
        """The lines that say something, by way."""
        ways = self._of[start:end]
        return [
            (self._ways[place], np.flatnonzero(ways == place) + start)
            for place in np.unique(ways).tolist()
            if self._ways[place].kind != NOTHING
        ]

    def counts(self, start: int, end: int) -> Iterator[tuple[Way, int]]:
        """How many lines each way has."""
        counts = np.bincount(self._of[start:end])
        for place in np.flatnonzero(counts).tolist():
            yield self._ways[place], int(counts[place])
