"""Pictures of tensors: every pixel is one of the numbers, however the stream is cut."""

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbingest.figures import spectrum as spectra
from tbingest.figures import tensors
from tbingest.figures.canvas import STYLE
from tbingest.figures.spectrum import spectrum
from tbingest.figures.tensors import Sketch, filters, heat_map, pictures_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from tbingest.model.points import Image

BLUE, WHITE, RED, GREY = (11, 48, 107), (247, 247, 245), (110, 10, 30), (150, 150, 150)


def sketch(array: NDArray, cut: int = 1000, name: str = "w", order: str = "C") -> Sketch:
    made = Sketch(name, array.shape, order)
    flat = array.ravel(order)
    for start in range(0, flat.size, cut):
        made.add(flat[start : start + cut])
    return made


def pixels(image: Image) -> NDArray[np.uint8]:
    with PIL.Image.open(io.BytesIO(image.data)) as picture:
        assert picture.format == "PNG"
        assert picture.size == (image.width, image.height)
        assert not picture.info.get("Software")
        return np.asarray(picture.convert("RGB"))


def block_means(array: NDArray) -> NDArray:
    """The means of blocks in a grid of 512 x 512, another way."""
    rows, columns = (np.arange(side) * 512 // side for side in array.shape)
    cells = (rows[:, None] * 512 + columns).ravel()
    sums = np.bincount(cells, array.ravel().astype(np.float64))
    return (sums / np.bincount(cells)).reshape(512, 512)


@pytest.mark.parametrize("cut", [2777, 1 << 18, 6_000_000])
@pytest.mark.parametrize("order", ["C", "F"])
def test_means_of_blocks_are_those_of_numpy_however_the_stream_is_cut(cut: int, order: str) -> None:
    array = np.random.default_rng(0).normal(size=(2000, 3000)).astype(np.float32)
    found = sketch(array, cut, order=order)
    assert found.matrix is None
    np.testing.assert_allclose(found.cells(), block_means(array), rtol=1e-5, atol=1e-7)


def test_a_kept_matrix_gives_the_same_means_as_a_streamed_one() -> None:
    array = np.random.default_rng(1).normal(size=(1030, 700)).astype(np.float32)
    np.testing.assert_allclose(sketch(array).cells(), block_means(array), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.lists(st.integers(1, 200), min_size=1),
    st.sampled_from("CF"),
)
def test_a_small_matrix_is_kept_as_it_is(
    rows: int, columns: int, cuts: list[int], order: str
) -> None:
    array = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns)
    made = Sketch("w", array.shape, order)
    flat, done = array.ravel(order), 0
    while done < flat.size:
        for cut in cuts:
            made.add(flat[done : done + cut])
            done += cut
    assert np.array_equal(made.cells(), array)
    assert np.array_equal(made.array, array)


def test_what_is_not_finite_is_no_part_of_a_mean() -> None:
    array = np.ones((4096, 1024), np.float32)
    array[:8, :2] = np.nan
    array[8:16, 0], array[8:16, 1] = np.inf, 3
    cells = sketch(array, 5000).cells()
    assert np.isnan(cells[0, 0])
    assert cells[1, 0] == 3
    assert cells[0, 1] == cells[511, 511] == 1


def test_a_large_matrix_costs_no_more_than_16_megabytes() -> None:
    chunk = np.ones(1 << 18, np.float32)
    tracemalloc.start()
    made = Sketch("w", (1 << 15, 1 << 10))
    for _ in range(1 << 7):
        made.add(chunk)
    heat_map(made)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_pixel_has_the_colour_of_its_number() -> None:
    array = np.array([[-2.0, 0, 2], [np.nan, 1, -1]])
    found = pixels(heat_map(sketch(array)))
    assert found.shape == (2 * 86 + 28, 3 * 86, 3)
    seen = [
        [tuple(found[row * 86 + 40, column * 86 + 40]) for column in range(3)] for row in (0, 1)
    ]
    assert seen[0] == [BLUE, WHITE, RED]
    assert seen[1][0] == GREY
    warm, cold = seen[1][1:]
    assert warm[0] > warm[2] + 50
    assert cold[2] > cold[0] + 50


