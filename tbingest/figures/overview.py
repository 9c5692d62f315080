"""The overview of a run: a panel for each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.figures.axes import BLUE, COLOURS, GREEN, ORANGE, labelled, line, name, say, scale
from tbingest.figures.canvas import GREY, drawn, head, sheet, short
from tbingest.series.bands import banded
from tbingest.series.metrics import is_rate, telling
from tbingest.series.splits import split_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tbingest.model.points import Image
    from tbingest.series.curves import Curve

_MAX_PANELS = 6
_MAX_LINES = len(COLOURS)
_MAX_LABEL = 24
_OF_SPLITS = {"train": BLUE, "": BLUE, "val": ORANGE, "test": GREEN}


def overview(run: str, curves: Mapping[str, Curve], others: int = 0) -> Image:
    """A PNG of at most 700 x 683 pixels with a panel for each metric of a run.

    The most telling six metrics are shown, at most six tags of each; the heading counts the
    rest, and the `others` of which there are no curves. A mean stands in the band of its extremes,
    or of its deviation. The same curves give the same bytes, whatever style the user has set.
    """
    return drawn(lambda: figure_of(run, banded(curves), others=others))


def figure_of(title: str, curves: Mapping[str, Curve], said: str = "", others: int = 0) -> Figure:
    """The figure before it becomes a PNG. What is `said` stands beside the title."""
    panels = panels_of(curves)
    shown = [(metric, tags[:_MAX_LINES]) for metric, tags in panels[:_MAX_PANELS]]
    hidden = others + sum(len(tags) for _, tags in panels) - sum(len(tags) for _, tags in shown)
    rate = _rate(shown)
    beneath = 1 if len(shown) == 2 else 2
    figure = sheet(len(shown), beneath if rate else 0)
    if rate:
        shown.insert(beneath, shown.pop(rate))
    more = f"+ {hidden:,} more tags" if hidden > 1 else "+ 1 more tag" if hidden else ""
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
    return next((at for at, (metric, _) in enumerate(panels) if is_rate(metric)), 0)


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
    colours = _colours(curves)
    for curve, colour in zip(curves.values(), colours, strict=True):
        line(axes, curve, colour)
    scale(axes, bins)
    labels = _labels(list(curves))
    if len(labels) > 1 and not labelled(axes, metric, labels, colours):
        _legend(axes, labels)


def _colours(tags: Iterable[str]) -> list[str]:
    """Training is always blue and validation orange; a second line of a split takes another."""
    wanted = [_OF_SPLITS[split_of(tag)[0]] for tag in tags]
    others = (colour for colour in COLOURS if colour not in wanted)
    return [
        colour if colour not in wanted[:place] else next(others)
        for place, colour in enumerate(wanted)
    ]


def _labels(tags: Sequence[str]) -> list[str]:
    """The splits, or what else tells the lines apart."""
    names = [split_of(tag)[0] for tag in tags]
    if "" in names[1:] or len(set(names)) < len(names):
        names = list(tags)
    return [short(name or tag, _MAX_LABEL) for name, tag in zip(names, tags, strict=True)]


def _legend(axes: Axes, labels: Sequence[str]) -> None:
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    options: dict[str, Any] = {"fontsize": 8, "labelcolor": GREY, "handlelength": 1.2}
    options |= {"handletextpad": 0.4, "framealpha": 0.8, "edgecolor": "none"}
    axes.legend(lines, labels, loc="best", **options)
