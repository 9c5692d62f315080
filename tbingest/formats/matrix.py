"""Numbers without names: a matrix as CSV or text, or nested lists of numbers as JSON.

0.12,-0.40,0.33
-0.05,0.21,0.08

{"0.weight": [[0.12, -0.4], [0.33, 0.1]], "0.bias": [0.01, 0.02]}

They are weights, embeddings or a confusion matrix, no curves: each gives a histogram. Step and tag
come from the file's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.base import DocumentReader, is_number
from tbingest.formats.jsondoc import load_document
from tbingest.formats.looking import document
from tbingest.formats.sniffing import BLANKS, one_line_end, sniff, split_rows, to_number
from tbingest.model import Evidence, Fields, Format, Head, Problem, Rows
from tbingest.naming import tensor_path

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH = 8


@dataclass
class Matrix(DocumentReader):
    """Reads one matrix, or the named ones of a JSON document. An empty delimiter: JSON."""

    delimiter: str = ""
    decimal: str = "."

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """A record with a list of numbers for each matrix."""
        if self.delimiter:
            text = one_line_end(data).decode("utf-8", "replace").replace("\0", "")
            rows = split_rows(text, self.delimiter)
            numbers = [to_number(cell, self.decimal) for row in rows for cell in row]
            lost = sum(number is None for number in numbers)
            if lost:
                yield "", Problem("", None, None, f"{lost} cells hold no number", values=lost)
            yield from _record("", [number for number in numbers if number is not None])
            return
        value, problem = load_document(data)
        if problem:
            yield "", problem
        named = value if isinstance(value, dict) else {"": value}
        for name, item in named.items():
            found = flat_numbers(item)
            if found is None:
                what = f"{name!r} is no nested list of numbers"
                yield "", Problem("", None, None, what, values=1)
            else:
                yield from _record(tensor_path(str(name)) if name else "", found)


def _record(name: str, numbers: list[Any]) -> Iterator[tuple[str, Rows | Problem]]:
    if numbers:
        yield name, Rows({name: [numbers]}, np.ones(1, np.int64))


def flat_numbers(value: Any, depth: int = 0) -> list[Any] | None:
    """All numbers of nested lists; None where anything else stands in them."""
    if is_number(value):
        return [value]
    if not isinstance(value, list) or depth > _DEPTH:
        return None
    found: list[Any] = []
    for item in value:
        part = flat_numbers(item, depth + 1)
        if part is None:
            return None
        found += part
    return found


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


def detect(head: Head) -> Evidence:
    """Numbers only, in rows of equal width without a header; or nested lists of numbers."""
    value = document(head)
    if value is not None:
        return _detect_json(value, complete=head.complete)
    layout = sniff(head)
    if not layout or layout.has_header or layout.agree < 1 or layout.numeric < 0.98:
        return Evidence(0.0, "no rows of numbers without a header")
    size = f"{layout.row_count + 1} rows of {len(layout.names)} numbers, without a header"
    if len(layout.names) == 1:
        return Evidence(0.6, f"{size}: a vector")
    return Evidence(0.8, f"{size}: a matrix")


def _detect_json(value: Any, *, complete: bool) -> Evidence:
    parts = list(value.values()) if isinstance(value, dict) else [value]
    checked = parts if complete or len(parts) == 1 else parts[:-1]
    deep = sum(map(_is_nested, checked))
    lists = all(isinstance(part, list) and flat_numbers(part) is not None for part in checked)
    if not checked or not deep or not lists:
        return Evidence(0.0, "not only nested lists of numbers")
    pairs = all(len(row) == 2 for part in checked for row in part if isinstance(row, list))
    sure = 0.3 if pairs else 0.8
    return Evidence(sure, f"{len(checked)} lists of numbers, {deep} of them nested")


def _reader(head: Head) -> Matrix:
    layout = None if document(head) is not None else sniff(head)
    if not layout:
        return Matrix()
    return Matrix(delimiter=layout.delimiter or BLANKS, decimal=layout.decimal)


FORMAT = Format(
    name="matrix",
    about="numbers without names: matrices as CSV, text or JSON, shown as histograms",
    sample="0.12,-0.40,0.33\n-0.05,0.21,0.08",
    detect=detect,
    reader=_reader,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
