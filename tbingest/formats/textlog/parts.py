"""What a message is made of, as plain data: its numbers by name, its labels, its family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

_BAR_ALONE = ("bar", "#")
ALONE = ("alone",)
"""The family of a number alone in its line, which a heading may name."""
NAMELESS = "nameless"
"""The kind of lines that are a list of numbers and nothing else."""


class Listed(NamedTuple):
    """A cell of a table that is a short list: the places of its numbers."""

    places: tuple[int, ...]


Cell = tuple[int, int] | Listed | str
"""A cell: the places of its number and of that one's total, or -1; a list; or the word in it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One number of a line that says something.

    place: its index among the line's tokens. kind: `value`, `count` (a counter without a name),
    `list` (an element of a short list) or `time` (`took: 12.5s`). strong: `:`, `=` or the like
    binds it to its name. scale: 1,000 for `5K`. total: the place of its `/ 500`, or -1. label: the
    split that holds where it stands. share: it is in per cent.
    """

    place: int
    name: str = ""
    kind: str = "value"
    strong: bool = False
    scale: float = 1.0
    total: int = -1
    label: str = ""
    share: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What one message says: the family of lines that it belongs to, its numbers, its labels.

    bar: the places of `450` and `1000` of a progress bar; the second -1 where there is no total.
    prose: more words stand in it than name its numbers. ends: it says that something has ended.
    apart: the split that it is of, where lines of another kind have its tags.
    """

    family: tuple[str, ...]
    slots: tuple[Slot, ...]
    labels: tuple[str, ...] = ()
    bar: tuple[int, int] | tuple[()] = ()
    prose: bool = False
    ends: bool = False
    apart: str = ""

    @property
    def total(self) -> int:
        """The place of the total by which a bar is known that has no name, else -1."""
        return self.bar[1] if self.bar and self.family == _BAR_ALONE else -1


def changed(slot: Slot, total: int | None = None, label: str | None = None) -> Slot:
    """A number with its total or its label."""
    return Slot(
        slot.place,
        slot.name,
        slot.kind,
        slot.strong,
        slot.scale,
        slot.total if total is None else total,
        slot.label if label is None else label,
        slot.share,
    )
