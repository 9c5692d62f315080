"""The overview figure: which panels, which lines, and that no log can break or change it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
from helpers.work import assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.figures import overview as overviews
from tbingest.figures.axes import BLUE, LABEL, ORANGE, count
from tbingest.figures.canvas import DPI, STYLE, forget_sheet
from tbingest.figures.overview import overview
from tbingest.figures.sketch import Sketch
from tbingest.model.charts import Plot
from tbingest.options import Options
from tbingest.series.bands import banded
from tbingest.series.curves import Curve
from tbingest.series.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST = 1.7976931348623157e308


def curve(values: Iterable[float], steps: Iterable[int] | None = None) -> Curve:
    made = Curve()
    numbers = np.asarray(list(values), np.float64)
    made.add(np.asarray(range(len(numbers)) if steps is None else list(steps), np.int64), numbers)
    return made


def drawn(curves: dict[str, Curve], run: str = "run") -> Figure:
    """The figure before it becomes a PNG."""
    with mpl.rc_context(STYLE):
        return overviews.figure_of(run, curves)


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    texts = found.get_texts() if found else reversed(axes.texts)
    return [text.get_text() for text in texts if found or text.get_gid() == LABEL]


def heading(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@pytest.fixture(autouse=True)
def users_style_stays() -> Iterator[None]:
    """Drawing changes no setting of the user's."""
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("tags", "title", "names"),
    [
        (["train/loss", "val/loss"], "loss", ["train", "val"]),
        (["val_loss", "train_loss"], "loss", ["train", "val"]),
        (["loss", "val_loss"], "loss", ["loss", "val"]),
        (["eval/loss", "train/loss", "test/loss"], "loss", ["train", "val", "test"]),
        (["a/train/f1", "a/validation/f1"], "a/f1", ["train", "val"]),
        (["loss/train", "loss/valid"], "loss", ["train", "val"]),
        (["train/epoch_loss", "val/loss"], "loss", ["train", "val"]),
        (["loss_train", "loss_val"], "loss", ["train", "val"]),
        (["eval/loss", "val/loss"], "loss", ["eval/loss", "val/loss"]),
    ],
)
def test_sides_of_a_metric_share_a_panel(tags: list[str], title: str, names: list[str]) -> None:
    """Training and validation are compared in one place, under short names."""
    figure = drawn({tag: curve([1, 2, 3]) for tag in tags})
    assert titles(figure) == [title]
    assert legend(figure.axes[0]) == names


def test_other_metrics_have_panels_of_their_own_in_telling_order() -> None:
    """The score, the loss, its parts, then by name; last what holds no number; no counters."""
    tags = ["zeta", "epoch", "val/acc", "train/aux_loss", "train/loss"]
    figure = drawn({"a_nan": curve([np.nan])} | {tag: curve([1, 2]) for tag in tags})
    assert titles(figure) == ["acc", "loss", "aux_loss", "zeta", "a_nan"]
    assert [text.get_text() for text in figure.axes[-1].texts] == ["no finite value"]


@pytest.mark.parametrize(
    ("rate", "others"),
    [
        ("lr", []),
        ("learning_rate", ["acc"]),
        ("lr-AdamW", ["acc", "auc"]),
        ("optim/lr/group0", ["acc", "auc", "reward"]),
        ("lr_0", ["a", "b", "c", "d"]),
    ],
)
def test_the_learning_rate_stands_beneath_the_loss_over_the_same_steps(
    rate: str, others: list[str]
) -> None:
    """Where a loss jumps, the eye goes down to see what the rate did."""
    curves = {tag: curve([1, 2]) for tag in others} | {"loss": curve([3, 2, 1], [10, 20, 70])}
    figure = drawn(curves | {rate: curve([1, 0.5], [20, 99])})
    above, below = (figure.axes[titles(figure).index(title)] for title in ("loss", rate))
    assert above.get_xlim() == below.get_xlim()
    assert above.get_xlim()[0] < 10
    assert above.get_xlim()[1] > 99
    places = [axes.get_position() for axes in (above, below)]
    assert (places[0].x0, places[0].x1) == (places[1].x0, places[1].x1)
    assert places[0].y0 > places[1].y1
    assert above.lines[0].get_xydata().tolist() == [[10, 3], [20, 2], [70, 1]]
    assert below.lines[0].get_xydata().tolist() == [[20, 1], [99, 0.5]]


