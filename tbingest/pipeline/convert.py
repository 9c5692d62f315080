"""`convert()`: plan, then advance every job once, under the logdir's lock."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.logdir.files import copy_in, foreign_files
from tbingest.logdir.lock import locked
from tbingest.logdir.rehearsal import rehearsal
from tbingest.logdir.state import claim
from tbingest.model.report import Adopted, Report
from tbingest.model.rows import Ignored
from tbingest.names.files import join
from tbingest.names.runs import safe_event_file
from tbingest.names.words import plural
from tbingest.options import Aggregate, Options, local_folder
from tbingest.pipeline.job import advance
from tbingest.pipeline.work import never
from tbingest.plan.planner import is_owned, plan
from tbingest.reading.points import as_list
from tbingest.reading.workers import Workers
from tbingest.write.mean_run import aggregate
from tbingest.write.other_axis import write_by_other_axis
from tbingest.write.summary_run import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from tbingest.plan.planned import Job, Plan
    from tbingest.reading.points import Paths
    from tbingest.series.seeds import Standing

    Progress = Callable[[int, int], None]
    """Is told (bytes, values) read since the last call."""


def convert(
    paths: Paths,
    logdir: str | os.PathLike[str] = "runs",
    options: Options | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    expect: Callable[[int], object] | None = None,
    stop: Callable[[], bool] = never,
) -> Report:
    """Write the logs and dumps at `paths` to TensorBoard event files below `logdir`.

    Converting again adds only what is new. With `dry_run` everything is read and nothing is
    written. Gives the report; what could not be read stands in it. `expect` is told how many bytes
    the sources hold, then `progress` how many of them, and how many values, were read. Once `stop`
    says so, what is in hand is written and the rest is left. Raises UsageError for a path or option
    that cannot be right, OutputError where the logdir cannot be written.
    """
    began = time.monotonic()
    options = options or Options()
    target = local_folder(os.fspath(logdir))
    plan_ = plan(as_list(paths), target, options, remember=True)
    if expect:
        expect(sum(one.source.size for job in plan_.jobs for one in job.sources))
    report = Report(target, ignored=list(plan_.ignored), dry_run=dry_run)
    if dry_run:
        with Workers(options.processes, options.plugins) as workers:
            go = partial(advance, progress=progress, workers=workers, stop=stop, rehearsed=True)
            _try(plan_, report, go)
    elif plan_.jobs or plan_.adoptions:
        with locked(target), Workers(options.processes, options.plugins) as workers:
            if not is_owned(plan_):
                plan_ = plan(as_list(paths), target, options, remember=True)
            _write(
                plan_, options, report, partial(advance, progress=progress, workers=workers), stop
            )
    report.notes += without_curves(report)
    report.seconds = time.monotonic() - began
    return report


def _write(
    plan_: Plan,
    options: Options,
    report: Report,
    go: Callable[..., Report],
    stop: Callable[[], bool],
) -> None:
    """Advance every job, then write what is made of several runs. The logdir's lock is held."""
    standings: list[Standing] = []
    for job in plan_.jobs:
        if not stop():
            report.merge(go(job, stop=stop, standings=standings))
    if not stop():
        adopt(plan_, report.logdir, options, report)
    if options.aggregate != Aggregate.NONE and not stop():
        aggregate(plan_, options, report)
    if options.also_by and not stop():
        write_by_other_axis(plan_, options, report)
    if not stop():
        compare(report.logdir, options, standings, report)
    report.notes += _beside_others(report.logdir, report)


def adopt(plan_: Plan, logdir: str, options: Options, report: Report) -> None:
    """Copy event files into their runs. The logdir's lock is held."""
    for entry in plan_.adoptions:
        shown, name = entry.source.shown, safe_event_file(entry.source.name.rpartition("/")[2])
        claim(logdir, entry.run, entry.root, options.digest)
        try:
            size = copy_in(logdir, entry.run, name, entry.source.path)
        except SourceError as error:
            report.ignored.append(Ignored(shown, error.message, failed=True))
            continue
        if size is None:
            reason = f"not copied: {join(logdir, entry.run, name)} is another file"
            report.ignored.append(Ignored(shown, reason, failed=True))
            continue
        report.adopted.append(Adopted(shown, entry.run, size))
    converted = {job.prefix for job in plan_.jobs}
    report.notes += [
        f"{run}: holds a copied event file and converted logs: a tag of both is shown twice"
        for run in dict.fromkeys(entry.run for entry in report.adopted)
        if run in converted
    ]


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


def _try(plan_: Plan, report: Report, advance_: Callable[[Job], Report]) -> None:
    """Convert into a copy of what the jobs have so far, which is thrown away."""
    report.adopted += [
        Adopted(entry.source.shown, entry.run, entry.source.size) for entry in plan_.adoptions
    ]
    with rehearsal(report.logdir, [job.prefix for job in plan_.jobs]) as folder:
        for job in plan_.jobs:
            report.merge(advance_(replace(job, logdir=folder)))
    report.bytes_written = 0


def inspect(
    paths: Paths, logdir: str | os.PathLike[str] = "runs", options: Options | None = None
) -> Plan:
    """What `paths` hold, why it is taken for that, and which runs it would become.

    Writes nothing. Raises UsageError for a path or option that cannot be right.
    """
    return plan(as_list(paths), logdir, options or Options())
