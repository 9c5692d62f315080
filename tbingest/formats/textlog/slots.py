"""The slots of a family's lines, each as a column of its values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import SPLITS, is_best, is_outer, rank_of, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.parts import Part, Slot
    from tbingest.formats.textlog.recorder import Record

BAR = ("@bar", 0)
"""The key of a progress bar's position."""
Key = tuple[str, int]
"""The name of a slot, and how many slots before it in the line are called so."""


def keys_of(part: Part) -> list[tuple[Key, Slot]]:
    """The slots of a part, each with its key."""
    seen: Counter[str] = Counter()
    found = []
    for slot in part.slots:
        found.append(((slot.name, seen[slot.name]), slot))
        seen[slot.name] += 1
    return found


@dataclass(slots=True)
class Column:
    """One slot over the records of a family: its values, the last one where a record has none.

    slot: the first record's. total: the most common `/ 500`, or 0. whole: every value is a whole
    number from 0 on. rank: how much it is called like a counter.
    """

    key: Key
    slot: Slot | None
    values: list[float]
    total: int
    rank: float
    scaled: bool = False

    @property
    def in_order(self) -> bool:
        """Whether it has a total, and counts one by one from its first value on, perhaps again."""
        values = self.values
        return self.total > 0 and all(b in {a + 1, values[0]} for a, b in pairwise(values))

    @property
    def falls(self) -> list[int]:
        """The records at which the value is below the one before."""
        values = self.values
        return [at for at in range(1, len(values)) if values[at] < values[at - 1]]


def columns_of(records: Sequence[Record], *, bar: bool) -> dict[Key, Column]:
    """The whole-number slots that nearly every record of a family has."""
    cells: dict[Key, dict[int, tuple[str, Slot | None, str]]] = {}
    known: dict[int, list[tuple[dict[int, tuple[str, Slot | None, str]], Slot]]] = {}
    for at, record in enumerate(records):
        numbers = record.numbers
        slots = known.get(id(record.part))
        if slots is None:
            keys = keys_of(record.part)
            slots = known[id(record.part)] = [(cells.setdefault(key, {}), one) for key, one in keys]
        for column, slot in slots:
            total = numbers[slot.total] if slot.total >= 0 else ""
            column[at] = (numbers[slot.place], slot, total)
        if bar and record.part.bar:
            done, out_of = record.part.bar
            total = record.numbers[out_of] if out_of >= 0 else ""
            cells.setdefault(BAR, {})[at] = (record.numbers[done], None, total)
    found = {}
    for key, column in cells.items():
        if len(column) < 0.9 * len(records):
            continue
        if _is_whole(column):
            found[key] = _column(key, column, len(records))
    return found


def _is_whole(column: dict[int, tuple[str, Slot | None, str]]) -> bool:
    """Whether nearly all values are whole numbers from 0 on."""
    spared = len(column) // 100
    for text, slot, _ in column.values():
        if not ((is_whole(text) and text[:1] != "-") or (slot and slot.scale != 1)):
            spared -= 1
            if spared < 0:
                return False
    return True


def _column(key: Key, cells: dict[int, tuple[str, Slot | None, str]], count: int) -> Column:
    values: list[float] = []
    text, slot, _ = next(iter(cells.values()))
    last = number(text) * (slot.scale if slot else 1)
    for at in range(count):
        if at in cells:
            text, own, _ = cells[at]
            value = number(text) * (own.scale if own else 1)
            last = value if value == value else last  # noqa: PLR0124
        values.append(last)
    totals = Counter(int(number(total)) for _, _, total in cells.values() if is_whole(total))
    total = totals.most_common(1)[0][0] if totals else 0
    scaled = any(own is not None and own.scale != 1 for _, own, _ in cells.values())
    return Column(key, slot, values, total, _rank(key, slot, total), scaled)


def _rank(key: Key, slot: Slot | None, total: int) -> float:
    """How much a slot is called, and looks, like a counter."""
    name = key[0]
    if slot is None:
        return 2.5
    rank = rank_of(name) or (3.0 if _is_letter(slot) else 0.0)
    if rank == 1 and is_best(name):
        return 0  # `best_run: 3` is a result
    if slot.kind == "count":
        return 3.5 if total else 3
    if not name:
        return 3 if total else 0
    if not rank and total and (name.lower() in SPLITS or not slot.strong):
        return 3
    if not rank:
        return 0
    longer = 0.06 * (len(words(name)) - 1) + (0 if total else 0.3 * name.count("/"))
    return rank - longer + (0.3 if total else 0) + (0.2 if rank == 3 and not is_outer(name) else 0)


def _is_letter(slot: Slot) -> bool:
    """`s:10`, at the beginning of a line."""
    return slot.name in {"s", "i", "e", "t"} and slot.strong and slot.place == 0
