"""A column of a table: its numbers or texts, and what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tbingest.axis.numbers import (
    LONGEST,
    is_missing,
    named_number,
    number,
    short_list,
    with_spread,
)
from tbingest.axis.vocabulary import RANKS
from tbingest.axis.words import rank_of, word_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_DATE = re.compile(
    r"\d{4}[-/]\d\d?[-/]\d\d?(?:[T _]\d\d?:\d\d|$)|\d\d?[-/.]\d\d?[-/.]\d{4}"
    r"|\d\d?:\d\d:\d\d|\d{8}[_-]\d{4,6}"
)
_TIMES = frozenset("time timestamp ts date at walltime wall created".split())


@dataclass
class Column:
    """One column. value (n,) float64, NaN where has (n,) says that none is there; texts: its cells,
    for words and flags; total: the largest that cells like `5/873` say; distinct: of its values;
    plain: its cells are numbers, all as Python writes them.
    """

    name: str
    cells: Sequence[Any]
    kind: Literal["number", "text", "time", "flag", "void"] = "void"
    value: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    has: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    total: float | None = None
    whole: bool = False
    rank: int = 0
    distinct: int = 0
    plain: bool = False
    texts: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        """What each cell says, as a text."""
        if self.texts:
            return self.texts
        pairs = zip(self.value.tolist(), self.has.tolist(), strict=True)
        said = [f"{value:g}" if there else "" for value, there in pairs]
        return [
            cell.strip() if isinstance(cell, str) and text and cell.strip()[-1:].isalpha() else text
            for cell, text in zip(self.cells, said, strict=True)
        ]

    @property
    def given(self) -> list[float]:
        """The numbers that are there."""
        return self.value[self.has].tolist()  # type: ignore[no-any-return]


def column_of(name: str, cells: Sequence[Any]) -> Column:
    """What a column holds."""
    plain = plain_numbers(cells)
    if plain is not None:
        has = np.ones(len(cells), bool)
        column = Column(name, cells, "number", plain, has, plain=True)
        _finish(column, totals=0)
        return column
    column = Column(name, cells, value=np.full(len(cells), np.nan), has=np.zeros(len(cells), bool))
    there = texts = flags = totals = 0
    for at, cell in enumerate(cells):
        if is_missing(cell):
            continue
        there += 1
        flag = _flag(cell)
        if flag is not None:
            flags += 1
            column.value[at], column.has[at] = flag, True
            continue
        found = number(cell)
        if found is None:
            behind = named_number(cell) if isinstance(cell, str) else None
            if behind and RANKS.get(behind[0], 0) >= 10:
                column.value[at], column.has[at] = behind[1], True
            else:
                texts += 1
            continue
        column.value[at], column.has[at] = found.value, True
        if found.total is not None:
            totals += 1
            column.total = max(column.total or 0.0, found.total)
    if there:
        # A torn line spoils the counter of a short table by one of a few cells.
        most = 2 if rank_of(name) >= 10 else 10
        column.kind = "flag" if 2 * flags > there else "text" if most * texts > there else "number"
    _finish(column, totals)
    return column


def plain_numbers(cells: Sequence[Any]) -> NDArray[np.float64] | None:
    """The numbers of a column that holds nothing else, which most do: all at once."""
    kinds = set(map(type, cells))
    if kinds == {str}:
        if "_" in "".join(cells) or max(map(len, cells)) > LONGEST:
            return None
    elif not kinds or not kinds <= {int, float}:
        return None
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except (ValueError, OverflowError):
        return None


def _flag(cell: Any) -> float | None:
    if isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, str):
        return {"true": 1.0, "false": 0.0}.get(cell.strip().lower())
    return None


def distinct(values: NDArray[Any]) -> int:
    """How many different numbers. Not np.unique, whose first call imports numpy.ma: 10 ms."""
    ordered = np.sort(values)
    nans = int(np.isnan(ordered).sum())
    kept = ordered[: len(ordered) - nans]  # NaN stands at the end
    return int((kept[1:] != kept[:-1]).sum()) + bool(len(kept)) + bool(nans)


def _finish(column: Column, totals: int) -> None:
    values = column.value[column.has]
    if len(values) and bool(np.isfinite(values).all()):
        column.whole = float(np.mean(values == np.floor(values))) >= 0.95
    if column.kind == "text":
        some = [cell for cell in column.cells if isinstance(cell, str) and cell.strip()][:50]
        dated = sum(bool(_DATE.match(cell.strip())) for cell in some)
        column.kind = "time" if some and dated > 0.8 * len(some) else "text"
    elif column.kind == "number" and len(values) and _may_be_time(column.name, values):
        low, high = np.nanmin(values), np.nanmax(values)
        column.kind = "time" if low > 9e8 and high < 4e12 else "number"
    if column.kind in {"text", "flag"}:
        column.texts = [str(cell).strip() if cell is not None else "" for cell in column.cells]
    column.distinct = len(set(column.texts)) if column.texts else distinct(values)
    counts = column.kind == "number" and (column.whole or totals > 0)
    column.rank = rank_of(column.name) if counts else 0


def _may_be_time(name: str, values: NDArray[Any]) -> bool:
    """True for a column that is called like a time, or by its place in a table without a header and
    never falls.
    """
    return bool(_TIMES & word_set(name)) or (name.isdigit() and bool((np.diff(values) >= 0).all()))


def columns_of(table: Mapping[str, Sequence[Any]]) -> list[Column]:
    """The columns that hold anything."""
    columns = [
        column_of(name, cells)
        for key, given in table.items()
        for name, cells in _elements(str(key), given).items()
    ]
    return [column for column in columns if column.kind != "void"]


def _elements(name: str, cells: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """A column whose cells are short lists of one length as a column for each element; one of
    values with their deviations as two.
    """
    first = next((cell for cell in cells if not is_missing(cell)), None)
    if with_spread(first):
        pairs = [None if is_missing(cell) else with_spread(cell) for cell in cells]
        if all(pair or is_missing(cell) for pair, cell in zip(pairs, cells, strict=True)):
            return {name: [p and p[0] for p in pairs], f"{name}_std": [p and p[1] for p in pairs]}
    width = len(short_list(first))
    if not width:
        return {name: cells}
    lists = [[] if is_missing(cell) else short_list(cell) for cell in cells]
    if any(len(one) not in {0, width} for one in lists):
        return {name: cells}
    return {f"{name}/{at}": [one[at] if one else None for one in lists] for at in range(width)}


def times_in(columns: Sequence[Column]) -> Column | None:
    """The column that says when each record was written."""
    return next((one for one in columns if one.kind == "time"), None)


def time_at(column: Column | None, row: int) -> float | str | None:
    """The time that a column says, as it says it: unix seconds, a text or None."""
    if column is None:
        return None
    if column.has[row]:
        value = float(column.value[row])
        return value / 1e3 if value > 1e11 else value
    cell = column.cells[row]
    return cell.strip() if isinstance(cell, str) else None


def groups_of(count: int, columns: Sequence[Column]) -> tuple[NDArray[np.int64], list[str]]:
    """(the group of each row, the names of the groups): rows in which the columns say the same."""
    if not columns:
        return np.zeros(count, np.int64), [""]
    keys = list(zip(*(column.keys for column in columns), strict=True))
    known = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return np.asarray([known[key] for key in keys], np.int64), [
        label(columns, key) for key in known
    ]


def label(columns: Sequence[Column], key: Sequence[str]) -> str:
    """A group's name: `dqn/seed=1`."""
    parts = [
        said if column.kind not in {"number", "flag"} else f"{column.name}={said}"
        for column, said in zip(columns, key, strict=True)
        if said
    ]
    return "/".join(part.replace("/", "_") for part in parts)
