"""Numbers as cells and values write them: `5/873`, `51%`, `1.5K`, `1,234`, `tensor(0.8)`, true."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

LONGEST = 120
"""A longer cell is no number."""
MISSING = frozenset(
    {"", "tbd", "todo", "pending", "?", "na", "n/a", "null", "none", "-", "--", "<na>"}
)
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9}
_PLAIN = re.compile(
    r"([+-]?(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,40})?\.?\d{0,40}(?:[eE][+-]?\d{1,3})?)\s?(%|[kKmMbB])?"
)
_OF = re.compile(r"\[?(\d{1,15})\s?(?:/|of)\s?(\d{1,15})\]?")
_WRAPPED = re.compile(r"\w{0,8}\.?\w{1,12}\(\[?\s?([-+.\deE]{1,40})\]?(?:,\s?[a-z][^()]{0,100})?\)")
_LIST = re.compile(
    r"(?:\w{1,8}\.?\w{0,12}\()?\[([-+.\deE,\s]{1,600})\](?:,\s?[a-z][^()]{0,100})?\)?"
)
_LONGEST_LIST = 16
_SPREAD = re.compile(
    r"([-+]?[\d.]{1,20}(?:[eE][-+]?\d{1,3})?)\s?%?\s{0,3}(?:±|\+/?-|\\pm)\s{0,3}([\d.]{1,20}(?:[eE][-+]?\d{1,3})?)\s?%?"
)
_BEHIND = re.compile(r"([^\W\d_]{1,20})[ _:#-]{0,3}(\d{1,15})")


class Number(NamedTuple):
    """A value, and the total where the cell says one: `5/873`."""

    value: float
    total: float | None = None


def number(cell: Any) -> Number | None:  # noqa: PLR0911 - one way of writing after the other
    """What a cell says; None where it is no number."""
    if isinstance(cell, bool | int | float):
        return Number(_float(cell))
    if not isinstance(cell, str) or len(cell) > LONGEST:
        return None
    text = cell.strip()
    try:
        if "_" not in text:
            return Number(float(text))
    except ValueError:
        pass
    if match := _OF.fullmatch(text):
        return Number(float(match[1]), float(match[2]))
    if (match := _PLAIN.fullmatch(text)) and match[1].strip("+-.,"):
        try:
            return Number(
                float(match[1].replace(",", "")) * _UNITS.get((match[2] or "").lower(), 1.0)
            )
        except ValueError:
            return None
    if match := _WRAPPED.fullmatch(text):
        try:
            return Number(float(match[1]))
        except ValueError:
            return None
    return None


def with_spread(cell: Any) -> tuple[float, float] | None:
    """(the value, how far it varies) of a cell such as `0.707 ± 0.12` or `0.707 +- 0.12`."""
    match = _SPREAD.fullmatch(cell.strip()) if isinstance(cell, str) and len(cell) < 60 else None
    try:
        return (float(match[1]), float(match[2])) if match else None
    except ValueError:
        return None


def short_list(cell: Any) -> list[float]:
    """The numbers of a cell that holds 2 to 16 of them: `[0.9, 0.8]`, `tensor([0.9, 0.8])`."""
    match = _LIST.fullmatch(cell.strip()) if isinstance(cell, str) and "[" in cell else None
    parts = match[1].replace(",", " ").split() if match else []
    if not 1 < len(parts) <= _LONGEST_LIST:
        return []
    try:
        return [float(part) for part in parts]
    except ValueError:
        return []


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def named_number(cell: str) -> tuple[str, int] | None:
    """`Epoch 3`, `step_100`: the word, in lower case, and the number."""
    match = _BEHIND.fullmatch(cell.strip())
    return (match[1].lower(), int(match[2])) if match else None


def is_missing(cell: Any) -> bool:
    """True where nothing stands."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING)


def is_plain_number(value: Any) -> bool:
    """True for numbers of JSON, true and false apart."""
    return isinstance(value, int | float) and not isinstance(value, bool)
