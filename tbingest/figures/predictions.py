"""Figures of predictions: confusion matrices, ROC and the like, and what was predicted of numbers.

Every line has a dash of its own.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.figures.axes import COLOURS, LARGEST, number, values_along
from tbingest.figures.canvas import DARK, GREY, SIZE, drawn, empty, short
from tbingest.model.points import Confusion

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tbingest.model.points import Curves, Image, Line

_DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 3)), (0, (8, 3)))
_TITLES = {
    "roc": ("ROC", "false positive rate", "true positive rate"),
    "precision-recall": ("Precision and recall", "recall", "precision"),
    "calibration": ("Calibration", "predicted probability", "share that is right"),
    "fit": ("Predicted against true", "true", "predicted"),
    "residuals": ("Residuals", "predicted", "predicted - true"),
}
_WITH_TEXT = 12
_MAX_LABELS, _MAX_LINES = 16, 12
_LONGEST, _TURNED = 14, 9
_LONGEST_NAME = 24


def picture(value: Confusion | Curves) -> Image:
    """A PNG of 700 x 406 pixels. The same value gives the same bytes."""
    return drawn(lambda: figure_of(value))


def figure_of(value: Confusion | Curves) -> Figure:
    """The figure before it becomes a PNG."""
    return _confusion(value) if isinstance(value, Confusion) else _curves(value)


def _framed(title: str, note: str, margins: tuple[float, float]) -> tuple[Figure, Axes]:
    """An empty figure with its heading; margins in inches, left and below."""
    figure = empty(SIZE)
    width, height = SIZE
    left, below = margins
    figure.subplots_adjust(left / width, below / height, 1 - 0.15 / width, 1 - 0.33 / height)
    y = 1 - 0.09 / height
    figure.text(0.1 / width, y, title, size=10.5, weight="bold", color=DARK, va="top")
    figure.text(1 - 0.15 / width, y, note, size=8.5, color=GREY, va="top", ha="right")
    axes = figure.add_subplot()
    axes.tick_params(labelsize=8.5)
    return figure, axes


def _confusion(value: Confusion) -> Figure:
    counts = np.asarray(value.counts, np.float64).reshape(len(value.labels), len(value.labels))
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros_like(counts), where=sums > 0)
    labels = [short(label, _LONGEST) for label in value.labels]
    turned = sum(len(label) + 2 for label in labels) > 50  # they do not fit side by side
    labels = [short(label, _TURNED) for label in labels] if turned else labels
    size = 9.0 if len(labels) <= _WITH_TEXT else 7.5
    room = 0.4 + 0.0085 * size * max(map(len, labels), default=0)
    title = "Confusion, shares of each row" if value.shares else "Confusion"
    total = int(counts.sum())
    figure, axes = _framed(title, f"{total:,} records", (room, room if turned else 0.45))
    axes.grid(visible=False)
    # The colour is the share in both: else a frequent class would leave the others blank.
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    places = range(len(labels))
    every = -(-len(labels) // _MAX_LABELS) or 1
    axes.set_xticks(places[::every], labels[::every], fontsize=size, rotation=90 if turned else 0)
    axes.set_yticks(places[::every], labels[::every], fontsize=size)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted", fontsize=9)
    axes.set_ylabel("true", fontsize=9)
    if len(labels) <= _WITH_TEXT:
        size = 10.5 if len(labels) <= 4 else 9 if len(labels) <= 8 else 7.5
        for row, column in product(places, places):
            share, count = shares[row, column], counts[row, column]
            text = f"{100 * share:.0f}%" if value.shares else number(count)
            colour = "white" if share > 0.5 else DARK
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
    return figure


def _curves(value: Curves) -> Figure:
    title, below, beside = _TITLES[value.form]
    more = len(value.lines) - _MAX_LINES
    note = f"{value.note}, + {more} more".removeprefix(", ") if more > 0 else value.note
    figure, axes = _framed(title, note, (0.62, 0.45))
    axes.set_xlabel(below, fontsize=9)
    axes.set_ylabel(beside, fontsize=9)
    if value.form in {"fit", "residuals"}:
        _dots(axes, value.lines, residuals=value.form == "residuals")
        return figure
    if value.form != "precision-recall":
        axes.plot((0, 1), (0, 1), color=GREY, linewidth=1, dashes=(2, 2), label="_chance")
    for place, line in enumerate(value.lines[:_MAX_LINES]):
        look = place % len(COLOURS)
        label = f"{short(line.name, _LONGEST_NAME)}  {line.note}".strip()
        axes.plot(
            *(line.x, line.y),
            color=COLOURS[look],
            linestyle=_DASHES[(place + place // len(COLOURS)) % len(_DASHES)],
            linewidth=1.6,
            marker="o" if value.form == "calibration" else "",
            markersize=5,
            label=_named(label),
        )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    places = {"roc": "lower right", "precision-recall": "lower left", "calibration": "best"}
    _legend(axes, places[value.form])
    return figure


def _dots(axes: Axes, lines: tuple[Line, ...], *, residuals: bool) -> None:
    """The records as dots, and the line on which all would lie that are right."""
    for place, line in enumerate(lines):
        x, y = (np.clip(part, -LARGEST, LARGEST) for part in (line.x, line.y))
        alpha = 0.75 if len(x) <= 100 else 0.35
        colour = COLOURS[place % len(COLOURS)]
        axes.plot(x, y, "o", color=colour, alpha=alpha, markersize=4, markeredgewidth=0)
        axes.lines[-1].set_label(_named(line.note))
        if not len(x):
            continue
        if residuals:
            axes.axhline(0, color=DARK, linewidth=1, dashes=(4, 2), label="_right")
        else:
            ends = min(x.min(), y.min()), max(x.max(), y.max())
            axes.plot(ends, ends, color=DARK, linewidth=1, dashes=(4, 2), label="_right")
    for axis in (axes.xaxis, axes.yaxis):
        values_along(axis, 5)
    if any(line.note for line in lines):
        _legend(axes, "upper left")


def _named(label: str) -> str:
    """A label that the legend shows: one that begins with `_` is left out by it."""
    return f" {label}" if label.startswith("_") else label


def _legend(axes: Axes, place: Any) -> None:
    look: dict[str, Any] = {"frameon": True, "framealpha": 0.85, "edgecolor": "none"}
    axes.legend(loc=place, fontsize=8, labelcolor=DARK, **look)
