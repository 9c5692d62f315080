"""Columns that depend on all records before: sums, and a clock that begins anew on a resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.rows import Problem

SECONDS = "seconds since the start"
_LARGEST = 1e15
_LARGEST_SUM = 9e18  # within int64


class Woven:
    """Groups of records of one block, seen as one series in the order of the source."""

    def __init__(self, groups: Sequence[Rows]) -> None:
        self.groups = groups
        order = np.concatenate([rows.order for rows in groups])
        self._sequence = np.argsort(order, kind="stable")

    def column(self, name: str) -> NDArray[np.float64]:
        """A column in the order of the source; NaN where it is missing or no number."""
        parts = []
        for rows in self.groups:
            column = rows.columns.get(name)
            found = column if isinstance(column, np.ndarray) else np.full(len(rows.order), np.nan)
            parts.append(np.where(np.isfinite(found), found, np.nan))
        joined: NDArray[np.float64] = np.concatenate(parts)[self._sequence]
        return np.clip(joined, -_LARGEST, _LARGEST)

    def parts(self, values: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        """Values in the order of the source, as the groups have them."""
        spread = np.empty_like(values)
        spread[self._sequence] = values
        start = 0
        for rows in self.groups:
            yield spread[start : start + len(rows.order)]
            start += len(rows.order)


def summed(before: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums so far, added one by one: the same however the records are cut into blocks."""
    sums: NDArray[np.float64] = np.cumsum(np.concatenate(([before], values)))[1:]
    np.clip(sums, -_LARGEST_SUM, _LARGEST_SUM, out=sums)
    return sums


def never_falling(
    seconds: NDArray[np.float64], last: float, earlier: float
) -> tuple[NDArray[np.float64], float, float]:
    """A clock that goes on where the log's own falls back, because the training was resumed.

    `last` is what the log said before, `earlier` the seconds of the trainings before; both are
    given back for the next block. What is no time is the one before it.
    """
    known = np.isfinite(seconds) & (seconds >= 0)
    source = np.maximum.accumulate(np.where(known, np.arange(len(seconds)), -1))
    filled = np.where(source < 0, last, seconds[np.maximum(source, 0)])
    before = np.concatenate(([last], filled[:-1]))
    sums = summed(earlier, np.where(filled < before, before, 0.0))
    return sums + filled, float(filled[-1]), float(sums[-1])


def clocked(
    found: Sequence[Rows | Problem], names: Sequence[str], clock: list[float]
) -> Iterator[Rows | Problem]:
    """The same with the seconds since the start, where one of the fields `names` tells them.

    They are a copy: the loggers' own field stays a value. `clock` holds the last time and the
    seconds of the trainings before, as for `never_falling`, and is changed.
    """
    groups = [item for item in found if isinstance(item, Rows)]
    name = next((name for name in names if any(name in rows.columns for rows in groups)), "")
    timed = [rows for rows in groups if name and name in rows.columns]
    yield from (item for item in found if not any(item is one for one in timed))
    if timed:
        woven = Woven(timed)
        seconds, *clock[:] = never_falling(woven.column(name), clock[0], clock[1])
        for rows, part in zip(timed, woven.parts(seconds), strict=True):
            yield Rows({**rows.columns, SECONDS: part}, rows.order)
