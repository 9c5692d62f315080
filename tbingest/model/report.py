"""What a conversion did, as plain data: one stable document, `tbingest.report/1`."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tbingest.model.accounts import Account

if TYPE_CHECKING:
    from tbingest.model.rows import Ignored, Problem

SCHEMA = "tbingest.report/1"
MAX_PROBLEMS = 20
"""So many problems of a source are kept with their places; all are counted."""


class Counts(NamedTuple):
    """What a source's report had counted at a moment; `kept` is the number of problems in it."""

    read: int
    reported: int
    repeated: int
    superseded: int
    left_out: int
    problem_count: int
    kept: int
    account: Account


@dataclass
class SourceReport:
    """One source.

    Values are counted: `read` is what the source held that was new, and
    read = sum(written) + superseded + reported + repeated + left_out. `written` counts by kind what
    was encoded and still stands; `superseded` what gave way to another value of its tag and step,
    or to another format's log of the run, which differs; `reported` what stands in `problems`;
    `repeated` texts that their tag had shown before, and values told twice; `left_out` what was not
    wanted. `replaced` counts values of earlier conversions that gave way to these; `repeats` holds
    (format, run, tag) where another format of the same run has the tag already. `overflows` counts
    finite values beyond float32, which TensorBoard shows as infinite. `known` says that it was read
    before, too.
    `tags` counts the tags of its scalars, which are `names`.
    `falls` says where steps fall back, and what was made of it. `account` holds the numbers of a
    text log that were no values at all.
    """

    source: str
    format: str
    run: str
    status: str = "read"
    known: bool = False
    read: int = 0
    written: Counter[str] = field(default_factory=Counter)
    superseded: int = 0
    reported: int = 0
    repeated: int = 0
    left_out: int = 0
    replaced: int = 0
    repeats: set[tuple[str, str, str]] = field(default_factory=set)
    overflows: int = 0
    falls: list[str] = field(default_factory=list)
    tags: int = 0
    names: set[str] = field(default_factory=set)
    step: str = ""
    wall_time: str = ""
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    account: Account = field(default_factory=Account)

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there are few."""
        self.problem_count += 1
        self.reported += problem.values
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def counts(self) -> Counts:
        """What was counted so far, for `go_back`."""
        return Counts(
            self.read,
            self.reported,
            self.repeated,
            self.superseded,
            self.left_out,
            self.problem_count,
            len(self.problems),
            self.account.copy(),
        )

    def go_back(self, counts: Counts) -> None:
        """Forget what was counted since: it is going to be read again."""
        self.read, self.reported, self.repeated = counts.read, counts.reported, counts.repeated
        self.superseded, self.left_out = counts.superseded, counts.left_out
        self.problem_count, self.account = counts.problem_count, counts.account
        del self.problems[counts.kept :]

    def absorb(self, later: SourceReport) -> None:
        """Take in what the same source gave later."""
        if later.status != "unchanged":
            self.status = later.status if later.failed else "read"
        self.read += later.read
        self.written.update(later.written)
        self.superseded += later.superseded
        self.reported += later.reported
        self.repeated += later.repeated
        self.left_out += later.left_out
        self.replaced += later.replaced
        self.repeats |= later.repeats
        self.falls += later.falls[: MAX_PROBLEMS - len(self.falls)]
        self.overflows += later.overflows
        self.names |= later.names
        self.tags = len(self.names)
        self.format, self.run = later.format, later.run
        self.problem_count += later.problem_count
        self.problems += later.problems[: MAX_PROBLEMS - len(self.problems)]
        self.account.absorb(later.account)

    @property
    def repeats_by_format(self) -> Counter[str]:
        """How many of the source's tags each other format has already."""
        return Counter(owner for owner, _, _ in self.repeats)

    @property
    def failed(self) -> bool:
        """True where the source itself could not be read."""
        return self.status == "failed"


class Look(NamedTuple):
    """A run's curve to look at first: its tag, its last value, and its course in a few values."""

    tag: str
    last: float
    course: list[float]


@dataclass
class Adopted:
    """An event file that was copied as it is; `size` counts the bytes that were new."""

    source: str
    run: str
    size: int


