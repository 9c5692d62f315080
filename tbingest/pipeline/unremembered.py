"""Without its state, a log is known by what the run of its folder shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.formats.registry import format_of
from tbingest.logdir.source_state import SourceState
from tbingest.names.files import stem_of
from tbingest.names.runs import safe_run
from tbingest.plan.alike import bare, beginning, compared
from tbingest.plan.planned import is_attachment
from tbingest.series.track import Track
from tbingest.write.giving import recalled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.logdir.state import JobState
    from tbingest.plan.alike import Beginning
    from tbingest.plan.planned import Job, Planned


def with_its_run(job: Job, state: JobState) -> Job:
    """The job, whose logs that had the folder's run once, each alone of its kind, keep it; and one
    that has the folder to itself now keeps the run below it that it had beside others.
    """
    logs = [
        one
        for one in job.sources
        if not is_attachment(format_of(one.format)) and one.source.name not in state.sources
    ]
    shown = _shown(state, job.prefix) if logs else {}
    if not shown:
        return _each_in(job, state, _below(job, state, logs))
    kept = {one.format: job.prefix for one in logs if one.run == job.prefix}
    for one in logs:
        if one.format not in kept and _tells(one, shown) and not state.ours(one.run):
            kept[one.format] = one.run
    sources = job.sources
    for run in set(kept.values()) - {job.prefix}:
        sources = tuple(_moved(one, run, job.prefix) for one in sources)
    return _each_in(job, state, sources)


def _below(job: Job, state: JobState, logs: Sequence[Planned]) -> tuple[Planned, ...]:
    """The sources, of which a log has the run of its own name where that shows what it says."""
    runs = {}
    for one in logs if not state.ours(job.prefix) else ():
        run = f"{job.prefix}/{safe_run(stem_of(one.source.name.rpartition('/')[2]))}"
        if one.run == job.prefix and state.ours(run) and _tells(one, _shown(state, run)):
            runs[one.source.name] = run
    return tuple(replace(one, run=runs.get(one.source.name, one.run)) for one in job.sources)


def _each_in(job: Job, state: JobState, sources: tuple[Planned, ...]) -> Job:
    """The job with these sources, whose runs are known, too, where a later look reads them."""
    for before, one in zip(job.sources, sources, strict=True):
        if one.run != before.run:
            state.sources[one.source.name] = SourceState(run=one.run, root=one.source.root)
    return replace(job, sources=sources)


def _shown(state: JobState, run: str) -> Beginning:
    """What our event files of a run hold where no source is known to have said it, under the words
    of its tags.
    """
    tracks = state.runs[run].tracks.values() if run in state.runs else ()
    unowned = any(0 in Track.from_json(track).owners() for track in tracks)
    there = unowned and run not in state.gone()
    known = [(path, 0, length) for path, length in state.known(run) if there]
    found = recalled([*known, *((path, start, None) for path, start in state.beyond(run))])[0]
    return {
        bare(tag): dict(zip(rows.steps.tolist(), rows.values.tolist(), strict=True))
        for tag, (held, rows) in found.items()
        if held.kind == "scalar"
    }


def _tells(log: Planned, shown: Beginning) -> bool:
    mine = beginning(log)
    equal, count = compared(mine, shown, mine.keys() & shown.keys(), 0)
    return 2 * equal >= count > 0


def _moved(one: Planned, run: str, to: str) -> Planned:
    if f"{one.run}/".startswith(f"{run}/"):
        return replace(one, run=to + one.run[len(run) :])
    return one
