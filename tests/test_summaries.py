"""What is written rarely: exact histograms, texts, pictures, hyperparameters, thinned curves."""

from __future__ import annotations

import base64
import json
import logging
import math
import resource
import subprocess
import sys
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tbingest.events.summaries import serialize
from tbingest.model.markdown import text_table
from tbingest.model.points import Histogram, HParams, Image
from tbingest.reading.histograms import edges_between, histogram
from tbingest.series.curves import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

HPARAMS_TAG = "_hparams_/session_start_info"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DTYPES = ("?", "i1", "u1", "<i2", ">u2", "<i4", ">i4", "u4", "<i8", "u8")
FLOATS = ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8")


def expected_counts(numbers: NDArray[Any], edges: NDArray[np.float64]) -> list[int]:
    """What numpy.histogram gives, whose own check of the edges overflows near the largest."""
    finite = numbers.astype(np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    if edges[-1] - edges[0] < np.finfo(float).max:
        return np.histogram(finite, edges)[0].tolist()
    below = np.searchsorted(np.sort(finite), edges[:-1]).tolist()
    return np.diff([*below, len(finite)]).tolist()


def check(numbers: NDArray[Any]) -> Histogram:
    """The histogram, after comparing it with numpy's over the same edges."""
    with np.errstate(over="ignore"):
        made = histogram(lambda: [numbers])
        finite = np.isfinite(numbers)
        assert made.nan == np.isnan(numbers).sum()
        assert made.pos_inf + made.neg_inf + made.nan == numbers.size - finite.sum()
        if not finite.any():
            assert made.buckets.shape == (0, 3)
            return made
        edges = np.append(made.buckets[:, 0], made.buckets[-1, 1])
        assert (edges[:-1] < edges[1:]).all()
        assert np.isfinite(edges).all()
        assert made.buckets[:-1, 1].tolist() == edges[1:-1].tolist()
        assert made.buckets[:, 2].tolist() == expected_counts(numbers, edges)
    return made


@given(
    st.sampled_from(DTYPES + FLOATS).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(max_dims=3, min_side=0))
    )
)
@example(np.array([104, 105], "i1"))
@example(np.array([127, 128], "u1"))
@example(np.array([-129, -128, -104], ">i2"))
@example(np.array([1, 1.125], "<f2"))
@example(np.array([1, np.nextafter(1, 2)], "<f8"))
@settings(max_examples=400, deadline=None)
def test_counts_are_those_of_numpy_for_every_type(numbers: NDArray[Any]) -> None:
    """Every bit pattern of whole numbers and floats, native or not, NaN and infinities too."""
    check(numbers)


@pytest.mark.parametrize("dtype", ["i1", "u1", "<i2", "u4", "<i8", "<f2", "<f4", "<f8"])
def test_two_neighbours_stand_in_a_bucket_each(dtype: str) -> None:
    """The larger one is the last edge, and may be where a bucket would be cut."""
    for low in range(1, 127):
        made = check(np.array([low, low + 1], dtype))
        assert made.buckets[:, 2].sum() == 2
        assert len(made.buckets[made.buckets[:, 2] > 0]) == 2


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale", [1e-40, 1e-7, 1.0, 3e4])
def test_counts_are_those_of_numpy_at_every_scale(dtype: str, scale: float) -> None:
    """Many numbers, some of them on the edges, some of them subnormal."""
    random = np.random.default_rng(7)
    fine = random.standard_normal(50_000)
    on_edges = random.integers(-32, 33, 5_000) / 8
    with np.errstate(over="ignore", under="ignore"):
        numbers = (np.concatenate((fine, on_edges, -on_edges, [0.0, -0.0])) * scale).astype(dtype)
    check(numbers)


def test_a_number_on_an_edge_stands_in_the_bucket_that_begins_there() -> None:
    """Buckets are half open on both sides of 0, and the last one is closed."""
    made = check(np.asarray([-2, -1.125, -1, 1, 1.125, 2], np.float32))
    rows = {(left, right): count for left, right, count in made.buckets.tolist()}
    assert rows[-1.125, -1.0] == 1
    assert rows[-1.0, -0.9375] == 1
    assert rows[1.125, 1.25] == 1
    assert made.buckets[-1].tolist() == [1.875, 2.0, 1.0]


