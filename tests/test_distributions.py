"""The figure of distributions over steps: what is kept of histograms, and what is drawn of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.figures.canvas import STYLE
from tbingest.figures.distributions import distributions, figure_of
from tbingest.figures.sketch import Sketch
from tbingest.model.points import Histogram
from tbingest.reading.histograms import histogram
from tbingest.series.curves import Curve
from tbingest.series.spreads import SHARES, Spread, quantiles

if TYPE_CHECKING:
    from pathlib import Path


def of(numbers: np.ndarray) -> Histogram:
    return histogram(lambda: [numbers])


def spread(count: int, stretch: float = 1.0) -> Spread:
    made = Spread()
    numbers = np.random.default_rng(0).standard_normal(5_000)
    for step in range(count):
        made.add(step, of(numbers * stretch**step))
    return made


def test_quantiles_are_those_of_numpy_as_far_as_buckets_tell() -> None:
    """The ends are exact."""
    numbers = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)
    found = quantiles(of(numbers))
    assert (found[0], found[-1]) == (numbers.min(), numbers.max())
    np.testing.assert_allclose(found, np.quantile(numbers, SHARES), atol=0.06)
    assert quantiles(Histogram(np.asarray([[0, 1, 0], [1, 3, 4], [3, 9, 0.0]]))).tolist() == (
        pytest.approx([1 + 2 * share for share in SHARES])
    )
    assert quantiles(of(np.full(9, 2.5))).tolist() == pytest.approx([2.5] * 5)


@given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_quantiles_rise_between_the_ends(numbers: list[float]) -> None:
    """Whatever the numbers are."""
    found = quantiles(of(np.asarray(numbers, np.float32)))
    assert (np.diff(found) >= 0).all()
    if max(numbers) - min(numbers) > 1:
        assert (found[0], found[-1]) == (min(numbers), max(numbers))


def test_at_most_sixty_steps_are_kept_evenly() -> None:
    """Every second is dropped as often as it takes; a rewind forgets what comes after."""
    made = spread(1_000)
    assert len(made.rows) <= 60
    assert set(np.diff(made.rows[:, 0])) == {made.every} == {32}
    assert made.rows[0, 0] == 0
    made.rewind(500)
    assert made.rows[-1, 0] < 500
    made.add(500, of(np.ones(3)))
    assert made.rows[-1, 0] == 500
    again = Spread.from_json(made.to_json())
    assert (again.every, again.left, again.rows.tolist()) == (
        *(made.every, made.left),
        made.rows.tolist(),
    )
    made.add(600, Histogram(np.zeros((0, 3)), nan=3))
    assert made.rows[-1, 0] == 500


def test_bands_hold_all_numbers_and_two_thirds() -> None:
    """The line runs through the medians."""
    made = spread(10, 1.3)
    with mpl.rc_context(STYLE):
        figure = figure_of("run", {"w": made})
    (axes,) = figure.axes
    assert axes.lines[0].get_xydata().tolist() == made.rows[:, [0, 3]].tolist()
    for part, low, high in zip(axes.collections, (1, 2), (5, 4), strict=True):
        vertices = part.get_paths()[0].vertices
        for row in made.rows:
            at = np.isclose(vertices[:, 0], row[0])
            assert {row[low], row[high]} <= set(vertices[at, 1])
    assert axes.get_title(loc="left") == "w"


def test_the_tensors_that_changed_most_are_shown() -> None:
    """In the order of their names; one step is no distribution over steps."""
    spreads = {f"w{n:02}": spread(4, 1 + n / 10) for n in range(20)} | {"one": spread(1)}
    with mpl.rc_context(STYLE):
        figure = figure_of("run", spreads)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        f"w{n:02}" for n in range(14, 20)
    ]
    assert [text.get_text() for text in figure.texts] == ["run", "+ 14 more that changed less"]
    assert distributions("run", {"one": spread(1)}) is None


@pytest.mark.parametrize("name", ["$\\badcmd$", "${{{", "\x1b[31m", "x" * 100_000])
def test_hostile_names_and_numbers_are_harmless(name: str) -> None:
    """The same data give the same bytes."""
    made = Spread()
    for step in range(2):
        made.add(step, of(np.asarray([-1e308, 5e-324, 1e308])))
    image = distributions(name, {name: made, **{f"w{n}": spread(2) for n in range(300)}})
    assert image
    assert max(PIL.Image.open(io.BytesIO(image.data)).size) <= 700
    assert distributions(name, {name: made}) == distributions(name, {name: made})


def test_what_the_distributions_show_is_not_in_the_overview(tmp_path: Path) -> None:
    """Beside a log, the statistics of its tensors would fill all panels."""
    for step in (1, 2):
        numbers = np.arange(9.0) * step
        np.savez(tmp_path / f"weights_step_{step}.npz", **{"layer/weight": numbers})
    tbingest.convert(tmp_path, tmp_path / "runs")
    (alone,) = (tmp_path / "runs").rglob("events.out*")
    assert b"overview" in alone.read_bytes()
    sketch = Sketch(draw=True)
    for tag in ("loss", "weights_max/x", "weights_max/y", "my_max/x"):
        sketch(tag, np.arange(2), np.ones(2), falls=False)
    histograms = np.empty(2, object)
    histograms[:] = [of(np.arange(4.0)), of(np.arange(5.0))]
    sketch("weights/x", np.arange(2), histograms, falls=False)
    assert sketch.metrics.keys() == {"loss", "weights_max/y", "my_max/x"}
    assert Sketch(curves={"a": Curve()}).metrics.keys() == {"a"}
