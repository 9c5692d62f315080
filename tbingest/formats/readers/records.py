"""What the readers share: lines that may be cut anywhere, and documents that are rewritten."""

from __future__ import annotations

import math
import re
import reprlib
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model.points import Session
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tbingest.model.rows import Column

MAX_TAGS_DEPTH = 64
MAX_HPARAMS = 5_000
_MAX_TEXT = 500
_SHORT = reprlib.Repr()  # a bounded repr: aliases may make a list endless
SHOWN_OF_LIST = 20
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict = 4, SHOWN_OF_LIST, 20
_SHORT.maxstring = _MAX_TEXT
_WRITTEN = re.compile(r"[-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][-+]?\d{1,3})?")
_FLOAT = re.compile(r"[-+]?(?:\d++\.?\d*+|\.\d++)[eE][-+]?\d++")
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
    """The first 5,000 values of a nested mapping as hyperparameters, names joined with `/`."""
    return {name: plain(item) for name, item in islice(flatten(values), MAX_HPARAMS)}


def plain(value: Any) -> bool | float | str:
    """A bool, a finite number or a short string."""
    if isinstance(value, bool):
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
    if plain_rows := _all_alike(records, order):
        yield plain_rows
        return
    groups: dict[tuple[str, ...], tuple[list[list[Any]], list[int]]] = {}
    for record, place in zip(records, order, strict=True):
        fields: dict[str, Any] = {}
        for name, given in flatten(record):
            value = NON_FINITE.get(given.lower(), given) if isinstance(given, str) else given
            kind = _kind(value)
            if kind == "odd":
                what = f"{name!r} is neither a number, a string nor a list of numbers"
                yield "", Problem("", place, None, what, values=1)
            elif kind:
                fields[name] = value
        shape = (*fields, *(_kind(value) for value in fields.values()))
        rows, places = groups.setdefault(shape, ([], []))
        rows.append(list(fields.values()))
        places.append(place)
    for shape, (rows, places) in groups.items():
        names = shape[: len(shape) // 2]
        if names:
            columns = dict(zip(names, map(_column, zip(*rows, strict=True)), strict=True))
            yield "\n".join(shape), Rows(columns, np.asarray(places, np.int64))


def _all_alike(
    records: Sequence[Mapping[str, Any]], order: Sequence[int]
) -> tuple[str, Rows] | None:
    """As `group_records`, where all have the same fields and only numbers: ten times as fast."""
    names = list(records[0]) if records else []
    if not names or any(list(record) != names for record in records):
        return None
    columns: dict[str, Column] = {}
    for name in names:
        values = [record[name] for record in records]
        if not {*map(type, values)} <= {int, float}:
            return None
        columns[name] = number_column(values)
    shape = (*names, *("number" for _ in names))
    return "\n".join(shape), Rows(columns, np.asarray(order, np.int64))


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


def _column(values: tuple[Any, ...]) -> Column:
    if not is_number(values[0]):
        return list(values)
    return number_column(values)


def number_column(values: Sequence[Any]) -> Column:
    """int64 where every value is a whole number that fits, else float64."""
    if all(type(value) is int for value in values):
        try:
            return np.asarray(values, np.int64)
        except OverflowError:
            pass
    return np.fromiter(map(as_float, values), np.float64, len(values))


def as_float(value: float) -> float:
    """The nearest float; a whole number beyond all of them is infinite."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
