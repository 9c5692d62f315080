"""Titles that are headings: they stand above the first of many lines, and label none of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tbingest.formats.textlog.decision import named
from tbingest.formats.textlog.words import SPLITS, split_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record


def headings(records: Sequence[Record]) -> set[str]:
    """Families of titled lines that go on without the title: those of `Training stats:`.

    Its first line has the title, and twice as many have none as have it: a title that tells two
    kinds of lines apart (`Validation:` below those of the training) stands above each of them, and
    one that names a validation or a test is none.
    """
    titles: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, Record] = {}
    for record in records:
        if not record.part.bar:
            name = named(record.part.family)
            titles[name][record.title] += 1
            first.setdefault(name, record)
    return {
        named(record.family)
        for name, record in first.items()
        if record.title
        and SPLITS.get(split_of(record.title), "train") == "train"
        and titles[name][""] >= 2 * titles[name][record.title]
    }
