"""The nouns of a plan: a source as it will be read, a job, and the plan itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tbingest.formats.registry import format_of
from tbingest.options import NO_RULE, OnRestart, Options, SourceRule
from tbingest.sources.binary import opener
from tbingest.sources.discover import is_ours
from tbingest.sources.identity import HEAD_DIGEST_BYTES
from tbingest.sources.stream import HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tbingest.model.contracts import Evidence, Format, Member
    from tbingest.model.rows import Ignored, Problem
    from tbingest.model.tensors import Dump, Opener
    from tbingest.plan.roles import Roles
    from tbingest.sources.discover import Source


@dataclass(frozen=True)
class DumpFile:
    """Where a parameter dump lies, and how it is read.

    It holds its reader itself, so that another process need not load all formats.
    """

    source: Source
    reader: Callable[[Opener, str], Dump]
    compressed: bool

    def open(self) -> Dump:
        """What it holds. Raises SourceError where it is damaged or gone."""
        return self.reader(opener(self.source, compressed=self.compressed), self.source.name)


@dataclass(frozen=True)
class DumpPlan:
    """What is known of a parameter dump, and what is asked of it.

    holds: a digest of the names and shapes of its tensors; step, step_from: what a field of its own
    says; alone: its one tensor is named like the file, by
    its `label`; shard: which part of several files it is, as in `00001-of-00003`; before: the dump
    of the step before, where there is one; wanted: globs over names of tensors; pictures: draw
    them; statistics: write their mean, deviation and range, too; whole: all that it names is there
    and can be read.
    """

    file: DumpFile
    holds: str = ""
    step: int | None = None
    step_from: str = ""
    alone: bool = False
    label: str = ""
    shard: str = ""
    before: DumpFile | None = None
    wanted: tuple[str, ...] = ()
    pictures: bool = False
    statistics: bool = False
    whole: bool = True


@dataclass(frozen=True)
class Planned:
    """A source and what is to become of it.

    `evidence` is what the formats said, the surest first; `base` the wall time of what has none
    and `base_from` where it comes from; `rule` what the user says of it, `member` what the store
    says that claims it; `part_of` the log of which it is an older, rotated part; `grid` the
    pictures that are shown in one, itself among them, each with its caption; `header` is the
    line that an older part of a table has and this one lacks; `finals` are
    the fields that are shown below `final`, as a course beside it is called so; `remarks` what went
    wrong while it was looked at.
    """

    source: Source
    format: str
    evidence: tuple[tuple[str, Evidence], ...]
    roles: Roles
    encoding: str
    head: tuple[int, str]
    run: str = ""
    prefix: str = ""
    step: int | None = None
    base: float = 0.0
    base_from: str = ""
    rule: SourceRule = NO_RULE
    member: Member | None = None
    dump: DumpPlan | None = None
    part_of: str = ""
    grid: tuple[tuple[Source, str], ...] = ()
    header: bytes = b""
    finals: tuple[str, ...] = ()
    remarks: tuple[Problem, ...] = ()

    @property
    def folder(self) -> str:
        """The folder below the root that is its run."""
        return self.member.run if self.member else self.source.folder

    def on_restart(self, options: Options) -> OnRestart:
        """What to do where its steps fall: in an event file of ours, what the rewinds in it say."""
        settled = options.on_restart == OnRestart.AUTO and is_ours(self.source.name)
        return OnRestart.LAST if settled else options.on_restart

    @property
    def joins(self) -> bool:
        """True for what joins the run of a log: dumps, pictures, notes, configs."""
        settled = self.member and self.member.format
        return not settled and is_attachment(format_of(self.format))

    @property
    def history(self) -> bool:
        """True where only steps beyond those of the files before it are new."""
        return bool(self.member and self.member.history)


def claim_digest(member: Member | None) -> str:
    """Changes when what a store says of a source does."""
    return hashlib.blake2b(repr(member).encode("utf-8", "replace"), digest_size=8).hexdigest()


def is_log(planned: Planned) -> bool:
    """True for what its writer appends to; documents, databases and dumps are written whole."""
    return format_of(planned.format).is_log


def is_stream(planned: Planned) -> bool:
    """True for a log that can be read as it grows: it is not compressed."""
    return is_log(planned) and "+" not in planned.encoding


def is_settled(planned: Planned) -> bool:
    """True for a log of which more can only say the same: what it is, and what its fields are.

    Its first records alone may lack fields, a better step among them.
    """
    many = planned.head[0] >= HEAD_DIGEST_BYTES or planned.source.size >= HEAD_BYTES
    return many and is_sure(planned)


def is_sure(planned: Planned) -> bool:
    """True for a log that can be taken for nothing else."""
    sure = planned.evidence[0][1].confidence >= _SURE or planned.source.size >= HEAD_BYTES
    return is_stream(planned) and sure


_SURE = 0.9


def is_attachment(entry: Format) -> bool:
    """True for dumps, pictures, notes and configs: they join the run of a log."""
    return entry.fields.step_from_name


@dataclass(frozen=True)
class Job:
    """A closed group of sources, and the run prefix that it owns. Plain data."""

    prefix: str
    sources: tuple[Planned, ...]
    logdir: str
    options: Options
    root: str = ""
    draw: bool = False
    renamed_from: str = ""


@dataclass(frozen=True)
class Adoption:
    """An event file, and the run into which it is copied; `root` is the folder where it lies."""

    source: Source
    run: str
    root: str


@dataclass(frozen=True)
class Plan:
    """The jobs, the event files to be copied, and why the other files are not read."""

    jobs: tuple[Job, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    adoptions: tuple[Adoption, ...] = ()

    def with_sources(self, changed: Mapping[str, Source]) -> Plan:
        """The same plan for logs that are as they were, but for their sizes and times."""
        jobs = [
            replace(
                job,
                sources=tuple(
                    replace(one, source=changed.get(one.source.path, one.source))
                    for one in job.sources
                ),
            )
            for job in self.jobs
        ]
        return replace(self, jobs=tuple(jobs)) if changed else self
