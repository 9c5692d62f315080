"""Readers of JSON documents: one value, written whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.json_values import (
    JsonError,
    JsonTooLargeError,
    parse_json,
    too_large,
    twice,
)
from tbingest.formats.readers.records import BEYOND, HUGE, infinite_at
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Rows


@dataclass
class JsonDocumentReader(DocumentReader):
    """Reads a JSON document; a subclass says in `series` what its value holds."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """What is wrong with the document, then its series."""
        value, problem = load_document(data)
        if problem:
            yield "", problem
        infinite = False
        for name, found in self.series(value):
            infinite = infinite or bool(infinite_at(found))
            yield name, found
        if infinite and HUGE.search(data):
            yield "", Problem("", None, None, BEYOND)

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The series of records that the document holds, each under a name of its own.

        `value` is None where the document could not be read, and may be of any other type.
        """
        raise NotImplementedError


def load_document(data: bytes) -> tuple[Any, Problem | None]:
    """The document, and a problem where it is torn: then its last record is left out."""
    try:
        return parse_json(data), twice(data)
    except JsonTooLargeError:
        return None, too_large()
    except JsonError as error:
        first = error
    if str(first).startswith("trailing"):
        # Something follows the document: JSON lines, for one.
        return None, Problem("", first.line, first.column, f"no JSON document: {first}")
    try:
        value = parse_json(data, partial=True)
    except JsonError as error:
        return None, Problem("", error.line, error.column, f"no JSON: {error}", "is it complete?")
    what = "ends in the middle: its last record is left out"
    return _without_last(value), Problem(
        "", first.line, first.column, what, "is the file still being written?"
    )


def _without_last(value: Any) -> Any:
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, dict) and value:
        last = next(reversed(value))
        inner = value[last]
        return {**value, last: inner[:-1] if isinstance(inner, list) else None}
    return value
