"""Tables in the long form: a column of names, and one of their values.

metric,value           each value once, under its name
epoch,metric,value     a row for each value: a column for each name
model,metric,value     what is said of the same words is one row
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tbingest.axis.columns import Column, column_of, groups_of
from tbingest.axis.counters import NAMED
from tbingest.axis.words import word_set, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VALUES = frozenset({"value", "val", "values"})
_METRICS = frozenset({"metric", "metrics", "measure"})
_NAMES = frozenset("metric tag measure variable key quantity name metrics".split())


class NamedValues(NamedTuple):
    """The columns of a table that says each value once, under its name."""

    names: Column
    values: Sequence[Column]
    steps: Column | None

    def tag(self, at: int, column: Column) -> str:
        """What a value is called: `f1`, and `f1/CV Mean` in a column that says more of it."""
        name = self.names.texts[at]
        return name if is_value(column) else f"{name}/{column.name}"


def named_values(columns: Sequence[Column], count: int) -> NamedValues | None:
    """The columns of a table that says each value once, under its name; None of other tables.

    As of classification scores (`Metric,Value`), and what Comet exports of single values; where the
    names are said to be those of metrics also in several columns: `Metric,Value,CV Mean`.
    """
    numbers = [one for one in columns if one.kind == "number"]
    values = [one for one in numbers if is_value(one)]
    names = [one for one in columns if one.kind == "text" and set(words(one.name)) & _NAMES]
    if len(names) != 1 or names[0].distinct < max(2, count):
        return None
    steps = next((one for one in numbers if one.rank >= NAMED and one.has.all()), None)
    if set(words(names[0].name)) <= _METRICS:
        values = [one for one in numbers if one.rank < NAMED]
    if not values or (len(values) > 1 and not set(words(names[0].name)) <= _METRICS):
        return None
    known = {names[0].name, *(one.name for one in values)}
    others = [one for one in columns if one.name not in known]
    if any(one is not steps and one.kind != "time" for one in others):
        return None
    return NamedValues(names[0], values, steps)


def is_value(column: Column) -> bool:
    """True for a column that is called `value` and no more."""
    return set(words(column.name)) <= _VALUES


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
