"""One source of a job: read what is new of it, map it, write it, batch after batch."""

from __future__ import annotations

import sys
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.formats.blame import careful
from tbingest.formats.registry import format_of, is_format
from tbingest.logdir.source_state import SourceState
from tbingest.model.report import MAX_PROBLEMS, SourceReport
from tbingest.model.rows import Problem
from tbingest.options import OnRestart
from tbingest.pipeline.decided import is_otherwise, meanings, state_of
from tbingest.plan.owners import owner_of
from tbingest.reading.feed import OtherReaderError, Span
from tbingest.reading.kinds import feed_of
from tbingest.reading.mapping import Mapping as RowMapping
from tbingest.reading.memory import Memory
from tbingest.reading.points import naming_of, recalled
from tbingest.reading.renewed import renew
from tbingest.series.late import sorted_by_step
from tbingest.series.restarts import Restarts
from tbingest.series.selection import wanted
from tbingest.series.thinning import Thinner
from tbingest.series.trainings import ReadAgain, Trainings
from tbingest.sources.identity import goes_on, is_unchanged
from tbingest.write.again import forget
from tbingest.write.unended import take_back, unended_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tbingest.model.points import Points
    from tbingest.model.report import Counts
    from tbingest.plan.planned import Job, Planned
    from tbingest.reading.feed import Batch, Feed
    from tbingest.reading.workers import Workers
    from tbingest.series.owners import Owner
    from tbingest.write.runs import Runs

    Progress = Callable[[int, int], None]


def never() -> bool:
    """Nobody asks to stop."""
    return False


_AGAIN = "its new records change what earlier ones mean, so its run was made anew"
_LESS = "more of it shows that it is to be understood otherwise: it is read again"


