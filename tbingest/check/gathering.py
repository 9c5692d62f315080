"""Reads logs, or a logdir, into curves. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.series import Gathered, Origin, Series
from tbingest.errors import SourceError
from tbingest.formats.registry import formats
from tbingest.ingest import read
from tbingest.jobs import read_batches
from tbingest.verify import Verdict, verify_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.examining import Planned
    from tbingest.options import Options

_PIECE = 1 << 20


@dataclass
class Inputs:
    """The curves of some paths.

    unread: (file, why) of what was to be read and gave nothing; others: (file, why) of what was
    passed over; problems: how many lines and the like could not be read, by file.
    """

    series: list[Series] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    problems: dict[str, int] = field(default_factory=dict)
    sources: int = 0


def gather(paths: Sequence[str], options: Options) -> Inputs:
    """Every curve of the logs and logdirs at `paths`. Raises UsageError."""
    logdirs = [path for path in paths if _holds_events(Path(path))]
    logs = [path for path in paths if path not in logdirs]
    inputs, gathered = Inputs(), Gathered()
    if logs:
        _logs(logs, options, inputs, gathered)
    for path in logdirs:
        _events(Path(path), inputs, gathered)
    inputs.series = gathered.series()
    return inputs


def _holds_events(path: Path) -> bool:
    """True for an event file, a folder that tbingest wrote, and one of event files only."""
    if path.is_file():
        return ".tfevents." in path.name
    if not path.is_dir():
        return False
    if (path / ".tbingest").is_dir():
        return True
    files = [one for one in path.rglob("*") if one.is_file()]
    return bool(files) and all(".tfevents." in one.name for one in files)


def _logs(paths: Sequence[str], options: Options, inputs: Inputs, gathered: Gathered) -> None:
    plan = read(paths, options).plan
    for entry in plan.ignored:
        (inputs.unread if entry.failed else inputs.others).append((entry.shown, entry.reason))
    for job in plan.jobs:
        for planned in job.sources:
            inputs.sources += 1
            try:
                if not _log(planned, options, inputs, gathered):
                    inputs.unread.append((planned.source.shown, "gave no values"))
            except SourceError as error:
                inputs.unread.append((planned.source.shown, error.message))


def _log(planned: Planned, options: Options, inputs: Inputs, gathered: Gathered) -> bool:
    """Take one source; True where it gave anything."""
    chosen = formats()[planned.format]
    shown = planned.source.shown
    gathered.sources.append(Origin(shown, not (chosen.rewritten or chosen.database or chosen.dump)))
    some = False
    for points, problems in read_batches(planned, options):
        inputs.problems[shown] = inputs.problems.get(shown, 0) + len(problems)
        for one in points:
            some = some or bool(len(one))
            if one.kind == "scalar":
                gathered.take(
                    one.run,
                    one.tags,
                    one.steps,
                    np.asarray(one.values, np.float64),
                    places=one.order,
                    origin=len(gathered.sources) - 1,
                    owner=planned.format,
                )
    return some


def _events(path: Path, inputs: Inputs, gathered: Gathered) -> None:
    top = path.parent if path.is_file() else path
    files = [path] if path.is_file() else sorted(path.rglob("*.tfevents.*"))
    inputs.unread += [
        (finding.where, finding.what) for finding in damage(path).findings if finding.failed
    ]
    damaged = {where for where, _ in inputs.unread}
    for file in files:
        inputs.sources += 1
        folder = file.parent.relative_to(top)
        run = folder.as_posix() if folder.parts else top.absolute().name
        try:
            _event_file(file, run, gathered)
        except (SourceError, OSError) as error:
            reason = error.message if isinstance(error, SourceError) else str(error.strerror)
            if str(file) not in damaged:
                inputs.unread.append((str(file), reason))
    if not files:
        inputs.unread.append((str(path), "holds no event file"))


def damage(path: Path) -> Verdict:
    """What is damaged of a logdir; an event file alone is only read."""
    return verify_files(str(path)) if path.is_dir() else Verdict()


def _event_file(file: Path, run: str, gathered: Gathered) -> None:
    from tbingest.events.decode import scalars

    found: dict[str, tuple[list[int], list[float]]] = {}
    gathered.sources.append(Origin(str(file), lined=False))
    try:
        for one in scalars(_pieces(file)):
            steps, values = found.setdefault(one.tag, ([], []))
            steps.append(one.step)
            values.append(one.value)
    finally:
        for tag, (steps, values) in found.items():
            gathered.take(
                run,
                (tag,),
                np.array(steps, np.int64),
                np.array(values, np.float64)[:, None],
                places=np.arange(len(steps)),
                origin=len(gathered.sources) - 1,
            )


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
