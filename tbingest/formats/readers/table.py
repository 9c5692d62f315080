"""Readers of tables, block by block."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.cells import block_of
from tbingest.formats.readers.lines import CUT_NUMBER, MAX_LINE, LineReader, one_line_end
from tbingest.formats.readers.records import number_column
from tbingest.formats.readers.table_layout import BLANKS, MISSING, Layout, cell_number
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.readers.cells import Block, Cells
    from tbingest.model.rows import Column


_MAX_QUOTED = 1 << 20


@dataclass
class TableReader(LineReader):
    """Reads a table block by block. `kinds` remembers which columns hold numbers, which text.

    `booleans` says that true and false are the numbers 1 and 0; else they are words.
    """

    layout: Layout | dict[str, Any] | None = None
    kinds: dict[str, str] = field(default_factory=dict)
    booleans: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.layout, Layout):
            self.layout = asdict(self.layout)
        if self.layout:
            self.layout.pop("first_row", None)
            self._table = Layout(**{**self.layout, "names": tuple(self.layout["names"])})

    def cut(self, block: bytes) -> int:
        """The last line end that stands outside quotes."""
        end = block.rfind(b"\n") + 1
        if b'"' not in block or not self.layout or self._table.delimiter == BLANKS:
            return end
        odd = block.count(b'"', 0, end) % 2
        while end and odd:
            before = block.rfind(b"\n", 0, end - 1) + 1
            odd ^= block.count(b'"', before, end) % 2
            end = before
        if not end and len(block) > _MAX_QUOTED:
            return block.find(b"\n") + 1  # an unterminated quote: its line is reported
        return end

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The rows of one block."""
        if not self.layout:
            if not self.line:
                yield Problem("", 1, None, "is not a table", "name a format with --as")
            return
        block = one_line_end(block).replace(b"\0", b"")
        lead = max(0, self._table.header_lines - self.line)
        for _ in range(lead):
            block = block[block.find(b"\n") + 1 :] if b"\n" in block else b""
        if not block:
            return
        first = self.line + lead + 1
        if final and CUT_NUMBER.search(block, block.rfind(b"\n") + 1):
            block, cut = block[: block.rfind(b"\n") + 1], block
            line = first + cut.count(b"\n")
            yield Problem("", line, None, "ends amid a number", "is the file still growing?", 1)
            if not block:
                return
        torn = not block.endswith(b"\n")
        if torn:
            block += b"\n"
        if self._table.delimiter == BLANKS:
            block = b"\n".join(b" ".join(line.split()) for line in block.split(b"\n"))
        parsed = self._fast(block, first)
        if parsed is None:
            yield from self._slow(block, first, torn=torn)
            return
        columns, rows, problems = parsed
        yield from problems
        yield from self._rows(columns, np.arange(first, first + rows, dtype=np.int64))

    def _fast(self, block: bytes, first: int) -> tuple[Columns, int, list[Problem]] | None:
        """The columns of a block without quotes and ragged rows; None for any other."""
        names = self._table.names
        held = block_of(block, len(names), self._table.delimiter, self._table.decimal)
        if held is None:
            return None
        columns: Columns = {}
        odd = []
        for place, name in enumerate(names):
            known = self.kinds.get(name) != "text"
            found = held.numbers(place) if known else None
            if found is None:
                odd.append(place)
            columns[name] = found or ([], None)
        lines = range(first, first + held.rows)
        problems = self._odd_columns(held, odd, columns, lines) if odd else []
        return None if problems is None else (columns, len(lines), problems)

    def _odd_columns(
        self, held: Block, odd: list[int], columns: Columns, lines: range
    ) -> list[Problem] | None:
        """Fill in the columns that are not all numbers; None where a row repeats the header."""
        texts = held.texts(odd)
        if texts is None:
            return None
        problems = []
        for place, cells in zip(odd, texts, strict=True):
            name = self._table.names[place]
            if name in {cell.strip() for cell in cells}:
                return None
            columns[name], found = self._cells(name, place, cells, lines)
            problems += found
        return problems

    def _slow(self, block: bytes, first: int, *, torn: bool) -> Iterator[Rows | Problem]:
        """The rows of a block with quotes, text, ragged rows or repeated headers; `torn` says that
        its last line has no end.
        """
        names = self._table.names
        width = len(names)
        cells: list[list[str]] = []
        places: list[int] = []
        last = block.count(b"\n", 0, -1) if torn else -1
        for place, row in self._records(block):
            line = first + place
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != width:
                yield _ragged(line, row, width, cut=place == last and len(row) < width)
            elif tuple(" ".join(cell.split()) for cell in row) != names:
                cells.append(row)
                places.append(line)
        if cells:
            order = np.asarray(places, np.int64)
            columns: Columns = {}
            for number, name in enumerate(names):
                column = [row[number] for row in cells]
                columns[name], problems = self._cells(name, number, column, places)
                yield from problems
            yield from self._rows(columns, order)

    def _records(self, block: bytes) -> Iterator[tuple[int, list[str]]]:
        """(line within the block, cells) of each record."""
        text = block.decode("utf-8", "replace").replace("\0", "")
        if self._table.delimiter == BLANKS:
            for place, line in enumerate(text.split("\n")):
                yield place, line.split()
            return
        csv.field_size_limit(MAX_LINE)
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        for start, stop in _spans(lines):
            never_closed = stop - start == 1 and lines[start].count('"') % 2
            if never_closed and stop < len(lines):
                yield start, [lines[start]]
                continue
            reader = csv.reader(
                io.StringIO("\n".join(lines[start:stop]), newline=""),
                delimiter=self._table.delimiter,
            )
            place = 0
            for row in reader:
                yield start + place, row
                place = reader.line_num

    def _cells(
        self, name: str, number: int, cells: list[str], lines: Sequence[int]
    ) -> tuple[Cells, list[Problem]]:
        """One column of cells: its values, which of them are there, and the misfits."""
        given = [cell.strip().lower() not in MISSING for cell in cells]
        numbers = [
            self._number(cell) if there else None for cell, there in zip(cells, given, strict=True)
        ]
        kind = self.kinds.get(name)
        if not kind and any(given):
            kind = "text" if numbers[given.index(True)] is None else "number"
            self.kinds[name] = kind
        if kind == "text":
            present = np.fromiter((bool(cell.strip()) for cell in cells), bool, len(cells))
            return (cells, None if present.all() else present), []
        problems = [
            _is_text(name, number, cell, line)
            for cell, line, value, there in zip(cells, lines, numbers, given, strict=True)
            if there and value is None
        ]
        problems += [
            _is_too_large(name, cell, line)
            for cell, line, value in zip(cells, lines, numbers, strict=True)
            if isinstance(value, float) and math.isinf(value) and "n" not in cell.lower()
        ]
        present = np.fromiter((value is not None for value in numbers), bool, len(cells))
        values = number_column([value for value in numbers if value is not None])
        if present.all():
            return (values, None), problems
        spread = np.zeros(len(cells), np.asarray(values).dtype)
        spread[present] = values
        return (spread, present), problems

    def _number(self, cell: str) -> int | float | None:
        number = cell_number(cell, self._table.decimal)
        if number is None and self.booleans:
            return {"true": 1, "false": 0}.get(cell.strip().lower())
        return number

    def _rows(self, columns: Columns, order: NDArray[np.int64]) -> Iterator[Rows | Problem]:
        """Rows for each set of fields that are there."""
        for name, (values, present) in columns.items():
            given = len(values) > 0 if present is None else bool(present.any())
            if given and isinstance(values, np.ndarray):
                self.kinds.setdefault(name, "number")
        sparse = {name: there for name, (_, there) in columns.items() if there is not None}
        if not sparse:
            whole = {name: values for name, (values, _) in columns.items()}
            yield from self.records(Rows(whole, order))
            return
        for pattern, chosen in _patterns(list(sparse.values())):
            there = dict(zip(sparse, pattern, strict=True))
            kept = {
                name: _take(values, chosen)
                for name, (values, _) in columns.items()
                if there.get(name, True)
            }
            if kept:  # a row of blanks is none, however the bytes were cut
                yield from self.records(Rows(kept, order[chosen]))

    def records(self, rows: Rows) -> Iterator[Rows | Problem]:
        """What becomes of rows that have the same cells: for a table that is to be read otherwise.

        A subclass may add, drop or rename columns, or give several `Rows`.
        """
        yield rows