def test_other_words_are_no_learning_rate() -> None:
    """`lrap` is a score of rankings."""
    assert titles(drawn({tag: curve([1]) for tag in ("loss", "lrap")})) == ["loss", "lrap"]
    figure = drawn({tag: curve([1]) for tag in ("loss", "lrap")})
    assert figure.axes[0].get_position().y0 == figure.axes[1].get_position().y0


def test_training_is_blue_and_validation_orange_in_every_panel() -> None:
    """A colour means the same wherever it stands, and no two lines of a panel share one."""
    found: dict[str, set[Any]] = {}
    every = {f"{split}/m{n}": curve([1, 2]) for split in ("train", "val") for n in range(5)}
    every |= {f"{split}/loss": curve([1, 2]) for split in ("valid", "eval", "val", "train", "test")}
    every |= {"loss": curve([3, 4])}
    for axes in drawn(every).axes:
        lines = axes.lines
        colours = [line.get_color() for line in lines]
        assert len(set(colours)) == len(colours)
        for name, colour in zip(legend(axes), colours, strict=True):
            found.setdefault(name.partition("/")[0], set()).add(colour)
    assert found["train"] == {BLUE}
    assert ORANGE in found["val"]


def test_six_panels_of_six_lines_are_shown_and_the_rest_counted() -> None:
    """A run with thousands of tags is one figure of the usual size."""
    figure = drawn({f"m{n:03}": curve([1, 2]) for n in range(40)})
    assert len(figure.axes) == 6
    assert heading(figure) == ["run", "+ 34 more tags"]
    splits = ("train", "training", "val", "valid", "validation", "eval", "test")
    crowd = {f"{split}{mark}loss": curve([1]) for split in splits for mark in "/_"}
    figure = drawn(
        {tag: one for tag, one in crowd.items() if tag != "training_loss"} | {"a": Curve()}
    )
    assert [len(axes.lines) for axes in figure.axes] == [6]
    assert heading(figure) == ["run", "+ 7 more tags"]
    assert heading(drawn({f"m{n:03}": curve([1]) for n in range(7)}))[1] == "+ 1 more tag"


def test_of_thousands_of_tags_the_telling_ones_are_shown(tmp_path: Path) -> None:
    """Wherever they stand in the log; the heading counts all others."""
    names = [f"stat_{n}" for n in range(2_000)] + ["loss"]
    text = "\n".join(["step," + ",".join(names), *(f"{n}" + ",1" * 2_001 for n in range(3))])
    tracks = {name: Track("scalar", 2) for name in names}
    sketch = Sketch(draw=True)
    for name in names:
        sketch(name, np.arange(3), np.ones(3), falls=False)
    assert len(sketch.curves) == 201
    others = len(tracks) - len(sketch.curves)
    with mpl.rc_context(STYLE):
        figure = overviews.figure_of("run", sketch.metrics, others=others)
    assert titles(figure)[0] == "loss"
    assert heading(figure) == ["run", "+ 1,995 more tags"]
    (tmp_path / "wide.csv").write_text(text)
    plots = (Plot("far", "bar", ("stat_19*",)),)
    options = Options(own_plots=plots)
    first = tbingest.convert(tmp_path, tmp_path / "runs", options)
    assert first.figures == 2
    assert not any("no run has the tag" in note for note in first.notes)
    assert not tbingest.convert(tmp_path, tmp_path / "runs", options).bytes_written


def test_long_and_odd_names_are_cut_and_taken_literally() -> None:
    """No markup is read; the ends of a name are seen, for many begin alike."""
    figure = drawn({"$\\badcmd$" + "x" * 90 + "end": curve([1])}, "${{{" + "y" * 100_000)
    assert titles(figure)[0].startswith("$\\badcmd$xxx")
    assert titles(figure)[0].endswith("xxxend")
    assert heading(figure)[0].startswith("${{{yyy")
    assert max(map(len, [*titles(figure), *heading(figure)])) <= 60
    figure = drawn({f"{letter}/" + "x" * 100_000: curve([1]) for letter in "ab"})
    assert max(map(len, titles(figure))) <= 30
    assert titles(drawn({"a\nb\x1b[31m\udc80": curve([1])})) == ["a b [31m?"]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1e-4, 1e-2, 1.0], "log"),
        ([1.0, 0.5, 0.1], "linear"),
        ([0.0, 1e-4, 1.0], "linear"),
        ([-1.0, 1e-4, 1.0], "linear"),
        ([np.nan, 1e-5, 1.0], "log"),
        ([1e-3 * (1 + np.cos(n / 1000 * np.pi)) for n in range(1000)], "linear"),
    ],
)
def test_positive_values_over_three_decades_have_a_logarithmic_axis(
    values: list[float], scale: str
) -> None:
    """The vanishing end of a cosine schedule alone is no reason."""
    assert drawn({"x": curve(values)}).axes[0].get_yscale() == scale


