"""One overview figure per run: its curves by group, train and validation together."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING

import numpy as np

from tbingest.model import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from tbingest.summaries.curves import Curve

_MAX_PANELS = 12
_MAX_LINES = 8
_MAX_TITLE = 60
_PANEL_INCHES = (4.2, 2.9)
_DPI = 100
_SPLITS = ("train", "val", "valid", "validation", "eval", "test")
_PREFIX = re.compile(rf"(?:epoch_)?({'|'.join(_SPLITS)})[/_](?:epoch_)?(.+)", re.DOTALL)
_COLOURS = {"train": "#1f6fb4", "": "#1f6fb4", "val": "#e07b12", "test": "#2c9a5b"}
_OTHERS = ("#8a4fbf", "#b23a48", "#4d908e", "#7a7a2c", "#d05fa2", "#5c677d")
_FIRST = ("loss", "acc", "auc", "reward", "return", "perplexity", "error", "lr", "learning_rate")


def overview(run: str, curves: Mapping[str, Curve]) -> Image:
    """A PNG with a panel for each metric of a run. The same curves give the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(curves)
    shown = panels[:_MAX_PANELS]
    columns = min(3, len(shown)) or 1
    rows = -(-len(shown) // columns) or 1
    width, height = _PANEL_INCHES
    size = (width * columns, height * rows + 0.4)
    figure = Figure(figsize=size, dpi=_DPI)
    FigureCanvasAgg(figure)
    # Fixed margins, in inches: a layout engine measures every text, longer than drawing takes.
    left, right, bottom, top = 0.55 / size[0], 0.15 / size[0], 0.45 / size[1], 0.65 / size[1]
    figure.subplots_adjust(left, bottom, 1 - right, 1 - top, wspace=0.2, hspace=0.38)
    hidden = sum(len(tags) for _, tags in panels[_MAX_PANELS:])
    more = f"  (+ {hidden} more tags)" if hidden else ""
    figure.suptitle(_short(run) + more, y=1 - 0.12 / size[1], fontsize=11, parse_math=False)
    for place, (name, tags) in enumerate(shown):
        axes = figure.add_subplot(rows, columns, place + 1)
        _draw(axes, name, {tag: curves[tag] for tag in tags[:_MAX_LINES]})
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that no font has is drawn as a box
        options = {"compress_level": 1}  # plots are flat: a third of the time, hardly larger
        figure.savefig(stream, format="png", metadata={"Software": None}, pil_kwargs=options)
    pixels = figure.canvas.get_width_height()
    return Image(stream.getvalue(), int(pixels[0]), int(pixels[1]))


def _panels(curves: Mapping[str, Curve]) -> list[tuple[str, list[str]]]:
    """(metric, its tags) in the order in which people look for them."""
    groups: dict[str, list[str]] = {}
    for tag, curve in curves.items():
        if len(curve.bins):
            groups.setdefault(_split(tag)[1], []).append(tag)

    def rank(item: tuple[str, list[str]]) -> tuple[int, str]:
        name = item[0].lower().rpartition("/")[2]
        place = next((n for n, word in enumerate(_FIRST) if name == word), None)
        if place is None:
            place = next((n for n, word in enumerate(_FIRST) if word in name), len(_FIRST)) + 20
        return place, item[0]

    return sorted(groups.items(), key=rank)


def _split(tag: str) -> tuple[str, str]:
    """(split, metric): `val/loss` is the validation side of `loss`."""
    match = _PREFIX.fullmatch(tag)
    if not match:
        return "", tag
    split = "val" if match[1] in {"val", "valid", "validation", "eval"} else match[1]
    return split, match[2]


def _draw(axes: Axes, name: str, curves: Mapping[str, Curve]) -> None:
    others = iter(_OTHERS * 2)
    taken: set[str] = set()
    for tag, curve in sorted(curves.items(), key=lambda item: _split_order(item[0])):
        split = _split(tag)[0]
        colour = _COLOURS.get(split, "")
        if not colour or colour in taken:
            colour = next(others)
        taken.add(colour)
        _line(axes, tag, curve, colour)
    axes.set_title(_short(name), fontsize=9, parse_math=False)
    axes.set_xlabel("step", fontsize=7)
    axes.tick_params(labelsize=7, colors="#444444")
    axes.grid(visible=True, color="#e3e3e3", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if _spans_decades(list(curves.values())):
        axes.set_yscale("log")
    if len(curves) > 1:
        legend = axes.legend(fontsize=7, frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)


def _split_order(tag: str) -> tuple[int, str]:
    split = _split(tag)[0]
    return (("", "train", "val", "test").index(split) if split in _COLOURS else 9, tag)


def _line(axes: Axes, tag: str, curve: Curve, colour: str) -> None:
    bins = curve.bins
    steps = bins[:, 1]
    marker = "o" if len(bins) <= 2 else "." if len(bins) <= 40 else ""
    label = _short(tag).lstrip("_")  # matplotlib hides labels that begin with _
    axes.plot(steps, bins[:, 4], color=colour, linewidth=1.3, marker=marker, ms=4, label=label)
    if curve.width > 1:
        axes.fill_between(steps, bins[:, 2], bins[:, 3], color=colour, alpha=0.18, linewidth=0)


def _spans_decades(curves: Sequence[Curve]) -> bool:
    """True where every value is positive and they span more than three decades."""
    bins = np.concatenate([curve.bins for curve in curves])
    lowest, highest = bins[:, 2], bins[:, 3]
    if not np.isfinite(lowest).any():
        return False
    low, high = float(np.nanmin(lowest)), float(np.nanmax(highest))
    return low > 0 and high > 1000 * low


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TITLE else f"{text[: _MAX_TITLE - 3]}..."
