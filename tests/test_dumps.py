"""Parameter dumps: every number of every type, exactly and in order."""

from __future__ import annotations

import gzip
import json
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.dumps import (
    arrays,
    dump_of,
    entry,
    header_only,
    npy,
    npz,
    numbers,
    safetensors,
    zipped,
)

import tbingest
from tbingest.errors import SourceError
from tbingest.formats.checkpoints.numbers import codes, pieces, width
from tbingest.formats.checkpoints.safetensors import _DTYPES

if TYPE_CHECKING:
    from pathlib import Path

INFINITE = math.inf

# Small floats


@pytest.mark.parametrize(
    ("dtype", "known"),
    [
        ("float16", {0x3C00: 1.0, 0xC000: -2.0, 0x7BFF: 65504.0, 0x0001: 2.0**-24}),
        ("float16", {0x7C00: INFINITE, 0xFC00: -INFINITE, 0x7E00: math.nan}),
        ("bfloat16", {0x3F80: 1.0, 0xC000: -2.0, 0x7F80: INFINITE, 0x7FC0: math.nan}),
        ("bfloat16", {0x0001: 2.0**-133, 0x7F7F: (2 - 2.0**-7) * 2.0**127}),
        ("float8_e4m3fn", {0x38: 1.0, 0x7E: 448.0, 0x01: 2.0**-9, 0xB8: -1.0, 0x7F: math.nan}),
        ("float8_e4m3fnuz", {0x40: 1.0, 0x7F: 240.0, 0x01: 2.0**-10, 0x80: math.nan}),
        ("float8_e5m2", {0x3C: 1.0, 0x7B: 57344.0, 0x01: 2.0**-16, 0x7C: INFINITE}),
        ("float8_e5m2", {0xFC: -INFINITE, 0x7D: math.nan, 0xFF: math.nan}),
        ("float8_e5m2fnuz", {0x40: 1.0, 0x7F: 57344.0, 0x01: 2.0**-17, 0x80: math.nan}),
        ("float8_e8m0fnu", {0: 2.0**-127, 127: 1.0, 254: 2.0**127, 255: math.nan}),
        ("int8", {0: 0, 127: 127, 128: -128, 255: -1}),
        ("uint16", {0: 0, 65535: 65535}),
        ("int16", {32768: -32768, 65535: -1}),
        ("bool", {0: 0, 1: 1, 255: 1}),
    ],
)
def test_a_code_stands_for_the_number_that_its_standard_says(
    dtype: str, known: dict[int, float]
) -> None:
    """Worked out by hand from sign, exponent and fraction."""
    table = codes(dtype)
    assert len(table) == 256 ** width(dtype)
    for code, number in known.items():
        assert np.array_equal(table[code], number, equal_nan=True), hex(code)


@pytest.mark.parametrize(
    "dtype", ["bfloat16", *sorted(name for name in _DTYPES.values() if name.startswith("float8"))]
)
def test_every_code_is_that_of_another_library(dtype: str) -> None:
    """Where `ml_dtypes` is installed."""
    other = getattr(pytest.importorskip("ml_dtypes"), dtype)
    plain = np.uint16 if dtype == "bfloat16" else np.uint8
    table = codes(dtype)
    with np.errstate(invalid="ignore"):  # signalling NaN
        theirs = np.arange(len(table), dtype=plain).view(other).astype(np.float64)
    assert np.array_equal(table, theirs, equal_nan=True)


# NumPy's own files

CHANCE = np.random.default_rng(3)
PLAIN: dict[str, np.ndarray] = {
    **{
        f"{order}{kind}": CHANCE.normal(scale=50, size=(3, 4)).astype(f"{order}{kind}")
        for order in "<>"
        for kind in ("f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8")
    },
    "i1": np.arange(-3, 3, dtype=np.int8),
    "u1": np.arange(6, dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "long": np.array([1.5, -2.25], np.longdouble),
    "fortran": np.asfortranarray(CHANCE.normal(size=(4, 5))),
    "fortran big": np.asfortranarray(CHANCE.normal(size=(4, 5)).astype(">f4")),
    "scalar": np.asarray(3.5),
    "empty": np.zeros((0, 4)),
    "infinite": np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1.7e308]),
    "long axis": np.arange(300_000, dtype=np.float64),
}


