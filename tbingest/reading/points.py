"""The points of logs, without writing anything."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.blame import careful
from tbingest.formats.registry import format_of
from tbingest.model.rows import Problem
from tbingest.options import Options
from tbingest.plan.owners import owner_of
from tbingest.plan.planner import plan
from tbingest.plan.roles import Roles
from tbingest.reading.feed import Span
from tbingest.reading.kinds import feed_of
from tbingest.reading.mapping import Mapping
from tbingest.reading.memory import Memory, Naming
from tbingest.reading.standing import as_wanted, standing
from tbingest.reading.workers import Workers
from tbingest.series.owners import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pandas import DataFrame

    from tbingest.logdir.source_state import SourceState
    from tbingest.model.accounts import Account
    from tbingest.model.points import Points
    from tbingest.plan.planned import Job, Plan, Planned
    from tbingest.series.owners import Owner

    Paths = Sequence[str | os.PathLike[str]] | str | os.PathLike[str]
    Progress = Callable[[int, int], None]
    """Is told (bytes, values) read since the last call."""


def recalled(planned: Planned, saved: SourceState | None) -> Planned:
    """A source with what was frozen at its first record: roles, wall time, run."""
    if not saved or not saved.seen:
        lost = saved and not saved.is_read and saved.run  # it is to be read anew
        return replace(planned, run=lost) if lost else planned
    roles = Roles(**saved.roles)
    return replace(
        planned,
        roles=replace(roles, unused=tuple(roles.unused), fields=()),
        base=saved.base,
        base_from=saved.base_from,
        run=saved.run,
    )


def naming_of(planned: Planned, tag_map: tuple[tuple[str, str], ...]) -> Naming:
    """Where a planned source's points go."""
    # The names of a dump's columns are tags already.
    prefix = "" if planned.dump else planned.prefix
    finals = [(re.escape(name), r"final/\g<0>") for name in planned.finals]
    return Naming(planned.run, prefix, planned.step, planned.base, (*tag_map, *finals))


def read_batches(
    planned: Planned, options: Options, account: Account | None = None
) -> Iterator[tuple[list[Points], list[Problem]]]:
    """The points of a source batch by batch, as they were logged, without any state.

    `account` is told what became of the numbers that are none. Raises SourceError where the source
    cannot be read.
    """
    chosen = format_of(planned.format)
    naming = naming_of(planned, options.tag_map)
    mapping = Mapping(careful(chosen), planned.roles, naming, Memory())
    for batch in feed_of(planned, {}, Workers()).batches(Span(options.block_bytes)):
        points: list[Points] = []
        problems = list(batch.problems)
        if account is not None:
            account.add(batch.kinds)
        for item in mapping.points(batch.rows):
            if isinstance(item, Problem):
                problems.append(item)
            else:
                points.append(item)
        yield points, [replace(problem, source=planned.source.shown) for problem in problems]


def read_points(
    planned: Planned, options: Options, account: Account | None = None
) -> Iterator[Points | Problem]:
    """The same, one after the other."""
    for points, problems in read_batches(planned, options, account):
        yield from problems
        yield from points


def as_list(paths: Paths) -> list[str | os.PathLike[str]]:
    """One path or several, as a list."""
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


class Reading:
    """The points of some logs that stand: later values win, as TensorBoard shows them.

    Iterate over it, as often as you like. With `superseded` every point is given as it was logged.
    `problems` holds, after an iteration, what could not be read. `progress` is told (bytes, values)
    read since its last call.
    """

    def __init__(
        self,
        plan_: Plan,
        options: Options,
        *,
        superseded: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.plan = plan_
        self.options = options
        self.superseded = superseded
        self.progress = progress
        self.problems: list[Problem] = []
        self._told: dict[bool, bool] = {}
        self._before = 0

    @property
    def size(self) -> int:
        """The bytes of all sources."""
        return sum(planned.source.size for job in self.plan.jobs for planned in job.sources)

    def __iter__(self) -> Iterator[Points]:
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[list[Points]]:
        """Points that were read together: their records are woven by `order`."""
        return (points for _, points in self.owned())

    def owned(self) -> Iterator[tuple[Planned, list[Points]]]:
        """The same, each batch with the source that gave it."""
        self.problems = [
            Problem(one.shown, None, None, one.reason) for one in self.plan.ignored if one.failed
        ]
        for job in self.plan.jobs:
            self._told = {}
            self._before = len(self.problems)
            batches = (
                self._job(job)
                if self.superseded
                else standing(partial(self._job, job, arrange=True))
            )
            yield from ((job.sources[owner.number - FIRST], points) for owner, points in batches)

    def _job(
        self, job: Job, *, arrange: bool = False, whole: bool = False
    ) -> Iterator[tuple[Owner, list[Points]]]:
        """(owner, points) of each batch; problems are told at the first reading.

        `arrange` tells the trainings of each log apart; for that a log may be wanted as a `whole`.
        """
        told = self._told.get(whole, False)
        self._told[whole] = True
        if not told:
            del self.problems[self._before :]
        for number, planned in enumerate(job.sources, FIRST):
            owner = owner_of(planned, number)
            batches = self._source(planned, told=told)
            if arrange:
                policy = planned.on_restart(self.options)
                batches = as_wanted(batches, policy, whole=whole, base=planned.run)
            yield from ((owner, points) for points in batches)

    def _source(self, planned: Planned, *, told: bool) -> Iterator[list[Points]]:
        problems: list[Problem] = [] if told else self.problems
        problems += planned.remarks
        try:
            for points, found in read_batches(planned, self.options):
                problems += found
                if self.progress:
                    self.progress(0, sum(len(one) * len(one.tags) for one in points))
                yield points
        except SourceError as error:
            problems.append(Problem(planned.source.shown, None, None, error.message, error.hint))
        if self.progress and not told:
            self.progress(planned.source.size, 0)

    def to_pandas(self) -> DataFrame:
        """Every scalar as a row of a DataFrame: run, tag, step, wall_time, value; in this order."""
        import numpy as np
        import pandas as pd

        frames = []
        for points in self:
            if points.kind != "scalar":
                continue
            count, width = len(points), len(points.tags)
            frames.append(
                pd.DataFrame(
                    {
                        "run": points.run,
                        "tag": np.tile(np.asarray(points.tags, object), count),
                        "step": np.repeat(points.steps, width),
                        "wall_time": np.repeat(points.times, width),
                        "value": np.asarray(points.values).ravel(),
                    }
                )
            )
        columns = ["run", "tag", "step", "wall_time", "value"]
        if not frames:
            return pd.DataFrame(columns=columns)
        # A log may tell a curve in pieces: lines are drawn from row to row.
        return pd.concat(frames).sort_values(
            ["run", "tag", "step"], kind="stable", ignore_index=True
        )

    def _repr_html_(self) -> str:
        """In a notebook: a row for each curve."""
        from tbingest.reading.shown import as_html

        return as_html(self)


def read(paths: Paths, options: Options | None = None, *, superseded: bool = False) -> Reading:
    """The points of the logs and logdirs at `paths` that stand, without writing anything.

    With `superseded` those, too, that a later value of the same tag and step replaced. Raises
    UsageError for a path or option that cannot be right.
    """
    options = options or Options()
    return Reading(plan(as_list(paths), "", options), options, superseded=superseded)
