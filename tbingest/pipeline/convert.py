"""`convert()`: plan, then advance every job once, under the logdir's lock."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from tbingest.logdir.lock import locked
from tbingest.model.report import Report
from tbingest.options import Options, local_folder
from tbingest.pipeline.session import Session, without_curves
from tbingest.pipeline.work import never
from tbingest.plan.planner import is_owned, plan
from tbingest.reading.points import as_list
from tbingest.reading.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tbingest.plan.planned import Plan
    from tbingest.reading.points import Paths
    from tbingest.write.finish import Progress


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
    with Workers(options.processes, options.plugins) as workers:
        plan_ = plan(as_list(paths), target, options, remember=True, workers=workers)
        if expect:
            expect(sum(one.source.size for job in plan_.jobs for one in job.sources))
        report = Report(target, ignored=list(plan_.ignored), dry_run=dry_run)
        session = Session(target, options, workers, stop, progress)
        if dry_run:
            session.rehearse(plan_, report)
        elif plan_.jobs or plan_.adoptions:
            with locked(target), workers:
                if not is_owned(plan_):
                    plan_ = plan(as_list(paths), target, options, remember=True)
                session.advance_all(plan_, report)
                session.adopt(plan_, report)
                session.combine(plan_, report)
    report.notes += without_curves(report)
    report.seconds = time.monotonic() - began
    return report


def inspect(
    paths: Paths, logdir: str | os.PathLike[str] = "runs", options: Options | None = None
) -> Plan:
    """What `paths` hold, why it is taken for that, and which runs it would become.

    Writes nothing. Raises UsageError for a path or option that cannot be right.
    """
    return plan(as_list(paths), logdir, options or Options())
