"""Figures of predictions: every number that is drawn is the one that was counted."""

from __future__ import annotations

import hashlib
import io
from itertools import product
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
from helpers.predicted import PETS, table, values

from tbingest.figures.canvas import STYLE
from tbingest.figures.predictions import figure_of, picture
from tbingest.model.points import Confusion, Curves, Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = ("confusion", "confusion_normalised", "roc", "precision_recall", "calibration")


def drawn(value: Confusion | Curves) -> Figure:
    """The figure before it becomes a PNG."""
    with mpl.rc_context(STYLE):
        return figure_of(value)


def points(figure: Figure, label: str) -> list[tuple[float, float]]:
    """What the line of a label goes through."""
    (axes,) = figure.axes
    (line,) = (line for line in axes.lines if str(line.get_label()).startswith(label))
    return list(zip(*(np.asarray(part).tolist() for part in line.get_data()), strict=True))


def legend(figure: Figure) -> list[str]:
    found = figure.axes[0].get_legend()
    return [text.get_text() for text in found.get_texts()] if found else []


def test_a_confusion_matrix_shows_counts_and_shares() -> None:
    """A row for each true class: of three dogs one was taken for a cat."""
    found = values(PETS)
    figure = drawn(found["confusion"])
    (axes,) = figure.axes
    cells = {
        tuple(map(int, text.get_position()[::-1])): text.get_text()
        for text in axes.texts
        if text.get_text()
    }
    assert cells == {(0, 0): "1", (0, 1): "1", (1, 0): "1", (1, 1): "2"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cat", "dog"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    shares = drawn(found["confusion_normalised"]).axes[0]
    assert sorted(text.get_text() for text in shares.texts) == ["33%", "50%", "50%", "67%"]
    for one in (axes, shares):
        np.testing.assert_allclose(one.images[0].get_array(), [[0.5, 0.5], [1 / 3, 2 / 3]])


def test_the_cells_of_a_large_matrix_are_its_shares() -> None:
    """Without text in them."""
    rng = np.random.default_rng(1)
    true, pred = rng.integers(0, 20, (2, 1000))
    value = values(table(label=true, pred_label=pred))["confusion"]
    counts = np.zeros((20, 20))
    np.add.at(counts, (true, pred), 1)
    np.testing.assert_array_equal(value.counts, counts)
    (axes,) = drawn(value).axes
    np.testing.assert_allclose(
        axes.images[0].get_array(), counts / counts.sum(axis=1, keepdims=True)
    )
    assert not axes.texts


def test_curves_go_through_the_points_that_were_counted() -> None:
    """Dogs score 0.8, 0.7 and 0.25, cats 0.6 and 0.1: five steps from one corner to the other."""
    found = values(PETS)
    thirds = (0, 2 / 3, 2 / 3, 1, 1)
    roc = points(drawn(found["roc"]), "dog")
    np.testing.assert_allclose(roc, list(zip((0, 0, 0.5, 0.5, 1), thirds, strict=True)))
    assert legend(drawn(found["roc"])) == ["dog  AUC 0.833"]
    recall = points(drawn(found["precision_recall"]), "dog")
    wanted = [(0, 1), (2 / 3, 1), (2 / 3, 2 / 3), (1, 3 / 4), (1, 3 / 5)]
    np.testing.assert_allclose(recall, wanted)
    assert legend(drawn(found["precision_recall"])) == ["dog  AP 0.917"]
    bins = points(drawn(found["calibration"]), "dog")
    np.testing.assert_allclose(bins, [(0.1, 0), (0.25, 1), (0.6, 0), (0.7, 1), (0.8, 1)])


def test_no_curve_is_farther_from_the_whole_one_than_its_thinning() -> None:
    """Of ten thousand points at most 200 are drawn, the ends among them."""
    rng = np.random.default_rng(2)
    true = rng.integers(0, 2, 20_000)
    said = np.clip(rng.normal(0.4 + 0.2 * true, 0.2), 0, 1)
    line = values(table(y_true=true, y_score=said))["roc"].lines[0]
    assert 100 < len(line.x) <= 200
    assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0, 0, 1, 1)
    order = np.argsort(-said)
    tpr = np.cumsum(true[order]) / true.sum()
    fpr = np.cumsum(1 - true[order]) / (1 - true).sum()
    grid = np.linspace(0.01, 0.99, 99)
    off = np.interp(grid, line.x, line.y) - np.interp(grid, fpr, tpr)
    assert np.abs(off).max() < 0.005


