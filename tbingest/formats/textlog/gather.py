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
Point = tuple[int, int, int, str, "Sequence[str | float]"]
"""Line, run, step, timestamp, and the values: tokens where they are not numbers yet."""


class Gathered:
    """The points of a block. Those of one tuple of tags become one `Rows`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._restarts = plan.restarts
        self._groups: dict[tuple[tuple[str, ...], bool], list[Point]] = {}

    def group(self, tags: tuple[str, ...], *, timed: bool) -> list[Point]:
        """The points of these tags, to be added to."""
        return self._groups.setdefault((tags, timed and self._plan.timed), [])

    def add(self, said: Said) -> None:
        """Add one record."""
        self.group(said.tags, timed=bool(said.time)).append(
            (said.line, said.run, said.step, said.time, said.values)
        )

    def rows(self) -> Iterator[Rows]:
        """Everything, in the order of its lines."""
        for (tags, timed), points in self._groups.items():
            if not points:
                continue
            lines, runs, steps, times, values = zip(*points, strict=True)
            columns: dict[str, Any] = {STEP: np.asarray(steps, np.int64)}
            for tag, column in zip(tags, zip(*values, strict=True), strict=True):
                columns[tag] = _floats(column)
            if timed:
                columns[TIME] = [iso_stamp(one) for one in times]
            if self._restarts:
                columns[RUN] = [str(one + 1) if one else "" for one in runs]
            yield Rows(columns, np.asarray(lines, np.int64))


def _floats(column: Sequence[Any]) -> Any:
    try:
        return np.asarray(list(map(float, column)), np.float64)
    except ValueError:
        return np.asarray([number(one) if isinstance(one, str) else one for one in column])
