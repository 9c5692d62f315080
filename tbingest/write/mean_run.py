"""Repeated runs as one more run: the middle of each tag over them, and a band around it.

Repeated are runs whose names differ in the numbers of one folder only, the last that has any:
`exp/seed1` and `exp/seed2`, or `ppo_s0/train` and `ppo_s1/train`. Each step of at least two of them
has a middle under the tag, and the edges of the band under `<tag>/lower` and `<tag>/upper`, in
float64: the mean and one standard deviation of the population (no ddof) around it, the mean between
the lowest and the highest, or the median between the quartiles. Where the number of runs changes
along the curve, it stands under `<tag>/runs`. The run is called after them: `exp/seed-mean`.
Values are taken from the runs' event files, so what a run discarded is in no mean; there they stand
in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.logdir.state import JobState
from tbingest.model.points import Points
from tbingest.model.report import SourceReport
from tbingest.names.tags import clean_tag
from tbingest.series.seeds import repeated
from tbingest.series.together import Together, together
from tbingest.write.derived import curves_of, derive, scalars_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.report import Report
    from tbingest.options import Options
    from tbingest.plan.planned import Plan
    from tbingest.series.recall import Held


def aggregate(plan: Plan, options: Options, report: Report) -> None:
    """Write a run for the mean of every group of repeated runs. The logdir's lock is held."""
    states = [JobState(job.logdir, job.prefix, job.root, options.digest) for job in plan.jobs]
    shown = {name: state for state in states for name in state.runs if scalars_of(state, name)}
    groups = repeated(sorted(shown))
    for mean, members in groups.items():
        if mean in shown:
            report.notes.append(f"{mean}: is a run of its own, so no mean is written")
            continue
        curves = [curves_of(shown[run], run) for run in members]
        found = list(_joined(curves, options.aggregate))
        if any(one.between for _, one, _ in found):
            what = "its runs have different steps: between two of them a run goes straight"
            report.notes.append(f"{mean}: {what}")
        points = [_points(mean, tag, one, time) for tag, one, time in found]
        entry = SourceReport(f"{len(members)} runs like {members[0]}", options.aggregate, mean)
        derive(plan, points, entry, options, report)
    if not groups:
        report.notes.append("--aggregate: no runs whose names differ in a number only")


def _joined(members: list[dict[str, Held]], band: str) -> Iterator[tuple[str, Together, float]]:
    """(tag, the curve of its runs together, its last time) of every tag that two members have."""
    for tag in sorted({tag for curves in members for tag in curves}):
        shown = [curves[tag] for curves in members if tag in curves]
        parts = [(one.steps, one.values) for one in shown if one.values is not None]
        found = together(parts, band)
        if found:
            yield tag, found, max(float(one.times.max()) for one in shown)


def _points(mean: str, tag: str, one: Together, time: float) -> Points:
    columns = {tag: one.middle, f"{tag}/lower": one.lower, f"{tag}/upper": one.upper}
    if len(set(one.runs.tolist())) > 1:
        columns[f"{tag}/runs"] = one.runs.astype(np.float64)
    return Points(
        mean,
        "scalar",
        (tag, *map(clean_tag, [*columns][1:])),
        one.steps,
        np.full(len(one.steps), time),
        np.stack([*columns.values()], axis=1),
        np.arange(len(one.steps), dtype=np.int64),
    )
