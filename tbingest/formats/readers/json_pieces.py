"""A large JSON list of records, some at a time: as objects they take 40 times their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = 4 << 20
"""Bytes of a document from which on it is parsed in pieces."""
_PIECE = 1 << 18
_BETWEEN = re.compile(rb"\}\s*+,\s*+\{")
_TRIES = 100
"""Places between two objects that may be tried: those of nested lists are none."""


def pieces(data: bytes) -> Iterator[list[Any]]:
    """The items of a list, in their order. Raises JsonError for what is no whole list of records.

    A list is cut between two objects; where the cut is one of an inner list or within a string,
    what stands before it is no JSON, and the next place is tried.
    """
    begin = len(data) - len(data.lstrip())
    if data[begin : begin + 1] != b"[":
        raise JsonError("no list", 1, 1)
    begin += 1
    while True:
        end, found = _piece(data, begin)
        yield found
        if end == len(data):
            return
        begin = end + 1


def _piece(data: bytes, begin: int) -> tuple[int, list[Any]]:
    """The items from a place on, and where the comma behind them stands, or the end."""
    place = begin + _PIECE
    for _ in range(_TRIES):
        match = _BETWEEN.search(data, place)
        if not match:
            return len(data), _items(b"[" + data[begin:])
        end = data.index(b",", match.start())
        try:
            return end, _items(b"[" + data[begin:end] + b"]")
        except JsonError:
            place = match.end() - 1
    raise JsonError("no list of records", 1, 1)


def _items(data: bytes) -> list[Any]:
    found = parse_json(data)
    if not isinstance(found, list):
        raise JsonError("no list", 1, 1)
    return found


def joined(found: list[tuple[str, Rows | Problem]]) -> list[tuple[str, Rows | Problem]]:
    """The series of all pieces: the rows of one name as one. What was `found` is used up."""
    parts: dict[str, list[Rows]] = {}
    whole: list[tuple[str, Rows | Problem]] = []
    for name, rows in found:
        if isinstance(rows, Problem):
            whole.append((name, rows))
        else:
            parts.setdefault(name, []).append(rows)
    found.clear()
    for name, each in parts.items():
        order = np.concatenate([rows.order for rows in each])
        held = [dict(rows.columns) for rows in each]
        each.clear()
        columns = {column: _column([one.pop(column) for one in held]) for column in [*held[0]]}
        whole.append((name, Rows(columns, order)))
    return whole


def _column(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [value for part in parts for value in part]
