"""The numbers of many lines that are cut alike, column by column, from their runs of digits.

A number of at most 15 digits is a whole one divided by a power of ten, both of which a float holds
exactly: the quotient is the float that is nearest, as `float` gives it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.formats.textlog.tokens import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tbingest.formats.textlog.shapes import Lines, Token

_LAYOUT = re.compile(r"([-+]?)(\d*+)\.?(\d*+)(?:[eE]([-+]?)(\d++))?")
MOST_DIGITS = 15
_LARGEST_POWER = 22
_POWERS = 10.0 ** np.arange(_LARGEST_POWER + 1)
_WHOLE_POWERS = 10 ** np.arange(MOST_DIGITS + 1)


class Layout(NamedTuple):
    """Which runs of digits a number has, and its signs."""

    negative: bool
    whole: bool
    fraction: bool
    exponent: int


def layout_of(token: str) -> Layout | None:
    """How a number is written; None where it is written in another way than with digits."""
    found = _LAYOUT.fullmatch(token)
    if not found or not token.isascii() or not (found[2] or found[3]):
        return None
    exponent = (-1 if found[4] == "-" else 1) if found[5] else 0
    return Layout(found[1] == "-", bool(found[2]), bool(found[3]), exponent)


def texts(lines: Lines, firsts: NDArray[np.int64], token: Token) -> list[str]:
    """A token of some lines, whose first runs of digits are these."""
    if token.first < 0:
        return [token.text] * len(firsts)
    starts = lines.all_starts[firsts + token.first] - token.before
    ends = lines.all_ends[firsts + token.last] + token.after
    text = lines.text
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def floats(lines: Lines, firsts: NDArray[np.int64], token: Token) -> NDArray[np.float64]:
    """The values of a token of some lines; NaN where it is none."""
    found = _exact(lines, firsts, token, token.layout) if token.layout else None
    if found is None:
        return np.asarray([number(one) for one in texts(lines, firsts, token)], np.float64)
    return found


def wholes(lines: Lines, firsts: NDArray[np.int64], token: Token) -> NDArray[np.int64]:
    """The whole numbers that a token of one run of digits is; -1 where it has too many."""
    value, size = _run(lines, firsts + token.first)
    value[size > MOST_DIGITS] = -1
    return value


def _exact(
    lines: Lines, firsts: NDArray[np.int64], token: Token, layout: Layout
) -> NDArray[np.float64] | None:
    """As `floats`; None where a number has too many digits for that."""
    run = firsts + token.first
    size = power = np.zeros(len(run), np.int64)
    digits = size
    if layout.whole:
        digits, size = _run(lines, run)
        run = run + 1
    if layout.fraction:
        fraction, power = _run(lines, run)
        run = run + 1
    if np.max(size + power) > MOST_DIGITS:
        return None
    if layout.fraction:
        digits = digits * _WHOLE_POWERS[power] + fraction
    power = -power
    if layout.exponent:
        exponent, width = _run(lines, run)
        if np.max(width) > MOST_DIGITS:
            return None
        power = power + layout.exponent * exponent
    value = _scaled(digits.astype(np.float64), power)
    return -value if value is not None and layout.negative else value


def _scaled(digits: NDArray[np.float64], power: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Whole numbers times powers of ten; None where one of these is no exact float."""
    least, most = np.min(power), np.max(power)
    if least < -_LARGEST_POWER or most > _LARGEST_POWER:
        return None
    if least == most == 0:
        return digits
    if most <= 0:
        return digits / _POWERS[np.negative(power)]
    found = digits * _POWERS[np.maximum(power, 0)]
    return found if least >= 0 else found / _POWERS[np.maximum(np.negative(power), 0)]


def _run(lines: Lines, runs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The whole numbers that runs of digits are, and how many digits each has.

    Those of too many digits are whatever they are.
    """
    starts, codes = lines.all_starts[runs], lines.codes
    size = lines.all_ends[runs] - starts
    shortest, longest = int(size.min()), min(int(size.max()), MOST_DIGITS)
    value = np.zeros(len(runs), np.int64)
    for place in range(min(shortest, MOST_DIGITS)):
        value = value * 10 + (codes[starts + place] - 48)
    for place in range(shortest, longest):
        more = size > place
        value[more] = value[more] * 10 + (codes[starts[more] + place] - 48)
    return value, size
