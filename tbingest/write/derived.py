"""A run that is made of other runs: written anew where anything changed in them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tbingest.logdir.files import piece_of
from tbingest.logdir.state import JobState
from tbingest.series.owners import OURSELVES
from tbingest.series.recall import Memory
from tbingest.series.track import Track
from tbingest.write.finish import finish
from tbingest.write.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tbingest.model.points import Points
    from tbingest.model.report import Report, SourceReport
    from tbingest.options import Options
    from tbingest.plan.planned import Plan
    from tbingest.series.recall import Held


def is_current(state: JobState, owner: str, digest: str) -> bool:
    """True where the run stands as `rewrite` left it, from data of the same digest."""
    return state.derived.get(owner) == digest and not state.gone()


def rewrite(
    state: JobState,
    owner: str,
    digest: str,
    points: Iterable[Points],
    options: Options,
    entry: SourceReport,
) -> Runs:
    """Write the run of a state from its beginning. The logdir's lock is held."""
    state.remove()
    runs = Runs(state, options, draw=False)
    state.begin({"source": owner, "stop": 0, "close": True, "base": [0.0, ""]})
    for one in points:
        entry.read += len(one) * len(one.tags)
        entry.tags += len(one.tags)
        runs.write([one], OURSELVES, entry)
    runs.flush(entry)
    state.derived[owner] = digest
    runs.commit()
    return runs


def scalars_of(state: JobState, run: str) -> set[str]:
    """The tags of a run that show numbers."""
    tracks = {tag: Track.from_json(saved) for tag, saved in state.runs[run].tracks.items()}
    return {tag for tag, track in tracks.items() if track.kind == "scalar" and track.shown}


def curves_of(state: JobState, run: str) -> dict[str, Held]:
    """What a run shows of every tag, read from its event files."""
    memory = Memory(scalars_of(state, run).__contains__)
    for number, (path, length) in enumerate(state.known(run)):
        memory.take(number, piece_of(path, 0, length))
    return memory.held()


def derive(
    plan: Plan, points: list[Points], entry: SourceReport, options: Options, report: Report
) -> None:
    """Write the run that an entry names, anew where anything changed in its points."""
    digest = hashlib.blake2b(digest_size=12)
    for one in points:
        digest.update(f"{one.tags}".encode() + one.steps.tobytes() + one.values.tobytes())  # type: ignore[union-attr]
    run, owner = entry.run, entry.format
    state = JobState(plan.jobs[0].logdir, run, f"{owner} of {run}", options.digest)
    report.sources.append(entry)
    if is_current(state, owner, digest.hexdigest()):
        entry.status = "unchanged"
        return
    runs = rewrite(state, owner, digest.hexdigest(), points, options, entry)
    finish(runs, run)
    report.runs[run] = runs.written[run]
    report.bytes_written += state.bytes_written
