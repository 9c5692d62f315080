"""Exported models: ONNX, GGUF and Flax, walked without their libraries and held to them."""

from __future__ import annotations

import io
import random
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.work import assert_linear
from helpers.writers import exports

import tbingest
from tbingest.errors import SourceError
from tbingest.formats.checkpoints import flax as flax_msgpack
from tbingest.formats.checkpoints import gguf, onnx
from tbingest.formats.checkpoints.gguf_blocks import BLOCKS
from tbingest.model.contracts import Head

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tbingest.model.tensors import Dump

READERS = {"onnx": onnx, "gguf": gguf, "flax": flax_msgpack}


def read(kind: str, data: bytes) -> Dump:
    return READERS[kind].dump(lambda: io.BytesIO(data), "model")


def numbers(found: Dump) -> dict[str, list[float]]:
    held = {}
    for tensor in found.tensors:
        parts = [
            piece.reshape(-1).astype(np.float64) if tensor.codes is None else tensor.codes[piece]
            for piece in tensor.chunks()
        ]
        held[tensor.name] = np.concatenate(parts or [np.zeros(0)]).tolist()
    return held


def said(found: Dump) -> list[str]:
    return [problem.what for problem in found.problems]


def field(number: int, data: bytes) -> bytes:
    return exports.sized(number, data)


def tensor(kind: int, *dims: int, data: bytes = b"", name: str = "w") -> bytes:
    shape = b"".join(exports.message({1: size}) for size in dims)
    return shape + exports.message({2: kind}) + field(8, name.encode()) + data


# ONNX


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        pytest.param(1, field(9, np.float32([1.5, -2]).tobytes()), [1.5, -2], id="raw floats"),
        pytest.param(1, field(4, np.float32([1.5, -2]).tobytes()), [1.5, -2], id="packed floats"),
        pytest.param(11, field(10, np.float64([1.5, -2]).tobytes()), [1.5, -2], id="doubles"),
        pytest.param(10, field(5, exports.varints([0x3E00, 0xC000])), [1.5, -2], id="half words"),
        pytest.param(16, field(9, struct.pack("<HH", 0x3FC0, 0xC000)), [1.5, -2], id="bfloat16"),
        pytest.param(3, field(5, exports.varints([5, -2])), [5, -2], id="int8 as varints"),
        pytest.param(7, field(7, exports.varints([1 << 40, -2])), [1 << 40, -2], id="int64"),
        pytest.param(13, field(11, exports.varints([1 << 63, 3])), [1 << 63, 3], id="uint64"),
        pytest.param(9, field(5, exports.varints([1, 0])), [1, 0], id="bool"),
        pytest.param(17, field(9, b"\x40\xc8"), [2, -4], id="float8"),
        pytest.param(22, field(9, b"\xf7"), [7, -1], id="int4"),
        pytest.param(21, field(9, b"\xf7"), [7, 15], id="uint4"),
        pytest.param(23, field(9, b"\xf5"), [3, -6], id="float4"),
    ],
)
def test_an_initializer_is_read_in_every_form(kind: int, data: bytes, wanted: list[float]) -> None:
    """Where its bytes lie, or from whole numbers of varying length."""
    found = read("onnx", exports.onnx_model([tensor(kind, 2, data=data)]))
    assert said(found) == []
    assert numbers(found) == {"w": wanted}


