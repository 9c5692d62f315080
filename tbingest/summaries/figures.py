"""Figures with axes: a run's curves by metric, and the singular values of a matrix."""

from __future__ import annotations

import io
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model import Image
from tbingest.naming import clean_tag
from tbingest.summaries.splits import split_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from tbingest.summaries.curves import Curve

_MAX_PANELS = 12
_MAX_LINES = 8
_MAX_TITLE = 60
_WIDE_TITLE = 30  # a longer one leaves no room beside it for the legend
_MAX_LABEL = 30
_TREND = 100  # points of a thinned curve's line
_LARGEST = 1e100  # what lies beyond is drawn here: squares and ranges of axes must stay finite
_PANEL = {1: (9.0, 4.5), 2: (6.6, 3.6), 3: (4.4, 2.8)}  # columns: inches of a panel
_DPI = 100

_COLOURS = {"train": "#2f6fb5", "": "#2f6fb5", "val": "#e8772e", "test": "#2f9e62"}
_OTHERS = ("#8257b8", "#c23b5a", "#3d9aa1", "#a8892c", "#d168a8", "#5f6b7a", "#7c5a3c", "#1f3a6d")
_FIRST = ("loss", "acc", "auc", "reward", "return", "perplexity", "error", "lr", "learning_rate")
_DARK, _GREY, _LIGHT = "#24292f", "#57606a", "#e6e8eb"

_STYLE = {
    "axes.edgecolor": "#b9bec5",
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.labelcolor": _GREY,
    "axes.labelpad": 2,
    "axes.labelsize": 7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _DARK,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # placing titles by the ticks' sizes takes a fifth of all time
    "grid.color": _LIGHT,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "text.parse_math": False,
    "xtick.color": "#b9bec5",
    "xtick.labelcolor": _GREY,
    "xtick.labelsize": 7,
    "xtick.bottom": False,
    "ytick.color": "#b9bec5",
    "ytick.labelcolor": _GREY,
    "ytick.labelsize": 7,
    "ytick.left": False,
}


def overview(run: str, curves: Mapping[str, Curve]) -> Image:
    """A PNG of at most 1,320 x 1,200 pixels with a panel for each metric of a run.

    The most telling twelve metrics are shown, at most eight tags of each; the heading counts the
    others. The same curves give the same bytes, whatever style the user has set.
    """
    return _drawn(lambda: _figure(run, curves))


def spectrum(name: str, matrix: NDArray[np.float32]) -> Image:
    """A PNG of 660 x 400 pixels with the singular values of a matrix by rank.

    The note says the shape and the rank; values that are 0 but for rounding are not drawn.
    """
    return _drawn(lambda: _spectrum_figure(name, matrix))


def _drawn(draw: Callable[[], Figure]) -> Image:
    """The PNG of a figure, drawn in our style."""
    import matplotlib as mpl
    from PIL import Image as Pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that no font has is drawn as a box
        style: dict[Any, Any] = {**mpl.rcParamsDefault, **_STYLE}
        del style["backend"]
        with mpl.rc_context(style):
            figure = draw()
            canvas: Any = figure.canvas
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    stream = io.BytesIO()
    picture = Pillow.fromarray(pixels)
    picture.save(stream, "png", compress_level=1)  # twice as fast as 6, a quarter larger
    return Image(stream.getvalue(), picture.width, picture.height)


def _spectrum_figure(name: str, matrix: NDArray[np.float32]) -> Figure:
    from matplotlib.ticker import MaxNLocator

    size = (6.6, 4.0)
    figure = _empty(size)
    left, right = 0.6 / size[0], 0.2 / size[0]
    figure.subplots_adjust(left, 0.45 / size[1], 1 - right, 1 - 0.5 / size[1])
    y = 1 - 0.14 / size[1]
    figure.text(left, y, _short(name, 50), size=11, weight="bold", color=_DARK, va="top")
    axes = figure.add_subplot()
    values = _singular_values(matrix)
    rows, columns = matrix.shape
    note = f"{rows} x {columns}"
    if values is None:
        _say(axes, "holds values that are not finite")
    elif not len(values):
        _say(axes, "all values are 0")
    else:
        note += f", rank {len(values)}"
        marker = "." if len(values) <= 64 else ""
        ranks = np.arange(1, len(values) + 1)
        axes.plot(ranks, values, color=_COLOURS[""], marker=marker, markersize=4)
        last = min(rows, columns)
        room = max(0.02 * last, 0.3)
        axes.set_xlim(1 - room, last + room)
        _logarithmic(axes, float(values[-1]), float(values[0]))
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("rank of the singular value")
    figure.text(1 - right, y, note, size=8, color=_GREY, va="top", ha="right")
    return figure


