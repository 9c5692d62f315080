"""Reads event files back with TensorBoard's own reader: are they whole, and do they hold the logs?

What the logs hold are the points that a conversion of them, from the start and into an empty
folder, is about to write. What TensorBoard shows is what its reader and its protos make of the
bytes: no code of ours is between them and the comparison.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.events.decode import damage
from tbingest.events.records import FOOTER_BYTES, HEADER_BYTES
from tbingest.events.summaries import serialize
from tbingest.logdir.files import event_files, pieces
from tbingest.logdir.lock import locked
from tbingest.logdir.saved import states
from tbingest.logdir.state import JobState
from tbingest.options import OnRestart
from tbingest.pipeline.given import as_given
from tbingest.pipeline.job import advance
from tbingest.plan.planned import Plan
from tbingest.plan.planner import plan
from tbingest.reading.points import recalled
from tbingest.sources.discover import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points
    from tbingest.options import Options
    from tbingest.plan.planned import Job

    Progress = Callable[[int, int], None]

_FEW = 5


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: where, and what. `failed` where points are wrong;
    otherwise it is just worth knowing.
    """

    where: str
    what: str
    failed: bool = True


@dataclass
class Verification:
    """What was compared: values of how many runs, and what was found."""

    values: int = 0
    runs: int = 0
    files: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """True where points are missing or wrong, or an event file is damaged."""
        return any(finding.failed for finding in self.findings)


@dataclass
class _Series:
    """What TensorBoard shows of a tag: steps that rise, and a key of each value, of 8 bytes."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, step: int, key: int) -> None:
        """A later value goes before all those of its step and beyond."""
        while self.steps and self.steps[-1] >= step:
            self.steps.pop()
            self.keys.pop()
        self.steps.append(step)
        self.keys.append(key)

    def extend(self, steps: NDArray[np.int64], keys: NDArray[np.uint64]) -> None:
        """The same for several, one after the other."""
        rises = not len(self.steps) or self.steps[-1] < steps[0]
        if rises and bool((steps[1:] > steps[:-1]).all()):
            self.steps.frombytes(steps.tobytes())
            self.keys.frombytes(keys.tobytes())
            return
        for step, key in zip(steps.tolist(), keys.tolist(), strict=True):
            self.add(step, key)


class _Expected:
    """What TensorBoard should show, by run and tag: told of the points before they are encoded."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, _Series]] = {}

    def __call__(self, run: str, groups: Sequence[Points]) -> None:
        """The points of one append, woven by their order."""
        parts: dict[str, list[tuple[NDArray[np.int64], ...]]] = {}
        for points in groups:
            for tag, keys in _keys(points):
                parts.setdefault(tag, []).append((points.order, points.steps, keys))
        known = self.runs.setdefault(run, {})
        for tag, found in parts.items():
            order, steps, keys = map(np.concatenate, zip(*found, strict=True))
            place = np.argsort(order, kind="stable")
            known.setdefault(tag, _Series()).extend(steps[place], keys[place])


def _keys(points: Points) -> Iterator[tuple[str, NDArray[Any]]]:
    """The key of each value of each tag, as `_key` gives it for what TensorBoard reads."""
    if isinstance(points.values, np.ndarray):
        with np.errstate(over="ignore"):
            numbers = points.values.astype(np.float32)
        numbers[np.isnan(numbers)] = np.nan
        bits = numbers.view(np.uint32).astype(np.uint64)
        yield from ((tag, bits[:, place]) for place, tag in enumerate(points.tags))
        return
    from tensorboard.compat.proto.summary_pb2 import Summary

    found: dict[str, list[int]] = {}
    for values in points.values:
        summary = Summary.FromString(serialize(points.kind, points.tags, values))
        for value in summary.value:
            found.setdefault(value.tag, []).append(_key(value))
    yield from ((tag, np.asarray(keys, np.uint64)) for tag, keys in found.items())


def _key(value: Any) -> int:
    """Of a scalar its bits, of anything else a digest."""
    if value.HasField("simple_value"):
        number = np.float32(value.simple_value)
        return int((np.float32(np.nan) if np.isnan(number) else number).view(np.uint32))
    data = value.SerializeToString(deterministic=True)
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def verify_files(logdir: str) -> Verification:
    """Whether the event files below a logdir are whole, and which of them are of other makers."""
    verdict = Verification()
    for path in event_files(logdir):
        verdict.files += 1
        shown = str(path)
        if not is_ours(path.name):
            verdict.findings.append(Finding(shown, "was not written by tbingest", failed=False))
        try:
            wrong = damage(pieces(path))
        except OSError as error:
            wrong = f"cannot be read: {error.strerror}"
        if wrong:
            verdict.findings.append(Finding(shown, wrong))
    return verdict


