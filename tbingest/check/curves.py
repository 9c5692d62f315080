"""Reads logs, or a logdir, into curves. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.check.fold import Asked, Gathered
from tbingest.check.series import Origin, Series
from tbingest.errors import SourceError
from tbingest.formats.generic.table import NO_ROWS
from tbingest.formats.registry import format_of
from tbingest.logdir.files import event_files, is_logdir, pieces
from tbingest.model.points import Points
from tbingest.options import OnRestart
from tbingest.plan.owners import owner_of
from tbingest.plan.planned import is_attachment
from tbingest.reading.mapping import HPARAMS_TAG, SESSION_TAG
from tbingest.reading.points import read, read_batches
from tbingest.reading.standing import as_wanted, settled
from tbingest.series.owners import FIRST
from tbingest.series.trainings import ReadAgain
from tbingest.sources.discover import (
    EMPTY,
    EXCLUDED,
    MET,
    NOT_INCLUDED,
    STDIN,
    is_event_file,
    is_ours,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from tbingest.events.decode import Columns
    from tbingest.model.rows import Ignored
    from tbingest.options import Options
    from tbingest.plan.planned import Job, Plan, Planned
    from tbingest.series.owners import Owner

_LOGS = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
"""Files of such names are logs, though they be empty."""


@dataclass
class Inputs:
    """The curves of some paths.

    unread: (what, why) of what was to be read and gave nothing; others: (file, why) of what was
    passed over; problems: how many lines and the like could not be read, by file; bare: runs that
    hold something, but no curve; unscalar: tags of histograms, texts and the like.
    """

    series: list[Series] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    problems: dict[str, int] = field(default_factory=dict)
    bare: list[str] = field(default_factory=list)
    unscalar: set[str] = field(default_factory=set)

    def absorb(self, other: Inputs) -> None:
        """Take those of other paths."""
        self.series += other.series
        self.unread += other.unread
        self.others += other.others
        for shown, count in other.problems.items():
            self.problems[shown] = self.problems.get(shown, 0) + count
        self.bare += other.bare
        self.unscalar |= other.unscalar


def gather(paths: Sequence[str], options: Options, asked: Asked | None = None) -> Inputs:
    """Every curve of the logs and logdirs at `paths`. Raises UsageError.

    `asked` is what rules need of the curves beside the rest. Runs of several logdirs that have
    one name bear the logdir's path before it.
    """
    asked = asked or Asked()
    paths = list(dict.fromkeys(str(Path(path)) for path in paths))
    held = [path for path in paths if _holds_events(Path(path))]
    logs = [path for path in paths if path not in held]
    inputs = Inputs()
    if logs:
        _logs(logs, options, asked, inputs)
    logdirs = {path: _logdir(Path(path)) for path in held}
    names = [run for runs in logdirs.values() for run in runs] + _runs(inputs.series)
    alone = len(names) == len(set(names))
    for path, runs in logdirs.items():
        if not runs:
            inputs.unread.append((path, "holds no event file"))
        for run, files in runs.items():
            _event_run(run if alone else f"{path}/{run}", files, asked, inputs)
    inputs.series.sort(key=lambda one: (one.run, one.tag))
    inputs.bare = sorted({*inputs.bare}.difference(_runs(inputs.series)))
    return inputs


def gather_runs(logdir: str, runs: AbstractSet[str]) -> list[Series]:
    """The curves that a logdir holds of some runs and of those below them."""
    inputs = Inputs()
    for run, files in _logdir(Path(logdir)).items():
        if any(run == one or run.startswith(f"{one}/") for one in runs):
            _event_run(run, files, Asked(), inputs)
    return sorted(inputs.series, key=lambda one: (one.run, one.tag))


def _runs(found: Sequence[Series]) -> list[str]:
    return list(dict.fromkeys(one.run for one in found))


def _holds_events(path: Path) -> bool:
    return (path.is_file() and is_event_file(path.name)) or is_logdir(path)


def _logdir(path: Path) -> dict[str, list[Path]]:
    """The event files of each run; those of the top itself are of a run by its name."""
    top = path.parent if path.is_file() else path
    runs: dict[str, list[Path]] = {}
    for file in [path] if path.is_file() else event_files(str(path)):
        below = file.parent.relative_to(top)
        runs.setdefault(below.as_posix() if below.parts else top.absolute().name, []).append(file)
    return runs


def _whole(asked: Asked, reading: Callable[[Gathered, Inputs], None], inputs: Inputs) -> Gathered:
    """Read some sources, again where steps fell back further than what is held of them."""
    gathered = Gathered(asked)
    reading(gathered, inputs)
    while again := gathered.again():
        gathered = again
        reading(gathered, Inputs())
    return gathered


def _logs(paths: Sequence[str], options: Options, asked: Asked, inputs: Inputs) -> None:
    """Take logs, and event files of other writers among them."""
    plan = read(paths, replace(options, adopt=True)).plan
    idle = _idle(paths, plan)
    for entry in plan.ignored:
        if entry.reason == MET:
            continue
        if entry.failed or _lies_in(entry, idle):
            inputs.unread.append((entry.shown, entry.reason))
        elif reason := _pointless(entry):
            inputs.unread.append((entry.shown, f"no points: {reason}"))
        elif entry.reason not in {EXCLUDED, NOT_INCLUDED}:
            inputs.others.append((entry.shown, entry.reason))
    for job in plan.jobs:
        inputs.absorb(_curves(job, options, asked))
    known = {(one.run, one.tag) for one in inputs.series}
    events: dict[str, list[Path]] = {}
    for adoption in plan.adoptions:
        events.setdefault(adoption.run, []).append(Path(adoption.source.shown))
    for run, files in events.items():
        of_run = Inputs()
        _event_run(run, files, asked, of_run)
        of_run.series = [one for one in of_run.series if (one.run, one.tag) not in known]
        inputs.absorb(of_run)


def _idle(paths: Sequence[str], plan: Plan) -> list[str]:
    """The paths of which nothing is read."""
    taken = {planned.source.root for job in plan.jobs for planned in job.sources}
    taken |= {adoption.source.root for adoption in plan.adoptions}
    return [path for path in paths if path != STDIN and str(Path(path).resolve()) not in taken]


def _lies_in(entry: Ignored, paths: Sequence[str]) -> bool:
    return any(Path(entry.shown).is_relative_to(path) for path in paths)


def _pointless(entry: Ignored) -> str:
    """Why a log that was passed over holds no points, or an empty string for what is no log."""
    if entry.reason == EMPTY:
        return EMPTY if Path(entry.shown).suffix.lower() in _LOGS else ""
    return "only a header" if entry.reason.endswith(f"{NO_ROWS})") else ""


def _curves(job: Job, options: Options, asked: Asked) -> Inputs:
    """What a job gives; a log whose later lines change what earlier ones mean is read at once."""
    for whole in (False, True):
        inputs = Inputs()
        try:
            reading = partial(_job, job, options, whole=whole)
            inputs.series = _whole(asked, reading, inputs).series()
        except ReadAgain:
            continue
        break
    return inputs


def _job(job: Job, options: Options, gathered: Gathered, inputs: Inputs, *, whole: bool) -> None:
    """Take the sources of a job. Raises ReadAgain."""
    looks: list[Inputs] = []

    def read() -> Iterator[tuple[Owner, list[Points]]]:
        looks.append(Inputs())
        return _batches(job, options, looks[-1], None if looks[1:] else gathered, whole=whole)

    families = {format_of(one.format).name for one in job.sources}
    last = None
    for owner, points in settled(read) if len(families) > 1 else read():
        if owner.number != last:
            planned = job.sources[owner.number - FIRST]
            gathered.begin(_origin(planned), owner.family)
            last = owner.number
        for one in points:
            if one.kind == "hparams":
                inputs.bare.append(one.run)
            if one.kind != "scalar":
                inputs.unscalar.update(one.tags)
        gathered.take(points, as_logged=planned.on_restart(options) != OnRestart.AUTO)
    inputs.absorb(looks[-1])


def _batches(
    job: Job, options: Options, inputs: Inputs, watching: Gathered | None, *, whole: bool
) -> Iterator[tuple[Owner, list[Points]]]:
    """The points of the sources of a job, one after the other, each log as its policy wants it.

    `watching` sees how they were logged where they are arranged.
    """
    for number, planned in enumerate(job.sources, FIRST):
        failed, some = len(inputs.unread), False
        owner = owner_of(planned, number)
        told = _told(planned, options, inputs)
        policy = planned.on_restart(options)
        if watching and policy == OnRestart.AUTO:
            told = _watched(told, planned, owner, watching)
        for points in as_wanted(told, policy, whole=whole, base=planned.run):
            some = some or any(map(len, points))
            yield owner, points
        chosen = format_of(planned.format)
        # Lightning writes an empty hparams.yaml beside its log.
        needed = bool(chosen.dump) or not is_attachment(chosen)
        if needed and not some and len(inputs.unread) == failed:
            inputs.unread.append((planned.source.shown, "gave no values"))


def _origin(planned: Planned) -> Origin:
    chosen = format_of(planned.format)
    return Origin(planned.source.shown, not (chosen.rewritten or chosen.database or chosen.dump))


def _watched(
    batches: Iterator[list[Points]], planned: Planned, owner: Owner, watching: Gathered
) -> Iterator[list[Points]]:
    watching.begin(_origin(planned), owner.family)
    for points in batches:
        watching.watch(points)
        yield points


def _told(planned: Planned, options: Options, inputs: Inputs) -> Iterator[list[Points]]:
    """The points of a source batch by batch, as far as it can be read; its problems are counted."""
    shown = planned.source.shown
    try:
        for points, problems in read_batches(planned, options):
            inputs.problems[shown] = inputs.problems.get(shown, 0) + len(problems)
            yield points
    except SourceError as error:
        inputs.unread.append((shown, error.message))


def _event_run(run: str, files: Sequence[Path], asked: Asked, inputs: Inputs) -> None:
    """Take the event files of a run; their values are judged as the decimals they were."""
    held: dict[Path, bool] = {}
    gathered = _whole(asked, partial(_event_files, run, files, held), inputs)
    inputs.series += [one.decimal() for one in gathered.series()]
    failed = {where for where, _ in inputs.unread}
    if any(held.values()):
        inputs.bare.append(run)
    elif not held and not failed.intersection(map(str, files)):
        inputs.unread.append((str(files[0].parent), "a run without points"))


def _points(run: str, found: Columns) -> Points:
    tags, steps, times, values, places = found[:5]
    return Points(run, "scalar", tags, steps, times, values, places)


def _event_files(
    run: str, files: Sequence[Path], held: dict[Path, bool], gathered: Gathered, inputs: Inputs
) -> None:
    """Add to `held` the files that hold anything: True where that is of a training.

    What we made of notes and the like is not: the logs beside which they lay say no more of it.
    """
    from tbingest.events.decode import columns

    for file in files:
        gathered.begin(Origin(str(file), lined=False))
        try:
            for batch in columns(pieces(file)):
                for one in batch:
                    trained = not is_ours(file.name) or one.other in {HPARAMS_TAG, SESSION_TAG}
                    held[file] = held.get(file, False) or trained
                    inputs.unscalar |= {one.other} - {""}
                gathered.take([_points(run, one) for one in batch])
        except SourceError as error:
            inputs.unread.append((str(file), error.message))
        except OSError as error:
            inputs.unread.append((str(file), f"cannot be read: {error.strerror}"))
