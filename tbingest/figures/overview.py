"""The overview of a run: a panel for each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.figures.axes import BLUE, COLOURS, GREEN, ORANGE, labelled, line, name, say, scale
from tbingest.figures.canvas import GREY, drawn, head, sheet, short
from tbingest.names.words import plural
from tbingest.series.bands import banded
from tbingest.series.metrics import MOST, Kind, is_rate, kind_of, ranked, side
from tbingest.series.splits import split_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tbingest.model.points import Image
    from tbingest.series.curves import Curve

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
    shown = [(metric, tags[:_MAX_LINES]) for metric, tags in panels[:MOST]]
    every = sum(len(curve.bins) > 0 for curve in curves.values())
    hidden = others + every - sum(len(tags) for _, tags in shown)
    columns, pair = _with_the_rate(shown)
    figure = sheet(len(shown), columns)
    more = f"+ {plural(hidden, 'more tag')}" if hidden else ""
    head(figure, title, ", ".join(filter(None, (said, more))))
    for axes, (metric, tags) in zip(figure.axes, shown, strict=True):
        _panel(axes, metric, {tag: curves[tag] for tag in tags})
    if pair:
        both = [figure.axes[at] for at in pair]
        first, last = zip(*(axes.get_xlim() for axes in both), strict=True)
        for axes in both:
            axes.set_xlim(min(first), max(last))
    return figure


def _with_the_rate(panels: list[tuple[str, list[str]]]) -> tuple[int, tuple[int, ...]]:
    """(columns, (loss, rate)): the learning rate's panel is moved beneath that of the first loss.

    They stand one beneath the other over the same steps, for the one explains the other. 0 columns
    where nothing is moved.
    """
    rate = next((at for at, (metric, _) in enumerate(panels) if is_rate(metric)), -1)
    losses = [at for at, (metric, _) in enumerate(panels) if kind_of(metric) in _LOSSES]
    if rate < 0 or not losses:
        return 0, ()
    columns = 1 if len(panels) == 2 else 2
    moved = panels.pop(rate)
    loss = losses[0]
    if loss + columns > len(panels):  # there is no room beneath it
        panels.insert(0, panels.pop(loss))
        loss = 0
    panels.insert(loss + columns, moved)
    return columns, (loss, loss + columns)


_LOSSES = frozenset({Kind.LOSS, Kind.PART})
_NO_NEWS = frozenset({Kind.MACHINE, Kind.COUNTER})
_DOUBLED = frozenset({Kind.SCORE, Kind.RATE})


def panels_of(curves: Mapping[str, Curve]) -> list[tuple[str, list[str]]]:
    """(metric, its tags) in the order in which people look for them.

    Counters, timers and what repeats another metric are left out, where there is anything else.
    """
    groups: dict[str, list[str]] = {}
    for tag in sorted(curves):
        if len(curves[tag].bins):
            groups.setdefault(split_of(tag)[1], []).append(tag)
    metrics = ranked(groups)
    repeated = set(_repeated(metrics, groups, curves))
    news = [one for one in metrics if kind_of(one) not in _NO_NEWS and one not in repeated]

    def is_empty(metric: str) -> bool:
        return all(np.isnan(curves[tag].bins[:, 2]).all() for tag in groups[metric])

    shown = sorted(news or metrics, key=is_empty)
    return [(metric, sorted(groups[metric], key=side)) for metric in shown]


def _repeated(
    metrics: Sequence[str], groups: Mapping[str, Sequence[str]], curves: Mapping[str, Curve]
) -> Iterator[str]:
    """The rates and scores whose curves are those of another that stands before them."""
    seen: set[tuple[object, ...]] = set()
    for metric in metrics:
        kind = kind_of(metric)
        shape = (kind, *(curves[tag].bins.tobytes() for tag in groups[metric]))
        if shape in seen and kind in _DOUBLED:
            yield metric
        seen.add(shape)


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
