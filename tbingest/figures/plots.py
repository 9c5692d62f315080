"""A figure that the user wants of each run, from the curves that were kept of its tags."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.figures.axes import (
    BLUE,
    COLOURS,
    LARGEST,
    count,
    decades,
    line,
    number,
    steps_below,
    values_along,
)
from tbingest.figures.canvas import GREY, SIZE, drawn, empty, head, short
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from tbingest.model.charts import Plot
    from tbingest.model.points import Image
    from tbingest.series.curves import Curve

    Floats = NDArray[np.float64]

_MAX_TAGS = {"line": 10, "scatter": 5, "bar": 14, "hist": 5, "heatmap": 40}
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
_CELLS = 200  # columns of a heat map
_LONGEST = 24
_MAX_LABELS = 14  # one beneath the other


def tags_of(wanted: Plot, curves: Mapping[str, Curve]) -> list[str]:
    """The tags of a run that a figure is of; none where its x axis is not there."""
    if wanted.x and wanted.x not in curves:
        return []
    found = (tag for tag in curves if any(fnmatchcase(tag, glob) for glob in wanted.y))
    return sorted(tag for tag in found if len(curves[tag].bins))


def plot(run: str, wanted: Plot, curves: Mapping[str, Curve], others: int = 0) -> Image | None:
    """A PNG of 700 x 406 pixels; None where no tag of the run is wanted.

    The heading counts the tags that find no room, and the `others` of which there are no curves.
    """
    if not tags_of(wanted, curves):
        return None
    return drawn(lambda: figure_of(run, wanted, curves, others))


def figure_of(run: str, wanted: Plot, curves: Mapping[str, Curve], others: int = 0) -> Figure:
    """The figure before it becomes a PNG."""
    every = tags_of(wanted, curves)
    tags = every[: _MAX_TAGS[wanted.kind]]
    figure = empty(SIZE)
    wide = wanted.kind in {"bar", "heatmap"}
    left = 0.25 + 0.068 * max(len(short(tag, _LONGEST)) for tag in tags) if wide else 0.72
    right = 0.65 if wanted.kind == "heatmap" else 0.15
    margins = left / SIZE[0], 0.42 / SIZE[1], 1 - right / SIZE[0], 1 - 0.36 / SIZE[1]
    figure.subplots_adjust(*margins)
    axes = figure.add_subplot()
    note = [run, *_DRAW[wanted.kind](axes, wanted, {tag: curves[tag] for tag in tags}, curves)]
    hidden = others + len(every) - len(tags)
    if hidden:
        note.append(f"+ {plural(hidden, 'more tag')}")
    head(figure, wanted.title, "; ".join(filter(None, note)))
    if wanted.kind in {"line", "scatter", "hist"} and len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(loc="best", fontsize=8, labelcolor=GREY, framealpha=0.8, edgecolor="none")
    return figure


def smoothed(values: Floats, weight: float) -> Floats:
    """The exponential moving average that TensorBoard draws, which begins without a bias.

    What is not finite stays, and counts for nothing.
    """
    result, last = values.copy(), 0.0
    for seen, at in enumerate(np.flatnonzero(np.isfinite(values)).tolist(), 1):
        last = last * weight + (1 - weight) * float(values[at])
        result[at] = last / (1 - weight**seen)
    return result


def joined(one: Curve, other: Curve) -> tuple[Floats, Floats]:
    """The values of two curves at the steps of the one with fewer bins, where both are finite."""
    if len(other.bins) < len(one.bins):
        right, left = joined(other, one)
        return left, right
    steps = one.bins[:, 1]
    at = np.minimum(np.searchsorted(other.bins[:, 1], steps, "left"), len(other.bins) - 1)
    values = other.bins[at]
    both = (values[:, 0] <= steps) & (steps <= values[:, 1])
    x, y = (
        np.clip(one.bins[both, 4], -LARGEST, LARGEST),
        np.clip(values[both, 4], -LARGEST, LARGEST),
    )
    finite = np.isfinite(x) & np.isfinite(y)
    return x[finite], y[finite]


def _line(
    axes: Axes, wanted: Plot, shown: Mapping[str, Curve], curves: Mapping[str, Curve]
) -> Sequence[str]:
    _scales(axes, wanted)
    for place, (tag, curve) in enumerate(shown.items()):
        colour = COLOURS[place % len(COLOURS)]
        before = len(axes.lines)
        if wanted.x:
            x, y = joined(curves[wanted.x], curve)
            order = np.argsort(x, kind="stable")
            axes.plot(x[order], smoothed(y[order], wanted.smoothing), color=colour)
        elif wanted.smoothing:
            steps, values = curve.bins[:, 1], np.clip(curve.bins[:, 4], -LARGEST, LARGEST)
            axes.plot(steps, values, color=colour, alpha=0.25, linewidth=1)
            before = len(axes.lines)
            axes.plot(steps, smoothed(values, wanted.smoothing), color=colour)
        else:
            line(axes, curve, colour)
        axes.lines[before].set_linestyle(_DASHES[place % len(_DASHES)])
        axes.lines[before].set_label(_label(tag))
    axes.set_xlabel(short(wanted.x, _LONGEST) if wanted.x else "step")
    if len(shown) == 1:
        axes.set_ylabel(short(next(iter(shown)), _LONGEST))
    if not wanted.x and "x" not in wanted.log:
        bins = np.concatenate([curve.bins[:, 1] for curve in shown.values()])
        steps_below(axes, float(bins.min()), float(bins.max()))
    return [f"smoothing {wanted.smoothing:g}"] if wanted.smoothing else []


def _scatter(
    axes: Axes, wanted: Plot, shown: Mapping[str, Curve], curves: Mapping[str, Curve]
) -> Sequence[str]:
    _scales(axes, wanted)
    if "x" not in wanted.log:
        values_along(axes.xaxis, 6)
    most = 0
    for place, (tag, curve) in enumerate(shown.items()):
        x, y = joined(curves[wanted.x], curve)
        most = max(most, len(x))
        axes.plot(
            *(x, y, "o"),
            color=COLOURS[place % len(COLOURS)],
            alpha=0.75 if len(x) <= 100 else 0.4,
            markersize=4,
            markeredgewidth=0,
            label=_label(tag),
        )
    axes.set_xlabel(short(wanted.x, _LONGEST))
    if len(shown) == 1:
        axes.set_ylabel(short(next(iter(shown)), _LONGEST))
    return [f"{most} points", _thinned([curves[wanted.x], *shown.values()])]


def _bar(
    axes: Axes, wanted: Plot, shown: Mapping[str, Curve], _every: Mapping[str, Curve]
) -> Sequence[str]:
    lasts = np.clip([curve.bins[-1, 4] for curve in shown.values()], -LARGEST, LARGEST)
    places = range(len(lasts))
    if "x" in wanted.log and not (lasts <= 0).any():
        axes.set_xscale("log", nonpositive="mask")
        decades(axes.xaxis)
    else:
        values_along(axes.xaxis, 6)
    axes.barh(places, np.nan_to_num(lasts), 0.7, color=BLUE)
    for place, last in zip(places, lasts.tolist(), strict=True):
        text = number(last) if abs(last) >= 1e4 else f"{last:.4g}"
        at = last if last > 0 else 0.0
        said = text if np.isfinite(last) else "not finite"
        axes.text(at, place, f" {said}", va="center", size=8, color=GREY)
    axes.set_yticks(places, [short(tag, _LONGEST) for tag in shown])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("last value")
    return []


def _hist(
    axes: Axes, wanted: Plot, shown: Mapping[str, Curve], _every: Mapping[str, Curve]
) -> Sequence[str]:
    from matplotlib.ticker import MaxNLocator

    values = {tag: curve.bins[np.isfinite(curve.bins[:, 4]), 4] for tag, curve in shown.items()}
    values = {tag: np.clip(part, -LARGEST, LARGEST) for tag, part in values.items() if len(part)}
    every = np.concatenate([*values.values(), np.empty(0)])
    if "x" in wanted.log and len(every) and every.min() > 0:
        edges = np.geomspace(every.min(), every.max() * (1 + 1e-9), 31)
        axes.set_xscale("log")
        decades(axes.xaxis)
    else:
        edges = np.histogram_bin_edges(every, 30)
        values_along(axes.xaxis, 6)
    if "y" in wanted.log:
        axes.set_yscale("log")
        decades(axes.yaxis)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    for place, (tag, part) in enumerate(values.items()):
        counts, _ = np.histogram(part, edges)
        colour = COLOURS[place % len(COLOURS)]
        axes.stairs(counts, edges, fill=True, color=colour, alpha=0.45, label=_label(tag))
    axes.set_ylabel("points")
    axes.set_xlabel(short(next(iter(shown)), _LONGEST) if len(shown) == 1 else "value")
    return [f"{len(every)} points", _thinned(shown.values())]


def _heatmap(
    axes: Axes, wanted: Plot, shown: Mapping[str, Curve], _every: Mapping[str, Curve]
) -> Sequence[str]:
    from matplotlib.colors import LogNorm, Normalize

    first = min(curve.bins[0, 0] for curve in shown.values())
    last = max(curve.bins[-1, 1] for curve in shown.values())
    marks = np.unique(np.concatenate([curve.bins[:, 1] for curve in shown.values()]))
    if len(marks) > _CELLS:
        marks = np.linspace(first, last, _CELLS)
    cells = np.full((len(shown), len(marks)), np.nan)
    for row, curve in enumerate(shown.values()):
        at = np.searchsorted(curve.bins[:, 1], marks, "right") - 1  # the last value until then
        cells[row] = np.where(at >= 0, curve.bins[np.maximum(at, 0), 4], np.nan)
    cells = np.clip(cells, -LARGEST, LARGEST)
    known = cells[np.isfinite(cells)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    norm: Any = LogNorm(low, high) if "y" in wanted.log and low > 0 else Normalize(low, high)
    picture = axes.imshow(cells, cmap="cividis", norm=norm, aspect="auto", interpolation="nearest")
    axes.grid(visible=False)
    every = -(-len(shown) // _MAX_LABELS)
    labels = [short(tag, _LONGEST) for tag in shown]
    axes.set_yticks(range(0, len(shown), every), labels[::every])
    wanted_ticks = np.unique(np.linspace(0, len(marks) - 1, min(6, len(marks))).astype(int))
    axes.set_xticks(wanted_ticks, [_about(float(marks[at])) for at in wanted_ticks])
    axes.set_xlabel("step")
    scale: Any = axes.figure.colorbar(picture, ax=axes, fraction=0.05, pad=0.02)
    if isinstance(norm, LogNorm):
        decades(scale.ax.yaxis, between=high < 100 * low)
    return []


_DRAW = {"line": _line, "scatter": _scatter, "bar": _bar, "hist": _hist, "heatmap": _heatmap}


def _scales(axes: Axes, wanted: Plot) -> None:
    """Logarithmic axes, of which what is not positive is left out, and short numbers."""
    if "x" in wanted.log:
        axes.set_xscale("log", nonpositive="mask")
        decades(axes.xaxis)
    if "y" in wanted.log:
        axes.set_yscale("log", nonpositive="mask")
        decades(axes.yaxis)
    else:
        values_along(axes.yaxis)


def _about(step: float) -> str:
    """A step in three digits where it has five or more: they stand side by side."""
    return count(float(f"{step:.3g}") if abs(step) >= 1e4 else round(step))


def _thinned(curves: Any) -> str:
    width = max(curve.width for curve in curves)
    return f"1 of {width} drawn" if width > 1 else ""


def _label(tag: str) -> str:
    """A name that the legend shows: one that begins with `_` is left out by it."""
    tag = short(tag, _LONGEST)
    return f" {tag}" if tag.startswith("_") else tag