def test_a_thinned_curve_shows_the_range_of_its_bins() -> None:
    """A band from minimum to maximum; a short one is drawn point by point."""
    long = drawn({"x": curve(np.sin(np.arange(5_000.0)))}).axes[0]
    assert len(long.collections) == 1
    assert len(long.lines[0].get_xdata()) == 100
    short = drawn({"x": curve(np.arange(300.0))}).axes[0]
    assert not short.collections
    assert len(short.lines[0].get_xdata()) == 300


@pytest.mark.parametrize(
    "tags",
    [
        ("r_mean", "r_std"),
        ("eval/reward", "eval/reward_std"),
        ("acc/mean", "acc/std"),
        ("mean_reward", "std_reward"),
        ("E/AverageReturn", "E/StdReturn"),
        ("r_mean", "r_min", "r_max"),
        ("E/AverageReturn", "E/MinReturn", "E/MaxReturn", "E/StdReturn"),
    ],
)
def test_a_mean_stands_in_its_band(tags: tuple[str, ...]) -> None:
    """Of its extremes, else of its deviation; what is in a band has no panel of its own."""
    values = {"min": [-3, -2, -1], "max": [7, 9, 8], "std": [0.5, 0.25, 1]}
    curves = {tags[0]: curve([1, 2, 3])}
    for tag in tags[1:]:
        curves[tag] = curve(next(row for word, row in values.items() if word in tag.lower()))
    kept = banded(curves)
    assert list(kept) == ([tags[0]] if len(tags) < 4 else [tags[0], tags[3]])
    with mpl.rc_context(STYLE):
        axes = overviews.figure_of("run", {tags[0]: kept[tags[0]]}).axes[0]
    assert axes.lines[0].get_ydata().tolist() == [1, 2, 3]
    low = values["min"] if len(tags) > 2 else [0.5, 1.75, 2]
    high = values["max"] if len(tags) > 2 else [1.5, 2.25, 4]
    corners = {tuple(corner) for corner in axes.collections[0].get_paths()[0].vertices.tolist()}
    assert corners == {*zip(range(3), low, strict=True), *zip(range(3), high, strict=True)}


def test_a_band_of_other_steps_is_none() -> None:
    """Its tags have panels of their own; a thinned mean has its band like any other."""
    curves = {"r_mean": curve([1, 2]), "r_std": curve([1, 2], [3, 4])}
    assert banded(curves) == curves
    long = {"r_mean": curve(np.arange(900.0)), "r_std": curve(np.ones(900))}
    (folded,) = banded(long).values()
    assert (folded.bins[:, 3] - folded.bins[:, 2] == 2).all()


def test_a_point_between_gaps_is_seen() -> None:
    """A line shows nothing where both neighbours are NaN."""
    values = np.where(np.arange(90) == 45, 1.0, np.nan)
    values[:20] = 2.0
    lines = drawn({"x": curve(values)}).axes[0].lines
    assert [line.get_xdata().tolist() for line in lines[1:]] == [[45.0]]


def test_steps_are_whole_and_short() -> None:
    """Ten digits beside each other would not be legible."""
    assert [count(step) for step in (0, 5, 9_999, 10_000, 2_500_000, -3e9)] == [
        *("0", "5", "9999", "10k", "2.5M", "-3G")
    ]
    axes = drawn({"x": curve([1, 2], [3, 4])}).axes[0]
    assert all(float(tick).is_integer() for tick in axes.get_xticks())
    assert drawn({"x": curve([0.7], [12])}).axes[0].get_xticks().tolist() == [12]