def test_the_scale_below_says_its_ends() -> None:
    found = pixels(heat_map(sketch(np.array([[-2.0, 0], [1, 1]]))))
    bar = found[264]
    assert (tuple(bar[0]), tuple(bar[-1])) == (BLUE, RED)
    assert (found[268:] < 100).any()
    other = pixels(heat_map(sketch(np.array([[-4.0, 0], [2, 2]]))))
    assert np.array_equal(found[:268], other[:268])
    assert not np.array_equal(found[268:], other[268:])


def test_one_outlier_does_not_wash_out_the_rest() -> None:
    array = np.where(np.arange(10_000) % 2, 1.0, -1.0).reshape(100, 100)
    array[0, 0] = 1e9
    found = pixels(heat_map(sketch(array)))
    assert {tuple(found[150, column]) for column in range(300)} == {BLUE, RED}


@pytest.mark.parametrize(
    ("array", "size"),
    [
        (np.zeros((0, 5)), (256, 284)),
        (np.zeros((2, 0, 3)), (256, 284)),
        (np.float64(3).reshape(()), (256, 284)),
        (np.zeros((8, 8)), (256, 284)),
        (np.full((8, 8), np.nan), (256, 284)),
        (np.full((8, 8), -3.0), (256, 284)),
        (np.arange(25.0)[None], (275, 60)),
        (np.arange(700.0)[:, None], (160, 540)),
        (np.array([[1e308, -1e308], [1e-320, np.inf]]), (256, 284)),
        (np.array([[2**63 - 1, -(2**63)], [0, 1]]), (256, 284)),
        (np.array([[True, False], [False, True]]), (256, 284)),
        (np.ones((513, 513), np.float16), (512, 540)),
    ],
)
def test_any_tensor_gives_a_picture_of_a_sensible_size(
    array: NDArray, size: tuple[int, int]
) -> None:
    image = heat_map(sketch(array))
    assert (image.width, image.height) == size
    assert pixels(image).any()


def test_numbers_beyond_float32_are_its_largest_and_not_missing() -> None:
    found = pixels(heat_map(sketch(np.array([[1e308, -1e308], [0, np.inf]]))))
    assert tuple(found[5, 5]) == RED
    assert tuple(found[5, 250]) == BLUE
    assert tuple(found[250, 250]) == GREY


def test_two_runs_give_the_same_bytes() -> None:
    array = np.random.default_rng(2).normal(size=(32, 3, 5, 5)).astype(np.float32)
    for draw in (
        lambda: heat_map(sketch(array)),
        lambda: filters("w", array),
        lambda: spectrum("w", array.reshape(32, -1)),
    ):
        assert draw() == draw()


def test_numbers_beyond_the_shape_are_left_alone() -> None:
    made = sketch(np.ones((4, 4)))
    made.add(np.full(100, 7.0))
    assert (made.cells() == 1).all()


@pytest.mark.parametrize(
    ("name", "shape", "found"),
    [
        ("encoder.weight", (64, 32), ("heat map", "spectrum")),
        ("encoder.weight", (4096, 4096), ("heat map",)),
        ("embed.weight", (30_000, 30), ("heat map", "spectrum")),
        ("embed.weight", (50_257, 768), ("heat map",)),
        ("conv1.weight", (64, 3, 7, 7), ("heat map", "filters", "spectrum")),
        ("conv/kernel:0", (3, 3, 1, 8), ("heat map", "filters", "spectrum")),
        ("layers/conv2d/vars/0", (5, 5, 1, 8), ("heat map", "filters", "spectrum")),
        ("conv2.weight", (64, 64, 3, 3), ("heat map", "spectrum")),
        ("conv1d.weight", (64, 16, 3), ("heat map", "spectrum")),
        ("encoder.bias", (64,), ()),
        ("attention/query/bias", (12, 64), ()),
        ("encoder.weight", (1, 64), ()),
        ("encoder.weight", (64, 1), ()),
        ("norm.weight", (64,), ()),
        ("scale", (), ()),
        ("optimizer/state/0/exp_avg", (64, 32), ()),
        ("w", (0, 32), ()),
    ],
)
def test_pictures_are_of_matrices_and_kernels_only(
    name: str, shape: tuple[int, ...], found: tuple[str, ...]
) -> None:
    assert pictures_of(name, shape) == found


def test_a_tensor_in_an_order_that_is_not_known_has_no_pictures() -> None:
    assert pictures_of("w", (64, 32), "2,1") == ()