@pytest.mark.parametrize("name", PLAIN)
def test_an_array_of_any_plain_type_is_given_as_it_is(name: str) -> None:
    """Alone and in an archive, to the last bit."""
    array = PLAIN[name]
    [alone] = dump_of("npy", npy(array), "a/embedding_step_000100.npy").tensors
    [packed] = dump_of("npz", npz(layer=array)).tensors
    assert (alone.name, packed.name) == ("embedding", "layer")
    for tensor in (alone, packed):
        assert tensor.shape == array.shape
        found = numbers(tensor).reshape(array.shape, order=tensor.order)  # type: ignore[call-overload]
        assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")
        again = numbers(tensor)
        assert np.array_equal(again, numbers(tensor), equal_nan=array.dtype.kind == "f")


def test_a_complex_array_is_two_tensors() -> None:
    """In either order of bytes, and in the order of the file."""
    waves = np.array([[1 + 2j, 3 + 4j], [5, 6j]])
    for array in (waves, waves.astype(">c8"), waves.astype(np.clongdouble)):
        found = arrays(dump_of("npy", npy(array), "waves.npy"))
        assert list(found) == ["waves/real", "waves/imag"]
        assert np.array_equal(found["waves/real"], waves.real)
        assert np.array_equal(found["waves/imag"], waves.imag)


def test_every_field_of_a_structured_array_is_a_tensor() -> None:
    """Nested, with sub-arrays and complex numbers; a field of text is reported."""
    kind: Any = [
        ("pos", [("x", "<f4"), ("y", ">f8")]),
        ("grid", "<i2", (2, 3)),
        ("wave", "<c8"),
        ("label", "S4"),
    ]
    array = np.zeros(4, kind)
    array["pos"]["y"] = [1, 2, 3, 4]
    array["grid"] = np.arange(24).reshape(4, 2, 3)
    array["wave"] = 2 + 3j
    dump = dump_of("npy", npy(array), "rows.npy")
    found = arrays(dump)
    names = ["rows/pos/x", "rows/pos/y", "rows/grid", "rows/wave/real", "rows/wave/imag"]
    assert list(found) == names
    assert np.array_equal(found["rows/pos/y"], [1, 2, 3, 4])
    assert np.array_equal(found["rows/grid"], array["grid"])
    assert np.array_equal(found["rows/wave/imag"], [3] * 4)
    assert [(one.what, one.values) for one in dump.problems] == [
        ("rows/label: holds |S4, no numbers", 1)
    ]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([{"a": 1}], dtype=object), "holds Python objects, which are never loaded"),
        (np.array(["a", "b"]), "holds <U1, no numbers"),
        (np.array(["2020-01-01"], "M8[D]"), "holds datetime64[D], no numbers"),
    ],
)
def test_an_array_of_no_numbers_is_refused_in_words(array: np.ndarray, words: str) -> None:
    """It is not damaged: the file holds nothing to show."""
    dump = dump_of("npy", npy(array))
    assert (dump.refused, list(dump.tensors)) == (words, [])
    packed = dump_of("npz", npz(odd=array, good=np.ones(2)))
    assert [tensor.name for tensor in packed.tensors] == ["good"]
    assert [one.what for one in packed.problems] == [f"odd: {words}"]


def test_an_array_that_python_2_wrote_is_read() -> None:
    """Its integers end in L."""
    data = header_only("(2L, 1L)", data=struct.pack("<2d", 1.5, 2.5))
    assert numbers(dump_of("npy", data).tensors[0]).tolist() == [1.5, 2.5]


def test_a_compressed_array_is_read_forwards(tmp_path: Path) -> None:
    """A `.npy.gz` is no file that can be searched."""
    path = tmp_path / "embedding_step_5.npy.gz"
    path.write_bytes(gzip.compress(npy(np.arange(300_000, dtype=np.float64))))
    [points] = [one for one in tbingest.read(path) if one.kind == "histogram"]
    value = points.values[0][0]
    assert not isinstance(value, str | float)
    assert value.buckets[:, 2].sum() == 300_000


