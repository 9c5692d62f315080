"""Candidates for the step: columns, and pairs of them, with what speaks against each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.axis.columns import distinct
from tbingest.axis.falls import Counter, judge
from tbingest.axis.vocabulary import CLASS, METRIC, RUN_WORDS, SETTING, THING
from tbingest.axis.words import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.axis.columns import Column

NAMED = 10
"""From this rank on a column is called like a counter; below, like an amount or a place."""
_FEW_ROWS = 4
_STRIDES = frozenset({1, 5, 10, 100, 1000})
_FAR = 2.0**53
_ROW = {"index", "unnamed", "0"}
_LAST = {"id", "idx", "index"}


@dataclass
class Axis:
    """A candidate. steps (n,) float64, NaN where `has` says that a row has none; names: of the
    columns that it is made of; first: it is the first column; unordered: its steps stand in no
    order, each once.
    """

    names: tuple[str, ...]
    steps: NDArray[np.float64]
    has: NDArray[np.bool_]
    rank: int
    first: bool = False
    unordered: bool = False

    @property
    def said(self) -> str:
        """In words."""
        return " within ".join(reversed(self.names)) if self.names else "the record's number"


def candidates(columns: Sequence[Column]) -> Iterator[Axis]:
    """Columns that are called like counters, and a first one that counts all the same."""
    first = next((one for one in columns if one.kind in {"number", "text"}), None)
    named = any(one.kind == "number" and one.rank >= NAMED for one in columns)
    for column in columns:
        if column.kind != "number" or not (column.whole or column.total):
            continue
        if column.rank or column.total:
            yield Axis((column.name,), column.value, column.has, column.rank, column is first)
        elif column is first and _counts_unnamed(column):
            yield Axis((column.name,), column.value, column.has, 1, first=True)
        elif not named and _counts_anew(column, columns):
            yield Axis((column.name,), column.value, column.has, NAMED)


def numbers_rows(column: Axis | Column) -> bool:
    """True for what only says which row it is, as pandas writes it (`,loss` or `index`):
    under that, all is kept of any table.
    """
    named, values = (
        ("".join(column.names), column.steps)
        if isinstance(column, Axis)
        else (column.name, column.value)
    )
    if not word_set(named) <= _ROW or not column.has.all() or not 0 <= values[0] <= 1:
        return False
    return bool((values - np.arange(len(values)) == values[0]).all())


def _counts_unnamed(column: Column) -> bool:
    """True for integers that rise by one stride throughout, in a table's first column."""
    if len(column.cells) < 4 or not column.has.all():
        return False
    if word_set(column.name) & ((SETTING - _LAST) | METRIC):
        return False
    rises = np.diff(column.value)
    if not (rises > 0).all():
        return False
    bare = column.name.isdigit()
    even = bool((rises == rises[0]).all())
    return (bare and float(np.mean(rises == np.median(rises))) > 0.8) or (
        even and rises[0] in _STRIDES
    )


def _counts_anew(column: Column, columns: Sequence[Column]) -> bool:
    """True for whole numbers, called like nothing else, that count by one from the same start for
    each of several groups: each time that they begin anew, a word changes beside them.
    """
    called = word_set(column.name) & (SETTING | METRIC | RUN_WORDS | THING | CLASS)
    if called or not column.whole or not column.has.all():
        return False
    moves = np.diff(column.value)
    anew = np.flatnonzero(moves != 1) + 1
    if not len(anew) or len(column.cells) < _FEW_ROWS * (len(anew) + 1):
        return False
    if not (column.value[anew] == column.value[0]).all():
        return False
    texts = [one.texts for one in columns if one.kind == "text"]
    return all(any(text[at] != text[at - 1] for text in texts) for at in anew.tolist())


