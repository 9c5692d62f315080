"""From which source, or which part of one, a point comes, and what that means for other points.

Two sources may write one time series. What then stands at a step follows from how they relate, and
never from when they were read:

- the parts of one log, and what a log held before it was rewritten, are one story: what a later
  part says takes away everything at its step and beyond of the parts before it;
- what stood in a file that is gone fills the gaps that the parts leave which are there;
- all others (two loggers of one training, checkpoints, pictures, one document per epoch) are a
  union by step: where both have the step, the better one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Relation(Enum):
    """What another owner is to the one that speaks."""

    EARLIER = "earlier"
    """The same source, or a part before it: its points give way from the first step on."""
    LATER = "later"
    """A later part of the same log: from its first step on, it goes before."""
    BETTER = "better"
    """Where both have a step, the other's value is shown."""
    WORSE = "worse"
    """Where both have a step, the speaker's value is shown."""


class How(Enum):
    """In which way a source speaks."""

    NEW = "new"
    """What it says comes after what it said: where its steps fall, the later values win."""
    LATE = "late"
    """Single records that come out of order: they take nothing else away."""


@dataclass
class Owner:
    """One source, or what is left of one; its fields are JSON.

    family: the format, or `dump`; exact: how good its word is; chain: it is a log that is appended
    to; turn: its place in the order of reading; history: it repeats what the files before it say.
    story: a source that is read again from its start gets another number, and keeps this one: what
    it said before gives way.
    gone: what it said stands in no file any more, so that its place among the parts of its log is
    not known.
    """

    number: int
    family: str = ""
    exact: int = 2
    chain: bool = False
    turn: list[Any] = field(default_factory=list)
    history: bool = False
    story: int = 0
    gone: bool = False


UNKNOWN = Owner(0, exact=-1, chain=True)
"""Of points that stand in our event files and that no state tells of."""
OURSELVES = Owner(1, "tbingest", exact=3)
"""Of figures, layouts and hyperparameters."""
FIRST = 2
"""The lowest number of a source."""


def relation(one: Owner, other: Owner) -> Relation:
    """What `other` is to `one`, which speaks."""
    if one.number == other.number:
        return Relation.EARLIER
    if other.number == UNKNOWN.number:
        return Relation.EARLIER if one.chain else Relation.WORSE
    if one.story and one.story == other.story:
        return Relation.EARLIER
    first = place(other) < place(one)
    if other.gone and one.chain and other.chain and one.family == other.family:
        return Relation.WORSE
    if one.family == other.family:
        if one.chain and other.chain:
            return Relation.EARLIER if first else Relation.LATER
        return Relation.WORSE if first else Relation.BETTER
    if one.exact != other.exact:
        return Relation.WORSE if other.exact < one.exact else Relation.BETTER
    return Relation.BETTER if first else Relation.WORSE


def place(owner: Owner) -> tuple[Any, ...]:
    """Where an owner stands in the order of reading."""
    return (_comparable(owner.turn), owner.number)


def _comparable(turn: Any) -> Any:
    """Lists of unlike things in an order that always exists."""
    if isinstance(turn, list | tuple):
        return (2, tuple(_comparable(part) for part in turn))
    return (1, turn) if isinstance(turn, str) else (0, float(turn))