def test_keras_and_pytorch_kernels_of_one_layer_look_the_same() -> None:
    torch = np.random.default_rng(3).normal(size=(8, 3, 5, 5)).astype(np.float32)
    keras = np.ascontiguousarray(torch.transpose(2, 3, 1, 0))
    assert filters("conv.weight", torch) == filters("conv/kernel", keras)
    one = sketch(torch, name="conv.weight").cells()
    other = sketch(keras, name="conv/kernel").cells()
    assert one.shape == other.shape == (8, 75)
    assert np.array_equal(np.sort(one), np.sort(other))


def test_a_filters_pixels_are_its_weights_scaled_by_its_own_largest() -> None:
    array = np.zeros((4, 1, 2, 2), np.float32)
    array[1, 0] = [[1e-6, 0], [0, -1e-6]]
    array[3, 0] = [[np.nan, 5], [5, 5]]
    found = pixels(filters("w", array))
    side = 96 * 2 + 3
    at = lambda number, row, column: tuple(  # noqa: E731
        found[number // 2 * side + 3 + row * 96, number % 2 * side + 3 + column * 96]
    )
    assert at(0, 0, 0) == WHITE
    assert (at(1, 0, 0), at(1, 0, 1), at(1, 1, 1)) == (RED, WHITE, BLUE)
    assert (at(3, 0, 0), at(3, 1, 1)) == (GREY, RED)
    assert tuple(found[0, 0]) == tensors._DARK


def test_filters_of_three_channels_are_colours() -> None:
    array = np.zeros((2, 3, 2, 2), np.float32)
    array[0, 0, 0, 0], array[0, 2, 0, 0] = 2, -2
    array[0, 1, 1, 1] = np.nan
    found = pixels(filters("w", array))
    assert tuple(found[3, 3]) == (255, 128, 0)
    assert tuple(found[3, 3 + 96]) == (128, 128, 128)
    assert tuple(found[3 + 96, 3 + 96]) == (0, 0, 0)


def test_what_is_no_first_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no filters"):
        filters("w", np.zeros((8, 64, 3, 3), np.float32))


def drawn(matrix: NDArray, name: str = "w") -> Figure:
    """The figure before it becomes a PNG."""
    with mpl.rc_context(STYLE):
        return spectra.figure_of(name, matrix.astype(np.float32))


def notes(figure: Figure) -> list[str]:
    return [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]


def test_the_curve_is_that_of_numpys_singular_values() -> None:
    matrix = np.random.default_rng(4).normal(size=(60, 40)).astype(np.float32)
    figure = drawn(matrix, "encoder.weight")
    (line,) = figure.axes[0].lines
    want = np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(line.get_ydata(), want, rtol=1e-12)
    assert list(line.get_xdata()) == list(range(1, 41))
    assert figure.axes[0].get_yscale() == "log"
    assert notes(figure) == ["encoder.weight", "60 x 40, rank 40"]


def test_the_rank_counts_no_rounding() -> None:
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(64, 5)) @ rng.normal(size=(5, 32))
    figure = drawn(matrix)
    assert len(figure.axes[0].lines[0].get_ydata()) == 5
    assert notes(figure)[1] == "64 x 32, rank 5"


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_the_size_of_the_numbers_does_not_matter(size: float) -> None:
    figure = drawn(np.eye(4) * size)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), size, rtol=1e-6)
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < size < high


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.zeros((3, 4)), "all values are 0"),
        (np.zeros((0, 4)), "all values are 0"),
        (np.array([[1, np.nan], [0, 1]]), "holds values that are not finite"),
    ],
)
def test_a_matrix_without_singular_values_is_said_in_words(matrix: NDArray, said: str) -> None:
    assert said in notes(drawn(matrix))
    assert spectrum("w", matrix.astype(np.float32)).width == 700


@pytest.mark.parametrize("name", ["$\\frac{", "\x00\x1b[31m", "a" * 5000, "\udcff", "重み"])
def test_no_name_breaks_the_figure(name: str) -> None:
    image = spectrum(name, np.eye(3, dtype=np.float32))
    assert pixels(image).shape == (406, 700, 3)


def test_the_curve_ends_where_the_matrix_does() -> None:
    figure = drawn(np.diag([1.0, 1, 0, 0]))
    first, last = figure.axes[0].get_xlim()
    assert first < 1
    assert 4 < last < 5