FLOATS = st.one_of(
    st.floats(),
    st.sampled_from([LARGEST, -LARGEST, 5e-324, 1e-300, 0.0, 1e16, 1e16 + 2, float("nan")]),
)


@given(
    st.text(max_size=20),
    st.dictionaries(
        st.one_of(st.text(min_size=1, max_size=20), st.sampled_from(["train/a", "val/a", "a"])),
        st.lists(FLOATS, max_size=6),
        max_size=3,
    ),
    st.sampled_from([0, 10**9, 2**62, -(2**63)]),
)
@settings(max_examples=12, deadline=None)
def test_whatever_was_logged_gives_a_png(
    run: str, logged: dict[str, list[float]], first: int
) -> None:
    """No value, step or name raises or warns."""
    curves = {
        tag: curve(values, (first + n for n in range(len(values))))
        for tag, values in logged.items()
    }
    image = overview(run, curves)
    assert PIL.Image.open(io.BytesIO(image.data)).size == (image.width, image.height)


@pytest.mark.parametrize("size", range(14))
def test_every_number_of_panels_fits(size: int) -> None:
    """As wide as all figures are, and not much higher."""
    width, height = drawn({f"m{n}": curve([1, 2]) for n in range(size)}).get_size_inches() * DPI
    assert width == 700
    assert 275 <= height <= 700


def busy(points: int = 3_000) -> dict[str, Curve]:
    random = np.random.default_rng(0)
    return {
        f"{split}/m{n}": curve(random.standard_normal(points))
        for split in ("train", "val")
        for n in range(12)
    }


def test_longer_curves_take_hardly_more_time() -> None:
    """Most of it goes into the panels; a curve is thinned out before it is drawn."""
    assert_linear(busy, lambda curves: overview("run", curves), 16_000)


def test_the_png_depends_on_the_curves_alone() -> None:
    """Not on the process, the order of tags, or the style that the user has set."""
    curves = {"train/loss": curve(np.arange(900.0)), "val/loss": curve([3, 4]), "lr": curve([1])}
    here = overview("run", curves).data
    with mpl.rc_context({"axes.facecolor": "red", "text.usetex": True, "savefig.dpi": 30}):
        assert overview("run", dict(reversed(curves.items()))).data == here
    code = """
        import hashlib, numpy as np
        from tbingest.series.curves import Curve
        from tbingest.figures.overview import overview
        def curve(values):
            made = Curve()
            made.add(np.arange(len(values)), np.asarray(values, float))
            return made
        curves = {"train/loss": curve(np.arange(900.0)), "val/loss": curve([3, 4])}
        curves["lr"] = curve([1])
        print(hashlib.sha256(overview("run", curves).data).hexdigest())
    """
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == hashlib.sha256(here).hexdigest()
    assert ran.stderr == ""
    assert PIL.Image.open(io.BytesIO(here)).info.keys() <= {"dpi"}


def test_matplotlib_is_loaded_with_the_first_figure_and_without_pyplot() -> None:
    """A conversion without figures does not pay for it; pyplot would choose a window system."""
    code = """
        import sys
        from tbingest.figures.overview import overview
        assert "matplotlib" not in sys.modules
        overview("run", {})
        assert "matplotlib.figure" in sys.modules and "matplotlib.pyplot" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_what_was_drawn_before_leaves_nothing_behind() -> None:
    """The axes are used again: two figures in turn have the bytes that each has alone."""
    steps = np.arange(5000, dtype=np.int64)
    shapes = {
        "falling": np.exp(-steps / 50.0),
        "flat": np.zeros(5000),
        "lacking": np.full(5000, np.nan),
        "short": np.ones(1),
        "wild": np.where(steps % 7 == 3, np.inf, -1e9 * steps),
    }

    def of(name: str) -> dict[str, Curve]:
        found = {"train/loss": Curve(), "val/loss": Curve()}
        for tag, curve in found.items():
            values = shapes[name]
            curve.add(steps[: len(values)] + (tag == "val/loss"), values)
        return found

    alone = {}
    for name in shapes:
        forget_sheet()
        alone[name] = overview("run", of(name)).data
    assert len(set(alone.values())) == len(shapes)
    for name in [*shapes, *reversed(shapes), "flat", "falling"]:
        assert overview("run", of(name)).data == alone[name]
