"""JSON as training logs have it: NaN and Infinity, huge integers, lone surrogates, torn ends."""

from __future__ import annotations

import json
import re
from typing import Any

from tbingest.model.rows import Problem

_MOST_KEYS = 5_000
_PLACE = re.compile(r"line (\d+) column (\d+)")


class JsonError(ValueError):
    """No JSON. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class JsonTooLargeError(JsonError):
    """JSON of more values than are held at once."""


_MOST_VALUES = 1_500_000
"""As objects, with what is made of them, so many take 400 MB, be their text 3 MB."""


def is_too_large(data: bytes) -> bool:
    """True for a text with more values than are held at once, as far as its commas tell."""
    return len(data) > _MOST_VALUES and data.count(b",") > _MOST_VALUES


def too_large() -> Problem:
    """What is said of such a document."""
    what = f"a document of over {_MOST_VALUES:,} values is too large"
    return Problem("", None, None, what, "write it as JSON lines or CSV")


def parse_json(data: bytes, *, partial: bool = False) -> Any:
    """The value; with `partial`, whatever stands before the end of a half-written document.

    Raises JsonError. Duplicate keys: the last one wins.
    """
    from pydantic_core import from_json

    if is_too_large(data):
        raise JsonTooLargeError(too_large().what, 1, 1)
    try:
        return from_json(data, allow_partial="trailing-strings" if partial else False)
    except ValueError as error:
        first = error
    try:
        # The slower parser also takes lone surrogates; what nests deeper no reader walks.
        return json.loads(data.decode("utf-8", "replace") if "recursion" not in str(first) else "")
    except (ValueError, RecursionError):
        place = _PLACE.search(str(first))
        line, column = (int(place[1]), int(place[2])) if place else (1, 1)
        message = _PLACE.sub("", str(first)).removesuffix(" at ")
        raise JsonError(message, line, column) from None


LOOKED_AT = 64 << 10
"""Bytes of JSON that are searched for keys that stand twice: the fast parser does not tell."""


def twice(data: bytes, line: int | None = None) -> Problem | None:
    """What is wrong where a key stands twice in one object of a short JSON text."""
    found: list[str] = []

    def made(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        if len(value) < len(items):
            names = [name for name, _ in items]
            found.extend(name for name in value if names.count(name) > 1)
        return value

    if len(data) > LOOKED_AT or data.count(b":") > _MOST_KEYS:
        return None
    try:
        json.loads(data, object_pairs_hook=made)
    except (ValueError, RecursionError):
        return None
    return said_twice(found[0], line) if found else None


def said_twice(key: str, line: int | None = None) -> Problem:
    """What is wrong where an object has a key twice."""
    what = f"the key {key[:40]!r} stands twice in an object: its last value is read"
    return Problem("", line, None, what, "give each value a name of its own")
