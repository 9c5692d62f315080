"""The user's own figures: every number against the data, hostile names, and the config's errors."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
from helpers import tbhttp
from helpers.command import tbingest_

import tbingest
from tbingest import config
from tbingest.errors import UsageError
from tbingest.figures import plots
from tbingest.figures.canvas import STYLE
from tbingest.model.charts import PLOT_KINDS, Plot
from tbingest.options import Options
from tbingest.series.curves import Curve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from matplotlib.axes import Axes

HOSTILE = ("$\\badcmd$", "${{{", "\x1b[31m\u202e", "_hidden", "x" * 100_000)


def curve(values: Iterable[float], steps: Iterable[int] | None = None) -> Curve:
    made = Curve()
    numbers = np.asarray(list(values), np.float64)
    made.add(np.asarray(range(len(numbers)) if steps is None else list(steps), np.int64), numbers)
    return made


def axes_of(wanted: Plot, curves: dict[str, Curve]) -> Axes:
    with mpl.rc_context(STYLE):
        axes: Axes = plots.figure_of("run", wanted, curves).axes[0]
        return axes


def heading(wanted: Plot, curves: dict[str, Curve]) -> list[str]:
    with mpl.rc_context(STYLE):
        return [text.get_text() for text in plots.figure_of("run", wanted, curves).texts]


def labels(axes: Axes) -> list[str]:
    found = axes.get_legend()
    return [text.get_text() for text in found.get_texts()] if found else []


CURVES = {
    "train/loss": curve([4, 3, 2, 1], [0, 10, 20, 30]),
    "val/loss": curve([5, 2.5], [10, 30]),
    "lr": curve([0.1, 0.01, 0.001, 0.0001], [0, 10, 20, 30]),
}


def test_a_line_for_each_tag_over_the_steps() -> None:
    """A glob finds tags in the order of their names; both axes may be logarithmic."""
    axes = axes_of(Plot("losses", "line", ("*/loss",), log="xy"), CURVES)
    assert [line.get_xydata().tolist() for line in axes.lines] == [
        [[0, 4], [10, 3], [20, 2], [30, 1]],
        [[10, 5], [30, 2.5]],
    ]
    assert labels(axes) == ["train/loss", "val/loss"]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert heading(Plot("losses", "line", ("*/loss",)), CURVES) == ["losses", "run"]


def test_a_line_over_another_tag_joins_them_by_their_steps() -> None:
    """What only one of them has is left out; x rises."""
    axes = axes_of(Plot("by rate", "line", ("val/loss",), x="lr"), CURVES)
    assert axes.lines[0].get_xydata().tolist() == [[0.0001, 2.5], [0.01, 5]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("lr", "val/loss")


def test_smoothing_is_that_of_tensorboard() -> None:
    """Its exponential moving average without the bias of the beginning; gaps count for nothing."""
    values = [1.0, 3.0, float("nan"), 2.0]
    last = expected = 0.0
    wanted = []
    for seen, value in enumerate([1.0, 3.0, 2.0], 1):
        last = 0.6 * last + 0.4 * value
        expected = last / (1 - 0.6**seen)
        wanted.append(expected)
    axes = axes_of(Plot("s", "line", ("a",), smoothing=0.6), {"a": curve(values)})
    raw, smooth = axes.lines
    np.testing.assert_array_equal(raw.get_ydata(), values)
    assert smooth.get_ydata()[[0, 1, 3]].tolist() == pytest.approx(wanted)
    assert np.isnan(smooth.get_ydata()[2])
    assert heading(Plot("s", "line", ("a",), smoothing=0.6), {"a": curve(values)})[1] == (
        "run; smoothing 0.6"
    )


def test_a_scatter_plot_shows_the_points_that_both_tags_have() -> None:
    """In the order of the steps, and how many they are."""
    wanted = Plot("s", "scatter", ("val/loss",), x="train/loss", log="x")
    axes = axes_of(wanted, CURVES)
    assert axes.lines[0].get_xydata().tolist() == [[3, 5], [1, 2.5]]
    assert axes.lines[0].get_linestyle() == "None"
    assert axes.get_xscale() == "log"
    assert heading(wanted, CURVES) == ["s", "run; 2 points"]


def test_bars_show_the_last_values() -> None:
    """One that is not finite is said; the names stand beside."""
    nan = {"broken": curve([1, float("nan")])}
    axes = axes_of(Plot("b", "bar", ("*",)), CURVES | nan)
    assert [bar.get_width() for bar in axes.patches] == [0, 0.0001, 1, 2.5]
    assert [text.get_text() for text in axes.texts] == [" not finite", " 0.0001", " 1", " 2.5"]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        *("broken", "lr", "train/loss", "val/loss"),
    ]


@pytest.mark.parametrize("log", ["", "x", "y"])
def test_a_histogram_counts_every_finite_point(log: str) -> None:
    """The stairs add up to the points, and the edges hold all of them."""
    values = np.random.default_rng(0).lognormal(size=300)
    wanted = Plot("h", "hist", ("a",), log=log)
    axes = axes_of(wanted, {"a": curve([*values, float("inf")])})
    counts, edges, _ = axes.patches[0].get_data()
    np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    assert counts.sum() == 300
    assert heading(wanted, {"a": curve(values)}) == ["h", "run; 300 points"]
    assert (axes.get_xscale() == "log", axes.get_yscale() == "log") == (log == "x", log == "y")


def test_a_heat_map_has_a_row_for_each_tag_and_a_column_for_each_step() -> None:
    """A tag keeps its last value until its next one; before its first there is none."""
    axes = axes_of(Plot("h", "heatmap", ("*/loss",)), CURVES)
    cells = np.asarray(axes.images[0].get_array().filled(np.nan))
    nan = float("nan")
    np.testing.assert_array_equal(cells, [[4, 3, 2, 1], [nan, 5, 5, 2.5]])
    assert axes.images[0].get_clim() == (1, 5)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "10", "20", "30"]
    long = {f"layer{n}": curve(np.arange(5_000.0)) for n in range(60)}
    assert axes_of(Plot("h", "heatmap", ("*",)), long).images[0].get_array().shape == (40, 200)
    assert heading(Plot("h", "heatmap", ("*",)), long)[1] == "run; + 20 more tags"


def test_a_thinned_curve_says_so() -> None:
    """Of 1,000 points a scatter plot shows the last of each bin."""
    long = {"a": curve(np.arange(1_000.0)), "b": curve(-np.arange(1_000.0))}
    wanted = Plot("s", "scatter", ("b",), x="a")
    points = axes_of(wanted, long).lines[0].get_xydata()
    assert (points[:, 0] == -points[:, 1]).all()
    assert heading(wanted, long)[1] == f"run; {len(points)} points; 1 of 4 drawn"
    assert len(points) == 250


@pytest.mark.parametrize("kind", PLOT_KINDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless(kind: str, name: str) -> None:
    """No markup is read, and no name makes a picture larger."""
    image = plots.plot(name, Plot(name, kind, ("*",), x=name), {name: curve([1, 2, 3])})
    assert image
    assert PIL.Image.open(io.BytesIO(image.data)).size == (700, 406)


@pytest.mark.parametrize("kind", PLOT_KINDS)
def test_two_thousand_tags_are_a_figure_of_the_usual_size(kind: str) -> None:
    """The first are shown and the rest counted."""
    curves = {f"m{n:04}": curve([n, 1]) for n in range(2_000)}
    wanted = Plot("all", kind, ("*",), x="m0000")
    image = plots.plot("run", wanted, curves)
    assert image
    assert (image.width, image.height) == (700, 406)
    shown = {"line": 10, "scatter": 5, "bar": 14, "hist": 5, "heatmap": 40}[kind]
    assert heading(wanted, curves)[1].endswith(f"+ {2_000 - shown:,} more tags")


@pytest.mark.parametrize("kind", PLOT_KINDS)
@pytest.mark.parametrize(
    "values",
    [[], [float("nan")], [float("inf"), -float("inf")], [0.0], [-1e308, 1e308], [5e-324, 1e300]],
)
@pytest.mark.parametrize("log", ["", "xy"])
def test_whatever_was_logged_gives_a_picture_of_the_same_bytes(
    kind: str, values: list[float], log: str
) -> None:
    """A tag without points gives none."""
    curves = {"a": curve(values), "b": curve(values)}
    image = plots.plot("run", Plot("t", kind, ("a",), x="b", log=log), curves)
    assert (image is None) == (not values)
    again = plots.plot("run", Plot("t", kind, ("a",), x="b", log=log), curves)
    assert (image and image.data) == (again and again.data)


TOML = """
[[plot]]
title = "losses"
y = ["*/loss"]
log = "y"
smoothing = 0.5

