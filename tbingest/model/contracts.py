"""The nouns: what a reader gives, what TensorBoard will show, and what could not be read.

Imports NumPy and the standard library only; every module may import this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tbingest.model.accounts import Aside, LineKind
    from tbingest.model.rows import Problem, Rows
    from tbingest.model.tensors import Dump, Opener

    Column: TypeAlias = "NDArray[np.float64] | NDArray[np.int64] | Sequence[Any]"


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a source, for detection.

    `name` is the path below the root that was given, with `/`; `data` the first 64 KiB, decoded
    to UTF-8 text where it is text; `size` the file's bytes on disk; `binary` says that it is no
    text; `complete` that `data` is all of it; `patterns` are the user's own for this source;
    `tables` are those of an SQLite database; `sampler` gives blocks from all over the source.
    """

    name: str
    data: bytes
    size: int
    binary: bool = False
    complete: bool = True
    patterns: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    sampler: Callable[[], tuple[bytes, ...]] | None = field(default=None, compare=False, repr=False)

    @property
    def sample(self) -> tuple[bytes, ...]:
        """Blocks of whole lines from all over the source, in their order. Raises ReadError."""
        return (self.data,) if self.complete or not self.sampler else self.sampler()

    @property
    def whole(self) -> bytes | None:
        """All of a source that is not too large for a look (1 MiB), else None. Raises ReadError."""
        if self.complete:
            return self.data
        blocks = () if self.binary else self.sample
        return blocks[0] if len(blocks) == 1 and len(blocks[0]) > len(self.data) else None

    @property
    def basename(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def whole_lines(self) -> Head:
        """Without a last line that may go on."""
        if self.binary or not self.complete:
            return self
        return replace(self, data=self.data[: self.data.rfind(b"\n") + 1])


@dataclass(frozen=True, slots=True)
class Evidence:
    """How sure a format is that a source is its own (0..1), and the reasons in words.

    `failed` says that it could not look at the source: then `reason` is what went wrong. `tried`
    says which steps were looked at, the best first, and how many values each keeps.
    """

    confidence: float
    reason: str
    failed: bool = False
    tried: tuple[str, ...] = ()


class Reader(Protocol):
    """Bytes in, rows out; no path, no handle, no clock.

    Its public attributes are JSON, and keywords of its constructor: make it a dataclass. They are
    saved, and reading is taken up by `type(reader)(**saved)` at `consumed`, which counts the
    decoded bytes whose meaning has been given out. Attributes that begin with `_` are not kept:
    they may hold bytes beyond `consumed`, which are fed again.
    """

    consumed: int

    def feed(self, data: bytes) -> Iterable[Rows | Problem]:
        """Take the next bytes and give what is complete."""

    def close(self) -> Iterable[Rows | Problem]:
        """The source ends here: give what was held back."""


@runtime_checkable
class Accountable(Protocol):
    """A reader that can say what became of the numbers that its rows do not hold."""

    def account(self) -> Iterable[LineKind | Aside]:
        """Of what was given out since this was last asked: kinds of lines, or numbers left out."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What a format calls its step, time and run, and how its field names become tags.

    step, time, elapsed, run, split: field names in order of preference; empty means the general
    lists of `roles.py`; a run's field holds names of runs below the source's own. `rename` turns a
    field name into (run suffix, tag), or None for a field that is no value; without it the general
    tag rule holds. `step_from_name` says that step and tag come from the file's name, as for dumps
    and pictures; a field that `step` names goes before. `fixed` says that every record has the
    first step and time named here, and that times are unix seconds, however small.
    """

    step: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    elapsed: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    rename: Callable[[str], tuple[str, str] | None] | None = None
    step_from_name: bool = False
    fixed: bool = False


def no_evidence(_: Head) -> Evidence:
    """For formats that are chosen by name only."""
    return Evidence(0.0, "only with --as")


@dataclass(frozen=True)
class Format:
    """One kind of log.

    name: as `--as` and the reports say it; about: one line for `tbingest formats`; sample: a few
    lines of such a log; detect: looks at a `Head`; reader: makes a fresh `Reader` for a head, or
    None for a parameter dump or a database; dump: says what a parameter dump holds, from a
    function that opens it anew and its name, and raises SourceError for a damaged one; database:
    gives the series of records that an SQLite database holds, each under a
    name of its own, from a snapshot opened for reading; renew: what is saved of a
    reader, brought up to date with a log that has grown, or None where the log is to be read
    again; rewritten: the writer rewrites the file, so it is read whole and only what is new is
    given out; joins: several of them in a folder are one run, where other formats give each a run
    of its own; rounded: its numbers are those of a console, so that another log of the run which
    says the same goes first; summary: it holds last values, so that any log with their curves goes
    first.
    """

    name: str
    about: str
    sample: str = ""
    detect: Callable[[Head], Evidence] = no_evidence
    reader: Callable[[Head], Reader] | None = None
    dump: Callable[[Opener, str], Dump] | None = None
    database: Callable[[sqlite3.Connection], Iterable[tuple[str, Rows | Problem]]] | None = None
    renew: Callable[[Head, Mapping[str, Any], bool], dict[str, Any] | None] | None = None
    rewritten: bool = False
    joins: bool = False
    rounded: bool = False
    summary: bool = False
    fields: Fields = field(default_factory=Fields)

    @property
    def is_log(self) -> bool:
        """True for what its writer appends to; documents, databases, dumps are written whole."""
        return bool(self.reader) and not self.rewritten


@dataclass(frozen=True, slots=True)
class Member:
    """A file that a store claims: the format that reads it, and where its points go.

    An empty `format` leaves it to the file's content, and the tag with it: just the run is known.
    `run` is the folder below the root that is the run: files with the same one make one job, and
    `below` a run under it. `tag` stands before every tag; for a format that takes its step from
    the name it is the tag itself, or empty for hyperparameters that need no table, and `step` the
    step. Files of a run are read in order of `turn`, then of name. `history` says that the file
    says again what the files before it said: only later steps are new. `called` is the name that
    people gave the run, which is shown in place of its folder's.
    """

    format: str
    run: str
    tag: str = ""
    below: str = ""
    step: int | None = None
    turn: int = 0
    history: bool = False
    called: str = ""


class Listing(Protocol):
    """The files below a root, for a store to look at."""

    @property
    def names(self) -> Sequence[str]:
        """Paths below the root, with `/`, sorted."""

    def text(self, name: str) -> str:
        """The first 64 KiB of a file, decoded; empty where it is no text."""


@dataclass(frozen=True)
class Store:
    """One kind of folder that holds runs.

    name: as the reports say it; about: one line for `tbingest formats`; layout: what lies in it;
    claim: for every file that is the store's own, how it is read, or in words why it is not.
    """

    name: str
    about: str
    layout: str
    claim: Callable[[Listing], Mapping[str, Member | str]]
