"""Figures without pyplot: their style, their sizes in inches, and how they become a PNG.

They are drawn to be read in a card, where TensorBoard's Images tab makes them 350 pixels wide and
its Time Series at most 215 high: letters of 8 points are 16 pixels of 700, and 7 or 8 there.
"""

from __future__ import annotations

import io
import threading
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model.points import Image
from tbingest.names.tags import clean_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 140
SIZE = (5.0, 2.9)
"""Of a figure of one panel: 700 x 406 pixels."""
DARK, GREY, LIGHT = "#24292f", "#57606a", "#e6e8eb"
STYLE = {
    "axes.edgecolor": "#b9bec5",
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.labelcolor": GREY,
    "axes.labelpad": 2,
    "axes.labelsize": 8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": DARK,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # placing titles by the ticks' sizes takes a fifth of all time
    "grid.color": LIGHT,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "text.parse_math": False,
    "xtick.color": "#b9bec5",
    "xtick.labelcolor": GREY,
    "xtick.labelsize": 8,
    "xtick.bottom": False,
    "ytick.color": "#b9bec5",
    "ytick.labelcolor": GREY,
    "ytick.labelsize": 8,
    "ytick.left": False,
}
_MAX_TITLE = 60
_TALL = {(1, 1): 1.93, (1, 2): 1.2}
"""How high the axes are of so many rows and columns, in inches; of others 0.85."""
_LEFT, _RIGHT, _ABOVE, _BELOW = 0.58, 0.14, 0.55, 0.42
_BESIDE, _BETWEEN = 0.62, 0.68
_MAX_NOTE = 38
_LETTER, _BOLD_LETTER = 5.2, 7.4
"""How wide a letter of a note and of a heading is, in points."""


@cache
def _settings() -> dict[str, Any]:
    """All of matplotlib's settings as we want them, checked: that takes longer than a panel."""
    import matplotlib as mpl

    style: dict[Any, Any] = {**mpl.rcParamsDefault, **STYLE}
    del style["backend"]
    settings: Any = mpl.rcParams
    with mpl.rc_context(style):
        return {name: value for name, value in dict.items(settings) if name in style}


def drawn(draw: Callable[[], Figure]) -> Image:
    """The PNG of a figure, drawn in our style, whatever style the user has set."""
    import matplotlib as mpl
    from PIL import Image as Pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that no font has is drawn as a box
        settings: Any = mpl.rcParams
        with mpl.rc_context():
            dict.update(settings, _settings())
            figure = draw()
            canvas: Any = figure.canvas
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    stream = io.BytesIO()
    picture = Pillow.fromarray(pixels)
    picture.save(stream, "png", compress_level=1)  # twice as fast as 6, a quarter larger
    return Image(stream.getvalue(), picture.width, picture.height)


@contextmanager
def styled(more: dict[str, Any]) -> Iterator[None]:
    """Our style, and a few settings more, while a figure is drawn and saved."""
    import matplotlib as mpl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that no font has is drawn as a box
        settings: Any = mpl.rcParams
        with mpl.rc_context():
            dict.update(settings, _settings())
            dict.update(settings, more)
            yield


def empty(size: tuple[float, float]) -> Figure:
    """A figure without axes, of so many inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


_SHEETS = threading.local()
"""The last figure of each thread, and what it has room for."""


def sheet(panels: int, columns: int = 0) -> Figure:
    """A figure with empty axes side by side: the last one, wiped, where it fits.

    Making axes and their ticks takes as long as drawing them. There are at most two columns.
    """
    columns = columns or min(max(panels, 1), 2)
    key = (panels, columns)
    if getattr(_SHEETS, "key", None) == key:
        figure: Figure = _SHEETS.figure
        for text in list(figure.texts):
            text.remove()
        for axes in figure.axes:
            _wipe(axes)
        return figure
    rows = max(1, -(-panels // columns))
    tall = _TALL.get((rows, columns), 0.85)
    wide = (SIZE[0] - _LEFT - _RIGHT - _BESIDE * (columns - 1)) / columns
    height = _ABOVE + tall * rows + _BETWEEN * (rows - 1) + _BELOW
    figure = empty((SIZE[0], height))
    # Fixed margins, in inches: a layout engine measures every text, longer than drawing takes.
    left, right = _LEFT / SIZE[0], 1 - _RIGHT / SIZE[0]
    space = {"wspace": _BESIDE / wide, "hspace": _BETWEEN / tall}
    figure.subplots_adjust(left, _BELOW / height, right, 1 - _ABOVE / height, **space)
    for place in range(panels):
        figure.add_subplot(rows, columns, place + 1)
    _SHEETS.key, _SHEETS.figure = key, figure
    return figure


def forget_sheet() -> None:
    """The next figure of this thread is a new one."""
    _SHEETS.key = None


def _wipe(axes: Axes) -> None:
    """Axes as new ones, but for the ticks, which are made again only where there are more."""
    legend = axes.get_legend()
    for artist in [*axes.lines, *axes.collections, *axes.texts, *([legend] if legend else [])]:
        artist.remove()
    axes.set(xscale="linear", yscale="linear")
    axes.relim()
    axes.autoscale(enable=True)


def head(figure: Figure, title: str, note: str = "") -> None:
    """What stands above all panels: what is shown, and at the right in grey what is to be said."""
    width, height = figure.get_size_inches()
    left, right, y = 0.1 / width, 1 - _RIGHT / width, 1 - 0.09 / height
    note = short(note, _MAX_NOTE) if note else ""
    room = (width - 0.3) * 72 - _LETTER * len(note)
    title = short(title, int(room / _BOLD_LETTER))
    figure.text(left, y, title, size=10.5, weight="bold", color=DARK, va="top")
    if note:
        figure.text(right, y, note, size=8.5, color=GREY, va="top", ha="right")


def short(text: str, longest: int = _MAX_TITLE) -> str:
    """A name in one line of printable characters; what is longer is cut in its middle.

    Tags often begin alike, and files end alike.
    """
    text = clean_tag(text)
    if len(text) <= longest:
        return text
    tail = longest // 2
    return f"{text[: longest - 1 - tail]}\u2026{text[len(text) - tail :]}"
