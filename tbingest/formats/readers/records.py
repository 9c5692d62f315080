"""What the readers share: lines that may be cut anywhere, and documents that are rewritten."""

from __future__ import annotations

import math
import re
import reprlib
from contextlib import suppress
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from tbingest.axis.shapes import few_records
from tbingest.model.points import Session
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tbingest.model.rows import Column

MAX_TAGS_DEPTH = 64
MAX_HPARAMS = 5_000
_MAX_TEXT = 500
_WHOLE = 2**53
_SHORT = reprlib.Repr()  # a bounded repr: aliases may make a list endless
SHOWN_OF_LIST = 20
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict = 4, SHOWN_OF_LIST, 20
_SHORT.maxstring = _MAX_TEXT
_WRITTEN = re.compile(r"[-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][-+]?\d{1,3})?")
_FLOAT = re.compile(r"[-+]?(?:\d++\.?\d*+|\.\d++)[eE][-+]?\d++")
HUGE = re.compile(rb"[\d.][eE]\+?\d{3}|\d{300}")
"""A number that may be beyond all floats."""
BEYOND = "a number beyond all floats is shown as infinite"
NON_FINITE = {
    "nan": math.nan,
    **dict.fromkeys(("inf", "infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}
"""What is no number in JSON, as writers put it into strings, in lower case."""
RUN = ":run"
"""A column that a reader adds: which run, below the source's own, each record belongs to."""


def flatten(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Any]:
    """(name, value) pairs of a nested mapping, names joined with `/`."""
    for key, value in record.items():
        name = f"{prefix}/{key}" if prefix else str(key)
        if isinstance(value, dict) and depth < MAX_TAGS_DEPTH:
            yield from flatten(value, name, depth + 1)
        else:
            yield name, value


def plain_hparams(values: Mapping[str, Any]) -> dict[str, bool | float | str]:
    """The first 5,000 values of a nested mapping as hyperparameters, names joined with `/`.

    Without those that are null: TensorBoard fails to sort a column of numbers and "None".
    """
    found = islice(flatten(values), MAX_HPARAMS)
    return {name: plain(item) for name, item in found if item is not None}


def plain(value: Any) -> bool | float | str:
    """A bool, a finite number or a short string."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _WHOLE:
        return value
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return str(value)[:_MAX_TEXT]
        return number if math.isfinite(number) else str(number)
    if isinstance(value, str) and _FLOAT.fullmatch(value.strip()):
        return float(value)  # YAML 1.1 takes 1e-3 for a string
    return _SHORT.repr(value)[:_MAX_TEXT] if isinstance(value, list) else str(value)[:_MAX_TEXT]


_STATUS: dict[str, Any] = {
    **dict.fromkeys(("finished", "complete", "completed", "success"), "success"),
    **dict.fromkeys(("failed", "fail", "killed", "crashed", "error", "invalid"), "failure"),
    **dict.fromkeys(("running", "scheduled", "waiting"), "running"),
}


def session(status: Any, start: Any = None, end: Any = None) -> Session:
    """How a run went, in a tracker's own word for it; times in seconds."""
    times = [float(one) if is_number(one) and one > 0 else 0.0 for one in (start, end)]
    return Session(_STATUS.get(str(status).lower(), ""), *times)


def typed(text: str) -> bool | float | str:
    """The value that a text writes: a number, true or false, or the text itself."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if _WRITTEN.fullmatch(text):
        return float(text)
    return text[:_MAX_TEXT]


def beside(name: str, *taken: str) -> str:
    """`name`, told apart from columns that are called so by a blank that no tag keeps."""
    return f"{name} " if name in taken else name


def is_number(value: object) -> bool:
    """True for an int, a float or a bool."""
    return isinstance(value, int | float)


def group_records(
    records: Sequence[Mapping[str, Any]], order: Sequence[int]
) -> Iterator[tuple[str, Rows | Problem]]:
    """Records of a JSON log as `Rows`, one for each set of fields and their kinds.

    A JSON null is a missing value. Numbers, and strings that say NaN or an infinity, become float64
    (int64 where every value is a whole number), lists of numbers stay lists, other lists and empty
    values are reported.
    """
    groups: dict[Shape, list[_Part]] = {}
    wrong: list[tuple[int, Problem]] = []
    for places in _by_keys(records):
        alike = [records[place] for place in places]
        columns = _all_alike(alike)
        if columns is not None:
            kinds = tuple(_kind(values[0]) for values in columns.values())
            part = _Part(places, list(columns.values()))
            groups.setdefault((*columns, *kinds), []).append(part)
            continue
        for shape, part in _one_by_one(alike, places, order, wrong).items():
            groups.setdefault(shape, []).append(part)
    for _, problem in sorted(wrong, key=itemgetter(0)):
        yield "", problem
    for shape, parts in sorted(groups.items(), key=lambda pair: _first(pair[1])):
        if names := shape[: len(shape) // 2]:
            places, held = _joined(parts)
            values: dict[str, Column] = dict(zip(names, map(_column, held), strict=True))
            lines = np.asarray([order[place] for place in places], np.int64)
            yield "\n".join(shape), Rows(values, lines)


Shape: TypeAlias = tuple[str, ...]
"""The names of some fields, and then their kinds."""


class _Part(NamedTuple):
    """Some records of one shape: their places, which rise, and their values by field."""

    places: list[int]
    columns: list[list[Any]]


def _first(parts: Sequence[_Part]) -> int:
    return min(part.places[0] for part in parts)


def _joined(parts: Sequence[_Part]) -> _Part:
    """The records of all parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    places = list(chain.from_iterable(part.places for part in parts))
    sequence = sorted(range(len(places)), key=places.__getitem__)
    held = zip(*(part.columns for part in parts), strict=True)
    columns = map(list, map(chain.from_iterable, held))
    return _Part(
        [places[at] for at in sequence],
        [[column[at] for at in sequence] for column in columns],
    )


def _by_keys(records: Sequence[Mapping[str, Any]]) -> Iterable[list[int]]:
    """The places of the records that have the same keys in the same order."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, keys in enumerate(map(tuple, records)):
        found.setdefault(keys, []).append(place)
    return found.values()


def _all_alike(
    records: Sequence[Mapping[str, Any]], prefix: str = "", depth: int = 0
) -> dict[str, list[Any]] | None:
    """The values by field of records that have the same keys, where those below are the same, too,
    and each field is of one kind in all of them: ten times as fast as record by record.
    """
    columns: dict[str, list[Any]] = {}
    for key in records[0]:
        name = f"{prefix}/{key}" if prefix else str(key)
        below: dict[str, list[Any]] | None
        values = [record[key] for record in records]
        types = {*map(type, values)}
        if types == {dict} and depth < MAX_TAGS_DEPTH:
            if len({*map(tuple, values)}) > 1:
                return None
            below = _all_alike(values, name, depth + 1)
        elif types <= {int, float, bool} or (types == {str} and all(map(_is_word, values))):
            below = {name: values}
        else:
            return None
        if below is None or not columns.keys().isdisjoint(below):
            return None
        columns |= below
    return columns


def _is_word(text: str) -> bool:
    return bool(text.strip()) and text.lower() not in NON_FINITE


def _one_by_one(
    records: Sequence[Mapping[str, Any]],
    places: Sequence[int],
    order: Sequence[int],
    wrong: list[tuple[int, Problem]],
) -> dict[Shape, _Part]:
    """The records by shape; what is no value is added to `wrong`, with the record's place."""
    groups: dict[Shape, tuple[list[int], list[list[Any]]]] = {}
    for record, place in zip(records, places, strict=True):
        fields: dict[str, Any] = {}
        for name, given in _opened(flatten(record)):
            value = NON_FINITE.get(given.lower(), given) if isinstance(given, str) else given
            kind = _kind(value)
            if kind == "odd":
                what = f"{name!r} is neither a number, a string nor a list of numbers"
                wrong.append((place, Problem("", order[place], None, what, values=1)))
            elif kind:
                fields[name] = value
        shape = (*fields, *(_kind(value) for value in fields.values()))
        found, rows = groups.setdefault(shape, ([], []))
        found.append(place)
        rows.append(list(fields.values()))
    return {
        shape: _Part(found, list(map(list, zip(*rows, strict=True))))
        for shape, (found, rows) in groups.items()
    }


def _opened(fields: Iterable[tuple[str, Any]], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The fields, with those of a short list of records in its place: `agents/0/loss`."""
    for name, value in fields:
        if isinstance(value, list) and depth < MAX_TAGS_DEPTH and (below := few_records(value)):
            yield from _opened(flatten(below, name), depth + 1)
        else:
            yield name, value


def _kind(value: object) -> str:
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text" if value.strip() else ""
    if isinstance(value, list) and value:
        numbers = all(map(is_number, value)) or _is_matrix(value)
        return "list" if numbers else "odd"
    return "" if value is None or value in ({}, []) else "odd"


def _is_matrix(value: list[Any]) -> bool:
    return all(isinstance(row, list) for row in value) and all(
        map(is_number, chain.from_iterable(value))
    )


def _column(values: list[Any]) -> Column:
    return number_column(values) if is_number(values[0]) else values


def number_column(values: Sequence[Any]) -> Column:
    """int64 where every value is a whole number that fits, else float64."""
    try:
        if {*map(type, values)} <= {int}:
            with suppress(OverflowError):
                return np.asarray(values, np.int64)
        return np.asarray(values, np.float64)
    except OverflowError:
        return np.fromiter(map(as_float, values), np.float64, len(values))


def as_float(value: float) -> float:
    """The nearest float; a whole number beyond all of them is infinite."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def infinite_at(found: Rows | Problem) -> set[int]:
    """The lines of rows with an infinite number, which may be written as a finite one."""
    lines: set[int] = set()
    for column in found.columns.values() if isinstance(found, Rows) else ():
        if isinstance(column, np.ndarray) and column.dtype.kind == "f" and np.isinf(column).any():
            lines.update(found.order[np.isinf(column)].tolist())  # type: ignore[union-attr]
    return lines
