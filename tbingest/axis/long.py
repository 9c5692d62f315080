"""Tables in the long form: a column of names, and one of their values.

metric,value           each value once, under its name
epoch,metric,value     a row for each value: a column for each name
model,metric,value     what is said of the same words is one row
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.axis.columns import Column, column_of, groups_of
from tbingest.axis.counters import NAMED
from tbingest.axis.words import word_set, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VALUES = frozenset({"value", "val", "values"})
_NAMES = frozenset("metric tag measure variable key quantity name metrics".split())


def named_values(
    columns: Sequence[Column], count: int
) -> tuple[Column, Column, Column | None] | None:
    """(names, values, steps) of a table that says each value once, under its name; else None.

    As of classification scores (`Metric,Value`), and what Comet exports of single values.
    """
    values = [one for one in columns if one.kind == "number" and set(words(one.name)) <= _VALUES]
    names = [one for one in columns if one.kind == "text" and set(words(one.name)) & _NAMES]
    if len(values) != 1 or len(names) != 1 or names[0].distinct < max(2, count):
        return None
    others = [one for one in columns if one is not values[0] and one is not names[0]]
    steps = next((one for one in others if one.rank >= NAMED and one.has.all()), None)
    if any(one is not steps and one.kind != "time" for one in others):
        return None
    return names[0], values[0], steps


def tidy_columns(columns: Sequence[Column], count: int) -> tuple[Column, Column] | None:
    """The column of names and that of values of a tidy table; None for others."""
    values = [
        one
        for one in columns
        if one.kind == "number"
        and len(words(one.name)) <= 2
        and set(words(one.name)[-1:]) & _VALUES
    ]
    names = [
        one
        for one in columns
        if one.kind == "text" and word_set(one.name) & _NAMES and one.distinct <= max(1, count / 2)
    ]
    if len(values) != 1 or not names:
        return None
    return names[0], values[0]


def pivoted(columns: Sequence[Column], count: int) -> list[Column] | None:
    """A tidy table (a column of names, one of values) with a column for each name, or None."""
    found = tidy_columns(columns, count)
    if not found:
        return None
    name, value = found
    made: dict[str, list[object]] = {text: [None] * count for text in name.texts if text}
    for at, text in enumerate(name.texts):
        if text:
            made[text][at] = value.cells[at]
    kept = [one for one in columns if one is not value and one is not name]
    return _one_row_each(kept, made, count) or [
        *kept,
        *(column_of(text, cells) for text, cells in made.items()),
    ]


def _one_row_each(
    kept: Sequence[Column], made: Mapping[str, list[object]], count: int
) -> list[Column]:
    """The columns with a row for all that is said of the same words, where no counter stands beside
    them and nothing is said twice; else none.
    """
    if not kept or any(one.kind != "text" for one in kept):
        return []
    ids, _ = groups_of(count, kept)
    firsts = list(dict.fromkeys(ids.tolist()))
    cells: dict[str, list[object]] = {text: [None] * len(firsts) for text in made}
    for text, given in made.items():
        for at, cell in enumerate(given):
            if cell is not None and cells[text][ids[at]] is not None:
                return []
            if cell is not None:
                cells[text][ids[at]] = cell
    rows = [ids.tolist().index(group) for group in firsts]
    told = [column_of(one.name, [one.cells[row] for row in rows]) for one in kept]
    return [*told, *(column_of(text, given) for text, given in cells.items())]
