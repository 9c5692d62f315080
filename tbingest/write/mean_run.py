"""Sister runs as one more run: the mean of each tag over them, and a band of a standard deviation.

Sisters are runs whose names differ in the numbers of one folder only, the last that has any:
`exp/seed1` and `exp/seed2`, or `ppo_s0/train` and `ppo_s1/train`. Each step that at least two of
them show has a mean, and `mean - std` and `mean + std` under `<tag>/lower` and `<tag>/upper`, in
float64, of the population (no ddof). The run is called after them: `exp/seed-mean`.
Values are taken from the runs' event files, so what a run discarded is in no mean; there they stand
in float32.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tbingest.logdir.files import piece_of
from tbingest.logdir.state import JobState
from tbingest.model.points import Points
from tbingest.model.report import SourceReport
from tbingest.names.tags import clean_tag
from tbingest.options import Aggregate
from tbingest.series.recall import Memory
from tbingest.series.seeds import sisters
from tbingest.series.timeseries import Track
from tbingest.write.derived import is_current, rewrite
from tbingest.write.finish import finish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.report import Report
    from tbingest.options import Options
    from tbingest.plan.planned import Plan
    from tbingest.series.recall import Held

NAME = str(Aggregate.MEAN_STD)


def aggregate(plan: Plan, options: Options, report: Report) -> None:
    """Write a run for the mean of every group of sister runs. The logdir's lock is held."""
    states = [JobState(job.logdir, job.prefix, job.root, options.digest) for job in plan.jobs]
    shown = {name: state for state in states for name in state.runs if _scalars(state, name)}
    groups = sisters(sorted(shown))
    for mean, members in groups.items():
        if mean in shown:
            report.notes.append(f"{mean}: is a run of its own, so no mean is written")
            continue
        points = list(_means(mean, [_curves(shown[run], run) for run in members]))
        entry = SourceReport(f"{len(members)} runs like {members[0]}", NAME, mean)
        _write(plan, mean, points, options, report, entry)
        report.sources.append(entry)
    if not groups:
        report.notes.append("--aggregate: no runs whose names differ in a number only")


def _scalars(state: JobState, run: str) -> set[str]:
    """The tags of a run that show numbers."""
    tracks = {tag: Track.from_json(saved) for tag, saved in state.runs[run].tracks.items()}
    return {tag for tag, track in tracks.items() if track.kind == "scalar" and track.shown}


def _curves(state: JobState, run: str) -> dict[str, Held]:
    """What a run shows of every tag, read from its event files."""
    memory = Memory(_scalars(state, run).__contains__)
    for number, (path, length) in enumerate(state.known(run)):
        memory.take(number, piece_of(path, 0, length))
    return memory.held()


def _means(mean: str, members: list[dict[str, Held]]) -> Iterator[Points]:
    """The mean and the band of every tag that two members have, at the steps that two show."""
    for tag in sorted({tag for curves in members for tag in curves}):
        shown = [curves[tag] for curves in members if tag in curves]
        at: dict[int, list[float]] = defaultdict(list)
        for one in shown:
            values = [] if one.values is None else one.values.tolist()
            for step, value in zip(one.steps.tolist(), values, strict=True):
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
            np.full(len(steps), max(float(one.times.max()) for one in shown)),
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