def test_weights_in_other_files_are_named_and_never_opened() -> None:
    """Whatever path the file gives."""
    location = field(13, field(1, b"location") + field(2, b"junk/../../secret"))
    found = read(
        "onnx", exports.onnx_model([tensor(1, 1000, data=location + exports.message({14: 1}))])
    )
    assert said(found) == ["w: its 1,000 numbers lie in another file, which is not opened"]


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (tensor(1, 3, data=field(9, b"1234")), "w: its shape does not fit its bytes"),
        (tensor(1, 1 << 60, data=field(9, b"1234")), "w: its shape is none"),
        (tensor(1, 4), "w: its numbers are missing"),
        (tensor(8, 1, data=field(6, b"text")), "w: its numbers are missing"),
        (tensor(28, 1, data=field(9, b"1")), "w: its values are of type 28, which is not known"),
        (tensor(7, 2, data=field(7, b"\x80\x80")), "w: its numbers are damaged"),
        (tensor(7, 9, data=field(7, b"\x01")), "w: its shape does not fit its numbers"),
    ],
)
def test_an_initializer_that_is_none_is_reported(made: bytes, what: str) -> None:
    """The others are read."""
    good = exports.onnx_tensor("good", np.float32([1]))
    found = read("onnx", exports.onnx_model([made, good]))
    problems = said(found)
    held = {}
    for one in found.tensors:
        try:
            held[one.name] = sum(len(piece) for piece in one.chunks())
        except SourceError as error:
            problems.append(f"{one.name}: {error.message}")
    assert problems == [what]
    assert held == {"good": 1}


def test_graphs_within_nodes_have_weights_too() -> None:
    """Below the node's name; how many initializers are sparse is said."""
    inner = field(5, exports.onnx_tensor("w", np.float32([4])))
    node = field(3, b"loop") + field(4, b"Loop") + field(5, field(1, b"body") + field(6, inner))
    found = read("onnx", exports.onnx_model([], field(1, node) + field(15, b"")))
    assert numbers(found) == {"loop/w": [4]}
    assert said(found) == ["1 sparse initializers are not read"]


def test_metadata_says_a_step() -> None:
    """As training scripts put it there."""
    model = exports.onnx_model([exports.onnx_tensor("w", np.float32([4]))])
    model += field(14, field(1, b"global_step") + field(2, b"1200"))
    found = read("onnx", model)
    assert (found.step, found.step_from) == (1200, "global_step")
    assert found.facts["producer"] == "pytorch"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08\x08",
        b"\x08\x08\x12\x07pytorch",
        b"\x0a\x02ab\x10\x01",
        b"hello world\n" * 20,
        bytes(range(256)) * 20,
        b"\x08\x96\x01\x12\x07pytorch\x3a\x02\x0a\x00",
    ],
)
def test_other_messages_are_not_taken_for_models(data: bytes) -> None:
    """They lack a graph, or begin otherwise."""
    assert onnx.detect(Head("model.onnx", data, len(data), binary=True)).confidence < 0.5


# GGUF


def test_plain_tensors_have_their_dimensions_turned_round() -> None:
    """The innermost stands first in the file; texts and numbers of its head are facts."""
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    head = exports.gguf_text("general.name", "x")
    head += exports._string("n") + struct.pack("<II", 4, 7)
    found = read("gguf", exports.gguf_file([("w", (2, 3), 0, array.tobytes())], head, 2))
    assert [one.shape for one in found.tensors] == [(2, 3)]
    assert numbers(found) == {"w": [0, 1, 2, 3, 4, 5]}
    assert found.facts == {"general.name": "x", "n": 7}