Columns = dict[str, "Cells"]


def _take(values: Column, chosen: NDArray[np.int64]) -> Column:
    if isinstance(values, np.ndarray):
        return values[chosen]
    return [values[place] for place in chosen.tolist()]


def _patterns(
    masks: list[NDArray[np.bool_]],
) -> Iterator[tuple[tuple[bool, ...], NDArray[np.int64]]]:
    """Each combination of present fields with the records that have it, in order of appearance."""
    packed = np.packbits(np.stack(masks, axis=1), axis=1)
    keys = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}").ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    for group in np.argsort(first):
        chosen = np.flatnonzero(inverse == group)
        yield tuple(bool(mask[chosen[0]]) for mask in masks), chosen


def _ragged(line: int, row: list[str], width: int, *, cut: bool) -> Problem:
    values = sum(bool(cell.strip()) for cell in row)
    if cut:
        what = f"cut off after {len(row)} of {width} fields"
        return Problem("", line, None, what, "is the file still growing?", values)
    what = _expected(width, len(row))
    return Problem("", line, None, what, "the header says how many a row has", values)


@lru_cache(256)
def _expected(width: int, got: int) -> str:
    """Said of a million rows, it is kept once."""
    return f"expected {width} fields, got {got}"


def _is_text(name: str, number: int, cell: str, line: int) -> Problem:
    what = f"column {name!r} holds numbers, here it is {shorten(cell)!r}"
    return Problem("", line, None, what, f"is it column {number + 1}?", values=1)


def _is_too_large(name: str, cell: str, line: int) -> Problem:
    what = f"column {name!r}: {shorten(cell)} is beyond all floats, and shown as infinite"
    return Problem("", line, None, what)


def shorten(text: str) -> str:
    """At most 40 characters of a cell."""
    return text if len(text) <= 40 else f"{text[:37]}..."


def _spans(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Which lines are parsed together, (first, behind the last): as `cut` would part them.

    Lines without quotes are, and those from one with an odd number of quotes to the next such; one
    that has no next is alone.
    """
    start = place = 0
    odd = [at for at, line in enumerate(lines) if line.count('"') % 2]
    ends = {first: last + 1 for first, last in zip(odd[::2], odd[1::2], strict=False)}
    while place < len(lines):
        if '"' not in lines[place]:
            place += 1
            continue
        if start < place:
            yield start, place
        start = place
        place = ends.get(place, place + 1)
        yield start, place
        start = place
    if start < place:
        yield start, place
