"""JSON as training logs have it: NaN and Infinity, huge integers, lone surrogates, torn ends."""

from __future__ import annotations

import json
import re
from typing import Any

_PLACE = re.compile(r"line (\d+) column (\d+)")


class JsonError(ValueError):
    """No JSON. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse_json(data: bytes, *, partial: bool = False) -> Any:
    """The value; with `partial`, whatever stands before the end of a half-written document.

    Raises JsonError. Duplicate keys: the last one wins.
    """
    from pydantic_core import from_json

    try:
        return from_json(data, allow_partial="trailing-strings" if partial else False)
    except ValueError as error:
        first = error
    try:
        # The slower parser also takes lone surrogates; both refuse to nest too deeply.
        return json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        place = _PLACE.search(str(first))
        line, column = (int(place[1]), int(place[2])) if place else (1, 1)
        message = _PLACE.sub("", str(first)).removesuffix(" at ")
        raise JsonError(message, line, column) from None
