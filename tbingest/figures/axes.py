"""What panels of curves have in common: lines, scales, and numbers as short as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.figures.canvas import DPI, GREY, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

    from tbingest.series.curves import Curve

LARGEST = 1e100
"""What lies beyond is drawn here: squares and ranges of axes must stay finite."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""As Okabe and Ito chose them for all eyes."""
BLUE, ORANGE, GREEN = COLOURS[:3]
LABEL = "label"
"""What the names of lines beside a title are called."""
_LETTER, _LABEL_LETTER, _APART = 5.6, 5.0, 7
"""How wide a letter of a title and of a label is, and the room between, in points."""
_MOST_LABELS = 3
_TREND = 100  # points of a thinned curve's line


def name(axes: Axes, title: str, below: str = "step") -> None:
    """What a panel shows, and what its x axis is."""
    room = int(_width(axes) / _LETTER)
    title = short(title, room + 3)
    axes.set_title(title, fontsize=9 if len(title) <= room else 8, pad=4)
    axes.set_xlabel(below)
    axes.xaxis.set_label_coords(0.5, -0.21 * DPI / axes.bbox.height)


def labelled(axes: Axes, title: str, labels: Sequence[str], colours: Sequence[str]) -> bool:
    """Put names in the colours of their lines beside the title; False where there is no room.

    A legend takes as long as all else in a panel.
    """
    wide = _width(axes)
    widths = [_LABEL_LETTER * len(label) + _APART for label in labels]
    if len(labels) > _MOST_LABELS or _LETTER * len(title) + sum(widths) > wide:
        return False
    right, above = 1.0, 1 + 4 * DPI / 72 / axes.bbox.height
    for label, colour, taken in reversed(list(zip(labels, colours, widths, strict=True))):
        look: Any = {"size": 8, "ha": "right", "color": colour, "gid": LABEL}
        axes.text(right, above, label, transform=axes.transAxes, **look)
        right -= taken / wide
    return True


def _width(axes: Axes) -> float:
    return float(axes.bbox.width) * 72 / DPI


def say(axes: Axes, text: str) -> None:
    """A sentence in place of a curve."""
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))  # the range rounds its corners
    axes.text(0.5, 0.5, text, transform=axes.transAxes, color=GREY, size=8.5, ha="center")


def line(axes: Axes, curve: Curve, colour: str) -> None:
    """The values, and the band of a bin where it has one; a trend through a thinned curve."""
    bins = curve.bins.copy()
    np.clip(bins[:, 2:], -LARGEST, LARGEST, out=bins[:, 2:])
    steps, values = bins[:, 1], bins[:, 4]
    if (bins[:, 2] < bins[:, 3]).any():
        axes.fill_between(steps, bins[:, 2], bins[:, 3], color=colour, alpha=0.2, linewidth=0)
    if curve.width > 1:
        steps, values = trend(steps, values)
    marker = "o" if len(steps) <= 3 else "." if len(steps) <= 40 else ""
    axes.plot(steps, values, color=colour, marker=marker, markersize=4)
    gaps = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
    alone = gaps[:-2] & gaps[2:] & ~gaps[1:-1]  # a line does not show a point between two gaps
    if alone.any() and not marker:
        axes.plot(steps[alone], values[alone], ".", color=colour, markersize=4)


def trend(
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


def scale(axes: Axes, bins: NDArray[np.float64]) -> None:
    """Whole steps below; a logarithmic axis where positive values span over three decades."""
    steps_below(axes, float(bins[:, 1].min()), float(bins[:, 1].max()))
    lows = np.clip(bins[:, 2], -LARGEST, LARGEST)
    lows, high = lows[np.isfinite(lows)], min(float(np.nanmax(bins[:, 3])), LARGEST)
    # The end of a learning rate's cosine is millions of times smaller, and no reason.
    if lows.min() > 0 and high > 1000 * float(np.quantile(lows, 0.05, method="lower")):
        axes.set_yscale("log")
        decades(axes.yaxis)
    else:
        values_along(axes.yaxis)


def steps_below(axes: Axes, first: float, last: float) -> None:
    """Whole steps, as few as can be read."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if first == last:
        axes.set_xlim(first - 1, first + 1)
        axes.set_xticks([first])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: count(step)))


def values_along(axis: Axis, most: int = 4) -> None:
    """A linear axis of a few short numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def decades(axis: Axis, *, between: bool = False, most: int = 5) -> None:
    """Plain numbers on a logarithmic axis: a ten's power is no markup here."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if between else (1.0,), numticks=most))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def logarithmic(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis whose labels are plain numbers, of a range that is not nothing."""
    axes.set_yscale("log")
    decades(axes.yaxis, between=high < 100 * low, most=7)
    room = max(high / low, 10.0) ** 0.05
    middle, half = (low * high) ** 0.5, max(high / low, 10.0) ** 0.5
    axes.set_ylim(middle / half / room, middle * half * room)


def count(step: float) -> str:
    """10000 is 10k: ten digits would run into their neighbours."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(step) >= max(size, 1e4):
            return f"{step / size:g}{letter}"
    return f"{step:g}"


def number(value: float) -> str:
    """In as few characters as tell it from its neighbours on an axis."""
    return count(value) if abs(value) < 1e15 else f"{value:.3g}".replace("e+", "e")
