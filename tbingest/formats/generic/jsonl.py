"""JSON lines: one object a line, nested ones flattened with `/`.

{"step": 10, "loss": 0.91, "val": {"acc": 0.7}}
{"step": 20, "loss": NaN, "note": "warm-up done"}
{"step": 30, "loss": 0.55, "grads": [0.1, -0.2, 0.05]}

NaN and Infinity may stand bare. Keys come and go from line to line; a line that is no object costs
only itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import flatten, group_records
from tbingest.formats.readers.vocabulary import NO_TRAINING, tells_of_training
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Rows


@dataclass
class JsonLines(LineReader):
    """Reads JSON lines."""

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """Records of one block, grouped by their fields."""
        objects, places, problems = self._objects(block, final=final)
        yield from problems
        yield from self.records(objects, places)

    def records(
        self, objects: Sequence[dict[str, Any]], places: Sequence[int]
    ) -> Iterator[Rows | Problem]:
        """What becomes of the objects of one block, and of the lines they stand on.

        A subclass may add, drop or rename entries, or give several `Rows`.
        """
        for _, found in group_records(objects, places):
            yield found

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


def detect(head: Head) -> Evidence:
    """Objects with numbers on each of the first lines."""
    if head.binary:
        return Evidence(0.0, "binary")
    everything = head.data.split(b"\n")
    # The last line may go on.
    lines = [line for line in everything[:-1][:50] if line.strip()] or everything
    if not lines or not lines[0].lstrip().startswith(b"{"):
        return Evidence(0.0, "does not begin with {")
    good = numeric = 0
    names: set[str] = set()
    for line in lines:
        try:
            value = parse_json(line.strip())
        except JsonError:
            continue
        if isinstance(value, dict):
            good += 1
            numeric += has_number(value)
            names.update(name for name, item in flatten(value) if not isinstance(item, str))
    reason = f"{good} of the first {len(lines)} lines are JSON objects, {numeric} with numbers"
    if len(lines) == 1 and head.complete and not _NAMED.search(head.basename.lower()):
        return Evidence(0.4 if numeric else 0.0, reason)
    if numeric and not tells_of_training(names):
        return Evidence(0.3, f"{reason}, but {NO_TRAINING}")
    return Evidence(0.9 * (good / len(lines)) if numeric else 0.0, reason)


_NAMED = re.compile(r"\.(?:jsonl|jsonlines|ldjson|ndjson|jl)(?:$|[.-])")


def has_number(value: object) -> bool:
    """True where a number stands somewhere in the object."""
    if isinstance(value, dict):
        return any(has_number(item) for item in value.values())
    return isinstance(value, int | float)


SAMPLE = '{"step": 10, "loss": 0.91, "val": {"acc": 0.7}}'

FORMAT = Format(
    name="jsonl",
    about="JSON lines: one object a line",
    sample=SAMPLE,
    detect=detect,
    reader=lambda _: JsonLines(),
)
