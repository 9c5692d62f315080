"""`advance(job)`: read what is new, map it, encode it, append it. Top to bottom, one direction."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError, UsageError
from tbingest.formats.blame import careful
from tbingest.formats.registry import formats, use
from tbingest.logdir.state import JobState
from tbingest.model.report import MAX_PROBLEMS, Report, SourceReport
from tbingest.model.rows import Problem
from tbingest.options import OnRestart
from tbingest.plan.planned import claim_digest
from tbingest.reading.feed import Batch, Feed
from tbingest.reading.mapping import Mapping
from tbingest.reading.memory import Memory
from tbingest.reading.points import naming_of, recalled
from tbingest.reading.renamed import recognise
from tbingest.reading.renewed import renew
from tbingest.reading.workers import Workers
from tbingest.series.late import sorted_by_step
from tbingest.series.restarts import Restarts
from tbingest.series.selection import wanted
from tbingest.series.thinning import Thinner
from tbingest.series.trainings import ReadAgain, Trainings
from tbingest.sources.identity import is_unchanged
from tbingest.write.finish import finish
from tbingest.write.finish import standings as standings_of
from tbingest.write.projector import project
from tbingest.write.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from tbingest.model.points import Points
    from tbingest.plan.planned import Job, Planned
    from tbingest.series.seeds import Standing
    from tbingest.write.runs import Tell

    Progress = Callable[[int, int], None]


def never() -> bool:
    """Nobody asks to stop."""
    return False


def advance(  # noqa: PLR0913 - four of them are hooks
    job: Job,
    progress: Progress | None = None,
    workers: Workers | None = None,
    *,
    only: Container[str] | None = None,
    live: bool = False,
    stop: Callable[[], bool] = never,
    standings: list[Standing] | None = None,
    tell: Tell | None = None,
    whole: bool = False,
) -> Report:
    """Bring a job's runs up to date with its sources. The logdir's lock is held.

    `progress` is called with (decoded bytes, values) read since its last call; `workers` read
    dumps ahead. `only` are the paths of the sources that are read now; those of a `live` job may
    go on at once, so that their last, unfinished lines wait, and so do the figures. Once `stop`
    says so, the batch in hand is the last; else the runs are put to the `standings`. `tell` is
    told (run, points) of each append. `whole`: every source is read at once, to its end. Raises
    OutputError where the logdir cannot be written, UsageError where the options are not those of
    before.
    """
    use(job.options.plugins)
    report = Report(job.logdir)
    state = _state_of(job, report)
    _renew(job, state, report, live=live)
    runs = Runs(state, job.options, draw=job.draw, tell=tell)
    found = recognise(job, state)
    report.notes += [f"{new}: is {old}, renamed: read on" for new, old in found.renamed.items()]
    chosen = [
        one
        for one in job.sources
        if (only is None or one.source.path in only or one.source.name in found.renamed)
        and one.source.name not in found.copies
    ]
    workers = workers or Workers()
    workers.expect(_changed_dumps(chosen, state))
    try:
        _take_up(job, runs, report, found.renamed)
        if found.renamed:
            runs.commit()
        for planned in chosen:
            if stop():
                break
            entry = SourceReport(planned.source.shown, planned.format, planned.run)
            report.sources.append(entry)
            work = _Work(planned, runs, entry, job, workers, live=live and not whole, whole=whole)
            work.run(progress, stop)
    except ReadAgain:
        state.remove()
        again = advance(
            job, progress, workers, live=live, stop=stop, standings=standings, tell=tell, whole=True
        )
        again.notes.insert(0, f"{report.sources[-1].source}: {_AGAIN}")
        return again
    if not stop():
        report.figures = finish(runs, job.prefix, live=live)
        report.undrawn = runs.undrawn
        if standings is not None:
            standings += standings_of(runs, job.prefix)
    if not live and not stop() and (job.options.projector or _took_dumps(job, report)):
        report.notes += project(job.sources, job.options.projector, state)
    report.runs = {name: count for name, count in runs.written.items() if count}
    report.bytes_written = state.bytes_written
    report.notes += [
        f"{name}: the source was rewritten, so a new event file was begun"
        for name in state.began_files
    ]
    return report


_AGAIN = "its new records change what earlier ones mean, so its run was made anew"


def _state_of(job: Job, report: Report) -> JobState:
    """Where the job stands. Raises UsageError where it was converted in another way."""
    state = JobState(job.logdir, job.prefix, job.root, job.options.digest)
    if job.options.force:
        state.remove()
    if not state.sources:
        state.options = job.options.digest
    if state.options != job.options.digest:
        raise UsageError(
            f"{os.path.join(job.logdir, job.prefix)} was converted with other options",  # noqa: PTH118
            "--force rebuilds it, or use another --logdir",
        )
    _check_rules(job, state)
    gone = state.gone()
    if gone:
        report.notes.append(f"{gone[0]}: the event file is gone, so it is written anew")
        state.reset()
    if job.renamed_from:
        report.notes.append(
            f"{job.prefix}: run {job.renamed_from} belongs to another folder, so {job.root} is here"
        )
    return state


def _renew(job: Job, state: JobState, report: Report, *, live: bool) -> None:
    """Look again at logs that have grown; where one is understood otherwise, all is built anew."""
    for planned in job.sources:
        saved = state.sources.get(planned.source.name, {})
        if saved.get("format") == planned.format and not renew(planned, saved["feed"], live=live):
            state.rebuild()
            what = "more of it shows that it is to be understood otherwise: it is read again"
            report.notes.append(f"{planned.source.shown}: {what}")
            return


def _took_dumps(job: Job, report: Report) -> bool:
    """True where a dump was read that was not read before."""
    dumps = {planned.source.shown for planned in job.sources if planned.dump}
    return any(one.source in dumps and one.status != "unchanged" for one in report.sources)


def _check_rules(job: Job, state: JobState) -> None:
    for planned in job.sources:
        known = state.sources.get(planned.source.name)
        if known and known.get("rule", "") != planned.rule.digest:
            raise UsageError(
                f"{planned.source.shown} was converted by another [[source]] rule",
                "--force rebuilds it, or use another --logdir",
            )


def _changed_dumps(sources: Sequence[Planned], state: JobState) -> Iterator[Planned]:
    for planned in sources:
        saved = state.sources.get(planned.source.name, {}).get("feed", {})
        if planned.dump and not is_unchanged(planned.source, saved):
            yield planned


def _take_up(job: Job, runs: Runs, report: Report, renamed: dict[str, str]) -> None:
    """Encode again, and first of all, what a crash interrupted."""
    pending = runs.state.pending()
    for planned in job.sources:
        name = planned.source.name
        if pending and renamed.get(name, name) == pending["source"]:
            entry = SourceReport(planned.source.shown, planned.format, planned.run)
            _Work(planned, runs, entry, job, Workers()).run(pending=pending)
            if entry.read:
                report.sources.append(entry)
                entry.status = "taken up again"


_COMMIT_BATCHES = 4
"""So many blocks are appended before a commit, which waits for the disk."""


class _Work:
    """One source of a job: read, map and write batch after batch, each committed."""

    def __init__(
        self,
        planned: Planned,
        runs: Runs,
        entry: SourceReport,
        job: Job,
        workers: Workers,
        *,
        live: bool = False,
        whole: bool = False,
    ) -> None:
        self.whole = whole
        self.workers = workers
        self.live = live
        self.planned = planned
        self.runs = runs
        self.entry = entry
        self.options = job.options
        self.format = formats()[planned.format]
        self.saved: dict[str, Any] = runs.state.sources.get(planned.source.name, {})
        self.floors: list[list[Any]] = []
        self.uncommitted = 0
        self.thinner = Thinner(job.options.thin)
        self.thinned: list[Points] = []

    def run(
        self,
        progress: Progress | None = None,
        stop: Callable[[], bool] = never,
        *,
        pending: dict[str, Any] | None = None,
    ) -> None:
        """Take what is new; or just the `pending` part that a crash interrupted."""
        entry = self.entry
        if pending:
            base, base_from = pending["base"]
            self.planned = replace(self.planned, base=base, base_from=base_from)
        try:
            known = self.saved.get("format", self.format.name)
            changed = known if known != self.format.name else ""
            if changed:
                seen = self.saved["memory"]["seen"]
                self.saved = {}
                self.runs.hand_over(self.planned.run, changed, self.format.name)
                changed = changed if seen else ""
            feed = Feed(self.planned, self.saved.get("feed", {}), self.workers)
            if changed:
                entry.add(_remark(f"was taken for {changed} before: it is read again"))
            for remark in self.planned.remarks:
                entry.add(remark)
            if feed.rewritten:
                entry.add(_remark("was rewritten: it is read again from its start"))
                self.saved = {}
            self._recall()
            if pending:
                batches = feed.batches(
                    self.options.block_bytes, pending["stop"], close=pending["close"]
                )
            else:
                batches = feed.batches(self.options.block_bytes, close=not self.live)
            self._all(feed, batches, progress, stop)
        except SourceError as error:
            entry.status = "failed"
            entry.add(Problem("", None, None, error.message, error.hint))
        entry.problems = [
            replace(problem, source=problem.source or self.planned.source.shown)
            for problem in entry.problems
        ]
        entry.known = bool(self.saved)
        if self.saved and not entry.read and not entry.problem_count:
            entry.status = "unchanged"

    def _recall(self) -> None:
        """The mapping as it was frozen at the first write, or a fresh one."""
        saved, planned = self.saved, recalled(self.planned, self.saved)
        self.planned = planned
        self.entry.run = planned.run
        floors = saved.get("floors")
        if planned.history and floors is None:
            floors = [[run, tag, last] for (run, tag), last in self.runs.floors().items()]
        self.floors = floors or []
        memory = Memory(**saved.get("memory", {}))
        self.restarts = Restarts(**saved.get("restarts", {}))
        self.trainings = Trainings.from_json(saved.get("trainings", {}), whole=self.whole)
        naming = naming_of(planned, self.options.tag_map)
        self.mapping = Mapping(careful(self.format), planned.roles, naming, memory)
        self.entry.step = planned.roles.why.get("step", "")
        self.entry.wall_time = planned.base_from

    def _all(
        self,
        feed: Feed,
        batches: Iterator[Batch],
        progress: Progress | None,
        stop: Callable[[], bool],
    ) -> None:
        held: list[Points] = []
        counts: tuple[int, ...] | None = None
        position = values = 0
        for batch in batches:
            if feed.again and not position:
                # The last line was given out unfinished: its record is not a new one.
                self.mapping.memory.seen -= 1
            counts = counts or self._counts()
            points = held + self._map(batch)
            arranged = self._arranged(points, batch)
            if arranged is None:
                held = points
                continue
            held = []
            if self.options.thin > 1 and not self._thinned(arranged, close=batch.close):
                continue
            counts = None
            self._write(feed, batch, arranged)
            if progress:
                progress(max(batch.stop - position, 0), self.entry.read - values)
            position, values = batch.stop, self.entry.read
            if stop():
                break
        if counts:  # what is held back is read again, with what follows
            entry = self.entry
            entry.read, entry.reported, entry.repeated, entry.superseded, entry.left_out = counts[
                :5
            ]
            entry.problem_count, kept = counts[5:]
            del entry.problems[kept:]
        if self.uncommitted:
            self._commit()

    def _counts(self) -> tuple[int, ...]:
        entry = self.entry
        counts = (entry.read, entry.reported, entry.repeated, entry.superseded, entry.left_out)
        return (*counts, entry.problem_count, len(entry.problems))

    def _thinned(self, points: list[Points], *, close: bool) -> bool:
        """Put what is kept of all points so far in their place; False until the source ends."""
        before = self.thinner.left_out
        self.thinned += self.thinner.thin(points, close=close)
        self.entry.left_out += self.thinner.left_out - before
        points[:] = self.thinned
        return close

    def _arranged(self, points: list[Points], batch: Batch) -> list[Points] | None:
        """The points as the policy for restarts wants them; None where more are needed for that."""
        if self.options.on_restart == OnRestart.SORT:
            if not batch.close:
                return None
            return sorted_by_step(points) if points else []
        if self.options.on_restart != OnRestart.AUTO:
            return points
        arranged = self.trainings.arrange(points, close=batch.close)
        if arranged is not None:
            self.entry.superseded += self.trainings.superseded
            self.entry.repeated += self.trainings.repeated
            room = MAX_PROBLEMS - len(self.entry.falls)
            self.entry.falls += [f"{place}: {what}" for place, what in self.trainings.notes[:room]]
        return arranged

    def _map(self, batch: Batch) -> list[Points]:
        entry, mapping = self.entry, self.mapping
        for problem in batch.problems:
            entry.read += problem.values
            entry.add(problem)
        if self.format.rewritten and batch.rows:
            # The place of a record in a document is its number, from 1.
            mapping.memory.seen = min(int(rows.order[0]) for rows in batch.rows) - 1
        read, repeated = mapping.read, mapping.repeated
        points = []
        for item in mapping.points(batch.rows):
            if isinstance(item, Problem):
                entry.add(item)
            else:
                points.append(item)
        entry.read += mapping.read - read
        entry.repeated += mapping.repeated - repeated
        entry.tags = len(mapping.memory.names)
        if self.options.only or self.options.drop_tags:
            points, left = wanted(points, self.options.only, self.options.drop_tags)
            entry.left_out += left
        return points

    def _write(self, feed: Feed, batch: Batch, points: list[Points]) -> None:
        state = self.runs.state
        name = self.planned.source.name
        base = [self.planned.base, self.planned.base_from]
        state.begin({"source": name, "stop": batch.stop, "close": batch.close, "base": base})
        points = self.runs.restarted(points, self.restarts)
        floors = {(run, tag): last for run, tag, last in self.floors}
        # Dumps of a run go on from one format to another.
        owner = "dump" if self.planned.dump else self.format.name
        self.runs.write(points, owner, self.entry, floors)
        state.sources[name] = {
            "format": self.format.name,
            "rule": self.planned.rule.digest,
            "run": self.planned.run,
            "root": self.planned.source.root,
            "encoding": self.planned.encoding,
            "sure": self.planned.evidence[0][1].confidence,
            "claim": claim_digest(self.planned.member),
            "feed": feed.state,
            "head": list(self.planned.head),
            "memory": self.mapping.state(),
            "restarts": asdict(self.restarts),
            "trainings": self.trainings.to_json(),
            "roles": {**asdict(self.planned.roles), "fields": []},
            "base": self.planned.base,
            "base_from": self.planned.base_from,
            "floors": self.floors,
        }
        self.uncommitted += 1
        # The state names every tensor: it is not written anew for each part of a dump.
        due = self.uncommitted >= _COMMIT_BATCHES and not self.planned.dump
        if batch.close or due:
            self._commit()

    def _commit(self) -> None:
        self.runs.commit()
        self.uncommitted = 0


def _remark(what: str) -> Problem:
    return Problem("", None, None, what)
