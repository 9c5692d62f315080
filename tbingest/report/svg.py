"""Curves as SVG: a small line for a row of a table, and a chart of a tag with a line for each run.

All that is text in them are numbers; names stand beside them, as HTML.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.series.samples import thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    Shape = Sequence[tuple[float, float]]

COLOURS = 10
"""Lines of a chart are of the classes c0 to c9."""
_SMALL = 100


class _Box(NamedTuple):
    """Where lines are drawn, in a picture of `width` by `height`: from `left` to its right edge,
    and from `top` down to `bottom`.
    """

    width: int
    height: int
    left: int
    top: int
    bottom: int


_LINE = _Box(120, 28, 2, 2, 26)
_CHART = _Box(440, 170, 66, 8, 148)


class _Range(NamedTuple):
    """The extremes of all that is drawn."""

    low: float
    high: float
    first: float
    last: float


def picture(shape: Shape) -> str:
    """A curve as a small line, which breaks where it is no number."""
    if len(shape) > _SMALL:
        shape = thinned(np.array(shape).T, _SMALL).T.tolist()
    around = _range([shape])
    if around is None:
        return ""
    size = f'width="{_LINE.width}" height="{_LINE.height}"'
    return _svg(_LINE, size, f'<path d="{_path(shape, around, _LINE)}"/>')


def chart(shapes: Sequence[tuple[int, Shape]]) -> str:
    """A line for each (colour, curve), on axes with their extremes; empty without any number."""
    around = _range([shape for _, shape in shapes])
    if around is None:
        return ""
    box = _CHART
    lines = [f'<path class="axis" d="M{box.left} {box.top}V{box.bottom}H{box.width - 2}"/>']
    lines += [
        _said(box.left - 6, box.top + 6, "end", around.high),
        _said(box.left - 6, box.bottom, "end", around.low),
        _said(box.left, box.height - 6, "start", around.first),
        _said(box.width - 2, box.height - 6, "end", around.last),
    ]
    lines += [
        f'<path class="c{colour % COLOURS}" d="{_path(shape, around, box)}"/>'
        for colour, shape in shapes
    ]
    return _svg(box, "", "".join(lines))


def _svg(box: _Box, size: str, content: str) -> str:
    view = f'viewBox="0 0 {box.width} {box.height}"'
    return f'<svg {f"{size} {view}".strip()} aria-hidden="true">{content}</svg>'


def _said(x: int, y: int, anchor: str, value: float) -> str:
    text = f"{value:.4g}" if abs(value) < 1e15 and value != int(value) else f"{value:.7g}"
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'


def _range(shapes: Sequence[Shape]) -> _Range | None:
    known = [point for shape in shapes for point in shape if math.isfinite(point[0])]
    if not known:
        return None
    values, steps = zip(*known, strict=True)
    return _Range(min(values), max(values), min(steps), max(steps))


def _path(shape: Shape, around: _Range, box: _Box) -> str:
    rise = around.high / 2 - around.low / 2  # halves: the whole may be beyond floats
    wide = around.last - around.first or 1.0
    across, down = box.width - 2 - box.left, box.bottom - box.top
    pieces: list[list[str]] = [[]]
    for value, step in shape:
        if not math.isfinite(value):
            pieces.append([])
            continue
        share = (value / 2 - around.low / 2) / rise if rise else 0.5
        x = box.left + (step - around.first) / wide * across
        pieces[-1].append(f"{x:.1f} {box.bottom - share * down:.1f}")
    drawn = (f"M{'L'.join(piece)}{'h1' * (len(piece) == 1)}" for piece in pieces if piece)
    return "".join(drawn)
