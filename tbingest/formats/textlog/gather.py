"""Points of one block put into columns, those of the same tags together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.records import RUN
from tbingest.formats.readers.terminal import iso_stamp
from tbingest.formats.textlog.tokens import number
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.textlog.decision import Plan
    from tbingest.formats.textlog.follower import Said

STEP, TIME = "@step", "@time"


class Group:
    """Points of the same tags, column by column.

    cells: the values, record after record, as tokens where they are not numbers yet. Flat lists of
    plain values: a container for each record would keep Python's garbage collector busy.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[int] = []
        self.runs: list[int] = []
        self.steps: list[int] = []
        self.times: list[str] = []
        self.cells: list[str | float] = []

    def add(self, line: int, run: int, step: int, time: str, values: Sequence[str | float]) -> None:
        """Add one record; `time` is used where the group has times."""
        self.lines.append(line)
        self.runs.append(run)
        self.steps.append(step)
        self.times.append(time)
        self.cells.extend(values)


class Gathered:
    """The points of a block. Those of one tuple of tags become one `Rows`."""

    def __init__(self, plan: Plan) -> None:
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
        group = self.group(said.tags, timed=bool(said.time))
        group.add(said.line, said.run, said.step, said.time, said.values)

    def rows(self) -> Iterator[Rows]:
        """Everything, in the order of its lines."""
        for (tags, timed), group in self._groups.items():
            if not group.lines:
                continue
            columns: dict[str, Any] = {STEP: np.asarray(group.steps, np.int64)}
            for place, tag in enumerate(tags):
                columns[tag] = _floats(group.cells[place :: group.width])
            if timed:
                columns[TIME] = [iso_stamp(one) for one in group.times]
            if self._restarts:
                columns[RUN] = [str(one + 1) if one else "" for one in group.runs]
            yield Rows(columns, np.asarray(group.lines, np.int64))


def _floats(column: Sequence[Any]) -> Any:
    try:
        return np.asarray(list(map(float, column)), np.float64)
    except ValueError:
        return np.asarray([number(one) if isinstance(one, str) else one for one in column])
