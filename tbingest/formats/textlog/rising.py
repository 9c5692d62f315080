"""Families that differ by a number in a name, which rises: each line is one more of the same."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.textlog.decision import named, unnumbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record

_DIGITS = re.compile(r"\d{1,15}")
_LEAST = 3


def rising(records: Sequence[Record]) -> set[str]:
    """The names, without their digits, of families that are told once each, one after the other.

    `snapshot-000100 score 0.5` and `snapshot-000200 score 0.6`: the one number that they differ by
    rises, and the training goes on between them. Not samples, classes and clients, which stand
    beside each other or come again.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        if any(map(_DIGITS.search, record.family)):
            places[named(record.family)].append(place)
    groups: dict[str, list[tuple[int, list[int]]]] = defaultdict(list)
    again = set()
    for name, where in places.items():
        digits = [int(one) for one in _DIGITS.findall(name)]
        groups[unnumbered(name)].append((where[0], digits))
        if len(where) > 1:
            again.add(unnumbered(name))
    return {
        name
        for name, found in groups.items()
        if name not in again and len(found) >= _LEAST and _rises(found)
    }


def _rises(found: list[tuple[int, list[int]]]) -> bool:
    if any(b - a == 1 for (a, _), (b, _) in pairwise(found)):
        return False
    columns = list(zip(*(digits for _, digits in found), strict=False))
    moving = [column for column in columns if len(set(column)) > 1]
    return len(moving) == 1 and all(a < b for a, b in pairwise(moving[0]))


def renamed(record: Record) -> None:
    """Give a record the family that it shares with those before and after it."""
    record.family = tuple(map(unnumbered, record.family))
