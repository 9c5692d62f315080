"""A template as one compiled pattern that takes a line apart exactly as `TOKEN.split` does."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.readers.terminal import STAMP
from tbingest.formats.textlog.tokens import DIGITS, SPAN, SPOKEN, TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = r"(?:nan|inf|NaN|NAN|Inf|INF|Infinity|-inf)\b(?![@/-])"
_NUMBER = rf"([-+]?(?>\d++(?:\.\d*+)?+(?:[eE][-+]?\d++)?+|\.\d++(?:[eE][-+]?\d++)?+|{_NAMED}))"
_WITH_COMMAS = rf"([-+]?(?>{DIGITS}))"
_IS_NUMBER = re.compile(_NUMBER)
_OTHERS = tuple(
    (re.compile(pattern), f"((?>{pattern}))")
    for pattern in (STAMP.pattern, r"\d{4}[-/]\d\d[-/]\d\d(?![\w/-])", SPAN, SPOKEN)
)
_PARTING = re.compile(r"[^\d\s\-/.:,+_TZdhmsayeEAPM]|(?<![A-Za-z])(?!days?\b|[AP]M\b)[A-Za-z]{2,}")
"""What stands in no time, date, duration or number: these end before it."""
_GAP = re.compile(r"\s+|[,:;] +| ?/ ?| - ")
_GLUED = re.compile(r"[A-Za-z_]{1,4}")
_JOINED = re.compile(r"[-+.]$|\d\.?[A-Za-z_]{1,4}$")
_NO_NUMBER = re.compile(r"(?<![A-Za-z])(?:nan|inf|infinity)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_MOST_TOKENS = 64


def matcher(text: str) -> re.Pattern[str] | None:
    """A pattern for all of a line like this one, with a group for each of its tokens.

    None where the texts between the tokens are such that other digits in their places might make
    other tokens: `1,234` of `1,23`, or a date of `2024-1-2`.
    """
    pieces = TOKEN.split(text)
    literals, tokens = pieces[::2], pieces[1::2]
    if len(tokens) > _MOST_TOKENS or not _parted(literals, tokens):
        return None
    pattern = re.escape(literals[0])
    for token, literal in zip(tokens, literals[1:], strict=True):
        pattern += _group(token) + re.escape(literal)
    compiled = re.compile(pattern)
    found = compiled.fullmatch(text)
    return compiled if found and list(found.groups()) == tokens else None


def _group(token: str) -> str:
    """The group for a token: of a number, or of another one of its kind."""
    if _IS_NUMBER.fullmatch(token):
        return _NUMBER
    if "," in token and token.replace(",", "").replace(".", "").isdecimal():
        return _WITH_COMMAS
    return next((group for known, group in _OTHERS if known.fullmatch(token)), r"(?!)()")


def _parted(literals: Sequence[str], tokens: Sequence[str]) -> bool:
    """Whether no token can reach over a literal, or begin or end within it."""
    last = len(literals) - 1
    for place, literal in enumerate(literals):
        digits = [found.start() for found in _DIGIT.finditer(literal)]
        front, back = (literal[: digits[0]], literal[digits[-1] + 1 :]) if digits else ("", "")
        if digits and place > 0 and not _PARTING.search(front):
            return False
        if digits and place < last and not _PARTING.search(back):
            return False
        if (place < last and _JOINED.search(literal)) or _NO_NUMBER.search(literal):
            return False
        if digits or place in {0, last} or _PARTING.search(literal):
            if 0 < place < last and _GLUED.fullmatch(literal):
                return False
            continue
        around = tokens[place - 1 : place + 1]
        if not _GAP.fullmatch(literal) or not all(map(_IS_NUMBER.fullmatch, around)):
            return False
    return not any("/" in a and "/" in b for a, b in pairwise(map(str.strip, literals)) if a == b)
