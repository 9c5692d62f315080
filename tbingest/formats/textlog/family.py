"""A family of lines in a sample: its records, their places, its columns, what it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.formats.textlog.slots import Column, Key, keys_of
from tbingest.formats.textlog.tags import label_of_part
from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import (
    SPLITS,
    are_settings,
    is_measure,
    is_outer,
    is_setting,
    rank_of,
    split_of,
)

if TYPE_CHECKING:
    from tbingest.formats.textlog.counters import Axis
    from tbingest.formats.textlog.recorder import Record


class Family:
    """The records of one family in a sample, and where each stands among all records.

    redrawn: the places of a bar that is drawn once, at which it was drawn again: a trainer does so
    when it has printed something, which may be buffered, and follow later.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: list[Record] = []
        self.order: list[int] = []
        self.steps: list[int | None] = []
        self.runs: list[int] = []
        self.columns: dict[Key, Column] = {}
        self.axes: list[Axis] = []
        self.best: Axis | None = None
        self.reduce = ""
        self.whole_bar = 0
        self.redrawn: list[int] = []

    @property
    def chosen(self) -> Axis:
        """The best of the axes, where there is one."""
        return self.best or self.axes[0]

    @property
    def key(self) -> tuple[str, ...]:
        """The family's parts: its kind first."""
        return self.records[0].family


def is_pass(family: Family, best: Axis) -> bool:
    """`Test: [48/48]`: the only counter of an evaluation is that of its batches."""
    column = family.columns.get(best.inner)
    nameless = column and column.slot and column.slot.kind == "count" and column.total
    return best.kind == "own" and bool(nameless) and evaluates(family)


def is_title(family: Family) -> bool:
    """Whether a family's counter is one within which others begin anew."""
    return is_outer(family.chosen.name)


def told(family: Family) -> bool:
    """Whether a line measures something: then it is no setting, though it stands alone."""
    slots = family.records[0].part.slots
    if len(slots) > 6 or any(is_setting(slot.name) for slot in slots):
        return False
    return any(
        (is_measure(slot.name) or split_of(slot.name)) and not is_whole(record.numbers[slot.place])
        for record in family.records
        for slot in record.part.slots
    )


def is_config(family: Family) -> bool:
    """Whether a family is a block of settings, of which one may be called like a counter.

    `SOLVER:`, and under it `BASE_LR: 0.1`, `WARMUP_ITERS: 500`, `MOMENTUM: 0.9`.
    """
    return family.key[0] == "block" and are_settings([s.name for s in family.records[0].part.slots])


def before(family: Family, best: Axis) -> Key | None:
    """`Epoch(val) [1][10/10]`: the counter before that of the batches."""
    place = family.columns[best.inner].slot
    for key, column in family.columns.items():
        if column.slot and place and column.slot.place < place.place and column.rank >= 3:
            return key
    return None


def head(record: Record) -> float | None:
    """The outer counter in a bar's own line."""
    for slot in record.part.slots:
        if is_outer(slot.name):
            return number(record.numbers[slot.place])
    return None


def head_key(family: Family) -> Key | tuple[()]:
    """The key of the outer counter in a bar's own line, or nothing."""
    if not family.records[0].part.bar:
        return ()
    return next((key for key, _ in keys_of(family.records[0].part) if is_outer(key[0])), ())


def named_value(record: Record, name: str) -> float | None:
    """The value of a record's slot of that name."""
    for slot in record.part.slots:
        if slot.name.lower() == name:
            return number(record.numbers[slot.place])
    return None


def speaks(family: Family) -> bool:
    """Whether any of a family's lines has a number of its own."""
    return any(record.part.slots for record in family.records)


def measures(family: Family) -> bool:
    """Whether a family's last line has a value that is no whole number."""
    last = family.records[-1]
    return any(not is_whole(last.numbers[slot.place]) for slot in last.part.slots)


def signature(family: Family) -> tuple[str, ...]:
    """The names of the slots of a family's first line, counters by their last word."""
    names = [slot.name for slot in family.records[0].part.slots]
    return tuple(name.split()[-1] if rank_of(name) and name.split() else name for name in names)


def evaluates(family: Family) -> bool:
    """Whether a family's lines are those of a validation or a test."""
    record = family.records[0]
    label = label_of_part(record.part, record.title)
    labels = [label, *(slot.label for slot in record.part.slots)]
    found = next((split_of(one) for one in labels if one and split_of(one)), "")
    if not found:
        names = [slot.name for slot in record.part.slots[:2]]
        found = next((split_of(one) for one in names if split_of(one)), "")
    return SPLITS.get(found, "") in {"val", "test"}
