"""Readers of JSON lines: one object a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.json_values import JsonError, parse_json, twice
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import group_records
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Rows

_LOOKED_AT = 4 << 10


@dataclass
class JsonLines(LineReader):
    """Reads JSON lines."""

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """Records of one block, grouped by their fields."""
        objects, places, problems = self._objects(block, final=final)
        yield from problems
        yield from self._twice(block)
        yield from self.with_overflows(block, self.records(objects, places))

    def records(
        self, objects: Sequence[dict[str, Any]], places: Sequence[int]
    ) -> Iterator[Rows | Problem]:
        """What becomes of the objects of one block, and of the lines they stand on.

        A subclass may give several `Rows` for one object; where each object makes one record, it
        says in `record` which.
        """
        for _, found in group_records([self.record(one) for one in objects], places):
            yield found

    def _twice(self, block: bytes) -> Iterator[Problem]:
        """The first key that stands twice, in the first lines of a block: others are alike."""
        for number, line in enumerate(block[:_LOOKED_AT].split(b"\n"), self.line + 1):
            if problem := twice(line, number):
                yield problem
                return

    def record(self, found: dict[str, Any]) -> dict[str, Any]:
        """The record that one object makes: a subclass may add, drop or rename entries."""
        return found

    def _objects(
        self, block: bytes, *, final: bool
    ) -> tuple[list[dict[str, Any]], list[int], list[Problem]]:
        lines = block.rstrip(b"\r\n").split(b"\n") if not final else block.split(b"\n")
        plain = self._all_at_once(lines)
        if plain is not None:
            return plain, list(range(self.line + 1, self.line + 1 + len(plain))), []
        records, places, problems = [], [], []
        for number, line in enumerate(lines, self.line + 1):
            text = line.strip(b" \t\r\0\x1e")
            if not text or text.startswith(b"#"):
                continue
            try:
                value = parse_json(text)
            except JsonError as error:
                cut = final and number == self.line + len(lines)
                problems.append(_broken(number, error, cut=cut))
                continue
            if isinstance(value, dict):
                records.append(value)
                places.append(number)
            else:
                what = f"expected an object, got {type(value).__name__}"
                problems.append(Problem("", number, 1, what, values=1))
        return records, places, problems

    @staticmethod
    def _all_at_once(lines: list[bytes]) -> list[dict[str, Any]] | None:
        """The records, where every line holds one object and nothing is odd; else None."""
        if not all(line.startswith(b"{") for line in lines):
            return None
        try:
            records = parse_json(b"[" + b",".join(lines) + b"]")
        except JsonError:
            return None
        # Objects cut over two lines could still make a list: its length tells.
        whole = len(records) == len(lines) and all(type(record) is dict for record in records)
        return records if whole else None


def _broken(line: int, error: JsonError, *, cut: bool) -> Problem:
    if cut:
        return Problem("", line, error.column, "cut off", "is the file still growing?")
    return Problem("", line, error.column, f"no JSON: {error}", "one object a line is expected")
