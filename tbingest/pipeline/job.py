"""`advance(job)`: read what is new, map it, encode it, append it. Top to bottom, one direction."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from tbingest.formats.registry import format_of, use
from tbingest.logdir.source_state import SourceState
from tbingest.logdir.state import JobState
from tbingest.model.report import Report, SourceReport
from tbingest.names.words import plural
from tbingest.pipeline.given import given
from tbingest.pipeline.unremembered import with_its_run
from tbingest.pipeline.work import Work, never
from tbingest.plan.owners import owner_of
from tbingest.plan.planned import is_attachment, is_log
from tbingest.reading.feed import is_as_read
from tbingest.reading.renamed import Recognised, recognise
from tbingest.reading.workers import Workers
from tbingest.series.track import Track
from tbingest.sources.identity import is_unchanged
from tbingest.write.again import forget, remember
from tbingest.write.finish import finish, looks
from tbingest.write.finish import results as results_of
from tbingest.write.projector import project
from tbingest.write.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from tbingest.plan.planned import Job, Planned
    from tbingest.series.seeds import RunResult
    from tbingest.write.finish import Progress
    from tbingest.write.runs import Tell


def advance(  # noqa: PLR0913 - four of them are hooks
    job: Job,
    progress: Progress | None = None,
    workers: Workers | None = None,
    *,
    only: Container[str] | None = None,
    live: bool = False,
    stop: Callable[[], bool] = never,
    results: list[RunResult] | None = None,
    tell: Tell | None = None,
    rehearsed: bool = False,
) -> Report:
    """Bring a job's runs up to date with its sources. The logdir's lock is held.

    `progress` is told what was read and is to be drawn; `workers` read dumps ahead. `only` are the
    paths of sources that are read now; those of a `live` job may go on at once: last lines without
    an end wait, and so do figures. Once `stop` says so, the batch in hand is the last; else what
    the runs show is put to the `results`. `tell` is told (run, points) of each append. What is
    `rehearsed` is thrown away. Raises OutputError where the logdir cannot be written.
    """
    report = Report(job.logdir)
    job, runs, found = _opened(job, report, tell)
    chosen = _chosen(job, found, only)
    workers = _expecting(workers or Workers(), chosen, runs.state)
    _take_up(job, runs, report, found.renamed)
    _keep_roots(job, runs, found)
    for planned in takewhile(lambda _: not stop(), chosen):
        entry = SourceReport(planned.source.shown, planned.format, planned.run)
        report.sources.append(entry)
        Work(planned, runs, entry, job, workers, live=live).run(progress, stop)
    if not stop():
        _finish(job, runs, report, progress, results, live=live or rehearsed)
        if not live and only is None:
            _remember_rest(runs)
    if runs.uncommitted:
        runs.commit()
    if not (live or rehearsed or stop()):
        _project(job, runs, report)
    _report_runs(runs, report)
    return report


def _finish(
    job: Job,
    runs: Runs,
    report: Report,
    progress: Progress | None,
    results: list[RunResult] | None,
    *,
    live: bool,
) -> None:
    """What the runs get at their end; and how they stand, where that is asked for."""
    report.figures = finish(runs, job.prefix, live=live, progress=progress)
    report.undrawn = runs.undrawn
    if results is not None:
        results += results_of(runs, job.prefix)


def _project(job: Job, runs: Runs, report: Report) -> None:
    """The weights, as the Projector shows them: where that is asked for, or some were read."""
    if job.options.projector or _took_dumps(job, report):
        report.notes += project(job.sources, job.options.projector, runs.state)


def _remember_rest(runs: Runs) -> None:
    """What event files hold beyond what is known now was read once, from a file that is gone."""
    for name in list(runs.runs):
        if runs.state.beyond(name):
            runs.unknown.setdefault(name, runs.state.ours(name))
            remember(runs, name)


def _chosen(job: Job, found: Recognised, only: Container[str] | None) -> list[Planned]:
    """The sources to read: of the paths in `only`, or renamed, and no copy of another one."""
    return [
        one
        for one in job.sources
        if (only is None or one.source.path in only or one.source.name in found.renamed)
        and one.source.name not in found.copies
    ]


def _keep_roots(job: Job, runs: Runs, found: Recognised) -> None:
    """Keep the folders that the sources are found in now, where they may be others."""
    if not (found.renamed or runs.state.moved):
        return
    for planned in job.sources:
        if saved := runs.state.sources.get(planned.source.name):
            saved.root = planned.source.root
    runs.uncommitted = True


def _report_runs(runs: Runs, report: Report) -> None:
    """What was written, and what became of event files that were there."""
    report.notes += runs.notes
    report.runs = {name: count for name, count in runs.written.items() if count}
    report.looks = dict(looks(runs, report.runs))
    report.bytes_written = runs.state.bytes_written
    report.notes += map(partial(_unknown, runs), runs.unknown)
    report.notes += [
        f"{name}: points had to go, so a new event file took the place of the old ones: a running "
        "TensorBoard has to be started again to show that"
        for name in dict.fromkeys(runs.rebuilt)
    ]


def _unknown(runs: Runs, name: str) -> str:
    """What became of an event file with points that no state tells of."""
    taken_up = runs.state.runs[name].file in runs.unknown[name]
    what = f"{name}: its event file holds points that no state tells of"
    if taken_up:
        return f"{what}: it is taken up, and what the logs say now goes behind them"
    return f"{what}, so a new event file was begun"


def _opened(job: Job, report: Report, tell: Tell | None) -> tuple[Job, Runs, Recognised]:
    """The job, and where it stands; what is to be read anew is taken away from its runs."""
    use(job.options.plugins)
    state = JobState(job.logdir, job.prefix, job.root, job.options.digest)
    if state.damage:
        report.notes.append(f"{state.damage}: what the logs and the event files hold is kept")
    if job.options.discard:
        state.remove()
    state.given = given(job.options)
    job = with_its_run(job, state)
    dropped = state.drop()
    gone = state.gone()
    lost = _lost(state, gone)
    report.notes += [f"{name}: the event file is gone, so it is written anew" for name in gone[:1]]
    runs = Runs(state, job.options, draw=job.draw, tell=tell)
    runs.uncommitted = dropped
    for name in lost:
        state.sources[name] = state.sources[name].forgotten()
    found = recognise(job, state)
    job = _in_their_runs(job, state)
    runs.gone({one.owner for name, one in state.sources.items() if name not in found.gone})
    if gone:
        runs.commit()  # else a file as long, of a conversion that dies, passes for the lost one
    _start_over(job, runs, report, found.gone)
    if job.renamed_from:
        report.notes.append(
            f"{job.prefix}: run {job.renamed_from} belongs to another folder, so {job.root} is here"
        )
    report.notes += [f"{new}: is {old}, renamed: read on" for new, old in found.renamed.items()]
    return job, runs, found


def _in_their_runs(job: Job, state: JobState) -> Job:
    """A log goes on in the run of its rotated parts, though another log has come since."""
    known: dict[str, str] = {}
    for one in filter(is_log, job.sources):
        saved = state.sources.get(one.source.name)
        if saved and saved.run:
            known.setdefault(one.part_of or one.source.name, saved.run)
    sources = (
        replace(one, run=known.get(one.part_of or one.source.name, one.run))
        if is_log(one) and one.source.name not in state.sources
        else one
        for one in job.sources
    )
    return replace(job, sources=tuple(sources))


def _lost(state: JobState, gone: Sequence[str]) -> list[str]:
    """Forget runs whose event files are gone; which sources had told of them.

    Also those of which no point stood: where they go on, they are compared with the others.
    """
    owners = set()
    for name in gone:
        tracks = state.runs[name].tracks.values()
        owners |= {n for track in map(Track.from_json, tracks) for n in track.owners()}
        state.lose(name)
    return [
        name for name, saved in state.sources.items() if saved.owner in owners or saved.run in gone
    ]


def _start_over(job: Job, runs: Runs, report: Report, gone: set[str]) -> None:
    """Read everything anew that is there, where that was asked for or the options are others.

    Of the `gone` no file holds what was read of them: that stays.
    """
    state = runs.state
    here = {one.source.name: one for one in job.sources}
    others = state.sources and state.options != job.options.digest
    if job.options.force or others:
        anew = [name for name in state.sources if name in here]
        state.options = job.options.digest
        state.hparams = {}
    else:
        anew = [
            name
            for name, saved in state.sources.items()
            if name in here and saved.is_read and saved.rule != here[name].rule.digest
        ]
    if not anew:
        return
    # What is not read any more was kept before: a crash came between.
    unread = {name for name in anew if not state.sources[name].is_read}
    kept = {name for name in anew if name in gone | unread or _said_more(here[name], runs)}
    stay = forget(runs, {state.sources[name].owner for name in anew if name not in kept})
    for name in anew:
        saved = state.sources.pop(name)
        if name in kept:
            state.sources[name] = saved.forgotten()
        elif _has_its_run(here[name], saved):
            state.sources[name] = replace(saved.forgotten(), owner=0)
    if others and not job.options.force:
        report.notes.append(f"{job.prefix}: the options are not those of before: it is read anew")
    if stay:
        report.notes.append(
            f"{job.prefix}: {plural(stay, 'point')} whose source is gone stay{'s' * (stay == 1)}"
        )


def _has_its_run(planned: Planned, saved: SourceState) -> bool:
    """True where a source gave points to a run that no rule of the user gives another name now."""
    gave = bool(saved.run) and (saved.seen > 0 or not saved.is_read)
    return gave and saved.rule == planned.rule.digest


def _said_more(planned: Planned, runs: Runs) -> bool:
    """True where a file that is written whole may have said what it says no more.

    A document that has changed since, and a checkpoint or picture that was overwritten under one
    name: its points are of several steps.
    """
    saved = runs.state.sources[planned.source.name]
    chosen, number = format_of(planned.format), saved.owner
    if not is_attachment(chosen):
        whole = chosen.rewritten or bool(chosen.database)
        return whole and not is_unchanged(planned.source, saved.feed)
    return any(
        sum(count for _, _, count, owner in track.progressions if owner == number) > 1
        for run in runs.runs.values()
        for track in run.tracks.values()
    )


def _took_dumps(job: Job, report: Report) -> bool:
    """True where a dump was read that was not read before."""
    dumps = {planned.source.shown for planned in job.sources if planned.dump}
    return any(one.source in dumps and one.status != "unchanged" for one in report.sources)


def _expecting(workers: Workers, sources: Sequence[Planned], state: JobState) -> Workers:
    """The workers, told of the dumps that are to be read."""

    def is_changed(planned: Planned) -> bool:
        saved = state.sources.get(planned.source.name, SourceState())
        return not is_as_read(planned, saved.feed)

    workers.expect(one for one in sources if one.dump and is_changed(one))
    return workers


def _take_up(job: Job, runs: Runs, report: Report, renamed: dict[str, str]) -> None:
    """Encode again, and first of all, what a crash interrupted."""
    pending = runs.state.pending()
    if pending:
        _turns(job, runs)
    planned_of = {renamed.get(one.source.name, one.source.name): one for one in job.sources}
    for part in pending:
        planned = planned_of.get(part["source"])
        if not planned:
            continue
        entry = SourceReport(planned.source.shown, planned.format, planned.run)
        Work(planned, runs, entry, job, Workers()).run(pending=part)
        if entry.read:
            report.sources.append(entry)
            entry.status = "taken up again"
    if runs.uncommitted:
        runs.commit()


def _turns(job: Job, runs: Runs) -> None:
    """Where every source stands in the order of reading now: logs may have been rotated since."""
    for planned in job.sources:
        saved = runs.state.sources.get(planned.source.name)
        known = runs.owners.get(saved.owner) if saved else None
        if known and known.number > 1 and not known.gone:
            runs.owner(owner_of(planned), known.number)