class Work:
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
    ) -> None:
        self.whole = False  # all of the source is to come at once
        self.workers = workers
        self.live = live
        self.run_planned = planned.run
        self.runs = runs
        self.entry = entry
        self.options = job.options
        self.format = format_of(planned.format)
        known = runs.state.sources.get(planned.source.name, SourceState())
        self.number = known.owner
        self.saved = known if known.is_read else SourceState()
        self.planned = planned if known.is_read else recalled(planned, known)
        self.thinner = Thinner(job.options.thin)
        self.thinned: list[Points] = []
        self.owner = self._owner(again=not self.saved.is_read)

    def _owner(self, *, again: bool = False) -> Owner:
        """Whose points these are: another owner's where the source is read `again`."""
        like = owner_of(self.planned)
        known = self.runs.owners.get(self.number)
        story = known.story if known else 0
        return self.runs.owner(like, 0 if again else self.number, story)

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
            self._decided_anew()
            for remark in self.planned.remarks:
                entry.add(remark)
            try:
                self._speak(pending, progress, stop)
            except (OtherReaderError, _SaysOtherwise):
                self._forget("")
                self._speak(pending, progress, stop)
            except ReadAgain:
                self._forget(_AGAIN)
                self.whole, self.live = True, False
                self._speak(None, progress, stop)
        except SourceError as error:
            entry.status = "failed"
            entry.add(Problem("", None, None, error.message, error.hint))
        entry.problems = [
            replace(problem, source=problem.source or self.planned.source.shown)
            for problem in entry.problems
        ]
        entry.known = self.saved.is_read
        if self.saved.is_read and not entry.read and not entry.problem_count:
            entry.status = "unchanged"

    def _speak(
        self, pending: dict[str, Any] | None, progress: Progress | None, stop: Callable[[], bool]
    ) -> None:
        """Read what is new, and write it."""
        saved, block = self.saved.feed, self.options.block_bytes
        feed = feed_of(self.planned, saved, self.workers, live=self.live)
        if feed.rewritten:
            self._begin_again()
        self._recall()
        span = (
            Span(block, pending["stop"], pending["close"])
            if pending
            else Span(block, close=not self.live)
        )
        self._all(feed, feed.batches(span), progress, stop)

    def _forget(self, what: str) -> None:
        """Read the source anew from its start, as if it had not been read."""
        forget(self.runs, {self.number})
        self.saved = SourceState()
        self.owner = self._owner(again=True)
        vars(self.entry).update(
            vars(SourceReport(self.entry.source, self.entry.format, self.entry.run))
        )
        if what:
            self.runs.notes.append(f"{self.planned.source.shown}: {what}")

    def _decided_anew(self) -> None:
        """What was decided of a source from less of it may turn out wrong: it is read anew."""
        if not self.saved.is_read:
            return
        known, seen = self.saved.format, self.saved.seen
        what = ""
        if self.format.is_log and not (seen or is_unchanged(self.planned.source, self.saved.feed)):
            self._forget("")  # its header may have been cut
        elif known != self.format.name:
            what = f"was taken for {known} before: it is read again"
        elif is_otherwise(self.saved, self.planned) or not renew(
            self.planned, self.saved.feed, live=self.live
        ):
            what = _LESS
        if what and self._is_another():
            self._begin_again()
        elif what:
            self._forget(what if seen else "")

    def _is_another(self) -> bool:
        """True where the source holds no more what was read of it: those points stay."""
        feed, name = self.saved.feed, self.saved.format
        if (
            not is_format(name)
            or not format_of(name).is_log
            or is_unchanged(self.planned.source, feed)
        ):
            return False
        return not goes_on(self.planned.source, feed, whole=not self.live)

    def _begin_again(self) -> None:
        """The source is not the one that was read: it tells of what comes after that."""
        self.entry.add(_remark("was rewritten: it is read again from its start"))
        self.saved = SourceState(run=self.saved.run)
        self.runs.owners[self.owner.number].gone = True
        self.owner = self._owner(again=True)

    def _recall(self) -> None:
        """The mapping as it was frozen at the first write, or a fresh one."""
        self.planned = planned = recalled(self.planned, self.saved)
        self.entry.run = planned.run
        self._begin_mapping(self.saved)
        self.entry.step = planned.roles.why.get("step", "")
        self.entry.wall_time = planned.base_from

    def _begin_mapping(self, saved: SourceState) -> None:
        planned = self.planned
        memory = Memory(**saved.memory)
        self.restarts = Restarts(**saved.restarts)
        self.unended, self.before = saved.unended, saved.before
        self.trainings = Trainings.from_json(saved.trainings, whole=self.whole, base=planned.run)
        naming = naming_of(planned, self.options.tag_map)
        self.mapping = RowMapping(careful(self.format), planned.roles, naming, memory)

    def _all(
        self,
        feed: Feed,
        batches: Iterator[Batch],
        progress: Progress | None,
        stop: Callable[[], bool],
    ) -> None:
        try:
            self._each(feed, batches, progress, stop)
        finally:
            self.runs.flush(self.entry)
            if self.runs.is_due:
                self.runs.commit()
            turned, self.runs.turned = self.runs.turned, False
        if turned and not self.whole:
            self.planned = replace(self.planned, run=self.run_planned)
            raise ReadAgain

    def _each(
        self,
        feed: Feed,
        batches: Iterator[Batch],
        progress: Progress | None,
        stop: Callable[[], bool],
    ) -> None:
        held: list[Points] = []
        counts: Counts | None = None
        position = values = 0
        for batch in batches:
            self._look_back(feed, batch, first=not position)
            counts = counts or self.entry.counts()
            before = self._before(feed) if batch.unended and not held else {}
            new = self._last_line(feed, batch) if batch.unended else self._map(batch)
            batch.rows = []  # the next batch takes as much memory
            held = held + new
            arranged = self._arranged(held, batch)
            if arranged is None:
                continue
            held = []
            if self.options.thin > 1 and not self._thinned(arranged, close=batch.close):
                continue
            counts = None
            size = max(batch.stop - position, 0)
            self.before = before
            self._write(feed, batch, arranged, new, size)
            if progress:
                progress(size, self.entry.read - values)
            position, values = batch.stop, self.entry.read
            new = arranged = []
            if stop():
                break
        if counts:  # what is held back is read again, with what follows
            self.entry.go_back(counts)

    def _look_back(self, feed: Feed, batch: Batch, *, first: bool) -> None:
        """Begin the mapping anew where a batch tells again what was told before."""
        if feed.again and first:
            # The last line was given out unfinished: its records are not new ones.
            self._begin_mapping(replace(self.saved, **self.saved.before))
        if feed.grown:
            raise _SaysOtherwise
        if batch.again:
            self.owner = self._owner(again=True)
            self._begin_mapping(SourceState())

    def _thinned(self, points: list[Points], *, close: bool) -> bool:
        """Put what is kept of all points so far in their place; False until the source ends."""
        before = self.thinner.left_out
        self.thinned += self.thinner.thin(points, close=close)
        self.entry.left_out += self.thinner.left_out - before
        points[:] = self.thinned
        return close

    def _arranged(self, points: list[Points], batch: Batch) -> list[Points] | None:
        """The points as the policy for restarts wants them; None where more are needed for that."""
        policy = self.planned.on_restart(self.options)
        if policy == OnRestart.SORT:
            if not batch.close:
                return None
            return sorted_by_step(points) if points else []
        if policy != OnRestart.AUTO:
            return points
        arranged = self.trainings.arrange(points, close=batch.close)
        if arranged is not None:
            self.entry.superseded += self.trainings.superseded
            self.entry.repeated += self.trainings.repeated
            self.entry.account.absorb(self.trainings.account)
            room = MAX_PROBLEMS - len(self.entry.falls)
            self.entry.falls += [f"{place}: {what}" for place, what in self.trainings.notes[:room]]
        return arranged

    def _before(self, feed: Feed) -> dict[str, Any]:
        """What the records mean before the last line, which has no end: for when it goes on."""
        if feed.state.get("held") == self.saved.feed.get("held"):
            return self.saved.before  # the same line was there at the last look
        said = meanings(self)  # of which the memory alone changes in place
        return {**said, "memory": deepcopy(said["memory"])}

    def _last_line(self, feed: Feed, batch: Batch) -> list[Points]:
        """The points of a last line without an end; none where it makes the step fall.

        Its step may be cut off, or yet to come, and a step that falls, or is that of the record
        before, takes points away: it waits for its end.
        """
        memory = deepcopy(self.mapping.memory)
        points = self._map(batch)
        if not self.mapping.roles.step or memory.step is None:
            return points
        lacks = any(self.mapping.roles.step not in rows.columns for rows in batch.rows)
        fallen = [part for part in points if int(part.steps.min()) < memory.step + lacks]
        if not any(self._falls(part, same=lacks) for part in fallen):
            return points
        self.mapping.memory = memory
        feed.hold_back()
        values = sum(len(part) * len(part.tags) for part in points)
        line = min(int(part.order[0]) for part in points)
        said = "no step yet" if lacks else "a step that falls"
        what = f"the last line has no end and {said}: it is held back until it is whole"
        hint = "end the line where that is what was meant"
        self.entry.add(Problem("", line, None, what, hint, values))
        return []

    def _falls(self, points: Points, *, same: bool) -> bool:
        """True where points would take away some that the source has given; `same`: of their step,
        too.
        """
        run = self.runs.runs.get(points.run)
        step = int(points.steps.min())
        lasts = [run.tracks[tag].last for tag in points.tags if run and tag in run.tracks]
        woven = bool(run and run.weaving)
        return woven or any(last is not None and last + same > step for last in lasts)

    def _map(self, batch: Batch) -> list[Points]:
        entry, mapping = self.entry, self.mapping
        for problem in batch.problems:
            entry.read += problem.values
            entry.add(problem)
        if self.format.rewritten and batch.rows:
            # The place of a record in a document is its number, from 1.
            mapping.memory.seen = min(int(rows.order[0]) for rows in batch.rows) - 1
        entry.account.add(batch.kinds)
        read, repeated = mapping.read, mapping.repeated
        points = []
        for item in mapping.points(batch.rows):
            if isinstance(item, Problem):
                entry.add(item)
            else:
                points.append(item)
        entry.read += mapping.read - read
        entry.repeated += mapping.repeated - repeated
        for part in points:
            if part.kind == "scalar":
                entry.names.update(map(sys.intern, part.tags))
        entry.tags = len(entry.names)
        if self.options.only or self.options.drop_tags:
            points, left = wanted(points, self.options.only, self.options.drop_tags)
            entry.left_out += left
        return points

    def _write(
        self, feed: Feed, batch: Batch, points: list[Points], own: list[Points], size: int
    ) -> None:
        """Append the points up to a batch that was read from `size` bytes; `own` are the batch's,
        the others were held back.
        """
        state = self.runs.state
        name = self.planned.source.name
        base = [self.planned.base, self.planned.base_from]
        state.begin({"source": name, "stop": batch.stop, "close": batch.close, "base": base})
        points = self.runs.restarted(points, self.restarts)
        if feed.again and (points or batch.close):
            take_back(self.runs, self.unended, points, self.owner)
        self.runs.write(points, self.owner, self.entry)
        if batch.unended:
            self.unended = unended_of(points, own)
        elif points or not feed.again:
            self.unended = []
        state.sources[name] = state_of(self, feed)
        dump = self.planned.dump
        self.runs.worked(size if not dump else self.planned.source.size if batch.close else 0)
        if self.runs.is_due and not (dump and not batch.close):
            self.runs.commit()


class _SaysOtherwise(Exception):  # noqa: N818 - it ends one way of reading, and begins another
    """What was read of a source stands in it, and is understood otherwise now."""


def _remark(what: str) -> Problem:
    return Problem("", None, None, what)
