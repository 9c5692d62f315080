"""Points of one block put into columns, those of the same tags together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.formats.readers.records import RUN
from tbingest.formats.readers.terminal import iso_stamp
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.textlog.decision import Plan
    from tbingest.formats.textlog.follower import Said

STEP, TIME = "@step", "@time"


class Group:
    """Points of the same tags, column by column: as they came, and those of many lines at once.

    cells: the values, record after record. Flat lists of plain values: a container for each record
    would keep Python's garbage collector busy.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._at: list[int] = []
        self._lines: list[int] = []
        self._runs: list[int] = []
        self._steps: list[int] = []
        self._times: list[str] = []
        self._cells: list[float] = []
        self._parts: list[_Part] = []

    def add(self, at: int, said: Said) -> None:
        """Add one record; `at` is the place among all lines at which it was said."""
        self._at.append(at)
        self._lines.append(said.line)
        self._runs.append(said.run)
        self._steps.append(said.step)
        self._times.append(said.time)
        self._cells.extend(said.values)

    def extend(
        self,
        at: NDArray[np.int64],
        lines: NDArray[np.int64],
        run: int,
        steps: NDArray[np.int64],
        times: list[str] | None,
        cells: list[NDArray[np.float64]],
    ) -> None:
        """Add the records of many lines."""
        runs = np.full(len(lines), run, np.int64)
        self._parts.append(_Part(at, lines, runs, steps, times or [""] * len(at), cells))

    def whole(self) -> _Part:
        """All records, in the order in which they were said."""
        cells = np.asarray(self._cells, np.float64)
        single = _Part(
            np.asarray(self._at, np.int64),
            np.asarray(self._lines, np.int64),
            np.asarray(self._runs, np.int64),
            np.asarray(self._steps, np.int64),
            self._times,
            [cells[place :: self._width] for place in range(self._width)],
        )
        parts = [part for part in (single, *self._parts) if len(part.lines)]
        return _joined(parts) if len(parts) > 1 else parts[0]


class _Part(NamedTuple):
    at: NDArray[np.int64]
    lines: NDArray[np.int64]
    runs: NDArray[np.int64]
    steps: NDArray[np.int64]
    times: list[str]
    cells: list[NDArray[np.float64]]


def _joined(parts: Sequence[_Part]) -> _Part:
    columns = zip(*(part.cells for part in parts), strict=True)
    at = np.concatenate([part.at for part in parts])
    order = np.argsort(at, kind="stable")
    times = [time for part in parts for time in part.times]
    return _Part(
        at[order],
        np.concatenate([part.lines for part in parts])[order],
        np.concatenate([part.runs for part in parts])[order],
        np.concatenate([part.steps for part in parts])[order],
        [times[place] for place in order.tolist()],
        [np.concatenate(column)[order] for column in columns],
    )


class Gathered:
    """The points of a block. Those of one tuple of tags become one `Rows`."""

    def __init__(self, plan: Plan) -> None:
        self.at = 0
        """The place among all lines of what is said now."""
        self._timed = plan.timed
        self._restarts = plan.restarts
        self._groups: dict[tuple[tuple[str, ...], bool], Group] = {}

    def group(self, tags: tuple[str, ...], *, timed: bool) -> Group:
        """The points of these tags, to be added to."""
        key = (tags, timed and self._timed)
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = Group(len(tags))
        return found

    def add(self, said: Said) -> None:
        """Add one record."""
        self.group(said.tags, timed=bool(said.time)).add(self.at, said)

    def rows(self) -> Iterator[Rows]:
        """Everything, in the order in which it was said."""
        found = [(tags, timed, one.whole()) for (tags, timed), one in self._groups.items()]
        for tags, timed, whole in sorted(found, key=lambda one: int(one[2].at[0])):
            columns: dict[str, Any] = {STEP: whole.steps}
            columns |= zip(tags, whole.cells, strict=True)
            if timed:
                columns[TIME] = [iso_stamp(one) for one in whole.times]
            if self._restarts:
                columns[RUN] = [str(one + 1) if one else "" for one in whole.runs.tolist()]
            yield Rows(columns, whole.lines)
