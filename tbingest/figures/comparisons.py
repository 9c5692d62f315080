"""Figures of several runs together: seeds by their mean, and what moves with the last values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.figures.axes import BLUE, ORANGE
from tbingest.figures.canvas import DARK, GREY, SIZE, drawn, empty, head, short
from tbingest.figures.overview import figure_of
from tbingest.series.seeds import shared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from tbingest.model.points import Image
    from tbingest.series.curves import Curve
    from tbingest.series.seeds import Correlation, RunResult

_MAX_BARS = 6
_BAR, _AROUND, _BESIDE = 0.23, 0.62, 1.75  # inches: of a bar, around the bars, left of them
_LONGEST = 22


def spread(name: str, members: Sequence[RunResult]) -> Image | None:
    """A PNG as the overview's, each line the mean of several runs in a band; None without any.

    The band is one standard deviation of the population wide to each side.
    """
    means = shared(members)
    return drawn(lambda: spread_figure(name, members, means)) if means else None


def spread_figure(name: str, members: Sequence[RunResult], means: Mapping[str, Curve]) -> Figure:
    """The figure before it becomes a PNG."""
    return figure_of(name, means, f"{len(members)} runs, mean and standard deviation")


def bars(correlations: Sequence[Correlation]) -> Image:
    """A PNG of at most 700 x 1,300 pixels: a panel for each metric, a bar for each setting."""
    return drawn(lambda: bars_figure(correlations))


def bars_figure(correlations: Sequence[Correlation]) -> Figure:
    """The figure before it becomes a PNG."""
    heights = [_AROUND + _BAR * min(len(one.by_setting), _MAX_BARS) for one in correlations]
    total = sum(heights) + 0.3
    width = SIZE[0]
    figure = empty((width, total))
    head(figure, "Hyperparameters", "rank correlation with last values")
    top = total - 0.3
    for one, height in zip(correlations, heights, strict=True):
        shown = one.by_setting[:_MAX_BARS]
        low = (top - height + 0.28) / total
        wide, tall = width - _BESIDE - 0.15, _BAR * len(shown)
        axes = figure.add_axes((_BESIDE / width, low, wide / width, tall / total))
        values = [rho for _, rho in shown]
        places = range(len(shown))
        axes.barh(places, values, 0.7, color=[BLUE if rho < 0 else ORANGE for rho in values])
        for place, rho in zip(places, values, strict=True):
            side = "left" if rho >= 0 else "right"
            axes.text(rho, place, f" {rho:+.2f} ", va="center", ha=side, size=8, color=GREY)
        axes.axvline(0, color=DARK, linewidth=0.8)
        axes.set_xlim(-1.4, 1.4)
        axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["-1", "-0.5", "0", "0.5", "1"])
        axes.set_yticks(places, [short(key, _LONGEST) for key, _ in shown])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        hidden = len(one.by_setting) - len(shown)
        more = f", + {hidden} weaker ones" if hidden else ""
        metric = short(one.metric, _LONGEST - 4)
        axes.set_title(f"{metric}   {one.runs} runs{more}", fontsize=9, pad=5)
        top -= height
    return figure
