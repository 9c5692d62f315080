"""JSON documents: a list of records, a dict of lists, or {tag: [[step, value], ...]}.

[{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.7}]
{"loss": [0.9, 0.7], "acc": [0.5, 0.6]}
{"train/loss": [[10, 0.9], [20, 0.7]], "val/loss": [[20, 0.8]]}

NaN and Infinity may stand bare. A document that is torn off gives all but its last record; one
that its writer rewrites gives only what is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.shapes import is_matrix
from tbingest.formats.readers.json_documents import JsonDocumentReader, load_document
from tbingest.formats.readers.json_pieces import LARGE, joined, pieces
from tbingest.formats.readers.json_values import JsonError
from tbingest.formats.readers.records import (
    NON_FINITE,
    flatten,
    group_records,
    is_number,
    number_column,
)
from tbingest.formats.readers.vocabulary import NAMED_LIKE_A_LOG, NO_TRAINING, tells_of_training
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIR_STEP = "step"


@dataclass
class JsonDocument(JsonDocumentReader):
    """Reads a JSON document of records, lists or pairs."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The series that the document holds."""
        if len(data) > LARGE and (found := read_pieces(data)):
            yield from found
        else:
            yield from super().parse(data)

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """Those of the parsed document."""
        yield from read_value(value)


def read_value(value: Any) -> Iterator[tuple[str, Rows | Problem]]:
    """Series of a parsed document of any of the three shapes, or of a single record."""
    if isinstance(value, list):
        yield from read_records(value)
    elif isinstance(value, dict):
        lists = {name: item for name, item in flatten(value) if isinstance(item, list) and item}
        if lists and all(map(_are_pairs, lists.values())):
            yield from _read_pairs(lists)
        elif _are_columns(lists):
            yield from _read_columns(lists)
        elif value:
            # Of results, true and false are how they were got: settings, not values.
            plain = {k: str(v) if isinstance(v, bool) else v for k, v in flatten(value)}
            yield from group_records([plain], [1])


def read_pieces(data: bytes) -> list[tuple[str, Rows | Problem]]:
    """A large list of records, some of them at a time; nothing where it is no such list."""
    found: list[tuple[str, Rows | Problem]] = []
    count = 0
    try:
        for piece in pieces(data):
            found += read_records(piece, count + 1)
            count += len(piece)
    except JsonError:
        return []  # it is read as a whole, which says what is wrong with it
    return joined(found)


def read_records(value: list[Any], first: int = 1) -> Iterator[tuple[str, Rows | Problem]]:
    """A list of records; `order` is the place in the list, from `first` on."""
    places = [place for place, item in enumerate(value, first) if isinstance(item, dict)]
    for place, item in enumerate(value, first):
        if not isinstance(item, dict):
            what = f"record {place}: expected an object, got {type(item).__name__}"
            yield "", Problem("", None, None, what, values=1)
    yield from group_records([value[place - first] for place in places], places)


def _are_pairs(items: list[Any]) -> bool:
    return all(
        isinstance(item, list)
        and len(item) == 2
        and type(item[0]) in {int, float}
        and _is_value(item[1])
        for item in items
    )


def _is_value(item: Any) -> bool:
    return is_number(item) or item is None or str(item).lower() in NON_FINITE


def _are_columns(lists: dict[str, list[Any]]) -> bool:
    lengths = {len(items) for items in lists.values()}
    numeric = [items for items in lists.values() if all(map(_is_value, items))]
    return len(lengths) == 1 and bool(numeric)


def _read_pairs(lists: dict[str, list[Any]]) -> Iterator[tuple[str, Rows | Problem]]:
    for name, pairs in lists.items():
        present = [pair for pair in pairs if pair[1] is not None]
        columns = {
            PAIR_STEP: number_column([pair[0] for pair in present]),
            name: number_column([_number(pair[1]) for pair in present]),
        }
        # Every tag has its own steps: tag by tag, not woven.
        yield name, Rows(columns, np.arange(1, len(present) + 1, dtype=np.int64))


def _number(value: Any) -> Any:
    return NON_FINITE[value.lower()] if isinstance(value, str) else value


def _read_columns(lists: dict[str, list[Any]]) -> Iterator[tuple[str, Rows | Problem]]:
    count = len(next(iter(lists.values())))
    records = [
        {name: _cell(items[place]) for name, items in lists.items()} for place in range(count)
    ]
    yield from group_records(records, range(1, count + 1))


def _cell(value: Any) -> Any:
    return NON_FINITE.get(value.lower(), value) if isinstance(value, str) else value


def detect(head: Head) -> Evidence:
    """A document that parses, with numbers where a log has them."""
    start = head.data.lstrip()[:1]
    if head.binary or start not in {b"{", b"["}:
        return Evidence(0.0, "does not begin with { or [")
    value, problem = load_document(head.data)
    if value is None or (problem and head.complete and not value):
        return Evidence(0.0, "no JSON document")
    if isinstance(value, list):
        return _detect_list(value, whole=head.complete)
    lists = [item for _, item in flatten(value) if isinstance(item, list) and item]
    matrix = any(isinstance(one, list) and is_matrix(name) for name, one in flatten(value))
    if lists and all(map(_are_pairs, lists)) and not matrix:
        return Evidence(0.85, f"{plural(len(lists), 'tag')}, each a list of [step, value]")
    numbers = sum(is_number(item) for _, item in flatten(value))
    longest = max((len(items) for items in lists if all(map(_is_value, items))), default=0)
    columns = {len(items) for items in lists}
    named = bool(NAMED_LIKE_A_LOG.search(head.basename.lower()))
    if longest > 1 and (len(columns) == 1 or not head.complete):
        if not named and not tells_of_training(name for name, _ in flatten(value)):
            return Evidence(0.3, f"{plural(len(lists), 'list')} of numbers, but {NO_TRAINING}")
        sure = 0.75 if not numbers else 0.6  # it reads the lists only
        return Evidence(sure, f"{plural(len(lists), 'list')} of numbers of equal length")
    reason = f"a single record with {plural(numbers, 'number')}"
    return Evidence(0.55 if named and numbers else 0.2 if numbers else 0.0, reason)


def _detect_list(value: list[Any], *, whole: bool) -> Evidence:
    records = [item for item in value if isinstance(item, dict)]
    numeric = sum(any(is_number(item) for _, item in flatten(record)) for record in records)
    begins = "a list of" if whole else "a list that begins with"
    reason = f"{begins} {plural(len(value), 'item')}, {numeric:,} of them objects with numbers"
    if not records or numeric < 0.5 * len(value):
        return Evidence(0.1, reason)
    if not tells_of_training({name for record in records for name, _ in flatten(record)}):
        return Evidence(0.3, f"{reason}, but {NO_TRAINING}")
    return Evidence(0.75, reason)


FORMAT = Format(
    name="json",
    about="a JSON list of records, dict of lists, or {tag: [[step, value], ...]}",
    sample='[{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.7}]',
    detect=detect,
    reader=lambda _: JsonDocument(),
    rewritten=True,
)