@dataclass
class Report:
    """A whole conversion. `runs` maps each run that was written to its points of this time; `looks`
    those of them that figures are drawn of to what to look at first; `undrawn` counts runs without
    a figure, there being so many.
    """

    logdir: str
    sources: list[SourceReport] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    adopted: list[Adopted] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: dict[str, int] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    figures: int = 0
    undrawn: int = 0
    bytes_written: int = 0
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def points(self) -> int:
        """Values that were written."""
        return sum(sum(entry.written.values()) for entry in self.sources)

    @property
    def problem_count(self) -> int:
        """Problems of all sources."""
        return sum(entry.problem_count for entry in self.sources)

    @property
    def nothing_read(self) -> bool:
        """True where no source gave anything, now or before."""
        return not self.adopted and not any(
            entry.read > entry.reported or entry.known for entry in self.sources
        )

    def merge(self, other: Report) -> None:
        """Take in the report of one job."""
        self.sources += other.sources
        self.notes += other.notes
        self.runs.update(other.runs)
        self.looks.update(other.looks)
        self.figures += other.figures
        self.undrawn += other.undrawn
        self.bytes_written += other.bytes_written

    def absorb(self, later: Report) -> None:
        """Take in what the same sources gave later."""
        known = {entry.source: entry for entry in self.sources}
        for entry in later.sources:
            if entry.source in known:
                known[entry.source].absorb(entry)
            else:
                self.sources.append(entry)
        sizes = {(one.source, one.run): one for one in self.adopted}
        for one in later.adopted:
            sizes.setdefault(
                (one.source, one.run), Adopted(one.source, one.run, 0)
            ).size += one.size
        self.adopted = list(sizes.values())
        self.notes += [note for note in later.notes if note not in self.notes]
        for run, count in later.runs.items():
            self.runs[run] = self.runs.get(run, 0) + count
        self.looks.update(later.looks)
        self.figures += later.figures
        self.undrawn = max(self.undrawn, later.undrawn)
        self.bytes_written += later.bytes_written

    def _repr_html_(self) -> str:
        """In a notebook: a row for each run with a picture of its first curve, and what could not
        be read.
        """
        from tbingest.model.html import picture, table

        rows = []
        for run, count in sorted(self.runs.items()):
            tag, last, course = self.looks.get(run, Look("", math.nan, []))
            rows.append((run, f"{count:,}", tag, f"{last:.6g}" if tag else "", picture(course)))
        title = f"{self.points:,} points → {self.logdir}/"
        problems = [
            (problem.place, problem.what, problem.hint)
            for entry in self.sources
            for problem in entry.problems
        ]
        shown = table(title, ("run", "values read", "look first", "last", "curve"), rows)
        return shown + (table("problems", ("where", "what", "hint"), problems) if problems else "")

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON holds it."""
        totals = Counter(
            dict.fromkeys(("read", "written", "superseded", "reported", "repeated", "left_out"), 0)
        )
        for entry in self.sources:
            totals.update(
                read=entry.read,
                written=sum(entry.written.values()),
                superseded=entry.superseded,
                reported=entry.reported,
                repeated=entry.repeated,
                left_out=entry.left_out,
            )
        return {
            "schema": SCHEMA,
            "logdir": self.logdir,
            "dry_run": self.dry_run,
            "totals": {**totals, "problems": self.problem_count, "figures": self.figures},
            "runs": dict(sorted(self.runs.items())),
            "sources": [_plain(entry) for entry in self.sources],
            "ignored": [asdict(entry) for entry in self.ignored],
            "adopted": [asdict(entry) for entry in self.adopted],
            "notes": self.notes,
            "bytes_written": self.bytes_written,
            "seconds": round(self.seconds, 3),
        }


def _plain(entry: SourceReport) -> dict[str, Any]:
    data = asdict(replace(entry, names=set(), account=Account()))
    del data["names"]
    data["written"] = {kind: count for kind, count in sorted(entry.written.items()) if count}
    data["repeats"] = dict(sorted(entry.repeats_by_format.items()))
    data["problems"] = [asdict(problem) for problem in entry.problems]
    data["account"] = entry.account.to_dict()
    return data
