"""Reads event files back with TensorBoard's own reader: are they whole, and do they hold the logs?

What the logs hold is what a conversion of them, from the start and into an empty folder, shows.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import struct
import tempfile
from array import array
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.events.crc import masked_crc
from tbingest.jobs import advance, recalled
from tbingest.logdir import STATE_FOLDER, JobState, locked, states
from tbingest.planning import Plan, plan
from tbingest.sources.discover import is_event_file, is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.options import Options
    from tbingest.planning import Job

_HEADER = 12
_MOST = 1 << 40
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
class Verdict:
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
    """What TensorBoard shows of a tag: steps that rise, and a key of each value."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    keys: list[bytes] = field(default_factory=list)

    def add(self, step: int, key: bytes) -> None:
        """A later value goes before all those of its step and beyond."""
        while self.steps and self.steps[-1] >= step:
            self.steps.pop()
            self.keys.pop()
        self.steps.append(step)
        self.keys.append(key)


def verify_files(logdir: str) -> Verdict:
    """Whether the event files below a logdir are whole, and which of them are of other makers."""
    verdict = Verdict()
    for path in event_files(logdir):
        verdict.files += 1
        shown = str(path)
        if not is_ours(path.name):
            verdict.findings.append(Finding(shown, "was not written by tbingest", failed=False))
        try:
            damage = damage_of(path)
        except OSError as error:
            damage = f"cannot be read: {error.strerror}"
        if damage:
            verdict.findings.append(Finding(shown, damage))
    return verdict


def event_files(logdir: str) -> list[Path]:
    """Regular files that TensorBoard takes for event files."""
    found = []
    for folder, _, names in os.walk(logdir):
        paths = [Path(folder, name) for name in names if is_event_file(name)]
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
    return sorted(found)


def is_logdir(path: Path) -> bool:
    """True for a folder that tbingest has written, or that holds only event files."""
    if not path.is_dir():
        return False
    if (path / STATE_FOLDER).is_dir():
        return True
    found = False
    for _, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if is_event_file(name):
                found = True
            elif not name.startswith("."):
                return False
    return found


def damage_of(path: Path) -> str:
    """What is wrong with an event file, and where, or an empty string. An unfinished last record
    is no damage: it may be written at this moment.
    """
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        offset = 0
        while header := stream.read(_HEADER):
            if len(header) < _HEADER:
                return _torn(offset, size)
            (length,) = struct.unpack_from("<Q", header)
            (crc,) = struct.unpack_from("<I", header, 8)
            if masked_crc(header[:8]) != crc:
                return f"damaged at byte {offset:,}: the length of a record has a wrong checksum"
            if length > _MOST or offset + _HEADER + length + 4 > size:
                return _torn(offset, size)
            data = stream.read(length)
            (crc,) = struct.unpack("<I", stream.read(4))
            if masked_crc(data) != crc:
                return f"damaged at byte {offset:,}: {length:,} bytes have a wrong checksum"
            offset += _HEADER + length + 4
    return ""


def _torn(offset: int, size: int) -> str:
    return f"ends in the middle of a record: {size - offset:,} bytes from byte {offset:,}"


def verify_logdir(logdir: str, options: Options) -> Verdict:
    """Compare a logdir with the logs that it was converted from, wherever they still are.

    Raises UsageError for a path that cannot be right.
    """
    roots: dict[str, None] = {}
    findings = []
    for data in states(logdir):
        prefix = data["prefix"]
        if data["options"] != options.digest:
            what = "was converted with other options: its points are not compared"
            findings.append(Finding(prefix, what, failed=False))
            continue
        of = {saved["root"] for saved in data["sources"].values() if "root" in saved}
        gone = sorted(root for root in of if not os.path.lexists(root))
        findings += [
            Finding(prefix, f"its logs are gone from {root}", failed=False) for root in gone
        ]
        roots |= dict.fromkeys(sorted(of.difference(gone)))
    plan_ = plan(list(roots), logdir, options, remember=True) if roots else Plan()
    known = {data["prefix"] for data in states(logdir)}
    jobs = tuple(job for job in plan_.jobs if job.prefix in known)
    verdict = verify(replace(plan_, jobs=jobs), logdir)
    verdict.findings += findings
    return verdict