def test_what_is_not_finite_is_counted_aside() -> None:
    """NaN and infinities stand in no bucket."""
    made = check(np.asarray([np.nan, np.inf, -np.inf, np.inf, 1.0, 2.0]))
    assert (made.nan, made.neg_inf, made.pos_inf) == (1, 1, 2)
    assert made.buckets[:, 2].sum() == 2


@pytest.mark.parametrize("numbers", [[], [np.nan, np.inf]])
def test_no_finite_number_gives_no_bucket(numbers: list[float]) -> None:
    """The tensor then has the shape (0, 3)."""
    assert check(np.asarray(numbers)).buckets.shape == (0, 3)


def test_equal_numbers_give_one_bucket_around_them() -> None:
    """A bucket without width would not be drawn."""
    assert check(np.full(5, 3.25, np.float32)).buckets.tolist() == [[2.75, 3.75, 5.0]]
    assert check(np.asarray(0)).buckets.tolist() == [[-0.5, 0.5, 1.0]]


@pytest.mark.parametrize(
    "numbers",
    [
        [2.0**53] * 2,
        [1.7976931348623157e308],
        [-1.7976931348623157e308, 1.7976931348623157e308],
        [1e300, -1e300, 1e-300],
        [5e-324, 0.0],
        [2.0**-1022, -(2.0**-1022), 2.0**-1021, 5e-324],
    ],
)
def test_the_ends_of_the_floats_have_finite_rising_edges(numbers: list[float]) -> None:
    """Neither overflow nor edges that coincide."""
    assert check(np.asarray(numbers)).buckets[:, 2].sum() == len(numbers)


def test_whole_numbers_beyond_the_floats_count_as_the_nearest() -> None:
    """The ends of int64 and uint64."""
    check(np.asarray([np.iinfo(np.int64).min, np.iinfo(np.int64).max, 0]))
    check(np.asarray([2**64 - 1, 2**63, 1], np.uint64))


def test_complex_numbers_and_objects_are_refused() -> None:
    """Their magnitude is not what was asked for."""
    for numbers in (np.asarray([1j]), np.asarray([None]), np.asarray(["1"])):
        with pytest.raises(ValueError, match=r"^numbers of type .* have no order$"):
            histogram(lambda numbers=numbers: [numbers])  # type: ignore[misc]


def test_edges_are_the_same_at_every_step_of_one_octave() -> None:
    """Histograms of several steps can be laid over each other."""
    random = np.random.default_rng(1)
    fixed = set(edges_between(-1.99, 1.99)[1:-1].tolist())
    assert len(fixed) > 2 * 8 * 12
    for _ in range(20):
        made = check(np.clip(random.standard_normal(5_000), -1.9, 1.9) * random.uniform(0.9, 1))
        assert set(made.buckets[1:, 0].tolist()) <= fixed


