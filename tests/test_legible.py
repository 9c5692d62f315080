"""Figures at the size of TensorBoard's cards: letters can be read, and none lies outside."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text

from tbingest.figures import comparisons, distributions, overview, plots, predictions, spectrum
from tbingest.figures.axes import COLOURS
from tbingest.figures.canvas import STYLE
from tbingest.model.charts import PLOT_KINDS, Plot
from tbingest.model.points import Confusion, Curves, Line
from tbingest.reading.histograms import histogram
from tbingest.series.curves import Curve
from tbingest.series.seeds import Correlation
from tbingest.series.spreads import Spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

IMAGES_WIDE = 350
"""Pixels across a picture of the Images tab, however high it is."""
SERIES = (372, 215)
"""Pixels of a card of the Time Series tab, into which a picture is fitted."""
LEAST = 7
"""Pixels of a size of letters that can be read."""

LONG = "decoder/a_rather_long_name_of_a_module/attention/output/{}"


def curve(scale: float) -> Curve:
    made = Curve()
    steps = np.arange(2_000, dtype=np.int64) * 500
    made.add(steps, scale * np.exp(-steps / 3e5))
    return made


def spread() -> Spread:
    made = Spread()
    for step in (1, 1_000_000):
        made.add(step, histogram(lambda: [np.linspace(-0.025, 0.001, 100)]))
    return made


def metrics(count: int, scale: float) -> dict[str, Curve]:
    names = ["loss", "lr", *map(LONG.format, range(count))][:count]
    return {f"{split}/{name}": curve(scale) for name in names for split in ("train", "val")}


def plotted(kind: Any, count: int) -> Figure:
    wanted = Plot("a title of an ordinary length", kind, ("*",), x="train/lr")
    return plots.figure_of("experiments/baseline/run_3", wanted, metrics(count, 12_500.0))


def correlated() -> Figure:
    settings = tuple((LONG.format(n), (-1) ** n * (1 - n / 20)) for n in range(9))
    return comparisons.bars_figure([Correlation(LONG.format("x"), 24, settings)] * 4)


def curves_of(form: Any) -> Figure:
    lines = tuple(Line(LONG.format(n), (0.0, 0.4, 1.0), (0.0, 0.7, 1.0), "AUC 0.9") for n in "ab")
    return predictions.figure_of(Curves(form, lines, "12,500 records, 1 of 3 drawn"))


FIGURES: dict[str, Callable[[], Figure]] = {
    **{
        f"overview {count} {scale}": lambda count=count, scale=scale: overview.figure_of(
            LONG.format("run"), metrics(count, scale)
        )
        for count in (1, 2, 4, 6, 9)
        for scale in (1.0, 1.25e-5, -12_345.0)
    },
    "distributions": lambda: distributions.figure_of(
        "run", {LONG.format(n): spread() for n in range(9)}
    ),
    "seeds": lambda: overview.figure_of(
        "exp/seed*", metrics(4, 1.0), "12 runs, mean and standard deviation"
    ),
    "correlation": correlated,
    **{
        f"plot {kind} {count}": lambda kind=kind, count=count: plotted(kind, count)
        for kind in PLOT_KINDS
        for count in (6, 40)
    },
    **{
        f"confusion {size}": lambda size=size: predictions.figure_of(
            Confusion(tuple(map(LONG.format, range(size))), ((100,) * size,) * size)
        )
        for size in (2, 12, 24, 300)
    },
    **{
        form: lambda form=form: curves_of(form)
        for form in ("roc", "precision-recall", "calibration", "fit", "residuals")
    },
    "spectrum": lambda: spectrum.figure_of(LONG.format("w"), np.eye(40, 30, dtype=np.float32)),
}


def drawn(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Figure, list[tuple[Text, Bbox]]]:
    """A figure and all texts that were drawn in it, with their places in pixels."""
    found: dict[int, tuple[Text, Bbox]] = {}
    draw = Text.draw

    def recorded(text: Text, renderer: Any) -> None:
        draw(text, renderer)
        if text.get_visible() and text.get_text().strip():
            found[id(text)] = text, text.get_window_extent(renderer)

    with mpl.rc_context(STYLE):
        figure = FIGURES[name]()
        monkeypatch.setattr(Text, "draw", recorded)
        canvas: Any = figure.canvas
        canvas.draw()
    return figure, list(found.values())


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_in_a_card_and_none_is_cut_off(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the Images tab; a figure of up to four panels in the Time Series, too."""
    figure, shown = drawn(name, monkeypatch)
    box = figure.bbox
    assert box.width == 700
    assert box.height <= 1_300
    wide = IMAGES_WIDE / box.width
    fitted = min(SERIES[0] / box.width, SERIES[1] / box.height)
    scale = min(wide, fitted) if len(figure.axes) <= 4 and name != "correlation" else wide
    assert len(shown) >= 4
    for text, place in shown:
        assert text.get_fontsize() * figure.dpi / 72 * scale >= LEAST, text.get_text()
        inside = (place.x0, place.y0, box.width - place.x1, box.height - place.y1)
        assert min(inside) > -2, text.get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_runs_into_another(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings, titles, names and numbers beside axes, and legends."""
    _, shown = drawn(name, monkeypatch)
    for (one, left), (other, right) in combinations(shown, 2):
        assert not left.padded(-1).overlaps(right.padded(-1)), (
            f"{one.get_text()} and {other.get_text()}"
        )


def test_colours_are_told_apart_by_all_eyes() -> None:
    """By eyes without red, or without green, as Viénot and others work them out."""
    blind = {
        "red": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
        "green": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    }
    given = np.asarray([mpl.colors.to_rgb(colour) for colour in COLOURS])
    for matrix in blind.values():
        seen = np.clip(given**2.2 @ np.asarray(matrix).T, 0, 1) ** (1 / 2.2)
        apart = [np.abs(one - other).max() for one, other in combinations(seen, 2)]
        assert min(apart) > 0.09
        sides = [np.abs(one - other).max() for one, other in combinations(seen[:3], 2)]
        assert min(sides) > 0.2
