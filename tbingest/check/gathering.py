"""Reads logs, or a logdir, into curves. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.folding import Asked, Gathered
from tbingest.check.series import Origin, Series
from tbingest.errors import SourceError
from tbingest.formats.registry import formats
from tbingest.ingest import read
from tbingest.jobs import read_batches
from tbingest.verify import Verdict, verify_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from tbingest.examining import Planned
    from tbingest.options import Options
    from tbingest.planning import Job

_PIECE = 1 << 20
_BATCH = 1 << 16


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


def gather(paths: Sequence[str], options: Options, asked: Asked | None = None) -> Inputs:
    """Every curve of the logs and logdirs at `paths`. Raises UsageError.

    `asked` is what rules need of the curves beside the rest.
    """
    asked = asked or Asked()
    logdirs = [path for path in paths if _holds_events(Path(path))]
    logs = [path for path in paths if path not in logdirs]
    inputs = Inputs()
    if logs:
        _logs(logs, options, asked, inputs)
    for path in logdirs:
        _events(Path(path), asked, inputs)
    inputs.series.sort(key=lambda one: (one.run, one.tag))
    return inputs


def gather_runs(logdir: str, runs: AbstractSet[str]) -> list[Series]:
    """The curves that a logdir holds of some runs and of those below them."""
    inputs, top = Inputs(), Path(logdir)
    for folder, files in _folders(sorted(top.rglob("*.tfevents.*"))).items():
        run = folder.relative_to(top).as_posix()
        if any(run == one or run.startswith(f"{one}/") for one in runs):
            _whole(Asked(), partial(_run, run, files, set()), inputs)
    return sorted(inputs.series, key=lambda one: (one.run, one.tag))


def _folders(files: Sequence[Path]) -> dict[Path, list[Path]]:
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file)
    return folders


def _whole(asked: Asked, reading: Callable[[Gathered, Inputs], None], inputs: Inputs) -> None:
    """Read some sources, again where steps fell back further than what is held of them."""
    gathered = Gathered(asked)
    reading(gathered, inputs)
    while again := gathered.again():
        gathered = again
        reading(gathered, Inputs())
    inputs.series += gathered.series()


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


def _logs(paths: Sequence[str], options: Options, asked: Asked, inputs: Inputs) -> None:
    plan = read(paths, options).plan
    for entry in plan.ignored:
        (inputs.unread if entry.failed else inputs.others).append((entry.shown, entry.reason))
    for job in plan.jobs:
        _whole(asked, partial(_job, job, options), inputs)


def _job(job: Job, options: Options, gathered: Gathered, inputs: Inputs) -> None:
    for planned in job.sources:
        try:
            if not _log(planned, options, inputs, gathered):
                inputs.unread.append((planned.source.shown, "gave no values"))
        except SourceError as error:
            inputs.unread.append((planned.source.shown, error.message))


def _log(planned: Planned, options: Options, inputs: Inputs, gathered: Gathered) -> bool:
    """Take one source; True where it gave anything."""
    chosen = formats()[planned.format]
    shown = planned.source.shown
    gathered.begin(Origin(shown, not (chosen.rewritten or chosen.database or chosen.dump)))
    some = False
    for points, problems in read_batches(planned, options):
        inputs.problems[shown] = inputs.problems.get(shown, 0) + len(problems)
        for one in points:
            some = some or bool(len(one))
            if one.kind == "scalar":
                values = np.asarray(one.values, np.float64)
                gathered.take(
                    one.run, one.tags, one.steps, values, places=one.order, owner=planned.format
                )
        gathered.flush()
    return some


def _events(path: Path, asked: Asked, inputs: Inputs) -> None:
    top = path.parent if path.is_file() else path
    files = [path] if path.is_file() else sorted(path.rglob("*.tfevents.*"))
    inputs.unread += [
        (finding.where, finding.what) for finding in damage(path).findings if finding.failed
    ]
    damaged = {where for where, _ in inputs.unread}
    for folder, those in _folders(files).items():
        below = folder.relative_to(top)
        run = below.as_posix() if below.parts else top.absolute().name
        _whole(asked, partial(_run, run, those, damaged), inputs)
    if not files:
        inputs.unread.append((str(path), "holds no event file"))


def _run(
    run: str, files: Sequence[Path], damaged: set[str], gathered: Gathered, inputs: Inputs
) -> None:
    for file in files:
        try:
            _event_file(file, run, gathered)
        except (SourceError, OSError) as error:
            reason = error.message if isinstance(error, SourceError) else str(error.strerror)
            if str(file) not in damaged:
                inputs.unread.append((str(file), reason))


def damage(path: Path) -> Verdict:
    """What is damaged of a logdir; an event file alone is only read."""
    return verify_files(str(path)) if path.is_dir() else Verdict()


def _event_file(file: Path, run: str, gathered: Gathered) -> None:
    """Take one event file; what stands before some damage is taken, too."""
    from tbingest.events.decode import scalars

    gathered.begin(Origin(str(file), lined=False))
    found: dict[str, tuple[list[int], list[float]]] = {}
    try:
        for count, one in enumerate(scalars(_pieces(file)), 1):
            steps, values = found.setdefault(one.tag, ([], []))
            steps.append(one.step)
            values.append(one.value)
            if count % _BATCH == 0:
                _take(found, run, gathered)
    finally:
        _take(found, run, gathered)


def _take(found: dict[str, tuple[list[int], list[float]]], run: str, gathered: Gathered) -> None:
    for tag, (steps, values) in found.items():
        column = np.array(values, np.float64)[:, None]
        places = np.arange(len(steps))
        gathered.take(run, (tag,), np.array(steps, np.int64), column, places=places)
    gathered.flush()
    found.clear()


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
