"""Patterns of the user's: what of a line their named groups are, and which texts are values."""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tbingest.errors import UsageError
from tbingest.formats.readers.table_layout import to_number

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTEXT = ("step", "time", "run")
"""The groups that hold for their whole line, and for those that follow."""
MAX_CELL = 200
_COMMA = re.compile(r",(?=\d{3,6}$)")


class Group(NamedTuple):
    """A named group as it matched: where in the line, counted from 0, and what it means."""

    name: str
    start: int
    stop: int
    text: str
    tag: str


@cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The patterns, ready for use. Raises UsageError, with the place, for one that is none."""
    return tuple(_compiled(pattern) for pattern in patterns)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():  # of what later Pythons may read otherwise
            warnings.simplefilter("ignore")
            found = re.compile(pattern)
    except re.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise UsageError(
            f"no regular expression: {error.msg}{at}: {pattern}",
            "see https://docs.python.org/3/library/re.html",
        ) from None
    except (OverflowError, RecursionError) as error:
        raise UsageError(f"no regular expression: {error}: {pattern}", "shorten it") from None
    if not found.groupindex:
        raise UsageError(
            f"no named group: {pattern}", r"write it as 'it (?P<step>\d+) loss (?P<loss>\S+)'"
        )
    return found


def matches(patterns: Sequence[re.Pattern[str]], text: str) -> list[list[Group]]:
    """The groups of every match in a line, by where the matches begin."""
    found = [
        (match.start(), number, groups)
        for number, pattern in enumerate(patterns)
        for match in pattern.finditer(text)
        if (groups := _groups(match))
    ]
    return [groups for _, _, groups in sorted(found, key=lambda one: one[:2])]


@cache
def layout_of(pattern: re.Pattern[str]) -> tuple[tuple[tuple[str, int, str], ...], int]:
    """(name, number, tag) of each group, and the number of `key` where it names a `value`."""
    numbers = dict(pattern.groupindex)
    key = numbers.pop("key") if {"key", "value"} <= numbers.keys() else 0
    return tuple(
        (name, number, name.replace("__", "/").strip("/") or name)
        for name, number in numbers.items()
    ), key


def _groups(match: re.Match[str]) -> list[Group]:
    """The groups that took part; `key` and `value` are one."""
    layout, key = layout_of(match.re)
    groups = []
    for name, number, tag in layout:
        text = match[number]
        if text:
            own = (match[key] or "").strip() if key and name == "value" else ""
            groups.append(Group(name, *match.span(number), text, own or tag))
    return groups


def is_plain_number(text: str) -> bool:
    """True where a group's text would be read as a value."""
    return number_of(text) is not None


def number_of(text: str) -> float | None:
    """As `to_number`, whose pattern is slow."""
    if len(text) > MAX_CELL:
        return None
    if text.isascii():
        if text.isdigit():
            return int(text)
        try:
            return float(text) if "_" not in text else None
        except ValueError:
            pass
    return to_number(text, ".")


def time_of(text: str) -> float | str | None:
    """A number, or a time in ISO 8601; None where it is neither."""
    seconds = number_of(text)
    if seconds is not None:
        return seconds
    # Slashes in the date and a comma before the milliseconds are common in logs.
    plain = _COMMA.sub(".", text.strip().replace("/", "-")) if len(text) <= MAX_CELL else ""
    try:
        datetime.fromisoformat(plain)
    except ValueError:
        return None
    return plain
