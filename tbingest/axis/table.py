"""A table to curves: what its rows are, then its runs, then its step."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.choice import Choice, choose
from tbingest.axis.columns import Column, columns_of, distinct, groups_of, time_at, times_in
from tbingest.axis.counters import NAMED, Axis, against, numbers_rows
from tbingest.axis.fixed import without_settings
from tbingest.axis.long import NamedValues, named_values, pivoted, tidy_columns
from tbingest.axis.meaning import is_woven
from tbingest.axis.numbers import is_missing
from tbingest.axis.outcome import Curve, Outcome, Shape
from tbingest.axis.shapes import MANY_CELLS
from tbingest.axis.sparse import by_record
from tbingest.axis.things import UNSAFE, read_row, read_things, things_named
from tbingest.axis.vocabulary import WITHIN
from tbingest.axis.words import split_of, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

_DEEPEST = 3


def read_table(
    table: Mapping[str, Sequence[Any]],
    totals: Collection[float] = (),
    depth: int = 0,
    title: str = "",
) -> Outcome:
    """The curves of a table: cells by column name, None where there is none.

    title: what the table is called, which may say what its rows are (`per_class`).
    """
    columns = columns_of(table)
    count = max((len(column.cells) for column in columns), default=0)
    if not count:
        return Outcome()
    by_name = _by_name(columns, count)
    if by_name:
        return by_name
    tidy = pivoted(columns, count)
    columns = tidy or columns
    count = max(len(column.cells) for column in columns)
    split = [one for one in columns if one.kind == "text" and _are_splits(one.texts)][:1]
    working = [one for one in columns if one not in split]
    choice = choose(working, count, _measured(columns, split), totals)
    outcome = Outcome(why=[one.said for one in choice.tried[:4]])
    if _read_things(columns, working, count, choice.axis, title, outcome):
        return outcome
    if count == 1 and read_row(columns, choice.axis, outcome):
        return outcome
    odd = _no_steps(columns, count, choice.axis)
    if odd and depth < _DEEPEST:
        outcome.join(read_table(_rows(columns, set(range(count)) - odd), totals, depth + 1))
        outcome.unread.append(_said_of(odd, columns, choice.axis))
        outcome.shapes[-1].odd = True
        return outcome
    steps = _Steps(columns, count, choice, split, outcome, depth)
    outcome.shapes.append(steps.shape(table, tidy=tidy is not None))
    steps.read()
    return outcome


def _read_things(
    columns: Sequence[Column],
    working: Sequence[Column],
    count: int,
    axis: Axis | None,
    title: str,
    outcome: Outcome,
) -> bool:
    """Read a table whose rows are no steps; False where they are. A row's number says nothing of
    that.
    """
    if axis and numbers_rows(axis):
        columns = [one for one in columns if one.name not in axis.names]
        working, axis = [one for one in working if one in columns], None
    named = things_named(columns, working, count, axis, title)
    if named:
        read_things(columns, count, named, outcome)
    return bool(named)


def _by_name(columns: Sequence[Column], count: int) -> Outcome | None:
    """The curves of a table whose rows are said by name, where that says all; else None."""
    single = named_values(columns, count)
    if single:
        return _read_values(single, times_in(columns))
    return _apart(columns, count)


def _read_values(named: NamedValues, times: Column | None) -> Outcome:
    """A tag for each row, and for each column that says more of it."""
    steps = named.steps
    counted = (steps.name,) if steps else ()
    streams = steps is not None and times is None
    outcome = Outcome(shapes=[Shape(counted, odd=True, tidy=streams)])
    for at, one in product(range(len(named.names.cells)), named.values):
        if one.has[at]:
            step = int(steps.value[at]) if steps else 0
            curve = outcome.curve("", named.tag(at, one))
            curve.add(step, float(one.value[at]), at + 1, time_at(times, at))
    return outcome


def _apart(columns: Sequence[Column], count: int) -> Outcome | None:
    """A tidy table of so many names that a column for each of them would be gaps; else None."""
    found = tidy_columns(columns, count)
    if not found or found[0].distinct * count <= MANY_CELLS:
        return None
    name, value = found
    rest = [one for one in columns if one is not name and one is not value]
    records = [
        {
            **{one.name: _cell(one, at) for one in rest if one.kind in {"text", "number"}},
            name.texts[at]: _cell(value, at),
        }
        for at in range(count)
        if name.texts[at]
    ]
    outcome = Outcome()
    if not by_record(records, outcome):
        return None
    for shape in outcome.shapes:
        shape.odd = shape.tidy = True
    return outcome


def _cell(column: Column, at: int) -> Any:
    if column.kind == "number":
        return float(column.value[at]) if column.has[at] else None
    return column.texts[at] or None


def _are_splits(texts: Sequence[str]) -> bool:
    return any(texts) and all(split_of(text) for text in texts if text)


def _measured(columns: Sequence[Column], split: Sequence[Column]) -> list[Column]:
    """The columns whose values are to survive, those of each split for themselves."""
    only = [one for one in columns if one.kind == "number"]
    chosen = [one for one in only if not one.rank] or [one for one in only if one.rank < NAMED]
    chosen = chosen or only
    if not split:
        return chosen
    labels = np.asarray([split_of(text) for text in split[0].texts])
    return [_part(one, labels == name) for name in sorted(set(labels)) for one in chosen]


def _part(column: Column, rows: NDArray[np.bool_]) -> Column:
    return Column(
        column.name, column.cells, column.kind, column.value, column.has & rows, rank=column.rank
    )


def _rows(columns: Sequence[Column], rows: Collection[int]) -> dict[str, list[Any]]:
    return {one.name: [one.cells[at] for at in sorted(rows)] for one in columns}


def _no_steps(columns: Sequence[Column], count: int, axis: Axis | None) -> set[int]:
    """Rows that say a word where the others count (`mean`, `total`): no steps."""
    if axis is None or len(axis.names) != 1:
        return set()
    column = next((one for one in columns if one.name == axis.names[0]), None)
    if column is None or column.has.all():
        return set()
    odd = {
        at
        for at, cell in enumerate(column.cells)
        if not column.has[at] and isinstance(cell, str) and not is_missing(cell)
    }
    return odd if 2 * len(odd) < count else set()


def _said_of(odd: set[int], columns: Sequence[Column], axis: Axis | None) -> tuple[str, int]:
    """What is said of rows that are no steps, and how many numbers they hold."""
    names = axis.names if axis else ()
    word = next(str(one.cells[min(odd)]) for one in columns if one.name in names)
    numbers = [one for one in columns if one.kind in {"number", "flag"}]
    left = sum(bool(one.has[at]) for one in numbers for at in odd)
    return f"{_rows_said(len(odd))} ({word!r})", left


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return is_missing(cell)
    return True


class _Steps:
    """A table whose rows are a course: of one run, or of several."""

    def __init__(
        self,
        columns: Sequence[Column],
        count: int,
        choice: Choice,
        split: Sequence[Column],
        outcome: Outcome,
        depth: int,
    ) -> None:
        self.columns = columns
        self.count = count
        self.choice = choice
        self.outcome = outcome
        self.depth = depth
        self.split = split[0] if split else None
        self.mean = choice.axis is None and choice.shared is not None
        axis = choice.axis or (choice.shared[0] if choice.shared else None)
        numbered = np.arange(count, dtype=np.float64)
        self.axis = axis or Axis((), numbered, np.ones(count, bool), 0)
        told = choice.shared[1] if self.mean and choice.shared else []
        self.times = times_in(columns)
        skipped = {one.name for one in (*choice.groups, *split, *told)} | set(self.axis.names)
        self.measured = [
            one
            for one in columns
            if one.name not in skipped and one is not self.times
            if not (self.axis.rank >= NAMED and numbers_rows(one))
        ]
        self.family = next((one for one in choice.groups if one is choice.family), None)

    def shape(self, names: Collection[str], *, tidy: bool) -> Shape:
        """How the table is taken, whose columns have these names: not those of the elements of a
        list and of deviations, which a plain reader would take for texts.
        """
        parted = any(one.name not in names for one in self.columns)
        written = any(
            there and isinstance(cell, str) and not _is_float(cell)
            for one in self.columns
            if one.name in self.axis.names and not one.plain
            for cell, there in zip(one.cells, one.has, strict=True)
        )
        odd = (
            tidy
            or parted
            or self.mean
            or written
            or (len(self.axis.names) > 1 and not self._streams())
        )
        odd = odd or any(one is not self.family for one in self.choice.groups)
        if not self.axis.names:  # a reader that goes by names would take one that loses values
            odd = odd or is_woven(self.columns, self.count)
        runs = tuple(one.name for one in self.choice.groups)
        return Shape(self.axis.names, runs, (), self.split.name if self.split else "", odd, tidy)

    def _streams(self) -> bool:
        """True for a step within the epoch, which its plain reader counts on."""
        outer, inner = (name.strip().lower() for name in self.axis.names)
        return outer in {"epoch", "epochs"} and inner in WITHIN

    def read(self) -> None:
        """Put all values where they belong."""
        groups = [one for one in self.choice.groups if one is not self.family]
        ids, labels = groups_of(self.count, groups)
        runs = [UNSAFE.sub("_", name) for name in labels]
        self.measured = without_settings(self.measured, ids, runs, self.outcome)
        skip = self._others()
        kinds = np.asarray(self.family.texts if self.family else [""] * self.count)
        for kind in sorted(set(kinds.tolist())):
            for group, run in enumerate(runs):
                rows = np.flatnonzero((ids == group) & ~skip & (kinds == kind))
                if len(rows):
                    self._read(rows, run, self._own_word(kind, rows))

    def _own_word(self, kind: str, rows: NDArray[np.int64]) -> str:
        """What stands before tags of a second kind of rows that the first kind has, too."""
        if kind in {"", "0"}:
            return ""
        others = np.setdiff1d(np.arange(self.count), rows)
        own = [one for one in self.measured if one.has[rows].any() and not one.has[others].any()]
        found = [split_of(word) for one in own for word in words(one.name) if split_of(word)]
        return next(iter(found), own[0].name.partition("/")[0] if own else "rows")

    def _others(self) -> NDArray[np.bool_]:
        """Rows that count by another name have an axis of their own; others follow those before."""
        rest = ~self.axis.has
        nothing = np.zeros(self.count, bool)
        if rest.sum() < 2 or self.depth >= _DEEPEST or float(rest.mean()) <= 0.001:
            return nothing
        own = [one for one in self.measured if not one.rank and (one.has & rest).any()]
        others = [
            one
            for one in self.columns
            if one.kind == "number"
            and one.rank >= NAMED
            and one.name not in self.axis.names
            and one.has[rest].mean() > 0.9
        ]
        zero = np.zeros(int(rest.sum()), np.int64)
        if not own or any((one.has & self.axis.has).any() for one in own):
            return nothing
        if all(
            against(Axis((one.name,), one.value[rest], one.has[rest], one.rank), zero)
            for one in others
        ):
            return nothing
        rows = np.flatnonzero(rest)
        part = read_table(_rows(self.columns, rows.tolist()), (), self.depth + 1)
        for tags in (*part.curves.values(), *part.texts.values()):
            for curve in tags.values():
                curve.order = [int(rows[at - 1]) + 1 for at in curve.order]
        self.outcome.join(part)
        for shape in self.outcome.shapes:
            shape.odd = True
        return rest

    def _read(self, rows: NDArray[np.int64], run: str, own: str) -> None:
        steps = self.axis.steps[rows].copy()
        known = self.axis.has[rows] & np.isfinite(steps)
        known &= (steps >= 0) | (np.max(steps[known], initial=0) <= 0)  # -1: of no step
        if not known.any():
            return
        stood = steps[known]
        unordered = int((np.diff(stood) < 0).sum()) > 0.2 * len(stood)
        if unordered and distinct(stood) == len(stood):
            rows, steps = rows[known], stood
        else:
            place = np.maximum.accumulate(np.where(known, np.arange(len(rows)), -1))
            steps = np.where(place < 0, stood[0], steps[np.maximum(place, 0)])
        splits = (
            [split_of(self.split.texts[row]) for row in rows] if self.split else [""] * len(rows)
        )
        taken = set(self.outcome.curves.get(run, ())) if own else set()
        for column in self.measured:
            before = own if column.name in taken else ""
            self._column(column, rows, steps.astype(np.int64), splits, (run, before))

    def _column(
        self,
        column: Column,
        rows: NDArray[np.int64],
        steps: NDArray[np.int64],
        splits: Sequence[str],
        where: tuple[str, str],
    ) -> None:
        run, before = where
        numeric = column.kind in {"number", "flag"}
        there = column.has[rows]
        if not numeric:
            there = np.array([not is_missing(column.cells[row]) for row in rows.tolist()], bool)
        elif not there.all():
            left = [column.cells[row] for row in rows[~there].tolist()]
            said = [f"{column.name}: {cell!r}"[:80] for cell in left if not is_missing(cell)]
            self.outcome.unread += [(one, 1) for one in said]
        name = f"{before}/{column.name}" if before else column.name
        tags = {split: _split_tag(name, split) for split in {*splits}}
        named = np.array([tags[split] for split in splits], object)
        for tag in dict.fromkeys(named[there].tolist()):
            mine = there & (named == tag)
            if numeric and self.mean:
                self._means(run, tag, column, rows[mine], steps[mine])
            else:
                place = self.outcome.curve if numeric else self.outcome.text
                place(run, tag).extend(self._curve(column, rows[mine], steps[mine]))

    def _curve(self, column: Column, rows: NDArray[np.int64], steps: NDArray[np.int64]) -> Curve:
        places = rows.tolist()
        values: list[Any] = column.value[rows].tolist()
        if column.kind not in {"number", "flag"}:
            values = [str(column.cells[row]).strip() for row in places]
        times: list[float | str | None] = [None] * len(places)
        if self.times:
            times = [time_at(self.times, row) for row in places]
        return Curve(steps.tolist(), values, (rows + 1).tolist(), times)

    def _means(
        self,
        run: str,
        tag: str,
        column: Column,
        rows: NDArray[np.int64],
        steps: NDArray[np.int64],
    ) -> None:
        """The mean of each step."""
        found: dict[int, list[int]] = {}
        for row, step in zip(rows.tolist(), steps.tolist(), strict=True):
            found.setdefault(step, []).append(row)
        for step, mine in found.items():
            mean = float(np.mean(column.value[mine]))
            self.outcome.curve(run, tag).add(step, mean, mine[0] + 1)
            self.outcome.averaged += len(mine) - 1


def _split_tag(name: str, split: str) -> str:
    return f"{split}/{name}" if split and split not in words(name) else name


def _rows_said(count: int) -> str:
    return "1 row that is not a step" if count == 1 else f"{count:,} rows that are not steps"
