"""Titles that are headings: they stand above the first of many lines, and label none of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tbingest.formats.textlog.decision import named
from tbingest.formats.textlog.tokens import number
from tbingest.formats.textlog.words import SPLITS, rank_of, split_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record

_STEP = 3


def headings(records: Sequence[Record]) -> set[str]:
    """Families of titled lines that go on without the title: those of `Training stats:`.

    Its first line has the title, and twice as many have none as have it (half as many of lines that
    count by themselves, wherever the title stands; or all of these have it): a title that tells two
    kinds of lines apart (`Validation:` below those of the training) stands above each of them, and
    one that names a validation or a test is none.
    """
    titles: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, Record] = {}
    titled: dict[str, Record] = {}
    for record in records:
        if not record.part.bar:
            name = named(record.part.family)
            titles[name][record.title] += 1
            first.setdefault(name, record)
            if record.title:
                titled.setdefault(named(record.family), record)
    found = set()
    for family, record in titled.items():
        name = named(record.part.family)
        counts = any(rank_of(slot.name) >= _STEP for slot in record.part.slots)
        least = 0.5 if counts else 2
        begins = counts or first[name].title == record.title
        trains = SPLITS.get(split_of(record.title), "train") == "train"
        many = titles[name][""] >= least * titles[name][record.title]
        only = counts and len(titles[name]) == 1
        if begins and trains and (many or only):
            found.add(family)
    return found | _gone_on(records)


def _gone_on(records: Sequence[Record]) -> set[str]:
    """Families whose counter goes on below `Evaluating...`: the lines below are of the training.

    It rises from the lines above the title to those below, and to those beyond.
    """
    last: dict[str, tuple[Record, float]] = {}
    votes: Counter[str] = Counter()
    for record in records:
        slot = next((one for one in record.part.slots if rank_of(one.name) >= _STEP), None)
        if slot is None or record.part.bar:
            continue
        family, value = named(record.part.family), number(record.numbers[slot.place])
        above, before = last.get(family, (record, value))
        if bool(record.title) != bool(above.title):
            titled = record if record.title else above
            votes[named(titled.family)] += 1 if value > before else -1
        last[family] = (record, value)
    return {family for family, count in votes.items() if count > 0}
