"""What converts a logdir, once or live: jobs are advanced, then what is made of all their runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.logdir.files import copy_in, foreign_files
from tbingest.logdir.rehearsal import rehearsal
from tbingest.logdir.state import claim
from tbingest.model.report import Adopted, Report
from tbingest.model.rows import Ignored
from tbingest.names.files import join
from tbingest.names.runs import safe_event_file
from tbingest.names.words import plural
from tbingest.options import Aggregate
from tbingest.pipeline.job import advance
from tbingest.pipeline.work import never
from tbingest.reading.workers import halted
from tbingest.write.mean_run import aggregate
from tbingest.write.other_axis import write_by_other_axis
from tbingest.write.summary_run import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from tbingest.options import Options
    from tbingest.plan.planned import Job, Plan
    from tbingest.reading.workers import Workers
    from tbingest.series.seeds import RunResult
    from tbingest.write.finish import Progress


@dataclass
class Session:
    """A logdir that is written. Its lock is held, but by a `rehearse`.

    Once `stop` says so, what is in hand is written and the rest is left; `progress` is told
    what was read and what is to be drawn.
    """

    logdir: str
    options: Options
    workers: Workers
    stop: Callable[[], bool] = never
    progress: Progress | None = None
    _results: dict[str, list[RunResult]] = field(default_factory=dict, init=False)

    def advance(
        self, job: Job, report: Report, *, only: Container[str] | None = None, live: bool = False
    ) -> None:
        """Read what is new of a job; `only` are the paths of its sources that are read now."""
        if self.stop():
            return
        results: list[RunResult] = []
        go = partial(advance, job, self.progress, self.workers, only=only, live=live)
        report.merge(go(stop=self.stop, results=results))
        if not live:
            self._results[job.prefix] = results

    def advance_all(self, plan: Plan, report: Report) -> None:
        """Read what is new of all jobs, in other processes where that is worth it."""
        if not self.workers.share(len(plan.jobs)):
            for job in plan.jobs:
                self.advance(job, report)
            return
        sizes = [sum(one.source.size for one in job.sources) for job in plan.jobs]
        done = self.workers.each(_apart, plan.jobs, sizes, self.stop)
        for job, size, (found, results) in zip(plan.jobs, sizes, done, strict=True):
            report.merge(found)
            self._results[job.prefix] = results
            if self.progress:
                self.progress(size, sum(entry.read for entry in found.sources))

    def adopt(self, plan: Plan, report: Report) -> None:
        """Copy event files of other writers into their runs."""
        for entry in plan.adoptions if not self.stop() else ():
            shown, name = entry.source.shown, safe_event_file(entry.source.name.rpartition("/")[2])
            claim(self.logdir, entry.run, entry.root, self.options.digest)
            try:
                size = copy_in(self.logdir, entry.run, name, entry.source.path)
            except SourceError as error:
                report.ignored.append(Ignored(shown, error.message, failed=True))
                continue
            if size is None:
                reason = f"not copied: {join(self.logdir, entry.run, name)} is another file"
                report.ignored.append(Ignored(shown, reason, failed=True))
                continue
            report.adopted.append(Adopted(shown, entry.run, size))
        converted = {job.prefix for job in plan.jobs}
        report.notes += [
            f"{run}: holds a copied event file and converted logs: a tag of both is shown twice"
            for run in dict.fromkeys(entry.run for entry in report.adopted)
            if run in converted
        ]

    def combine(self, plan: Plan, report: Report) -> None:
        """Write what is made of several runs: their means, other axes, comparisons."""
        if self.options.aggregate != Aggregate.NONE and not self.stop():
            aggregate(plan, self.options, report)
        if self.options.also_by and not self.stop():
            write_by_other_axis(plan, self.options, report)
        if not self.stop():
            found = [one for job in plan.jobs for one in self._results.get(job.prefix, [])]
            compare(self.logdir, self.options, found, report)
        report.notes += _beside_others(self.logdir, report)

    def rehearse(self, plan: Plan, report: Report) -> None:
        """Convert into a copy of what the jobs have so far, which is thrown away."""
        report.adopted += [
            Adopted(entry.source.shown, entry.run, entry.source.size) for entry in plan.adoptions
        ]
        go = partial(advance, progress=self.progress, workers=self.workers, stop=self.stop)
        with rehearsal(self.logdir, [job.prefix for job in plan.jobs]) as folder:
            for job in plan.jobs:
                report.merge(go(replace(job, logdir=folder), rehearsed=True))
        report.bytes_written = 0


def _apart(job: Job) -> tuple[Report, list[RunResult]]:
    """A job, done in another process; what stands at its end is what was written."""
    results: list[RunResult] = []
    if halted():
        return Report(job.logdir), results
    return advance(job, stop=halted, results=results), results


_CURVES = ("scalar", "histogram", "pr_curve", "mesh", "graph", "audio")


def without_curves(report: Report) -> list[str]:
    """A warning where the logs gave notes, settings and pictures, and nothing that is drawn."""
    written: Counter[str] = Counter()
    for entry in report.sources:
        written.update(entry.written)
    told = written["text"] or written["hparams"]
    known = report.adopted or any(entry.known for entry in report.sources)
    if not told or known or any(written[kind] for kind in _CURVES):
        return []
    found = [plural(count, kind) for kind, count in sorted(written.items()) if count]
    what = f"no curve was read, just {' and '.join(found)}"
    return [f"{what}: tbingest inspect says what each file is taken for"]


def _beside_others(logdir: str, report: Report) -> list[str]:
    """Which runs hold event files of other writers, too: TensorBoard joins what has one tag."""
    copied = {entry.run for entry in report.adopted}
    found = []
    for run in sorted(report.runs.keys() - copied):
        others = [path.name for path in foreign_files(logdir, run)]
        if others:
            what = f"{run}: holds {others[0]} of another writer, too: of a tag of both, later steps"
            found.append(f"{what} hide earlier ones (--run gives ours another name)")
    return found
