"""Curves as a figure for a paper or a page: vectors with their fonts in them, or pixels.

Drawn in the style of the Images tab, in the size in which they are printed.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.figures.axes import COLOURS, LARGEST, logarithmic, steps_below, values_along
from tbingest.figures.canvas import GREY, empty, short, styled
from tbingest.figures.plots import smoothed
from tbingest.series.samples import thinned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tbingest.series.bundles import Bundle

WIDTHS = {"column": 3.35, "page": 6.9, "slide": 10.0}
"""In inches: a column and a page of most journals."""
FORMS = ("pdf", "svg", "png")
_MOST = 4_000
"""Points of a line: more than the dots of a printed column."""
_DASHES = ("-", "--", "-.", ":")


class Look(NamedTuple):
    """How it is drawn: a width by name, the weight of smoothing (0 to 1), a logarithmic axis."""

    width: str = "column"
    smooth: float = 0.0
    log: bool = False
    title: str = ""


def figure(panels: Mapping[str, Sequence[Bundle]], look: Look, form: str) -> bytes:
    """A panel for each tag, a line for each bundle, as a file of a form of FORMS.

    The same curves give the same bytes.
    """
    with styled({"pdf.fonttype": 42, "svg.hashsalt": "tbingest", "savefig.dpi": 300}):
        made = figure_of(panels, look)
        stream = io.BytesIO()
        dates: dict[str, Any] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
        made.savefig(stream, format=form, metadata=dates.get(form))
    return stream.getvalue()


def figure_of(panels: Mapping[str, Sequence[Bundle]], look: Look) -> Figure:
    """The figure before it becomes a file."""
    width = WIDTHS[look.width]
    columns = min(len(panels), 1 if look.width == "column" else 2 if len(panels) < 5 else 3)
    rows = math.ceil(len(panels) / columns)
    wide = width / columns
    height = rows * wide * 0.68 + (0.3 if look.title else 0.0)
    made = empty((width, height))
    top = 1 - (0.3 if look.title else 0.0) / height
    for place, (tag, found) in enumerate(panels.items()):
        row, column = divmod(place, columns)
        left, below = column * wide + 0.52, height * top - (row + 1) * wide * 0.68 + 0.38
        box = (left / width, below / height, (wide - 0.6) / width, (wide * 0.68 - 0.62) / height)
        axes = made.add_axes(box)
        axes.set_title(short(tag, int((wide - 0.5) * 14)), fontsize=9, pad=4)
        _panel(axes, found, look)
        if row == rows - 1 or place + columns >= len(panels):
            axes.set_xlabel("step")
    if look.title:
        made.text(0.5, 1 - 0.15 / height, short(look.title), size=10.5, ha="center", va="center")
    return made


def _panel(axes: Axes, found: Sequence[Bundle], look: Look) -> None:
    for place, one in enumerate(found):
        colour = COLOURS[place % len(COLOURS)]
        dashes = _DASHES[place // len(COLOURS) % len(_DASHES)]
        _line(axes, one, look, colour, dashes)
    steps = np.concatenate([one.steps for one in found])
    steps_below(axes, float(steps.min()), float(steps.max()))
    values = np.concatenate([one.mean for one in found])
    values = values[np.isfinite(values) & (np.abs(values) < LARGEST)]
    positive = values[values > 0]
    if look.log and len(positive):
        logarithmic(axes, float(positive.min()), float(positive.max()))
    else:
        values_along(axes.yaxis)
    if len(found) > 1 or found[0].members > 1:
        axes.legend(loc="best", fontsize=7, labelcolor=GREY, framealpha=0.8, edgecolor="none")


def _line(axes: Axes, one: Bundle, look: Look, colour: str, dashes: str) -> None:
    values = np.clip(one.mean, -LARGEST, LARGEST)
    label = short(one.name, 24) + (f" ({one.members} runs)" if one.members > 1 else "")
    shown = smoothed(values, look.smooth) if look.smooth else values
    line, steps = _thinned(shown, one.steps)
    if one.members > 1:
        low, high = (np.clip(part, -LARGEST, LARGEST) for part in (one.low, one.high))
        axes.fill_between(one.steps, low, high, color=colour, alpha=0.2, linewidth=0)
    elif look.smooth:
        raw, raw_steps = _thinned(values, one.steps)
        axes.plot(raw_steps, raw, color=colour, alpha=0.3, linewidth=0.7)
    marker = "o" if len(line) == 1 else ""
    axes.plot(steps, line, dashes, color=colour, label=label, marker=marker, markersize=4)


def _thinned(values: Any, steps: Any) -> tuple[Any, Any]:
    points = thinned(np.stack([values, steps]), _MOST)
    return points[0], points[1]