def test_arrays_of_its_head_are_passed_over() -> None:
    """A vocabulary may hold a hundred thousand words."""
    words = b"".join(exports._string(f"w{n}") for n in range(20_000))
    head = exports._string("tokens") + struct.pack("<IIQ", 9, 8, 20_000) + words
    head += exports._string("scores") + struct.pack("<IIQ", 9, 6, 500) + bytes(2000)
    found = read("gguf", exports.gguf_file([("w", (1,), 0, bytes(4))], head, 2))
    assert numbers(found) == {"w": [0]}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "more than are read"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "more than are read"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "GGUF of version 1"),
        (b"GGUF\x03\x00", "ends within its head"),
        (
            exports.gguf_file([], exports._string("a") + struct.pack("<IIQ", 9, 9, 3), 1),
            "an array of its head that cannot be right",
        ),
        (
            exports.gguf_file([], exports._string("a") + struct.pack("<IIQ", 9, 4, 1 << 60), 1),
            "ends within an array",
        ),
        (
            exports.gguf_file(
                [], exports._string("general.alignment") + struct.pack("<II", 4, 0), 1
            ),
            "its alignment is not a power of two",
        ),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62), "ends within a string"),
    ],
)
def test_a_head_that_lies_is_refused(data: bytes, what: str) -> None:
    """Before anything is taken that it asks for."""
    with pytest.raises(SourceError, match=what):
        read("gguf", data)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (("w", (1 << 40,), 0, b"1234"), "w: lies beyond the end of the file"),
        (("w", (33,), 8, bytes(34)), "w: its 33 numbers are not whole blocks"),
        (("w", (32,), 16, bytes(34)), "w: its blocks are of type 16, which is not known"),
    ],
)
def test_a_tensor_of_a_model_that_cannot_be_read_is_reported(entry: Any, what: str) -> None:
    """The others are read."""
    found = read("gguf", exports.gguf_file([entry, ("good", (1,), 24, b"\x05")]))
    assert said(found) == [what]
    assert numbers(found) == {"good": [5]}


def test_big_endian_models_are_read() -> None:
    """Their plain numbers, that is."""
    data = b"GGUF" + struct.pack(">IQQ", 3, 1, 0)
    data += struct.pack(">Q", 1) + b"w" + struct.pack(">IQIQ", 1, 2, 0, 0)
    data += bytes(-len(data) % 32) + np.array([1, 2], ">f4").tobytes()
    assert numbers(read("gguf", data)) == {"w": [1, 2]}


def test_blocks_of_eight_bits_are_what_they_stand_for() -> None:
    """Over several pieces."""
    raw, meant = exports.eight_bits(np.random.default_rng(0).standard_normal(64_000).astype("f4"))
    found = read("gguf", exports.gguf_file([("w", (2000, 32), 8, raw)]))
    assert np.array_equal(numbers(found)["w"], meant.reshape(-1))


@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_are_turned_into_numbers_as_ggml_does(kind: int) -> None:
    """Bit for bit, whatever the blocks hold."""
    quants = pytest.importorskip("gguf.quants")
    from gguf import GGMLQuantizationType

    block = BLOCKS[kind]
    raw = np.random.default_rng(kind).integers(0, 256, (300, block.width), dtype=np.uint8)
    with np.errstate(all="ignore"):
        try:
            wanted = quants.dequantize(raw, GGMLQuantizationType(kind))
        except NotImplementedError:
            pytest.skip("its own library does not read it")
        assert np.array_equal(block.decode(raw), wanted, equal_nan=True)


@pytest.mark.parametrize(
    ("kind", "raw", "first"),
    [
        (2, b"\x00\x3c" + b"\x9f" * 16, (7, 1)),
        (3, b"\x00\x3c\x00\x40" + b"\x21" * 16, (3, 4)),
        (6, b"\x00\x3c" + b"\xff\xff\x00\x00" + b"\x21" * 16, (1, -14)),
        (7, b"\x00\x3c\x00\x00" + b"\xff\xff\x00\x00" + b"\x21" * 16, (17, 2)),
        (20, b"\x00\x3c" + b"\xf0" * 16, (-127, 113)),
        (39, b"\x80" + b"\xf7" * 16, (12, -12)),
    ],
)
def test_blocks_worked_out_by_hand(kind: int, raw: bytes, first: tuple[float, float]) -> None:
    """The first number, and the one in the upper half of its byte."""
    made = BLOCKS[kind].decode(np.frombuffer(raw, np.uint8)[None])
    assert (made[0, 0], made[0, 16]) == first


# Flax


