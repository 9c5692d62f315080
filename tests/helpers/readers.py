"""A reader of one format, fed by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.registry import evidence, formats
from tbingest.model.contracts import Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


Found = tuple[list[tuple[int, dict[str, Any]]], list[Problem]]


PATTERNS = (r"it (?P<step>\S+)", r"(?P<key>\w+)=(?P<value>\S+)", r"acc (?P<val__acc>\S+)")


def as_bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def head_of(data: bytes, name: str = "log") -> Head:
    whole = len(data) <= 64 << 10
    return Head(name, data[: 64 << 10], len(data), complete=whole, patterns=PATTERNS)


def read(form: str, text: str | bytes, name: str = "log", cuts: Sequence[int] = ()) -> Found:
    """(records by their place, problems) of a log that is fed in pieces."""
    data = as_bytes(text)
    make = formats()[form].reader
    assert make
    reader = make(head_of(data, name))
    found: list[Rows | Problem] = []
    places = [0, *sorted(cuts), len(data)]
    for start, stop in pairwise(places):
        if data[start:stop]:
            found += reader.feed(data[start:stop])
    found += reader.close()
    return records_of(found), [item for item in found if isinstance(item, Problem)]


def records_of(found: Iterable[Rows | Problem]) -> list[tuple[int, dict[str, Any]]]:
    records = []
    for rows in found:
        if isinstance(rows, Rows):
            for place, order in enumerate(rows.order.tolist()):
                fields = {name: plain(column[place]) for name, column in rows.columns.items()}
                records.append((order, fields))
    return sorted(records, key=lambda record: record[0])


def plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def taken_for(text: str | bytes, name: str) -> str:
    """The format that is surest of a log."""
    entry, found = evidence(head_of(as_bytes(text), name))[0]
    assert found.confidence >= 0.5, found
    return entry.name


def same(one: Found, other: Found) -> bool:
    """Equal records and problems; NaN equals itself, and problems may come in another order."""
    said, also = (sorted(map(repr, found[1])) for found in (one, other))
    return repr_of(one) == repr_of(other) and said == also


def repr_of(found: Found) -> list[tuple[int, list[tuple[str, str]]]]:
    return [
        (place, [(name, repr(as_float(value))) for name, value in fields.items()])
        for place, fields in found[0]
    ]


def as_float(value: Any) -> Any:
    """A whole float as an int: blocks may differ in dtype, not in value."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