# safetensors


def test_every_type_of_safetensors_is_read() -> None:
    """All of them in one file, empty and scalar ones among them."""
    entries: dict[str, Any] = {}
    data = b""
    for said, dtype in _DTYPES.items():
        size = 6 * width(dtype)
        entries[said] = entry(said, [2, 3], len(data), len(data) + size)
        data += bytes(range(size))
    entries["none"] = entry("F32", [0, 7], len(data), len(data))
    entries["one"] = entry("F64", [], len(data), len(data) + 8)
    data += struct.pack("<d", 2.5)
    dump = dump_of("safetensors", safetensors(entries, data))
    assert dump.problems == []
    found = arrays(dump)
    assert found.pop("one") == 2.5
    assert found.pop("none").shape == (0, 7)
    assert found["C64/real"].shape == (2, 3)
    for said, dtype in _DTYPES.items():
        if hasattr(np, dtype) and said != "C64":
            start = entries[said]["data_offsets"][0]
            plain = np.frombuffer(data, dtype, 6, start).reshape(2, 3)
            assert np.array_equal(found[said], plain, equal_nan=plain.dtype.kind == "f"), said


def test_safetensors_are_those_of_its_own_library() -> None:
    """Where it is installed."""
    library = pytest.importorskip("safetensors.numpy")
    wanted = {
        name: np.ascontiguousarray(array)
        for name, array in PLAIN.items()
        if array.dtype.isnative and name != "long"
    }
    data = library.save(wanted, metadata={"global_step": "700", "step": "7", "note": "x" * 300})
    dump = dump_of("safetensors", data)
    found = arrays(dump)
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        assert np.array_equal(found[name], array, equal_nan=array.dtype.kind == "f"), name
    assert (dump.step, dump.step_from) == (700, "global_step")
    assert dump.facts == {"global_step": "700", "step": "7"}


def test_bytes_that_belong_to_no_tensor_are_a_remark() -> None:
    """The library would refuse the file; its tensors are whole."""
    data = safetensors({"a": entry("U8", [2], 3, 5)}, bytes(9))
    dump = dump_of("safetensors", data)
    assert [tensor.name for tensor in dump.tensors] == ["a"]
    assert [(one.what, one.values) for one in dump.problems] == [
        ("7 bytes of it belong to no tensor", 0)
    ]


# Bytes


def test_numbers_come_in_one_buffer() -> None:
    """Memory does not grow with the tensor."""
    import io

    data = np.arange(500_000, dtype=np.float64).tobytes()
    found = {
        piece.__array_interface__["data"][0]
        for piece in pieces(lambda: io.BytesIO(data), 0, 500_000, "<f8")
    }
    assert len(found) == 1


def test_numbers_that_end_early_are_an_error() -> None:
    """With what to do."""
    import io

    with pytest.raises(SourceError, match="ends before its last number"):
        list(pieces(lambda: io.BytesIO(bytes(12)), 0, 2, "<f8"))


def test_names_of_an_archive_are_paths() -> None:
    """Those that lead out of a folder name a tensor, and no file."""
    data = zipped({"../../x.npy": npy(np.ones(2)), "/abs/y.npy": npy(np.ones(3)), "notes.txt": b""})
    dump = dump_of("npz", data)
    assert [tensor.name for tensor in dump.tensors] == ["../../x", "/abs/y"]
    assert [(one.what, one.values) for one in dump.problems] == [("notes.txt is not an array", 0)]


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "tf_model.h5"])
def test_the_index_of_shards_says_what_it_is(name: str, tmp_path: Path) -> None:
    """Its shards are read by themselves."""
    stem, _, suffix = name.rpartition(".")
    shards = {"a.weight": f"{stem}-00001-of-00002.{suffix}"}
    text = json.dumps({"metadata": {"total_size": 8}, "weight_map": shards}, indent=2)
    (tmp_path / f"{name}.index.json").write_text(text)
    [ignored] = tbingest.inspect(tmp_path).ignored
    assert ignored.reason == "the index of the shards beside it, which are read by themselves"
