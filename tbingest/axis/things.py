"""Rows that are no steps: a run for each training with its settings, tables of other things."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tbingest.axis.columns import Column, groups_of, label, time_at, times_in
from tbingest.axis.counters import NAMED
from tbingest.axis.meaning import (
    are_classes,
    are_samples,
    is_amount,
    listed_by_title,
    named_classes,
    parts_of_means,
    swept_by_title,
    things,
)
from tbingest.axis.numbers import is_missing
from tbingest.axis.outcome import Listing, Outcome, Shape
from tbingest.axis.results import SPREAD, digits_of, is_result
from tbingest.axis.vocabulary import GIVEN, METRIC, RUN_WORDS, SETTING, THING
from tbingest.axis.words import word_set, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tbingest.axis.counters import Axis

MOST_RUNS = 300
UNSAFE = re.compile(r"[^\w.=+@ /-]")
_MODELS = frozenset("model method algorithm classifier".split())
_MOST_NAMES = 6
_MANY = 8
_SEVERAL = 3
_OFTEN = 0.8


class _Row(NamedTuple):
    """The run of a row, whether a tracker exported the rows, and the columns that were measured;
    step and time: of one of many rows of its run.
    """

    run: str
    exported: bool
    measured: Collection[str]
    step: int = 0
    time: float | str | None = None


class Named(NamedTuple):
    """The columns that name what the rows are: as a tracker exported its runs, or as a `listed`
    table, or its samples, say.
    """

    by: Sequence[Column]
    exported: bool = False
    listed: bool = False


def things_named(
    columns: Sequence[Column], working: Sequence[Column], count: int, axis: Axis | None, title: str
) -> Named | None:
    """What the rows are called, where they are no steps. working: the columns without the split."""
    exported = _exported(columns)
    if exported:
        return Named(exported, exported=True)
    counted = axis is not None and axis.rank >= NAMED
    listed = [] if counted else listed_by_title(working, count, title) or are_samples(working)
    if listed:
        return Named(listed, listed=True)
    by = things(working, count, axis)
    by = by or ([] if counted else swept_by_title(working, count, title))
    return Named(by) if by else None


def _exported(columns: Sequence[Column]) -> list[Column]:
    """The column that names the runs in an export of runs (`metrics.x`, `params.y`, `tags.z`)."""
    heads = {one.name.partition(".")[0] for one in columns}
    if "metrics" not in heads or not heads & {"params", "tags"}:
        return []
    for wanted in ("runname", "run_name", "run_id"):
        for one in columns:
            if one.name.lower().endswith(wanted):
                return [one]
    return []


def read_things(columns: Sequence[Column], count: int, told: Named, outcome: Outcome) -> None:
    """A run for each row that is a training, with its settings; a table of other things."""
    what, exported = told.by, told.exported
    outcome.shapes.append(Shape(things=tuple(one.name for one in what), odd=True))
    named = named_classes(what, columns, count)
    classes = told.listed or named or are_classes(what, columns)
    if count == 1 and classes and not (told.listed or named):
        _read_row(columns, _measured(columns, count, what[0], grid=False), outcome)
        return
    if not exported and (count > MOST_RUNS or classes):
        outcome.listings.append(("", _listing(columns, count)))
        if named:
            _read_classes(columns, what[0], outcome)
        return
    parts = parts_of_means(columns)
    if parts:
        outcome.listings.append(("", _listing(columns, count)))
    grid = count >= _MANY and what[0].distinct <= count / 2
    measured = _measured(columns, count, what[0], grid=grid)
    what = _apart(what, columns, count, measured)
    keys = list(zip(*(one.keys for one in what), strict=True))
    times = times_in(columns)
    times = times if times and _are_repeated(keys, columns, {*measured, times.name}) else None
    seen: Counter[str] = Counter()
    for at in range(count):
        name = UNSAFE.sub("_", label(what, keys[at]) or str(at))
        run = f"{name}/{seen[name] + 1}" if seen[name] and not times else name
        row = _Row(run, exported, measured)
        if times:
            row = row._replace(step=seen[name], time=time_at(times, at))
        for one in columns:
            if one.name not in parts and one is not times:
                _read_thing(one, at, row, outcome)
        seen[name] += 1


def _are_repeated(
    keys: Sequence[tuple[str, ...]], columns: Sequence[Column], measured: Collection[str]
) -> bool:
    """True where most rows are of things that stand three times or more, and nothing but the time
    tells them apart, no note and no setting: what was measured again and again is a course.
    """
    counts = Counter(keys)
    often = sum(times for times in counts.values() if times >= _SEVERAL)
    if often < _OFTEN * len(keys):
        return False
    said = [one.keys for one in columns if one.name not in measured]
    return len(set(zip(keys, *said, strict=True))) == len(counts)


def read_row(columns: Sequence[Column], axis: Axis | None, outcome: Outcome) -> bool:
    """The one row of a table as a training: its settings, its words and what was measured. False
    where it is the first of a course, or few of its columns are called like settings.
    """
    if axis is not None and axis.rank >= NAMED and not all(map(is_amount, axis.names)):
        return False
    given = [
        one
        for one in columns
        if one.kind == "number"
        and word_set(one.name) & GIVEN
        and not is_result(one.name, one.given)
    ]
    if len(given) < _SEVERAL:
        return False
    outcome.shapes.append(Shape(odd=True))
    measured = {one.name for one in columns if one.kind == "number" and one not in given}
    _read_row(columns, measured, outcome)
    return True


def _read_row(columns: Sequence[Column], measured: Collection[str], outcome: Outcome) -> None:
    """The one row of a table: what was measured, and all else as settings."""
    for one in columns:
        if one.name in measured:
            if one.has[0]:
                outcome.curve("", one.name).add(0, float(one.value[0]), 1)
        elif not is_missing(one.cells[0]):
            outcome.setting("", one.name, plain_of(one, 0))


def _listing(columns: Sequence[Column], count: int) -> Listing:
    header = tuple(one.name for one in columns)
    rows = [tuple(_said(one.cells[at]) for one in columns) for at in range(count)]
    numbers = sum(int(one.has.sum()) for one in columns if one.kind in {"number", "flag"})
    return Listing("table", header, rows, numbers)


def _read_classes(columns: Sequence[Column], names: Column, outcome: Outcome) -> None:
    """What is measured of each class: `precision/cat`."""
    for one in columns:
        if one.kind == "number" and is_result(one.name, one.given):
            for at, name in enumerate(names.texts):
                if one.has[at]:
                    tag = f"{one.name}/{name.replace('/', '_')}"
                    outcome.curve("", tag).add(0, float(one.value[at]), at + 1)


def _apart(
    what: Sequence[Column], columns: Sequence[Column], count: int, measured: Collection[str]
) -> Sequence[Column]:
    """The columns that name the rows, with as many of seeds and settings as tell them apart."""
    chosen: list[Column] = []
    for one in what:
        before = len(groups_of(count, chosen)[1])
        if not chosen or len(groups_of(count, [*chosen, one])[1]) > before:
            chosen.append(one)
    seeds = [one for one in columns if word_set(one.name) & RUN_WORDS]
    settings = [
        one
        for one in columns
        if one.kind in {"text", "number", "flag"}
        and one.distinct <= max(2, count / 2)
        and one.name not in measured
    ]
    groups = len(groups_of(count, chosen)[1])
    for one in [*seeds, *settings]:
        if groups == count or len(chosen) >= _MOST_NAMES:
            break
        more = len(groups_of(count, [*chosen, one])[1]) if one not in chosen else groups
        if more > groups:
            chosen.append(one)
            groups = more
    return chosen


def _ending(name: str) -> str:
    """The last part of a name, a place in a list apart."""
    parts = name.split("/")
    return parts[-2] if len(parts) > 1 and parts[-1].isdigit() else parts[-1]


def _measured(columns: Sequence[Column], count: int, names: Column, *, grid: bool) -> set[str]:
    """The names of the columns that hold results; of columns whose names end alike (`loss/std`) all
    or none do, and a deviation is what its mean is.

    In a grid of settings also numbers that differ as no setting does; and none that stand equally
    often, a few short ones, as what was swept does.
    """
    ends: dict[str, list[float | None]] = {}
    for one in columns:
        ends.setdefault(_ending(one.name), []).extend(one.given)
    alike = {end: digits_of(given) for end, given in ends.items()}
    found, others = set(), set()
    for one in columns:
        if one.kind != "number" or (count >= _MANY and _is_swept(one)):
            continue
        called = word_set(one.name) & (SETTING | RUN_WORDS | THING) or one.rank
        digits = alike[_ending(one.name)]
        differs = grid and not called and one.distinct > count / 3
        if differs or is_result(one.name, digits):
            found.add(one.name)
        elif digits.broken and digits.fine and not called and one.distinct > 1:
            others.add(one.name)
    if len(found) >= 2 * len(others):  # short fractions among results
        found |= others
    if not found and _MODELS & word_set(names.name):
        found = {one.name for one in columns if _is_scored(one)}
    return found | {one.name for one in columns if SPREAD.sub("mean", one.name) in found}


def _is_scored(column: Column) -> bool:
    """True for numbers that differ and that nothing calls a setting, in a table of models whose
    measures have names of their own: `model,normal,blurred`.
    """
    last = set(words(column.name)[-1:])
    called = word_set(column.name) & SETTING or last & (RUN_WORDS | THING) or column.rank
    return column.kind == "number" and column.distinct > 1 and not called


def _is_swept(column: Column) -> bool:
    """True for a few round numbers that stand in equally many rows each, where they stand."""
    if not 1 < column.distinct <= column.has.sum() / 3:
        return False
    if word_set(column.name) & METRIC or digits_of(column.given).long:
        return False
    return len(set(Counter(column.given).values())) == 1


def _read_thing(column: Column, at: int, where: _Row, outcome: Outcome) -> None:
    if is_missing(column.cells[at]):
        return
    kind, _, rest = column.name.partition(".")
    measured = column.kind == "number" and column.has[at]
    if where.exported:
        measured = measured and kind == "metrics"
    else:
        measured = measured and column.name in where.measured
    if measured:
        tag = rest if where.exported else column.name
        value = float(column.value[at])
        outcome.curve(where.run, tag).add(where.step, value, at + 1, where.time)
    elif column.has[at] and column.kind == "flag":
        outcome.setting(where.run, column.name, bool(column.value[at]))
    else:
        outcome.setting(where.run, column.name, plain_of(column, at))


def plain_of(column: Column, at: int) -> float | int | str:
    """A cell as a setting: 32 stays a whole number, and true a flag."""
    if not column.has[at]:
        return str(column.cells[at]).strip()
    if column.kind == "flag":
        return bool(column.value[at])
    value = float(column.value[at])
    return int(value) if value.is_integer() and "." not in str(column.cells[at]) else value


def _said(cell: Any) -> str:
    return "" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell).strip()