def test_a_narrow_distribution_far_from_zero_shows_its_bell_with_the_same_edges_at_every_step() -> (
    None
):
    """As of the scales of a normalisation layer, which lie in one eighth of an octave."""
    random = np.random.default_rng(6)
    steps = [check(random.normal(0.97, 0.001, 768)).buckets for _ in range(3)]
    for buckets in steps:
        assert len(buckets) >= 16
        assert buckets[:, 2].max() <= 768 / 16
        middle = buckets[len(buckets) // 2]
        assert abs(middle[0] - 0.97) < 0.001
    inner = [set(buckets[2:-1, 0].tolist()) for buckets in steps]
    assert len(inner[0] & inner[1]) >= 0.6 * len(inner[0])
    assert all((edge * 2**24).is_integer() for edges in inner for edge in edges)


def test_equal_numbers_are_one_bucket_however_many_they_are() -> None:
    buckets = check(np.repeat([0.97, 0.98, 0.9], [500, 500, 1])).buckets
    assert sorted(buckets[:, 2].tolist())[-3:] == [1.0, 500.0, 500.0]


def test_neighbours_that_are_empty_are_one_bucket() -> None:
    """A gap costs one row, however many octaves it spans."""
    buckets = check(np.asarray([-1000.0, 0.5, 1000.0])).buckets
    assert buckets[:, 2].tolist() == [1.0, 0.0, 1.0, 0.0, 1.0]


def test_how_the_array_is_cut_and_laid_out_does_not_matter() -> None:
    """Chunks of mixed types, strides and orders give the same buckets."""
    numbers = np.random.default_rng(2).standard_normal((700, 600)).astype(np.float32)
    whole = histogram(lambda: [numbers])
    pieces = [numbers[:100].T, numbers[100:300:2], numbers[101:300:2].astype(np.float64)]
    pieces.append(np.asfortranarray(numbers[300:]).astype(">f4"))
    cut = histogram(lambda: pieces)
    assert whole.buckets.tolist() == cut.buckets.tolist()


def test_fifty_million_numbers_need_few_megabytes() -> None:
    """No temporary of the array's size, for strided chunks neither."""
    chunk = np.random.default_rng(3).standard_normal((1000, 5000)).astype(np.float32)
    histogram(lambda: [chunk[:10]])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = histogram(lambda: (chunk.T if turn % 2 else chunk for turn in range(10)))
    wide = histogram(lambda: [np.broadcast_to(np.float32(0.5), (10_000, 1_000))])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert made.buckets[:, 2].sum() == 50_000_000
    assert wide.buckets.tolist() == [[0.0, 1.0, 10_000_000.0]]
    assert after - before < 16 * 1024, "KiB"


# Serialised values, read by TensorBoard's own code


def loaded(kind: Any, tag: str, value: Any) -> Any:
    """The value as TensorBoard's Python loader sees it, migrated to its newest form."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from tensorboard import data_compat, dataclass_compat
        from tensorboard.compat.proto import event_pb2, summary_pb2

    summary = summary_pb2.Summary.FromString(serialize(kind, (tag,), (value,)))
    event = event_pb2.Event(step=1, summary=summary)
    (event,) = dataclass_compat.migrate_event(data_compat.migrate_event(event), {})
    (found,) = event.summary.value
    return found


def tensor(value: Any) -> NDArray[Any]:
    from tensorboard.util import tensor_util

    return tensor_util.make_ndarray(value.tensor)


def test_histograms_reach_tensorboard_exactly() -> None:
    """As a [k, 3] float64 tensor of the plugin `histograms`."""
    made = histogram(lambda: [np.random.default_rng(4).standard_normal(999)])
    found = loaded("histogram", "w/a (b)", made)
    assert (found.tag, found.metadata.plugin_data.plugin_name) == ("w/a (b)", "histograms")
    assert found.metadata.data_class == 2  # DATA_CLASS_TENSOR
    assert tensor(found).dtype == np.float64
    assert tensor(found).tolist() == made.buckets.tolist()
    assert tensor(loaded("histogram", "w", Histogram(np.zeros((0, 3))))).shape == (0, 3)


def test_texts_stand_under_their_own_tag() -> None:
    """A rank-0 string, which TensorBoard renders as Markdown."""
    found = loaded("text", "notes", "*grüße* 😀")
    assert (found.tag, found.metadata.plugin_data.plugin_name) == ("notes", "text")
    assert tensor(found).shape == ()
    assert tensor(found).item().decode() == "*grüße* 😀"


def test_what_is_no_unicode_becomes_a_replacement_character() -> None:
    """One step with invalid UTF-8 would fail the whole tag; halves of a pair are joined."""
    assert tensor(loaded("text", "n\udc80", "a\ud800b \ud83d\ude00")).item().decode() == (
        "a\ufffdb \U0001f600"
    )
    assert loaded("text", "n\udc80", "").tag == "n\ufffd"
    assert hparams({"a\ud800": "b\udfff"}) == {"a\ufffd": "b\ufffd"}


def test_pictures_stand_under_their_own_tag_with_their_own_bytes() -> None:
    """Width, height, then the encoded picture: what the image plugin reads."""
    found = loaded("image", "samples", Image(PNG, 1, 1))
    assert (found.tag, found.metadata.plugin_data.plugin_name) == ("samples", "images")
    assert tensor(found).tolist() == [b"1", b"1", PNG]


def hparams(values: dict[str, Any]) -> dict[str, Any]:
    """The hyperparameters that TensorBoard's plugin would hand to the browser."""
    found = loaded("hparams", "any", HParams(values))
    assert found.tag == HPARAMS_TAG
    from google.protobuf import json_format
    from tensorboard.plugins.hparams import metadata

    info = metadata.parse_session_start_info_plugin_data(found.metadata.plugin_data.content)
    assert not info.start_time_secs
    return json_format.MessageToDict(info).get("hparams", {})


def test_hyperparameters_keep_their_types(caplog: pytest.LogCaptureFixture) -> None:
    """Numbers, switches and words; what JSON has no number for is a word, and nothing is said."""
    caplog.set_level(logging.DEBUG)
    values = {"lr": 0.1, "layers": 3, "amp": True, "name": "adam"}
    assert hparams(values) == values
    odd = {"a": math.nan, "b": -math.inf, "c": 10**400, "d": np.float32(0.5)}
    assert hparams(odd) == {"a": "nan", "b": "-inf", "c": "inf", "d": 0.5}
    assert not caplog.records


def test_scalars_are_simple_values() -> None:
    """Only for completeness: they are encoded in bulk elsewhere."""
    assert tensor(loaded("scalar", "loss", 0.25)).item() == 0.25


def test_several_values_share_one_summary() -> None:
    """One event shows each under its own tag."""
    both = serialize("text", ("a", "b"), ("1", "2"))
    assert both == serialize("text", ("a",), ("1",)) + serialize("text", ("b",), ("2",))
    with pytest.raises(ValueError, match="shorter"):
        serialize("text", ("a", "b"), ("1",))


def test_bytes_do_not_depend_on_the_process_or_the_order_of_keys() -> None:
    """Maps of protobuf have no order of their own on the wire."""
    code = """
        import sys, hashlib, numpy as np
        from tbingest.model.points import HParams
        from tbingest.events.summaries import serialize
        from tbingest.reading.histograms import histogram
        names = [f"p{n * 7919 % 101}" for n in range(100)][::int(sys.argv[1])]
        made = serialize("hparams", ("x",), (HParams(dict.fromkeys(names, 1.5)),))
        made += serialize("histogram", ("h",), (histogram(lambda: [np.arange(99.0)]),))
        print(hashlib.sha256(made + serialize("text", ("t",), ("x",))).hexdigest())
    """
    runs = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), turn],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for turn, seed in (("1", "1"), ("-1", "2"))
    ]
    assert runs[0] == runs[1]


