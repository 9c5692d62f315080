"""Where the tokens of a line are, as `TOKEN.split` has it, for all lines of its shape."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.readers.terminal import STAMP
from tbingest.formats.textlog.tokens import DIGITS, SPAN, SPOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = r"(?:nan|inf|NaN|NAN|Inf|INF|Infinity|-inf)\b(?![@/-])"
_NUMBER = re.compile(
    rf"[-+]?(?>\d++(?:\.\d*+)?+(?:[eE][-+]?\d++)?+|\.\d++(?:[eE][-+]?\d++)?+|{_NAMED})"
)
_WITH_COMMAS = re.compile(rf"[-+]?(?>{DIGITS})")
_OTHERS = (STAMP, *map(re.compile, (r"\d{4}[-/]\d\d[-/]\d\d(?![\w/-])", SPAN, SPOKEN)))
NUMBER, KEPT = "number", "kept"
"""Kinds of tokens: of any digits, or of as many in the same places as in another one."""
_PARTING = re.compile(r"[^\d\s\-/.:,+_TZdhmsayeEAPM]|(?<![A-Za-z])(?!days?\b|[AP]M\b)[A-Za-z]{2,}")
"""What stands in no time, date, duration or number: these end before it."""
_GAP = re.compile(r"\s+|[,:;] +| ?/ ?| - ")
_LISTED = re.compile(r"[,;] +")
_GLUED = re.compile(r"[A-Za-z_]{1,4}")
_JOINED = re.compile(r"[-+.]$|\d\.?[A-Za-z_]{1,4}$")
_NO_NUMBER = re.compile(r"(?<![A-Za-z])(?:nan|inf|infinity)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_ASCII_DIGIT = re.compile("[0-9]")
_MOST_TOKENS = 64


def cut_of(text: str, pieces: Sequence[str]) -> list[tuple[int, int, str]] | None:
    """Where the tokens of a line stand, each with its kind, if in all lines of its shape they do.

    None where the texts between the tokens are such that other digits in their places might make
    other tokens: `1,234` of `1,23`, or a date of `2024-1-2`. pieces: the line split by `TOKEN`.
    """
    literals, tokens = pieces[::2], pieces[1::2]
    if len(tokens) > _MOST_TOKENS or not _parted(literals, tokens):
        return None
    if not text.isascii() and len(_DIGIT.findall(text)) > len(_ASCII_DIGIT.findall(text)):
        return None
    found: list[tuple[int, int, str]] = []
    at = 0
    for literal, token in zip(literals, tokens, strict=False):
        start = at + len(literal)
        at = start + len(token)
        pattern, kind = _pattern_of(token)
        match = pattern.match(text, start) if pattern else None
        if match is None or match.end() != at:
            return None
        found.append((start, at, kind))
    return found


def _pattern_of(token: str) -> tuple[re.Pattern[str] | None, str]:
    """What finds a token and others of its kind, and that kind."""
    if _NUMBER.fullmatch(token):
        return _NUMBER, NUMBER
    if "," in token and token.replace(",", "").replace(".", "").isdecimal():
        return _WITH_COMMAS, KEPT
    return next((known for known in _OTHERS if known.fullmatch(token)), None), KEPT


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
        if _LISTED.fullmatch(literal):
            continue
        if not _GAP.fullmatch(literal) or not all(map(_NUMBER.fullmatch, around)):
            return False
    return not any("/" in a and "/" in b for a, b in pairwise(map(str.strip, literals)) if a == b)
