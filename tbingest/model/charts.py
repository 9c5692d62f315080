"""Charts and figures that a user may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Column: TypeAlias = "NDArray[np.float64] | NDArray[np.int64] | Sequence[Any]"


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