def verify(planned: Plan, logdir: str) -> Verdict:
    """Compare every point that a plan's sources hold with what the logdir shows of them.

    A last line without an end may be there or not. The logdir's lock is not needed; nothing in it
    is written. Raises OutputError where the room for a second conversion is missing.
    """
    verdict = verify_files(logdir)
    with tempfile.TemporaryDirectory(prefix="tbingest-verify-") as fresh, locked(fresh):
        for job in planned.jobs:
            state = JobState(logdir, job.prefix, job.root, job.options.digest)
            _convert(job, state, fresh)
            for run in _runs_below(fresh):
                verdict.runs += 1
                _compare(run, logdir, fresh, verdict)
            for path in event_files(fresh):
                path.unlink()
    return verdict


def _convert(job: Job, state: JobState, fresh: str) -> None:
    sources = [recalled(one, state.sources.get(one.source.name, {})) for one in job.sources]
    options = replace(job.options, force=False, projector="")
    advance(
        replace(
            job,
            sources=tuple(sources),
            logdir=fresh,
            options=options,
            draw=False,
            renamed_from="",
        ),
        live=True,
    )


def _runs_below(logdir: str) -> list[str]:
    folders = {path.parent for path in event_files(logdir)}
    return sorted(folder.relative_to(logdir).as_posix() for folder in folders)


def _compare(run: str, logdir: str, fresh: str, verdict: Verdict) -> None:
    expected = _shown(Path(fresh, run))
    verdict.values += sum(len(series.steps) for series in expected.values())
    if _same_files(Path(logdir, run), Path(fresh, run)):
        return
    there = _shown(Path(logdir, run))
    for tag, wanted in expected.items():
        found = there.get(tag, _Series())
        known = dict(zip(found.steps, found.keys, strict=True))
        missing = [step for step in wanted.steps if step not in known]
        other = [
            step
            for step, key in zip(wanted.steps, wanted.keys, strict=True)
            if known.get(step, key) != key
        ]
        where = f"{run}: {tag}"
        if missing:
            verdict.findings.append(Finding(where, f"lacks {_steps(missing)}"))
        if other:
            what = f"has another value than the logs at {_steps(other)}"
            verdict.findings.append(Finding(where, what))


def _same_files(one: Path, other: Path) -> bool:
    """True where two runs have the same event files, byte by byte: then they show the same."""
    names = [
        [path.name for path in event_files(str(folder)) if path.parent == folder]
        for folder in (one, other)
    ]
    return names[0] == names[1] and all(
        filecmp.cmp(one / name, other / name, shallow=False) for name in names[0]
    )


def _steps(steps: list[int]) -> str:
    first = ", ".join(f"{step:,}" for step in steps[:_FEW])
    more = f" and {len(steps) - _FEW:,} more" if len(steps) > _FEW else ""
    return f"step{'s' if len(steps) > 1 else ''} {first}{more}"


def _shown(folder: Path) -> dict[str, _Series]:
    """What TensorBoard shows of a run, by tag."""
    series: dict[str, _Series] = {}
    for path in event_files(str(folder)) if folder.is_dir() else ():
        if path.parent != folder:
            continue
        for step, tag, key in _values(path):
            series.setdefault(tag, _Series()).add(step, key)
    return series


def _values(path: Path) -> Iterator[tuple[int, str, bytes]]:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    for record in RawEventFileLoader(str(path)).Load():
        event = Event.FromString(record)
        for value in event.summary.value:
            if value.HasField("simple_value"):
                key = struct.pack("<f", value.simple_value)
            else:
                data = value.SerializeToString(deterministic=True)
                key = hashlib.blake2b(data, digest_size=12).digest()
            yield event.step, value.tag, key
