"""The overview of a run: a panel for each metric."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.summaries.bands import banded
from tbingest.summaries.figures.axes import (
    BLUE,
    GREEN,
    ORANGE,
    OTHERS,
    line,
    name,
    say,
    scale,
)
from tbingest.summaries.figures.canvas import GREY, drawn, head, sheet, short
from tbingest.summaries.splits import split_of
from tbingest.summaries.telling import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tbingest.model import Image
    from tbingest.summaries.curves import Curve

_MAX_PANELS = 12
_MAX_LINES = 8
_WIDE_TITLE = 30  # a longer one leaves no room beside it for the legend
_MAX_LABEL = 30
_COLOURS = {"train": BLUE, "": BLUE, "val": ORANGE, "test": GREEN}
_RATE = re.compile(r"(?:^|[/_.\-])(?:lr|learning[_\- ]?rate)(?:$|[/_.\-\d])", re.IGNORECASE)


def overview(run: str, curves: Mapping[str, Curve]) -> Image:
    """A PNG of at most 1,320 x 1,200 pixels with a panel for each metric of a run.

    The most telling twelve metrics are shown, at most eight tags of each; the heading counts the
    others. A mean stands in the band of its extremes, or of its deviation. The same curves give
    the same bytes, whatever style the user has set.
    """
    return drawn(lambda: figure_of(run, banded(curves)))


def figure_of(title: str, curves: Mapping[str, Curve], said: str = "") -> Figure:
    """The figure before it becomes a PNG. What is `said` stands beside the title."""
    panels = panels_of(curves)
    shown = [(metric, tags[:_MAX_LINES]) for metric, tags in panels[:_MAX_PANELS]]
    hidden = sum(len(tags) for _, tags in panels) - sum(len(tags) for _, tags in shown)
    rate = _rate(shown)
    columns = {2: 1, 3: 2}.get(len(shown), 0) if rate else 0
    figure = sheet(len(shown), columns)
    if rate:
        beneath = columns or (2 if len(shown) == 4 else 3)
        shown.insert(beneath, shown.pop(rate))
    more = f"+ {hidden} more tags" if hidden > 1 else "+ 1 more tag" if hidden else ""
    head(figure, title, ", ".join(filter(None, (said, more))))
    for axes, (metric, tags) in zip(figure.axes, shown, strict=True):
        _panel(axes, metric, {tag: curves[tag] for tag in tags})
    if rate:
        both = figure.axes[0], figure.axes[beneath]
        first, last = zip(*(axes.get_xlim() for axes in both), strict=True)
        for axes in both:
            axes.set_xlim(min(first), max(last))
    return figure


def _rate(panels: Sequence[tuple[str, list[str]]]) -> int:
    """Which panel is of a learning rate, where the first is of a loss; 0 where there is none.

    They stand one beneath the other over the same steps, for the one explains the other.
    """
    if len(panels) < 2 or "loss" not in panels[0][0].lower():
        return 0
    return next((at for at, (metric, _) in enumerate(panels) if _RATE.search(metric)), 0)


def panels_of(curves: Mapping[str, Curve]) -> list[tuple[str, list[str]]]:
    """(metric, its tags) in the order in which people look for them."""
    groups: dict[str, list[str]] = {}
    for tag in sorted(curves):
        if len(curves[tag].bins):
            groups.setdefault(split_of(tag)[1], []).append(tag)

    def rank(item: tuple[str, list[str]]) -> tuple[bool, int, str]:
        empty = all(np.isnan(curves[tag].bins[:, 2]).all() for tag in item[1])
        return empty, *telling(item[0])

    ordered = sorted(groups.items(), key=rank)
    return [(name, sorted(tags, key=_split_order)) for name, tags in ordered]


def _split_order(tag: str) -> tuple[int, str]:
    return ("train", "", "val", "test").index(split_of(tag)[0]), tag


def _panel(axes: Axes, metric: str, curves: Mapping[str, Curve]) -> None:
    name(axes, metric)
    bins = np.concatenate([curve.bins for curve in curves.values()])
    if np.isnan(bins[:, 2:4]).all():
        say(axes, "no finite value")
        return
    for curve, colour in zip(curves.values(), _colours(curves), strict=True):
        line(axes, curve, colour)
    scale(axes, bins)
    if len(curves) > 1:
        _legend(axes, list(curves), beside=len(metric) <= _WIDE_TITLE and len(curves) <= 3)


def _colours(tags: Iterable[str]) -> list[str]:
    """Training is always blue and validation orange; a second line of a split takes another."""
    others = iter(OTHERS)
    found: list[str] = []
    for tag in tags:
        colour = _COLOURS[split_of(tag)[0]]
        found.append(next(others) if colour in found else colour)
    return found


def _legend(axes: Axes, tags: Sequence[str], *, beside: bool) -> None:
    """The lines' names, beside the title where there is room."""
    names = [split_of(tag)[0] for tag in tags]
    if "" in names[1:] or len(set(names)) < len(names):
        names = list(tags)
    labels = [short(name or tag, _MAX_LABEL) for name, tag in zip(names, tags, strict=True)]
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    options: dict[str, Any] = {"frameon": False, "fontsize": 7, "labelcolor": GREY}
    options |= {"handlelength": 1.2, "handletextpad": 0.4, "columnspacing": 1.0}
    if beside:
        options |= {"loc": "lower right", "bbox_to_anchor": (1.02, 0.985), "ncols": len(tags)}
        options |= {"borderpad": 0.2, "borderaxespad": 0.0}
    else:
        options |= {"loc": "best", "frameon": True, "framealpha": 0.8, "edgecolor": "none"}
    axes.legend(lines, labels, **options)