def test_numbers_are_drawn_as_dots() -> None:
    """Against the truth with its diagonal, and as residuals around zero."""
    rng = np.random.default_rng(3)
    true = rng.normal(50, 10, 5_000)
    pred = true + rng.normal(0, 2, 5_000)
    found = values(table(target=true, prediction=pred))
    fit, rest = drawn(found["fit"]), drawn(found["residuals"])
    kept = slice(None, None, 3)
    assert points(fit, "R2") == list(zip(true[kept], pred[kept], strict=True))
    off = pred[kept] - true[kept]
    assert points(rest, "RMSE") == list(zip(pred[kept], off, strict=True))
    low, high = points(fit, "_right")
    assert low[0] == low[1]
    assert high[0] == high[1]
    assert points(rest, "_right") == [(0, 0), (1, 0)]
    assert "5,000 records, 1 of 3 drawn" in [text.get_text() for text in fit.texts]


HOSTILE = (
    *("$\\badcmd$", "x" * 100_000, "_hidden", "line\nbreak"),
    *("\u202eright", "\x00", "\U0001f600"),
)


def hostile() -> list[Confusion | Curves]:
    size = len(HOSTILE)
    counts = tuple(tuple(10**15 if a == b else 0 for b in range(size)) for a in range(size))
    lines = tuple(Line(name, (0.0, 1.0), (0.0, 1.0), "$\\x") for name in HOSTILE)
    wild = Line("", (1e308, -1e308, 0.0), (-1e308, 1e308, 1e-308), "R2 0")
    return [
        Confusion(HOSTILE, counts),
        Confusion((), ()),
        Confusion(("one",), ((0,),), shares=True),
        Curves("roc", lines, "$\\badcmd$"),
        Curves("calibration", (Line("empty", (), ()),)),
        Curves("fit", (wild,)),
        Curves("residuals", (wild,)),
        Curves("residuals", (Line("", (), ()),)),
    ]


@pytest.mark.parametrize("value", hostile(), ids=range(len(hostile())))
def test_no_name_and_no_number_breaks_a_figure(value: Confusion | Curves) -> None:
    """Long ones are cut, and formulas stay text."""
    image = picture(value)
    with PIL.Image.open(io.BytesIO(image.data)) as opened:
        assert opened.size == (image.width, image.height) == (700, 406)


def test_two_thousand_classes_are_a_figure_of_the_usual_size() -> None:
    """A dozen lines are shown and the rest counted; a part of the labels stands beside."""
    names = [f"class {n}" for n in range(2_000)]
    roc = Curves("roc", tuple(Line(name, (0.0, 1.0), (0.0, 1.0), "AUC 1") for name in names))
    figure = drawn(roc)
    assert legend(figure) == [f"{name}  AUC 1" for name in names[:12]]
    assert [text.get_text() for text in figure.texts] == ["ROC", "+ 1988 more"]
    looks = {(one.get_color(), str(one._dash_pattern)) for one in figure.axes[0].lines[1:]}
    assert len(looks) == 12
    matrix = Confusion(tuple(names[:300]), tuple((1,) * 300 for _ in range(300)))
    (axes,) = drawn(matrix).axes
    assert axes.images[0].get_array().shape == (300, 300)
    shown = [text.get_text() for text in axes.get_yticklabels()]
    assert len(shown) == len(axes.get_xticks()) == 16
    assert shown[:2] == ["class 0", "class 19"]


def test_every_line_is_in_the_legend() -> None:
    """Though its name begins with an underline, at which matplotlib would leave it out."""
    (value,) = (one for one in hostile() if isinstance(one, Curves) and one.form == "roc")
    shown = legend(drawn(value))
    assert len(shown) == len(HOSTILE)
    assert shown[0] == "$\\badcmd$  $\\x"
    assert max(map(len, shown)) < 40


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_the_same_bytes_each_time(name: str) -> None:
    """Whatever style the user has set, and none of it is changed."""
    value = values(PETS)[name]
    first = hashlib.sha256(picture(value).data).hexdigest()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        again = picture(value)
        assert dict(mpl.rcParams) == before
    assert hashlib.sha256(again.data).hexdigest() == first


def test_any_two_lines_differ_by_more_than_colour() -> None:
    """And the colours differ in lightness or hue for eyes without red or green."""
    lines = tuple(Line(str(n), (0.0, 1.0), (0.0, n / 6)) for n in range(6))
    axes = drawn(Curves("roc", lines)).axes[0]
    looks: list[Any] = [line for line in axes.lines if line.get_label() in set("012345")]
    assert len(looks) == 6
    for one, other in product(looks, looks):
        if one is not other:
            assert one.get_color() != other.get_color()
            assert one._dash_pattern != other._dash_pattern
