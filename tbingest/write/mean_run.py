"""Sister runs as one more run: the mean of each tag over them, and a band of a standard deviation.

Sisters are runs whose names differ in the numbers of one folder only, the last that has any:
`exp/seed1` and `exp/seed2`, or `ppo_s0/train` and `ppo_s1/train`. Each step that at least two of
them show has a mean, and `mean - std` and `mean + std` under `<tag>/lower` and `<tag>/upper`, in
float64, of the population (no ddof). The run is called after them: `exp/seed-mean`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tbingest.errors import SourceError
from tbingest.logdir.state import JobState
from tbingest.model.points import Points
from tbingest.model.report import SourceReport
from tbingest.names.tags import clean_tag
from tbingest.options import Aggregate
from tbingest.reading.points import read_arranged
from tbingest.series.seeds import sisters
from tbingest.series.timeseries import Shown
from tbingest.write.derived import is_current, rewrite
from tbingest.write.finish import finish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.report import Report
    from tbingest.options import Options
    from tbingest.plan.planned import Plan

NAME = str(Aggregate.MEAN_STD)


def aggregate(plan: Plan, options: Options, report: Report) -> None:
    """Write a run for the mean of every group of sister runs. The logdir's lock is held."""
    curves = _curves(plan, options)
    known = {run for run, _ in curves}
    groups = sisters(sorted(known))
    for mean, members in groups.items():
        if mean in known:
            report.notes.append(f"{mean}: is a run of its own, so no mean is written")
            continue
        points = list(_means(mean, members, curves))
        entry = SourceReport(f"{len(members)} runs like {members[0]}", NAME, mean)
        _write(plan, mean, points, options, report, entry)
        report.sources.append(entry)
    if not groups:
        report.notes.append("--aggregate: no runs whose names differ in a number only")


def _curves(plan: Plan, options: Options) -> dict[tuple[str, str], Shown]:
    curves: dict[tuple[str, str], Shown] = defaultdict(Shown)
    for job in plan.jobs:
        for planned in job.sources:
            try:
                for points in read_arranged(planned, options):
                    if points.kind == "scalar":
                        _take(curves, points)
            except SourceError:
                continue  # was said when it was converted
    return curves


def _take(curves: dict[tuple[str, str], Shown], points: Points) -> None:
    values = np.asarray(points.values)
    for place, tag in enumerate(points.tags):
        shown = curves[points.run, tag]
        rows = zip(
            points.steps.tolist(), values[:, place].tolist(), points.times.tolist(), strict=True
        )
        for step, value, time in rows:
            shown.add(step, value, time)


def _means(mean: str, members: list[str], curves: dict[tuple[str, str], Shown]) -> Iterator[Points]:
    """The mean and the band of every tag that two members have, at the steps that two show."""
    for tag in sorted({tag for run, tag in curves if run in members}):
        shown = [curves[run, tag] for run in members if (run, tag) in curves]
        at: dict[int, list[float]] = defaultdict(list)
        for one in shown:
            for step, value in zip(one.steps, one.values, strict=True):
                at[step].append(value)
        steps = sorted(step for step, values in at.items() if len(values) > 1)
        if not steps:
            continue
        centre = np.asarray([np.mean(at[step]) for step in steps])
        spread = np.asarray([np.std(at[step]) for step in steps])
        yield Points(
            mean,
            "scalar",
            (tag, clean_tag(f"{tag}/lower"), clean_tag(f"{tag}/upper")),
            np.asarray(steps, np.int64),
            np.full(len(steps), max(one.time for one in shown)),
            np.stack([centre, centre - spread, centre + spread], axis=1),
            np.arange(len(steps), dtype=np.int64),
        )


def _write(
    plan: Plan,
    mean: str,
    points: list[Points],
    options: Options,
    report: Report,
    entry: SourceReport,
) -> None:
    """Write the run anew where anything changed: a mean changes at every step."""
    digest = hashlib.blake2b(digest_size=12)
    for one in points:
        digest.update(f"{one.tags}".encode() + one.steps.tobytes() + one.values.tobytes())  # type: ignore[union-attr]
    state = JobState(plan.jobs[0].logdir, mean, f"{NAME} of {mean}", options.digest)
    if is_current(state, NAME, digest.hexdigest()):
        entry.status = "unchanged"
        return
    runs = rewrite(state, NAME, digest.hexdigest(), points, options, entry)
    finish(runs, mean)
    report.runs[mean] = runs.written[mean]
    report.bytes_written += state.bytes_written
