"""Each run once more over another axis: `<run>@epoch` beside a run whose steps are batches.

The axis is a counter that the run shows as a curve (`epoch`, `tokens`, ...), or `time`, the seconds
since its first point. A value stands at the whole number that the axis had reached at its step; of
several values there the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.logdir.state import JobState
from tbingest.model.points import Points
from tbingest.model.report import SourceReport
from tbingest.series.slicing import last_of_each
from tbingest.write.derived import curves_of, derive, scalars_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tbingest.model.report import Report
    from tbingest.options import Options
    from tbingest.plan.planned import Plan
    from tbingest.series.recall import Held


def write_by_other_axis(plan: Plan, options: Options, report: Report) -> None:
    """Write every run that knows the axis once more over it. The logdir's lock is held."""
    name, without = options.also_by, []
    for job in plan.jobs:
        state = JobState(job.logdir, job.prefix, job.root, options.digest)
        for run in sorted(state.runs):
            if not scalars_of(state, run):
                continue
            curves = curves_of(state, run)
            axis = _axis(curves, name)
            if axis is None:
                without.append(run)
                continue
            points = [
                part
                for tag, held in curves.items()
                if (part := _moved(f"{run}@{name}", tag, held, axis)) is not None
            ]
            entry = SourceReport(f"{run} by {name}", f"by {name}", f"{run}@{name}")
            derive(plan, points, entry, options, report)
    if without:
        which = without[0] if len(without) == 1 else f"{len(without):,} runs, as {without[0]}"
        report.notes.append(f"{which}: no rising {name!r}, so not shown by it")


Axis = tuple["NDArray[np.int64]", "NDArray[np.float64]"]
"""Steps, and what the axis says at each: both rise."""


def _axis(curves: Mapping[str, Held], name: str) -> Axis | None:
    """The axis of a run; None where it has none, or one that falls."""
    if name == "time":
        steps, firsts = np.unique(
            np.concatenate([held.steps for held in curves.values()]), return_index=True
        )
        times = np.concatenate([held.times for held in curves.values()])[firsts]
        found = times - times.min()
    else:
        called = [tag for tag in curves if tag.lower().rpartition("/")[2] == name.lower()]
        if not called or (held := curves[min(called, key=len)]).values is None:
            return None
        steps, found = held.steps, held.values
    rises = len(found) > 1 and bool((np.diff(found) >= 0).all()) and found[-1] > found[0]
    return (steps, found) if rises and bool(np.isfinite(found).all()) else None


def _moved(run: str, tag: str, held: Held, axis: Axis) -> Points | None:
    """A curve over the axis, of which nothing is known before its first step."""
    places = np.searchsorted(axis[0], held.steps, "right") - 1
    if held.values is None or not (places >= 0).any():
        return None
    steps = np.floor(axis[1][places[places >= 0]]).astype(np.int64)
    keep = last_of_each(steps)
    values, times = held.values[places >= 0][keep], held.times[places >= 0][keep]
    return Points(
        run, "scalar", (tag,), steps[keep], times, values[:, None], np.arange(len(values))
    )
