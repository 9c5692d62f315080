"""A time series that several sources tell of: whose it is, and what stands where all is at hand.

What stands is what a conversion writes that reads these sources one after the other.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tbingest.series.agreement import Curve, agree
from tbingest.series.owners import FIRST, How, Relation, relation
from tbingest.series.settle import Rows, Settling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tbingest.series.agreement import Pair
    from tbingest.series.owners import Owner


class Ruling(Enum):
    """Whose a tag is that loggers of two formats write."""

    SHARED = "shared"
    """They write one time series."""
    MINE = "mine"
    """They do not, and what the other says of it goes."""
    THEIRS = "theirs"
    """They do not, and the other's stands."""


def loggers(
    mine: Owner, said: Rows, stood: Rows, owners: Mapping[int, Owner]
) -> dict[str, list[int]]:
    """Which owners of what stood, by number, are loggers of other formats than `mine`, by format.

    The one that is nearest to what is said comes first: it may be known by it that it goes on where
    the others are.
    """
    found: dict[str, list[int]] = {}
    for number in stood.numbers():
        if number >= FIRST and owners[number].family != mine.family:
            found.setdefault(owners[number].family, []).append(number)
    if len(found) < 2:
        return found
    return dict(sorted(found.items(), key=lambda one: _distance(said, stood, one[1])))


def _distance(said: Rows, stood: Rows, numbers: Sequence[int]) -> int:
    steps = stood.steps[np.isin(stood.owners, numbers)]
    return min(int(np.abs(steps - said.steps[end]).min()) for end in (0, -1))


def rule(mine: Owner, other: Owner, agrees: Callable[[], bool]) -> Ruling:
    """Whose the tag is; last values alone are never compared with a curve."""
    summary = 0 in {mine.exact, other.exact}
    if not summary and agrees():
        return Ruling.SHARED
    return Ruling.THEIRS if relation(mine, other) == Relation.BETTER else Ruling.MINE


def union(parts: Sequence[tuple[Owner, Rows]], *, compared: bool) -> Rows:
    """What stands in the end, steps rising; `parts` are in the order of reading, and of each what
    stands of it alone. `compared` where values are numbers, which tell whether two loggers mean
    the same.
    """
    stood = parts[0][1].take(slice(0, 0))
    owners: dict[int, Owner] = {}
    pairs: list[Pair] = []
    for owner, rows in parts:
        leave: set[int] = set()
        if not _refused(owner, rows, stood, owners, pairs, leave, compared=compared):
            settling = Settling(stood, owner, owners, How.NEW, np.equal, leave)
            settling.take(rows.steps, rows.times, rows.values)
            settling.finish()
            stood = settling.whole()
        owners[owner.number] = owner
    return stood


def _refused(
    mine: Owner,
    rows: Rows,
    stood: Rows,
    owners: Mapping[int, Owner],
    pairs: list[Pair],
    leave: set[int],
    *,
    compared: bool,
) -> bool:
    """True where another logger has the tag for something else, and goes before; where it does not,
    its numbers are added to those that `leave`.
    """
    for family, numbers in loggers(mine, rows, stood, owners).items():
        theirs = stood.take(np.isin(stood.owners, numbers))
        said, known = Curve(rows.steps, rows.values), Curve(theirs.steps, theirs.values)
        agrees = partial(agree, pairs, mine.family, family, said, known, anew=True)
        ruling = rule(mine, owners[numbers[0]], agrees if compared else _always)
        if ruling == Ruling.THEIRS:
            return True
        if ruling == Ruling.MINE:
            leave.update(numbers)
    return False


def _always() -> bool:
    return True
