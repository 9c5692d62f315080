"""The nouns: what a reader gives, what TensorBoard will show, and what could not be read.

Imports NumPy and the standard library only; every module may import this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Column: TypeAlias = "NDArray[np.float64] | NDArray[np.int64] | Sequence[Any]"

Kind = Literal[
    "scalar",
    "histogram",
    "text",
    "image",
    "audio",
    "mesh",
    "hparams",
    "graph",
    "pr_curve",
    "layout",
]
"""TensorBoard's kinds of values; a tag has one kind for good."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the log said: records that all have the same columns.

    `columns` holds one entry per record: float64 or int64 arrays of shape (n,), or lists of
    str or nested values. A record that lacks a field stands in another `Rows`: nothing here
    means "missing". `order` (n,) is the place of each record in its source (a line number or
    a record number), rising, so that several `Rows` can be woven back.
    """

    columns: Mapping[str, Column]
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Histogram:
    """One exact histogram: `buckets` (k, 3) float64 rows of left edge, right edge, count.

    Edges are finite, rise and touch; all but the last bucket are half open. NaN and infinities
    are counted aside. `k` is 0 when no finite value was there.
    """

    buckets: NDArray[np.float64]
    nan: int = 0
    neg_inf: int = 0
    pos_inf: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    """An encoded picture (PNG, JPEG or GIF), as it lies on disk; sizes in pixels."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound as a WAV file; `rate` in samples a second and channel, `frames` its length."""

    data: bytes
    rate: int
    channels: int
    frames: int


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A shape: vertices (n, 3) float32, triangles as places of vertices (m, 3) int32, or none for
    a cloud of points, and colours of the vertices (n, 3) uint8, or None.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    colours: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a graph: inputs are names of nodes, with `:1` behind for their second output.

    shapes: those of all its outputs, -1 for a side that varies, or none.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    about: Mapping[str, str]
    shapes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """How a model computes; each node has a name of its own."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts, shown as text; `more` rows are not in it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """How a run went: a status, or "" where its log does not say; times in seconds, 0 unknown."""

    status: Literal["success", "failure", "running", ""] = ""
    start: float = 0.0
    end: float = 0.0

    @property
    def ended(self) -> bool:
        """True where the log says that, in whatever way."""
        return self.status != "running" and bool(self.status or self.end)


@dataclass(frozen=True, slots=True)
class HParams:
    """The hyperparameters of a run, flattened: every value is a bool, a number or a string.

    The session is what the log says of the run as a whole; it may come with no values.
    """

    values: Mapping[str, bool | float | str]
    session: Session = Session()


@dataclass(frozen=True, slots=True)
class PrCurve:
    """One class against all others: counts at evenly spaced thresholds from 0 to 1, rising.

    A record counts as positive at a threshold when its score, rounded down to one, is not below.
    """

    true_positives: tuple[int, ...]
    false_positives: tuple[int, ...]
    true_negatives: tuple[int, ...]
    false_negatives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """A confusion matrix that is drawn when it is written: a row for each true class.

    `counts[i][j]` records of class `labels[i]` were taken for `labels[j]`; `shares` says that each
    row is shown as shares of its sum.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line or a cloud of dots; the note stands beside its name."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Curves:
    """What tells how good predictions are, drawn when it is written; the note stands above."""

    form: Literal["roc", "precision-recall", "calibration", "fit", "residuals"]
    lines: tuple[Line, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of several tags of a run: lines, or as a `band` the middle, lower and upper edge.

    The pattern, where there is one, is a regular expression that stands for the tags in all runs.
    """

    title: str
    tags: tuple[str, ...]
    band: bool = False
    pattern: str = ""


class Charted(NamedTuple):
    """What the user wants to see in the Custom Scalars tab: the tags that match `globs` in a chart
    called `title`; as `band` means, each in a band of a standard deviation or of its extremes.
    """

    title: str
    globs: tuple[str, ...]
    band: bool = False


PLOT_KINDS = ("line", "scatter", "bar", "hist", "heatmap")


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure that the user wants of each run.

    kind: one of `PLOT_KINDS`; y: globs over tags; x: a tag, or empty for steps;
    log: which axes are logarithmic, of `x` and `y`; smoothing: the weight of what went before, from
    0 to below 1, as in TensorBoard.
    """

    title: str
    kind: str
    y: tuple[str, ...]
    x: str = ""
    log: str = ""
    smoothing: float = 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The charts of a run that stand in the Custom Scalars tab; each has a title of its own."""

    charts: tuple[Chart, ...]


Value: TypeAlias = (
    float
    | str
    | Histogram
    | Image
    | Audio
    | Mesh
    | Graph
    | Table
    | HParams
    | Session
    | PrCurve
    | Confusion
    | Curves
    | Layout
)


@dataclass(frozen=True, slots=True)
class Points:
    """What TensorBoard will show: n records of one kind, all with the same tags.

    steps (n,) int64; times (n,) float64, unix seconds, finite; order (n,) int64 as in `Rows`.
    values: for scalars float64 of shape (n, len(tags)); for other kinds values[i][j] is the
    value of tags[j] in record i.
    """

    run: str
    kind: Kind
    tags: tuple[str, ...]
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: NDArray[np.float64] | Sequence[Sequence[Value]]
    order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read: its place, what is wrong, what to do, and how many values it cost.

    `line` and `column` count from 1. A reader leaves `source` empty: it knows no path.
    `values` is 0 for a remark that cost nothing.
    """

    source: str
    line: int | None
    column: int | None
    what: str
    hint: str = ""
    values: int = 0

    @property
    def place(self) -> str:
        """`source:line:column`, as far as they are known."""
        parts = (self.source, self.line, self.column)
        return ":".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a source, for detection.

    `name` is the path below the root that was given, with `/`; `data` the first 64 KiB, decoded
    to UTF-8 text where it is text; `size` the file's bytes on disk; `binary` says that it is no
    text; `complete` that `data` is all of it; `patterns` are the user's own for this source;
    `tables` are those of an SQLite database.
    """

    name: str
    data: bytes
    size: int
    binary: bool = False
    complete: bool = True
    patterns: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

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
    """How sure a format is that a source is its own (0..1), and the reasons in words."""

    confidence: float
    reason: str


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


@dataclass(frozen=True, slots=True)
class Fields:
    """What a format calls its step, time and run, and how its field names become tags.

    step, time, elapsed, run, split: field names in order of preference; empty means the general
    lists of `roles.py`; a run's field holds names of runs below the source's own. `rename` turns a
    field name into (run suffix, tag), or None for a field that is no value; without it the general
    tag rule holds. `step_from_name` says that step and tag come from the file's name, as for dumps
    and pictures; a field that `step` names goes before.
    """

    step: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    elapsed: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    rename: Callable[[str], tuple[str, str] | None] | None = None
    step_from_name: bool = False


def no_evidence(_: Head) -> Evidence:
    """For formats that are chosen by name only."""
    return Evidence(0.0, "only with --as")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One array of a parameter dump, without its numbers.

    name: its path, the parts split by `/` and each as the file says it
    (`state_dict/encoder.0.weight`); dtype: in its framework's word, as `bfloat16`; chunks: gives
    its numbers, flat, piece by piece, each time anew; a piece is valid until the next one is asked
    for. codes: where it is given, the pieces are uint8 or uint16 codes, and `codes[code]` is the
    number meant (float64, 256 or 65,536 of them). order: tensors of one shape and order give their
    numbers in one sequence, so that two dumps can be compared number by number.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    chunks: Callable[[], Iterable[NDArray[Any]]]
    codes: NDArray[np.float64] | None = None
    order: str = "C"


Opener: TypeAlias = "Callable[[], IO[bytes]]"
"""Opens a source anew, for reading bytes."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a parameter dump holds, as its headers say: no number was read yet.

    tensors: in the order of the file; problems: what of it cannot be read, each with the tensors
    it cost as `values`; step: as a field of its own says, and `step_from` the field's name; facts:
    what else it says of itself in plain values; refused: why nothing of it is read though it is
    no damaged file, in words that name what it holds; graph: reads how the model computes, where
    the dump says it, and raises SourceError.
    """

    tensors: Sequence[Tensor] = ()
    problems: Sequence[Problem] = ()
    step: int | None = None
    step_from: str = ""
    facts: Mapping[str, bool | float | str] = field(default_factory=dict)
    refused: str = ""
    graph: Callable[[], Graph | None] = lambda: None


@dataclass(frozen=True)
class Format:
    """One kind of log.

    name: as `--as` and the reports say it; about: one line for `tbingest formats`; sample: a few
    lines of such a log; detect: looks at a `Head`; reader: makes a fresh `Reader` for a head, or
    None for a parameter dump or a database; dump: says what a parameter dump holds, from a
    function that opens it anew and its name, and raises SourceError for a damaged one; database:
    gives the series of records that an SQLite database holds, each under a
    name of its own, from a snapshot opened for reading; rewritten: the writer rewrites the file, so
    it is read whole and only what is new is given out; joins: several of them in a folder are one
    run, where other formats give each a run of its own; rounded: its numbers are those of a
    console, so that another log of the run which says the same goes first; summary: it holds last
    values, so that any log with their curves goes first.
    """

    name: str
    about: str
    sample: str = ""
    detect: Callable[[Head], Evidence] = no_evidence
    reader: Callable[[Head], Reader] | None = None
    dump: Callable[[Opener, str], Dump] | None = None
    database: Callable[[sqlite3.Connection], Iterable[tuple[str, Rows | Problem]]] | None = None
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
    says again what the files before it said: only later steps are new.
    """

    format: str
    run: str
    tag: str = ""
    below: str = ""
    step: int | None = None
    turn: int = 0
    history: bool = False


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
