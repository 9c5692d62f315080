"""The records of a table of predictions as arrays: those that have all that a record needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.predictions.columns import Columns
    from tbingest.model.rows import Column, Rows

    Floats = NDArray[np.float64]
    Cells = Floats | list[str]

_MAX_SPLITS = 20
_MISSING = frozenset({"", "nan", "none", "null", "n/a", "<na>"})


@dataclass(frozen=True)
class Gathered:
    """Records as arrays of one length: the truth and what was predicted, as numbers or texts.

    scores: (n, k), of the classes that `names` call; step, split: which group a record belongs to.
    """

    true: Cells
    pred: Cells | None
    scores: Floats | None
    names: tuple[str, ...]
    step: NDArray[np.int64] | None
    split: list[str] | None

    def __len__(self) -> int:
        return len(self.true)


def gather(
    found: Iterable[Rows], columns: Columns, decimal: str = "."
) -> tuple[Gathered, list[Problem]]:
    """The records in the order of the file, and a problem where some lack what they need.

    Two texts that write numbers are numbers.
    """
    needed = tuple(filter(None, (*columns.needed, columns.step, columns.split)))
    parts: list[Rows] = []
    lost: list[int] = []
    for rows in found:
        if all(name in rows.columns for name in needed):
            parts.append(rows)
        elif len(rows.order):
            lost += rows.order.tolist()
    order = np.concatenate([rows.order for rows in parts] or [np.empty(0, np.int64)])
    cells = {name: _joined([rows.columns[name] for rows in parts], decimal) for name in needed}
    usable = np.ones(len(order), bool)
    scores, names = _scores(cells, columns, usable)
    steps = _steps(cells.get(columns.step), usable)
    for name in (columns.true, columns.pred):
        if name:
            usable &= _there(cells[name])
    lost += order[~usable].tolist()
    chosen = np.flatnonzero(usable)
    chosen = chosen[np.argsort(order[chosen], kind="stable")]
    split = cells.get(columns.split)
    if split is not None and len(set(as_texts(split))) > _MAX_SPLITS:
        split = None
    gathered = Gathered(
        _take(cells[columns.true], chosen),
        _take(cells[columns.pred], chosen) if columns.pred else None,
        None if scores is None else scores[chosen],
        names,
        None if steps is None else steps[chosen],
        None if split is None else as_texts(_take(split, chosen)),
    )
    return gathered, _lacking(lost, columns)


def as_texts(cells: Cells) -> list[str]:
    """What the cells are called as classes: 1.0 is `1`."""
    if isinstance(cells, list):
        return cells
    return [str(int(one)) if one.is_integer() else repr(one) for one in cells.tolist()]


def as_numbers(cells: Column) -> Floats | None:
    """The numbers that the cells are or write; None where one is something else."""
    if isinstance(cells, np.ndarray):
        return cells.astype(np.float64)
    try:
        return np.asarray([float(cell) for cell in cells], np.float64)
    except (TypeError, ValueError):
        return None


def _joined(parts: Sequence[Column], decimal: str) -> Any:
    """A whole column: numbers, where each of its cells is or writes one; else texts or lists."""
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate([np.empty(0), *(np.asarray(part, np.float64) for part in parts)])
    whole: list[Any] = []
    for part in parts:
        whole += as_texts(part.astype(np.float64)) if isinstance(part, np.ndarray) else part
    if isinstance(whole[0], list):
        return whole
    whole = [str(cell).strip() for cell in whole]
    numbers = as_numbers([cell.replace(",", ".") for cell in whole] if decimal == "," else whole)
    return whole if numbers is None else numbers


def _there(cells: Cells) -> NDArray[np.bool_]:
    if isinstance(cells, np.ndarray):
        return np.isfinite(cells)
    return np.fromiter((cell.lower() not in _MISSING for cell in cells), bool, len(cells))


def _take(cells: Any, chosen: NDArray[np.int64]) -> Any:
    if isinstance(cells, np.ndarray):
        return cells[chosen]
    return [cells[place] for place in chosen.tolist()]


def _scores(
    cells: dict[str, Any], columns: Columns, usable: NDArray[np.bool_]
) -> tuple[Floats | None, tuple[str, ...]]:
    """(n, k) scores and what they are called; records without them are no longer usable."""
    listed = cells.get(columns.listed or columns.score)
    if isinstance(listed, list) and listed and isinstance(listed[0], list):
        width = len(listed[0])
        scores = np.full((len(usable), width), np.nan)
        for place, row in enumerate(listed):
            numbers = as_numbers(row) if isinstance(row, list) and len(row) == width else None
            if numbers is not None:
                scores[place] = numbers
        names = tuple(map(str, range(width)))
    else:
        one = columns.score or columns.listed
        found = columns.scores or ({"": one} if one else {})
        if not found:
            return None, ()
        names = tuple(found)
        scores = np.full((len(usable), len(found)), np.nan)
        for place, name in enumerate(found.values()):
            numbers = as_numbers(cells[name])
            if numbers is not None:
                scores[:, place] = numbers
    usable &= np.isfinite(scores).all(axis=1)
    return scores, names


def _steps(cells: Any, usable: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    if cells is None:
        return None
    steps = as_numbers(cells)
    if steps is None:
        usable[:] = False
        return np.zeros(len(usable), np.int64)
    whole = np.isfinite(steps) & (np.abs(steps) < 2.0**62)
    usable &= whole
    return np.floor(np.where(whole, steps, 0)).astype(np.int64)


def _lacking(lost: list[int], columns: Columns) -> list[Problem]:
    if not lost:
        return []
    needed = (*columns.needed[:4], columns.step, columns.split)
    names = ", ".join(repr(name) for name in needed if name)
    what = f"{len(lost):,} record{'s lack' if len(lost) > 1 else ' lacks'} one of {names}"
    return [Problem("", min(lost), None, what, "they are left out", values=len(lost))]