def test_a_tree_of_flax_is_its_arrays() -> None:
    """Of every type that NumPy names, and half of those it does not."""
    tree = {
        "step": np.asarray(7, np.int32),
        "params": {"a": np.float32([1, 2]), "b": {"0": np.asarray([True, False])}},
        "half": np.float16([0.5]),
        "empty": np.zeros((0, 3), np.float32),
        "lr": 3,
    }
    found = read("flax", exports.packed(tree))
    assert said(found) == []
    held = numbers(found)
    assert held == {
        "step": [7],
        "params/a": [1, 2],
        "params/b/0": [1, 0],
        "half": [0.5],
        "empty": [],
    }
    assert (found.step, found.step_from) == (7, "step")
    assert found.facts == {"lr": 3}


def array_as(shape: list[int], dtype: str, data: bytes) -> bytes:
    inner = exports.packed([shape, dtype, data])
    return b"\xc9" + struct.pack(">IB", len(inner), 1) + inner


def tree_of(value: bytes) -> bytes:
    return b"\x82" + exports.packed("good") + exports.packed(np.float32([1])) + b"\xa1w" + value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (array_as([2], "bfloat16", b"\xc0\x3f\x00\xc0"), ""),
        (array_as([3], "float32", b"1234"), "w: its shape does not fit its bytes"),
        (array_as([1], "object", b"12345678"), "w: its numbers are 'object', which cannot be read"),
        (array_as([1 << 62], "float32", b"1234"), "w: an array whose shape is none"),
        (b"\xc7\x02\x01ab", "w: an array that is none"),
        (b"\xc7\x02\x05ab", "w: an extension of type 5, which Flax does not write"),
        (exports.packed(b"abc"), "w: bytes, of which nothing says a type"),
    ],
)
def test_an_array_of_flax_that_is_none_is_reported(value: bytes, what: str) -> None:
    """The others are read."""
    found = read("flax", tree_of(value))
    assert said(found) == ([what] if what else [])
    assert numbers(found)["good"] == [1]
    if not what:
        assert numbers(found)["w"] == [1.5, -2]


def test_an_array_in_chunks_is_one() -> None:
    """As Flax cuts those of over a gigabyte."""
    chunks = {"0": np.float32([1, 2, 3]), "1": np.float32([4, 5, 6])}
    tree = {
        "w": {"__msgpack_chunked_array__": True, "shape": {"0": 2, "1": 3}, "chunks": chunks},
        "b": np.float32([0]),
    }
    found = read("flax", exports.packed(tree))
    assert [(one.name, one.shape) for one in found.tensors] == [("w", (2, 3)), ("b", (1,))]
    assert numbers(found)["w"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "data", [b"\x81" * 500, b"\xdf\xff\xff\xff\xff", b"\x91" * 100, b"\xc1", b"\x81\x93\x01\x02"]
)
def test_a_document_that_is_none_is_refused(data: bytes) -> None:
    """However deep or long it says to be."""
    with pytest.raises(SourceError):
        read("flax", data)


# All of them

GOOD: Mapping[str, bytes] = {
    "onnx": exports.onnx_model(
        [
            exports.onnx_tensor("a", np.arange(40, dtype=np.float32)),
            tensor(7, 3, data=field(7, exports.varints([1, 300, -1])), name="b"),
        ]
    ),
    "gguf": exports.gguf_file(
        [
            ("a", (64,), 8, exports.eight_bits(np.arange(64, dtype=np.float32))[0]),
            ("b", (3, 4), 0, np.arange(12, dtype=np.float32).tobytes()),
        ],
        exports.gguf_text("general.name", "x"),
        1,
    ),
    "flax": exports.packed(
        {"step": 5, "params": {"a": np.float32([1, 2, 3]), "b": np.float64([[1, 2], [3, 4]])}}
    ),
}


