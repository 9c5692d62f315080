"""What TensorBoard will show: points, and every kind of value that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tbingest.model.charts import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    "other",
]
"""TensorBoard's kinds of values; a tag has one kind for good."""


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


_EXACT = 2**53
"""No float beyond it tells every whole number from the next."""


@dataclass(frozen=True, slots=True)
class HParams:
    """The hyperparameters of a run, flattened: every value is a bool, a number or a string.

    The session is what the log says of the run as a whole; it may come with no values.
    """

    values: Mapping[str, bool | float | str]
    session: Session = Session()

    def texts(self) -> dict[str, str]:
        """The values in words: 16 is 16 in a log, and 16.0 in an event file."""
        return {
            name: str(int(one)) if _is_whole(one) else str(one) for name, one in self.values.items()
        }


def _is_whole(value: float | str) -> bool:
    """True for a whole number that a float holds exactly."""
    return isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT


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
class Recorded:
    """A value as an event file holds it, a serialised Summary.Value: written again as it is.

    A kind of `other` is a plug-in's that is not known.
    """

    kind: Kind
    data: bytes


class Encoded(bytes):
    """A value as it stands in an event file: its fields of the Summary, tag and all."""


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
    | Recorded
    | Encoded
)


@dataclass(frozen=True, slots=True)
class Points:
    """What TensorBoard will show: n records of one kind, all with the same tags.

    steps (n,) int64; times (n,) float64, unix seconds, finite; order (n,) int64 as in `Rows`;
    below 0 where records were put in order since.
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