def verify_logdir(logdir: str, options: Options) -> Verification:
    """Compare a logdir with the logs that it was converted from, wherever they still are.

    With the options that the conversion had, as the state says; of `options`, what it does not say.
    Raises UsageError for a path that cannot be right.
    """
    roots: dict[Options, dict[str, None]] = {}
    known: dict[str, Options] = {}
    findings = []
    for data in states(logdir):
        prefix = data["prefix"]
        asked = as_given(options, data.get("given", {}), data["options"])
        if asked is None:
            what = "was converted with options that are not known: its points are not compared"
            findings.append(Finding(prefix, what, failed=False))
            continue
        known[prefix] = asked
        of = {saved["root"] for saved in data["sources"].values() if saved["root"]}
        gone = sorted(root for root in of if not os.path.lexists(root))
        findings += [
            Finding(prefix, f"its logs are gone from {root}", failed=False) for root in gone
        ]
        roots.setdefault(asked, {}).update(dict.fromkeys(sorted(of.difference(gone))))
    plans = [plan([*of], logdir, asked, remember=True) for asked, of in roots.items() if of]
    jobs = [job for one in plans for job in one.jobs if known.get(job.prefix) == job.options]
    verdict = verify(Plan(tuple(jobs)), logdir)
    verdict.findings += findings
    return verdict


def verify_converted(
    paths: Sequence[str],
    logdir: str,
    options: Options,
    progress: Progress | None = None,
    expect: Callable[[int], object] | None = None,
) -> Verification:
    """As `verify`, of the sources at `paths` as they are; `expect` is told the bytes to read."""
    if expect:
        expect(sum(path.stat().st_size for path in event_files(logdir)))
    return verify(plan(paths, logdir, options), logdir, progress)


def verify(planned: Plan, logdir: str, progress: Progress | None = None) -> Verification:
    """Compare every point that a plan's sources hold with what the logdir shows of them.

    A last line without an end may be there or not. The logdir's lock is not needed; nothing in it
    is written. `progress` is called with (bytes of event files, values) read since its last call.
    Raises OutputError where the room for a second conversion is missing.
    """
    verdict = verify_files(logdir)
    with _fresh() as fresh:
        for job in planned.jobs:
            state = JobState(logdir, job.prefix, job.root, job.options.digest)
            # Sorting and thinning wait for the end.
            waits = job.options.on_restart == OnRestart.SORT or job.options.thin > 1
            expected = _told(job, state, fresh, live=not waits)
            there = {run: _shown(Path(logdir, run), progress) for run in sorted(expected)}
            verdict.runs += len(expected)
            verdict.values += sum(
                len(series.steps) for wanted in expected.values() for series in wanted.values()
            )
            findings = [*_differences(expected, there, {})]
            if findings and not waits:
                with _fresh() as ended:
                    closed = _told(job, state, ended, live=False)
                findings = [*_differences(expected, there, closed)]
            verdict.findings += findings
    return verdict


@contextmanager
def _fresh() -> Iterator[str]:
    """An empty logdir."""
    with tempfile.TemporaryDirectory(prefix="tbingest-verify-") as folder, locked(folder):
        yield folder


def _told(job: Job, state: JobState, fresh: str, *, live: bool) -> dict[str, dict[str, _Series]]:
    """What a conversion into an empty logdir shows; if `live`, up to the last whole line."""
    expected = _Expected()
    sources = [recalled(one, state.sources.get(one.source.name)) for one in job.sources]
    advance(
        replace(
            job,
            sources=tuple(sources),
            logdir=fresh,
            options=replace(job.options, force=False, discard=False, projector=""),
            draw=False,
            renamed_from="",
        ),
        live=live,
        tell=expected,
    )
    for path in event_files(fresh):
        path.unlink()
    return expected.runs


def _differences(
    expected: dict[str, dict[str, _Series]],
    there: dict[str, dict[str, _Series]],
    closed: dict[str, dict[str, _Series]],
) -> Iterator[Finding]:
    """What a logdir lacks of the logs up to their last whole lines, or has otherwise.

    closed: what it may have instead, for only the end of a log tells it.
    """
    for run, wanted in sorted(expected.items()):
        for tag, series in wanted.items():
            found = there[run].get(tag, _Series())
            if (series.steps, series.keys) == (found.steps, found.keys):
                continue
            known = dict(zip(found.steps, found.keys, strict=True))
            last = closed.get(run, {}).get(tag, _Series())
            either = dict(zip(last.steps, last.keys, strict=True))
            pairs = [*zip(series.steps, series.keys, strict=True)]
            missing = [step for step, _ in pairs if step not in known]
            if either:
                missing = [step for step in missing if step in either]
            other = [
                step
                for step, key in pairs
                if known.get(step, key) != key and known[step] != either.get(step)
            ]
            if missing:
                yield Finding(f"{run}: {tag}", f"lacks {_steps(missing)}")
            if other:
                what = f"has another value than the logs at {_steps(other)}"
                yield Finding(f"{run}: {tag}", what)


def _steps(steps: list[int]) -> str:
    first = ", ".join(f"{step:,}" for step in steps[:_FEW])
    more = f" and {len(steps) - _FEW:,} more" if len(steps) > _FEW else ""
    return f"step{'s' if len(steps) > 1 else ''} {first}{more}"


def _shown(folder: Path, progress: Progress | None) -> dict[str, _Series]:
    """What TensorBoard shows of a run, by tag."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    series: dict[str, _Series] = {}
    for path in event_files(str(folder)) if folder.is_dir() else ():
        if path.parent != folder:
            continue
        for record in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(record)
            for value in event.summary.value:
                series.setdefault(value.tag, _Series()).add(event.step, _key(value))
            if progress:
                progress(HEADER_BYTES + len(record) + FOOTER_BYTES, len(event.summary.value))
    return series