def _singular_values(matrix: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """The singular values above what rounding leaves, falling; None where they cannot be found.

    The bound is that of `numpy.linalg.matrix_rank` for float32.
    """
    if not np.isfinite(matrix).all():
        return None
    largest = float(np.abs(matrix).max(initial=0.0))
    if not largest:
        return np.empty(0)
    try:
        found = np.linalg.svd(matrix.astype(np.float64) / largest, compute_uv=False)
    except np.linalg.LinAlgError:
        return None
    bound = found[0] * max(matrix.shape) * np.finfo(np.float32).eps
    values: NDArray[np.float64] = found[found > bound] * largest
    return values


def _logarithmic(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis whose labels are plain numbers, of a range that is not nothing."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log")
    subs = (1.0, 2.0, 5.0) if high < 100 * low else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    room = max(high / low, 10.0) ** 0.05
    middle, half = (low * high) ** 0.5, max(high / low, 10.0) ** 0.5
    axes.set_ylim(middle / half / room, middle * half * room)


def _say(axes: Axes, text: str) -> None:
    """A sentence in place of a curve."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, color=_GREY, size=8, ha="center")


def _empty(size: tuple[float, float], dpi: float = _DPI) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=dpi)
    FigureCanvasAgg(figure)
    return figure


def _figure(run: str, curves: Mapping[str, Curve]) -> Figure:
    panels = _panels(curves)
    shown = [(name, tags[:_MAX_LINES]) for name, tags in panels[:_MAX_PANELS]]
    hidden = sum(len(tags) for _, tags in panels) - sum(len(tags) for _, tags in shown)
    columns = {0: 1, 1: 1, 2: 2, 4: 2}.get(len(shown), 3)
    rows = max(1, -(-len(shown) // columns))
    width, height = _PANEL[columns]
    size = (width * columns, height * rows + 0.4)
    figure = _sheet(rows, columns, len(shown))
    left, right = 0.6 / size[0], 0.2 / size[0]
    y = 1 - 0.14 / size[1]
    figure.text(left, y, _short(run), size=11, weight="bold", color=_DARK, va="top")
    if hidden:
        note = f"+ {hidden} more tags" if hidden > 1 else "+ 1 more tag"
        figure.text(1 - right, y, note, size=8, color=_GREY, va="top", ha="right")
    for axes, (name, tags) in zip(figure.axes, shown, strict=True):
        _draw(axes, name, {tag: curves[tag] for tag in tags})
    return figure


_SHEETS = threading.local()
"""The last figure of each thread, and what it has room for."""


def _sheet(rows: int, columns: int, panels: int) -> Figure:
    """A figure with empty axes: the last one, wiped, where it fits.

    Making axes and their ticks takes as long as drawing them.
    """
    key = (rows, columns, panels)
    if getattr(_SHEETS, "key", None) == key:
        figure: Figure = _SHEETS.figure
        for text in list(figure.texts):
            text.remove()
        for axes in figure.axes:
            _wipe(axes)
        return figure
    width, height = _PANEL[columns]
    size = (width * columns, height * rows + 0.4)
    figure = _empty(size)
    # Fixed margins, in inches: a layout engine measures every text, longer than drawing takes.
    left, right, bottom, top = 0.6 / size[0], 0.2 / size[0], 0.45 / size[1], 0.75 / size[1]
    space = {"wspace": 0.9 / width, "hspace": 1.2 / height}
    figure.subplots_adjust(left, bottom, 1 - right, 1 - top, **space)
    for place in range(panels):
        figure.add_subplot(rows, columns, place + 1)
    _SHEETS.key, _SHEETS.figure = key, figure
    return figure


def _wipe(axes: Axes) -> None:
    """Axes as new ones, but for the ticks, which are made again only where there are more."""
    legend = axes.get_legend()
    for artist in [*axes.lines, *axes.collections, *axes.texts, *([legend] if legend else [])]:
        artist.remove()
    axes.set(xscale="linear", yscale="linear")
    axes.relim()
    axes.autoscale(enable=True)


def _panels(curves: Mapping[str, Curve]) -> list[tuple[str, list[str]]]:
    """(metric, its tags) in the order in which people look for them."""
    groups: dict[str, list[str]] = {}
    for tag in sorted(curves):
        if len(curves[tag].bins):
            groups.setdefault(split_of(tag)[1], []).append(tag)

    def rank(item: tuple[str, list[str]]) -> tuple[bool, int, str]:
        metric = item[0].lower()
        name = metric.rpartition("/")[2]
        found = [n for n, word in enumerate(_FIRST) if word == name]
        found += [n + len(_FIRST) for n, word in enumerate(_FIRST) if word in name]
        empty = all(np.isnan(curves[tag].bins[:, 2]).all() for tag in item[1])
        return empty, min(found, default=2 * len(_FIRST)), item[0]

    ordered = sorted(groups.items(), key=rank)
    return [(name, sorted(tags, key=_split_order)) for name, tags in ordered]


def _split_order(tag: str) -> tuple[int, str]:
    return ("train", "", "val", "test").index(split_of(tag)[0]), tag


def _draw(axes: Axes, name: str, curves: Mapping[str, Curve]) -> None:
    title = _short(name)
    axes.set_title(title, fontsize=9 if len(title) <= 45 else 7.5, pad=5)
    axes.set_xlabel("step")
    axes.xaxis.set_label_coords(0.5, -0.23 * _DPI / axes.bbox.height)
    bins = np.concatenate([curve.bins for curve in curves.values()])
    if np.isnan(bins[:, 2:4]).all():
        _say(axes, "no finite value")
        return
    for curve, colour in zip(curves.values(), _colours(curves), strict=True):
        _line(axes, curve, colour)
    _scale(axes, bins)
    if len(curves) > 1:
        _legend(axes, list(curves), beside=len(title) <= _WIDE_TITLE and len(curves) <= 3)


def _colours(tags: Iterable[str]) -> list[str]:
    """Training is always blue and validation orange; a second line of a split takes another."""
    others = iter(_OTHERS)
    found: list[str] = []
    for tag in tags:
        colour = _COLOURS[split_of(tag)[0]]
        found.append(next(others) if colour in found else colour)
    return found


def _line(axes: Axes, curve: Curve, colour: str) -> None:
    """The values; of a thinned curve the range of each bin, and a trend through last values."""
    bins = curve.bins.copy()
    np.clip(bins[:, 2:], -_LARGEST, _LARGEST, out=bins[:, 2:])
    steps, values = bins[:, 1], bins[:, 4]
    if curve.width > 1:
        axes.fill_between(steps, bins[:, 2], bins[:, 3], color=colour, alpha=0.2, linewidth=0)
        steps, values = _trend(steps, values)
    marker = "o" if len(steps) <= 3 else "." if len(steps) <= 40 else ""
    axes.plot(steps, values, color=colour, marker=marker, markersize=4)
    gaps = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
    alone = gaps[:-2] & gaps[2:] & ~gaps[1:-1]  # a line does not show a point between two gaps
    if alone.any() and not marker:
        axes.plot(steps[alone], values[alone], ".", color=colour, markersize=4)


def _trend(
    steps: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of neighbours, about a hundred; NaN where none is finite."""
    size = min(len(values), _TREND)
    starts = np.arange(size) * len(values) // size
    finite = np.isfinite(values)
    counts = np.add.reduceat(finite.astype(float), starts)
    sums = np.add.reduceat(np.where(finite, values, 0.0), starts)
    means = np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
    sizes = np.diff(np.append(starts, len(values)))
    return np.add.reduceat(steps, starts) / sizes, means


def _scale(axes: Axes, bins: NDArray[np.float64]) -> None:
    """Whole steps below; a logarithmic axis where positive values span over three decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    first, last = float(bins[:, 1].min()), float(bins[:, 1].max())
    if first == last:
        axes.set_xlim(first - 1, first + 1)
        axes.set_xticks([first])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: _count(step)))
    lows = np.clip(bins[:, 2], -_LARGEST, _LARGEST)
    lows, high = lows[np.isfinite(lows)], min(float(np.nanmax(bins[:, 3])), _LARGEST)
    # The end of a learning rate's cosine is millions of times smaller, and no reason.
    if lows.min() > 0 and high > 1000 * float(np.quantile(lows, 0.05, method="lower")):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))


def _count(step: float) -> str:
    """10000 is 10k: ten digits would run into their neighbours."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(step) >= max(size, 1e4):
            return f"{step / size:g}{letter}"
    return f"{step:g}"


def _number(value: float) -> str:
    return _count(value) if abs(value) < 1e15 else f"{value:.3g}"


def _legend(axes: Axes, tags: Sequence[str], *, beside: bool) -> None:
    """The lines' names, beside the title where there is room."""
    names = [split_of(tag)[0] for tag in tags]
    if "" in names[1:] or len(set(names)) < len(names):
        names = list(tags)
    labels = [_short(name or tag, _MAX_LABEL) for name, tag in zip(names, tags, strict=True)]
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    options: dict[str, Any] = {"frameon": False, "fontsize": 7, "labelcolor": _GREY}
    options |= {"handlelength": 1.2, "handletextpad": 0.4, "columnspacing": 1.0}
    if beside:
        options |= {"loc": "lower right", "bbox_to_anchor": (1.02, 0.985), "ncols": len(tags)}
        options |= {"borderpad": 0.2, "borderaxespad": 0.0}
    else:
        options |= {"loc": "best", "frameon": True, "framealpha": 0.8, "edgecolor": "none"}
    axes.legend(lines, labels, **options)


def _short(text: str, longest: int = _MAX_TITLE) -> str:
    text = clean_tag(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"