def pairs(columns: Sequence[Column]) -> Iterator[Axis]:
    """(outer, inner) counters whose inner one falls back when the outer one rises."""
    for outer in columns:
        if not (outer.kind == "number" and outer.whole and NAMED <= outer.rank < 25):
            continue
        for inner in columns:
            usable = inner.kind == "number" and inner.whole and (inner.rank or inner.total)
            if inner is outer or not usable or NAMED <= inner.rank <= NAMED + 1:
                continue
            if word_set(inner.name) & RUN_WORDS:
                continue  # `client_id` within `round`: whose row it is
            both = outer.has & inner.has
            if both.sum() < 4 or inner.distinct < 2 or outer.distinct < 2:
                continue
            if _within(inner.value[both], outer.value[both]):
                steps = _woven(inner, outer, both)
                rank = max(outer.rank, inner.rank) + 2
                yield Axis((outer.name, inner.name), steps, both, rank)


def _within(inner: NDArray[np.float64], outer: NDArray[np.float64]) -> bool:
    moves = np.diff(outer)
    if float(np.mean(moves == 0)) < 0.3 or float(np.mean(moves < 0)) > 0.02:
        return False
    down, up = np.diff(inner) < 0, moves > 0
    together = int((down & up).sum())
    return bool(down.any()) and together >= 0.9 * down.sum() and together >= 0.5 * up.sum()


def _woven(inner: Column, outer: Column, both: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = inner.value[both]
    rises = np.diff(values)
    stride = float(np.median(rises[rises > 0])) if (rises > 0).any() else 1.0
    length = inner.total or float(values.max() - values.min()) + stride
    steps = (outer.value - outer.value[both].min()) * length + inner.value
    return np.where(both, steps, np.nan)


def against(axis: Axis, groups: NDArray[np.int64]) -> str:
    """Why a candidate is no counter, or an empty text: constant, negative, it falls without end."""
    steps, group = axis.steps[axis.has], groups[axis.has]
    if not len(steps) or bool((np.abs(steps) > _FAR).any()):
        return "no number of steps"
    if axis.rank < NAMED and len(steps) > 3 and not _regular(axis, steps):
        return "irregular"
    if len(steps) > 1 and distinct(steps) == 1 and distinct(groups) < len(groups):
        return "constant"
    if float(np.mean(steps < 0)) > 0.2:
        return "negative"
    order = np.argsort(group, kind="stable")
    steps, group = steps[order], group[order]
    at = np.flatnonzero((group[1:] == group[:-1]) & (np.diff(steps) < 0)) + 1
    return _against_falls(axis, steps, at) if len(at) else ""


def _regular(axis: Axis, steps: NDArray[np.float64]) -> bool:
    rises = np.diff(steps)
    if axis.first and axis.rank >= 6 and (rises > 0).all():
        return True
    rises = rises[rises > 0]
    if not len(rises):
        return False  # how many samples each fold has
    middle = float(np.median(rises))
    return float(np.mean(np.abs(rises - middle) <= 0.5 * middle)) >= 0.6


def _against_falls(axis: Axis, steps: NDArray[np.float64], at: NDArray[np.int64]) -> str:
    count, down = len(steps), len(at)
    low = max(float(steps[0]), 1.0)
    if distinct(steps) == count and axis.rank >= NAMED and down > 0.2 * count:
        axis.unordered = True  # every step once, in no order: a table that was sorted otherwise
        return ""
    if axis.rank < NAMED and bool((steps[at] > low).any()):
        return "falls"
    fresh = int((steps[at] <= low).sum())
    again = fresh >= 0.9 * down and count / (down + 1) >= 2 and down <= 0.34 * count
    if down <= max(1, 0.02 * count) or again or (down <= 3 and count >= 8):
        return ""
    return f"falls {down} times"


def trainings(axis: Axis, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which training of its group each row belongs to, by the falls of the axis."""
    found = np.zeros(len(groups), np.int64)
    for group in set(groups.tolist()):
        at = np.flatnonzero((groups == group) & axis.has)
        steps = axis.steps[at].astype(np.int64)
        if len(at) and bool((np.diff(steps) < 0).any()):
            found[at] = judge(steps.tolist(), [(0,)] * len(at), [Counter([""])], 0).part
    return found
