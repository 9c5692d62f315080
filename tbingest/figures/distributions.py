"""How the numbers of tensors spread over the steps of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.figures.axes import BLUE, LARGEST, name, steps_below, values_along
from tbingest.figures.canvas import drawn, head, sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from tbingest.model.points import Image
    from tbingest.series.spreads import Spread

_MAX_PANELS = 6


def distributions(run: str, spreads: Mapping[str, Spread]) -> Image | None:
    """A PNG of at most 700 x 683 pixels with a panel for each tensor that has two steps.

    A line through the medians, a dark band where two thirds of the numbers lie and a light one
    where all do. The six tensors that changed most are shown. None where there is nothing.
    """
    shown = _shown(spreads)
    return drawn(lambda: figure_of(run, spreads)) if shown else None


def _shown(spreads: Mapping[str, Spread]) -> list[str]:
    found = [tag for tag, spread in spreads.items() if len(spread.rows) > 1]
    return sorted(found, key=lambda tag: (-spreads[tag].drift, tag))


def figure_of(run: str, spreads: Mapping[str, Spread]) -> Figure:
    """The figure before it becomes a PNG."""
    tags = _shown(spreads)
    hidden = len(tags) - _MAX_PANELS
    note = f"+ {hidden} more that changed less" if hidden > 0 else ""
    tags = sorted(tags[:_MAX_PANELS])
    figure = sheet(len(tags))
    head(figure, run, note)
    for axes, tag in zip(figure.axes, tags, strict=True):
        name(axes, tag)
        steps, low, lower, middle, upper, high = np.clip(spreads[tag].rows.T, -LARGEST, LARGEST)
        axes.fill_between(steps, low, high, color=BLUE, alpha=0.18, linewidth=0)
        axes.fill_between(steps, lower, upper, color=BLUE, alpha=0.4, linewidth=0)
        axes.plot(steps, middle, color=BLUE, marker="." if len(steps) <= 40 else "", markersize=4)
        steps_below(axes, float(steps[0]), float(steps[-1]))
        values_along(axes.yaxis)
    return figure