[[plot]]
title = "rate"
kind = "scatter"
x = "lr"
y = "train/los"
"""


def test_a_conversion_draws_them_once(tmp_path: Path, monkeypatch: Any) -> None:
    """In the Images tab of each run that has the tags; a tag that no run has is said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tbingest.toml").write_text(TOML)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "log.csv").write_text("step,train/loss,lr\n1,2,0.1\n2,1,0.2\n")
    options = Options(own_plots=config.load().plots)
    for drawn in (2, 0):
        report = tbingest.convert("logs", "runs", options)
        assert report.figures == drawn
        assert [note for note in report.notes if "plot" in note] == [
            "plot 'rate': no run has the tag 'train/los': did you mean train/loss?"
        ]
    done = tbingest_("convert", "logs", cwd=tmp_path)  # it finds the config
    assert "nothing new" in done.stdout
    with tbhttp.tensorboard(tmp_path / "runs") as url:
        tags = tbhttp.wait_for(lambda: tbhttp.get_json(url, "/data/plugin/images/tags"))
    assert sorted(tags["logs"]) == ["overview", "plots/losses"]


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("y = 'a'", "title: is missing in [[plot]]"),
        ("title = 't'", "y: is missing in [[plot]]"),
        ("title = 't'\ny = 'a'\nkind = 'scater'", "4: kind: unknown kind of plot"),
        ("title = 't'\ny = 'a'\nkind = 'scatter'", "x: a scatter plot needs a tag"),
        ("title = 't'\ny = 'a'\nlog = 'z'", "4: log: expected x, y or xy"),
        ("title = 't'\ny = 'a'\nsmoothing = 1.0", "4: smoothing: expected 0 to below 1"),
        ("title = 't'\ny = 'a'\nsmoothing = 'x'", "4: smoothing: expected a number, got a string"),
        ("title = 't'\ny = 'a'\nlgo = 'x'", "4: lgo: unknown key"),
        (
            "title = 't'\ny = 'a'\n[[plot]]\ntitle = 't'\ny = 'a'",
            "5: title: is the title of another plot",
        ),
    ],
)
def test_errors_name_the_line(tmp_path: Path, entry: str, error: str) -> None:
    """And say what to write."""
    path = tmp_path / "tbingest.toml"
    path.write_text(f"[[plot]]\n{entry}\n")
    with pytest.raises(UsageError) as caught:
        config.load(str(path))
    assert error in caught.value.message
    assert caught.value.hint or "expected" in error


def test_step_is_the_x_axis_of_its_own(tmp_path: Path) -> None:
    """`x = "step"` says what holds anyway."""
    path = tmp_path / "tbingest.toml"
    path.write_text("[[plot]]\ntitle = 't'\ny = 'a'\nx = 'step'\n")
    assert config.load(str(path)).plots == (Plot("t", "line", ("a",)),)