@pytest.mark.parametrize("kind", READERS)
def test_spoilt_bytes_are_an_error_of_the_source(kind: str) -> None:
    """Whichever bytes they are, and wherever the file ends; no other exception leaves."""
    rng = random.Random(3)
    outcomes = set()
    for _ in range(400):
        bad = bytearray(GOOD[kind])
        for _ in range(rng.randrange(0, 6)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        try:
            found = read(kind, bytes(bad[: rng.choice([len(bad), rng.randrange(len(bad))])]))
            for one in found.tensors:
                for _ in one.chunks():
                    pass
            outcomes.add("read")
        except SourceError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


@pytest.mark.parametrize("kind", READERS)
def test_it_is_known_by_its_content(kind: str, tmp_path: Path) -> None:
    """Under any name."""
    path = tmp_path / "download"
    path.write_bytes(GOOD[kind])
    ((source,),) = [job.sources for job in tbingest.inspect(path).jobs]
    assert source.format == kind


def many(kind: str, count: int) -> bytes:
    one = np.float32([1])
    if kind == "onnx":
        return exports.onnx_model([exports.onnx_tensor(f"t{n}", one) for n in range(count)])
    if kind == "gguf":
        return exports.gguf_file([(f"t{n}", (1,), 0, one.tobytes()) for n in range(count)])
    return exports.packed({f"t{n}": one for n in range(count)})


@pytest.mark.parametrize("kind", READERS)
def test_many_tensors_are_read_in_one_pass(kind: str) -> None:
    """As many times the tensors are as many times the work."""
    assert len(read(kind, many(kind, 1_000)).tensors) == 1_000
    assert_linear(lambda count: many(kind, count), lambda data: read(kind, data), 8_000)


@pytest.mark.parametrize("kind", READERS)
def test_a_large_tensor_stays_where_it_lies(kind: str) -> None:
    """Only pieces of it are read, and those when they are wanted."""

    class Watched(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            Watched.taken += len(data)
            return data

    big = np.zeros(4_000_000, np.float32)
    data = {
        "onnx": lambda: exports.onnx_model([exports.onnx_tensor("w", big)]),
        "gguf": lambda: exports.gguf_file([("w", big.shape, 0, big.tobytes())]),
        "flax": lambda: exports.packed({"w": big}),
    }[kind]()
    found = READERS[kind].dump(lambda: Watched(data), "model")
    assert Watched.taken < 100_000
    assert max(piece.nbytes for piece in found.tensors[0].chunks()) <= 1 << 20


# As their own libraries read them


def test_initializers_are_those_that_onnx_loads(corpus: Path) -> None:
    """Of a real model."""
    library = pytest.importorskip("onnx")
    path = corpus / "weights" / "gen_seed1" / "model.onnx"
    from onnx.numpy_helper import to_array

    wanted = {one.name: to_array(one) for one in library.load(path).graph.initializer}
    held = numbers(read("onnx", path.read_bytes()))
    assert held == {name: array.reshape(-1).tolist() for name, array in wanted.items()}


def test_tensors_are_those_that_ggufs_reader_finds(corpus: Path) -> None:
    """Of a real model, its blocks among them."""
    library = pytest.importorskip("gguf")
    path = corpus / "weights" / "gen_seed1" / "tiny.gguf"
    held = numbers(read("gguf", path.read_bytes()))
    for one in library.GGUFReader(path).tensors:
        wanted = library.quants.dequantize(one.data, one.tensor_type)
        assert np.array_equal(held[one.name], np.asarray(wanted).reshape(-1))


def test_arrays_are_those_that_flax_packs() -> None:
    """With its own types, and one cut into chunks."""
    serialization = pytest.importorskip("flax.serialization")
    import jax.numpy as jnp

    tree = {
        "params": {"w": jnp.arange(12.0).reshape(3, 4), "b": jnp.ones(3, jnp.bfloat16)},
        "step": jnp.asarray(9),
    }
    found = read("flax", serialization.msgpack_serialize(serialization.to_state_dict(tree)))
    held = numbers(found)
    assert held["params/w"] == list(range(12))
    assert held["params/b"] == [1, 1, 1]
    assert found.step == 9
    serialization.MAX_CHUNK_SIZE, kept = 16, serialization.MAX_CHUNK_SIZE
    try:
        cut = serialization.to_bytes(tree)
    finally:
        serialization.MAX_CHUNK_SIZE = kept
    assert numbers(read("flax", cut))["params/w"] == list(range(12))