FACADE = """
    import sys
    sys.path.insert(0, {packages!r})
    {before}
    import tbingest.events.summaries
    from tbingest.model.points import HParams
    early = {{"tensorboardX", "tensorboard", "matplotlib"}} & set(sys.modules)
    assert not early, "imported too early"
    assert len(tbingest.events.summaries.serialize("hparams", ("a",), (HParams({{"b": 1}}),)))
    assert ("torch" in sys.modules) == {loaded}
    assert None not in [sys.modules.get(n, 1) for n in ("torch", "tensorflow", "comet_ml")]
    import os
    assert os.path.exists({marker!r}) == {loaded}, "torch was imported"
    import torch
    assert torch.answer == 42
"""


@pytest.mark.parametrize("before", ["", "import torch"])
def test_torch_is_not_imported_and_stays_importable(tmp_path: Path, before: str) -> None:
    """A torch that is there costs no second, and is the user's own afterwards."""
    marker = tmp_path / "marker"
    package = tmp_path / "packages" / "torch"
    package.mkdir(parents=True)
    source = f"open({str(marker)!r}, 'w').close()\nTensor = type('Tensor', (), {{}})\nanswer = 42\n"
    (package / "__init__.py").write_text(source)
    code = textwrap.dedent(FACADE).format(
        packages=str(tmp_path / "packages"), before=before, loaded=bool(before), marker=str(marker)
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_torch_stays_importable_when_the_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left behind where tensorboardX is broken or missing."""
    from tbingest.events import protos

    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    protos.builders.cache_clear()
    with pytest.raises(ImportError):
        protos.builders()
    assert [name for name in protos._HEAVY if sys.modules.get(name, 1) is None] == []


# The table of a configuration


def rendered(table: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from tensorboard import plugin_util

    return plugin_util.markdown_to_safe_html(table)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a|b"),
        ("`x` *y* _z_ a_b_c", "`x` *y* _z_ a_b_c"),
        ("two\nlines\x1b[31m", "two lines [31m"),
        ("<script>&lt;", "&lt;script&gt;&amp;lt;"),
        ("[a](http://b) ![c](d)", "[a](http://b) ![c](d)"),
        ("\\|", "\\|"),
    ],
)
def test_cells_show_what_the_file_said(text: str, shown: str) -> None:
    """Neither Markdown nor HTML of a configuration is taken for ours."""
    page = rendered(text_table({"name": text, text: 1}))
    assert f"<td>{shown}</td>\n</tr>" in page
    assert f"<td>{shown}</td>\n<td>1</td>" in page


def test_a_long_table_is_cut_and_says_so() -> None:
    """2,000 rows of 500 characters a cell are enough for a browser."""
    table = text_table({"k": "x" * 600} | dict.fromkeys(map("k{}".format, range(2_344)), 1))
    assert table.count("\n| k") == 2_000
    assert table.endswith("\n\n345 more are not shown")
    assert f"| {'x' * 500}... \\(600 characters\\) |" in table
    assert rendered(table).count("<tr>") == 2_001


def test_a_number_with_too_many_digits_is_a_cell_too() -> None:
    """Python refuses to write more than 4,300 digits."""
    assert "a very large number" in text_table({"n": 10**5_000})


# Curves


@st.composite
def cut_series(draw: st.DrawFn) -> tuple[NDArray[np.float64], list[int]]:
    """Values, and where they are cut into calls."""
    count = draw(st.integers(0, 2_500))
    values = np.random.default_rng(draw(st.integers(0, 99))).standard_normal(count)
    values[values > 1.5] = draw(st.sampled_from([np.nan, np.inf, 2.0]))
    return values, sorted(draw(st.lists(st.integers(0, count), max_size=12)))


def curve(values: NDArray[np.float64], cuts: Sequence[int] = (), *, saved: bool = False) -> Curve:
    made = Curve()
    steps = np.arange(len(values)) * 3
    for begin, end in zip([0, *cuts], [*cuts, len(values)], strict=True):
        made.add(steps[begin:end], values[begin:end])
        if saved:
            made = Curve.from_json(json.loads(json.dumps(made.to_json())))
    return made


@given(cut_series())
@settings(deadline=None)
def test_a_curve_does_not_depend_on_how_it_came(series: Any) -> None:
    """Cut into calls, or saved and restored between them: the same bins, byte for byte."""
    values, cuts = series
    whole = curve(values).to_json()
    assert curve(values, cuts).to_json() == whole
    assert curve(values, cuts, saved=True).to_json() == whole


@given(cut_series())
@settings(max_examples=40, deadline=None)
def test_bins_hold_the_extremes_of_their_points(series: Any) -> None:
    """At most 400 bins of 2**j consecutive points, with the finite minimum and maximum."""
    values, cuts = series
    made = curve(values, cuts)
    assert len(made.bins) <= 400
    assert math.log2(made.width).is_integer()
    for place, (first, last, low, high, value) in enumerate(made.bins.tolist()):
        part = values[place * made.width : (place + 1) * made.width]
        finite = part[np.isfinite(part)]
        assert (first, last) == (3 * place * made.width, first + 3 * (len(part) - 1))
        ends = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
        np.testing.assert_array_equal((low, high), ends)
        np.testing.assert_array_equal(value, part[-1] if np.isfinite(part[-1]) else np.nan)
    assert -(-len(values) // made.width) == len(made.bins)


@given(cut_series(), st.integers(0, 9_000), cut_series())
@settings(deadline=None)
def test_a_restart_takes_back_the_bins_from_its_step_on(series: Any, step: int, again: Any) -> None:
    """What follows begins there, steps rise throughout, and cuts do not matter."""
    made = {}
    for place, cuts in enumerate((again[1], [])):
        one = curve(*series)
        one.rewind(step)
        assert (one.bins[:, :2] < step).all()
        values = again[0]
        steps = step + np.arange(len(values))
        for begin, end in zip([0, *cuts], [*cuts, len(values)], strict=True):
            one.add(steps[begin:end], values[begin:end])
        made[place] = one
    assert made[0].to_json() == made[1].to_json()
    assert (np.diff(made[0].bins[:, :2].ravel()) >= 0).all()


def test_a_saved_curve_is_small() -> None:
    """It stands in a state file, for every tag of a run."""
    assert len(json.dumps(curve(np.arange(1e6)).to_json())) < 22_000
