"""Parameter dumps that lie, are damaged, or are no dumps: a reason each, and no harm."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.dumps import (
    dump_of,
    entry,
    header_only,
    npy,
    npz,
    numbers,
    refused,
    safetensors,
    zipped,
)
from helpers.memory import PEAK
from helpers.work import assert_linear

import tbingest
from tbingest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BIG = 1 << 60

# safetensors


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (struct.pack("<Q", BIG) + b"{}", "a header of 1,152,921,504,606,846,976 bytes"),
        (struct.pack("<Q", 90_000_000) + bytes(64), "a header of 90,000,000 bytes"),
        (struct.pack("<Q", 500) + b"{}", "ends within its header"),
        (safetensors("[1, 2]"), "its header is not an object"),
        (safetensors('{"a": '), "no safetensors file: "),
        (safetensors('{"a":' * 50_000), "no safetensors file: "),
        (safetensors("[" * 100_000), "no safetensors file: "),
        (safetensors("[" * 700_000), "more than 200,000 tensors"),
        (safetensors('{"a": {}, "a": {}}'), "holds a name twice"),
        (safetensors('{"a": {"dtype": "U8", "dtype": "U8"}}'), "holds a name twice"),
        (safetensors({"a": entry("U8", [4], 0, 4), "b": entry("U8", [4], 3, 7)}, bytes(7)), "over"),
        (b"", "its header"),
        (b"\1", "its header"),
        (struct.pack("<Q", 2) + b"\xff\xfe", "no safetensors file: "),
    ],
)
def test_a_header_that_is_none_is_refused(data: bytes, words: str) -> None:
    """Before memory is taken for what it says."""
    assert words in refused("safetensors", data)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (entry("F32", [2], 0, 1000), "its shape does not fit"),
        (entry("F32", [1000], 0, 4000), "lies beyond the end of the file"),
        (entry("F32", [2], -8, 0), "its shape does not fit"),
        (entry("F32", [2], 8, 0), "its shape does not fit"),
        (entry("F32", [-2], 0, 8), "its shape is none"),
        (entry("F32", [-2, -1], 0, 8), "its shape is none"),
        (entry("F32", [2.0], 0, 8), "its shape is none"),
        (entry("F32", [True, 2], 0, 8), "its shape is none"),
        (entry("F32", ["2"], 0, 8), "its shape is none"),
        (entry("F32", [1 << 33, 1 << 33], 0, 8), "its shape does not fit"),
        (entry("F32", [1 << 70], 0, 8), "its shape is none"),
        (entry("F32", [1] * 100_000, 0, 4), "its shape is none"),
        (entry("U8", [1], False, True), "its shape does not fit"),
        (entry("F32", [2], BIG * 16, BIG * 16 + 8), "its shape does not fit"),
        (entry("F4", [2], 0, 1), "its numbers are F4, which cannot be read"),
        (entry("x" * 500, [2], 0, 8), f"its numbers are {'x' * 40}, which cannot be read"),
        ({"dtype": "F32"}, "its entry in the header is none of a tensor"),
        ([], "its entry in the header is none of a tensor"),
        (None, "its entry in the header is none of a tensor"),
    ],
)
def test_a_tensor_that_lies_costs_only_itself(bad: Any, words: str) -> None:
    """The others are read."""
    good = entry("F32", [2], 0, 8)
    dump = dump_of("safetensors", safetensors({"bad": bad, "good": good}, struct.pack("<2f", 1, 2)))
    assert [tensor.name for tensor in dump.tensors] == ["good"]
    assert numbers(dump.tensors[0]).tolist() == [1, 2]
    [problem] = dump.problems
    assert problem.what.startswith(f"bad: {words}")
    assert problem.values == 1


@pytest.mark.parametrize("said", ["9" * 5000, "٣", "-3", "1.5", "", "x"])
def test_a_step_that_is_none_is_not_taken(said: str) -> None:
    """Metadata are text."""
    data = safetensors({"__metadata__": {"step": said}, "a": entry("U8", [1], 0, 1)}, b"\0")
    assert dump_of("safetensors", data).step is None


def many(count: int) -> bytes:
    return safetensors(
        {f"model.layers.{n}.weight": entry("F32", [1], 4 * n, 4 * n + 4) for n in range(count)},
        bytes(4 * count),
    )


def zipped_many(count: int) -> bytes:
    one = npy(np.ones(1))
    return zipped({f"layer{n}.npy": one for n in range(count)})


@pytest.mark.parametrize(("kind", "make"), [("safetensors", many), ("npz", zipped_many)])
def test_many_tensors_are_listed_in_one_pass(kind: str, make: Any) -> None:
    """As many times the tensors are as many times the work."""
    assert len(dump_of(kind, make(1_000)).tensors) == 1_000
    assert_linear(make, lambda data: dump_of(kind, data), 8_000)


def test_more_than_two_hundred_thousand_tensors_are_refused() -> None:
    """A header can say any number of them."""
    one = entry("U8", [0], 0, 0)
    with pytest.raises(SourceError, match="more than 200,000 tensors"):
        dump_of("safetensors", safetensors({f"t{number}": one for number in range(201_000)}))


# Arrays


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header_only("(1000000000000,)"), "says 1,000,000,000,000 numbers, more than"),
        (header_only("(1000000, 1000000, 1000000)"), "more than the file holds"),
        (header_only("(-1,)"), "its shape is none"),
        (header_only("(True,)"), "its shape is none"),
        (header_only("(1.0,)"), "its shape is none"),
        (header_only("[1]"), "its shape is none"),
        (header_only("(1,)", "'<f9'"), "no NumPy array: "),
        (header_only("(1,)", "__import__('os')"), "no NumPy array: "),
        (header_only("(1,)", "('<f8', (2,))", bytes(16)), "no NumPy array: "),
        (header_only("(1,)", "'2000000000f8'"), "no NumPy array: "),
        (header_only("(1,)", "[('a', '<f8', (3000000,))]"), "its records are too large"),
        (header_only("(1,)", str([(f"f{n}", "u1") for n in range(1500)])), "too large to be read"),
        (header_only("(" * 5000), "no NumPy array: "),
        (header_only("-" * 5000 + "1"), "no NumPy array: "),
        (header_only("9" * 6000), "no NumPy array: "),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 50 << 20) + bytes(99), "a header of 52,428,800"),
        (b"\x93NUMPY\x09\x00" + bytes(99), "another magic"),
        (b"\x93NUMPY", "another magic"),
        (npy(np.ones(3))[:-1], "more than the file holds"),
        (npy(np.ones(3))[:40], "ends within its header"),
    ],
)
def test_an_array_that_lies_is_refused(data: bytes, words: str) -> None:
    """Alone, and as a member of an archive, which is read on."""
    with pytest.raises(SourceError) as error:
        dump_of("npy", data)
    assert words in error.value.message
    packed = dump_of("npz", zipped({"bad.npy": data, "good.npy": npy(np.ones(2))}))
    assert [tensor.name for tensor in packed.tensors] == ["good"]
    [problem] = packed.problems
    assert problem.what.startswith("bad: ")
    assert words in problem.what


def test_a_record_without_bytes_holds_no_numbers() -> None:
    """Its type is fine, its size zero."""
    dump = dump_of("npy", header_only("(3,)", "[('a', '<f8', (0,))]"))
    assert dump.refused.endswith("no numbers")


# Archives


def spoilt(change: Callable[[bytearray], None]) -> bytes:
    data = bytearray(npz(a=np.arange(9.0), b=np.arange(5.0)))
    change(data)
    return bytes(data)


def central(data: bytearray, field: int, form: str, value: int, entry_: int = 0) -> None:
    at = -1
    for _ in range(entry_ + 1):
        at = data.index(b"PK\x01\x02", at + 1)
    struct.pack_into(form, data, at + field, value)


def test_archives_that_lie_are_refused() -> None:
    """Overlapping members, members twice, an absurd directory, and one that is torn."""
    twice = zipped({"a.npy": npy(np.ones(1)), "b.npy": npy(np.ones(1))}).replace(b"b.npy", b"a.npy")
    whole = npz(a=np.arange(9.0))
    for data, words in (
        (spoilt(lambda data: central(data, 42, "<I", 0, 1)), "lie over each other"),
        (twice, "holds a name twice"),
        (whole[:-30], "no whole zip archive"),
        (whole[:200], "no whole zip archive"),
        (b"PK\x03\x04" + bytes(300), "no whole zip archive"),
        (spoilt(lambda data: struct.pack_into("<I", data, len(data) - 10, 1 << 31)), "directory"),
        (b"PK\x05\x06" + bytes(18) + b"PK\x01\x02" * 300_000, "no whole zip archive"),
        (directory_of(300_000), "300,000 members, more than are read"),
    ):
        assert words in refused("npz", data)


def directory_of(count: int) -> bytes:
    """An archive that is nothing but its directory."""
    listed = b"".join(
        b"PK\x01\x02" + bytes(24) + struct.pack("<H", 4) + bytes(16) + struct.pack("<I", n)
        for n in range(count)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 9, 9, len(listed), 0, 0)
    return listed + end


def test_members_that_lie_cost_only_themselves() -> None:
    """Encrypted ones, bombs, archives within, a wrong sum, and ways of packing that none uses."""
    inner = zipped({"x.npy": npy(np.ones(1))})
    for data, words in (
        (spoilt(lambda data: central(data, 8, "<H", 1)), "is encrypted"),
        (spoilt(lambda data: central(data, 10, "<H", 14)), "no writer of arrays"),
        (spoilt(lambda data: central(data, 10, "<H", 99)), "no writer of arrays"),
        (spoilt(lambda data: central(data, 42, "<I", 0x7FFFFFFF)), ""),
        (zipped({"a.npy": inner, "b.npy": npy(np.arange(5.0))}), "another magic"),
        (spoilt(lambda data: central(data, 46, "<B", 0)), "a member is not an array"),
    ):
        try:
            dump = dump_of("npz", data)
        except SourceError:
            assert not words
            continue
        assert [tensor.name for tensor in dump.tensors] == ["b"]
        assert words in dump.problems[0].what
    deflated = zipped({"z.npy": npy(np.zeros(30_000_000))}, zipfile.ZIP_DEFLATED)
    dump = dump_of("npz", deflated)
    assert [one.what for one in dump.problems] == [
        "z: unpacks to 228 MiB, which is out of proportion"
    ]
    wrong = dump_of("npz", spoilt(lambda data: data.__setitem__(220, data[220] ^ 1)))
    assert [one.what.partition(" for ")[0] for one in wrong.problems] == [
        "a: damaged zip archive: Bad CRC-32"
    ]


def test_a_wrong_sum_shows_when_all_numbers_are_read() -> None:
    """Of a member that is longer than what its header is read with."""
    data = bytearray(npz(a=np.arange(9_000.0)))
    data[50_000] ^= 1
    [tensor] = dump_of("npz", bytes(data)).tensors
    with pytest.raises(SourceError, match="Bad CRC-32"):
        numbers(tensor)


# Files that are something else

SUFFIXES = "safetensors npz npy pt pth bin ckpt h5 hdf5 keras onnx msgpack gguf pkl joblib".split()
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"
PAGE = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not Found</body></html>\n"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (POINTER, "Git LFS pointer"),
        (PAGE, ""),
        (b"", "empty"),
        (b"\0" * 5000, ""),
        (b"Repository not found", ""),
    ],
    ids=["pointer", "page", "empty", "zeros", "text"],
)
def test_a_file_that_is_no_model_is_not_read(
    suffix: str, data: bytes, words: str, tmp_path: Path
) -> None:
    """What a failed download leaves behind."""
    (tmp_path / f"model.{suffix}").write_bytes(data)
    plan = tbingest.inspect(tmp_path)
    assert plan.jobs == ()
    [ignored] = plan.ignored
    assert words in ignored.reason
    assert ignored.reason


# Any bytes

WHOLE = {
    "npy": npy(np.arange(60.0).reshape(5, 12)),
    "npz": npz(a=np.arange(9.0), b=np.zeros(3, [("x", "<f4"), ("y", "<c8")])),
    "safetensors": safetensors(
        {
            "__metadata__": {"step": "3"},
            "a": entry("F32", [2], 0, 8),
            "b": entry("BF16", [3], 8, 14),
        },
        bytes(14),
    ),
    "matrix": b"# x\n0.5,1.5\n2.5,nan\n-3,4e5\n",
    "json-weights": b'{"0.weight": [[0.5, 1], [2, -3]], "l": [{"bias": [1, NaN]}], "step": 3}',
}


@pytest.mark.parametrize("kind", WHOLE)
def test_no_other_error_leaves_a_spoilt_dump(kind: str) -> None:
    """Cut, flipped, doubled and stuffed: numbers, or a SourceError."""
    chance = random.Random(kind)
    whole = WHOLE[kind]
    for round_ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(data))
            match round_ % 4:
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    data[at] = chance.choice(b"\0\xff\x7f-,[]{}\"'(:9\n")
                case 2:
                    del data[at : None if chance.random() < 0.3 else at + 3]
                case _:
                    data[at:at] = chance.choice((b"\xff" * 8, bytes(4), b"[[", b"9" * 30, b"\n,"))
            if not data:
                break
        try:
            dump = dump_of(kind, bytes(data))
            for tensor in dump.tensors:
                assert sum(len(piece) for piece in tensor.chunks()) < 10_000
        except SourceError:
            pass


WATCHED = """
import io, sys
from tbingest.formats.registry import formats
made = formats()["{kind}"].dump
data = open({path!r}, "rb").read()
def run():
    for tensor in made(lambda: io.BytesIO(data), "a.b").tensors:
        for piece in tensor.chunks():
            pass
run()
seen = []
sys.addaudithook(lambda event, args: seen.append((event, str(args)[:200])))
run()
bad = [one for one in seen if one[0].split(".")[0] in
       {{"open", "exec", "import", "socket", "subprocess", "os", "ctypes", "pickle", "shutil"}}]
sys.exit(repr(bad) if bad else 0)
"""


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_a_dump_opens_imports_and_runs_nothing(kind: str, tmp_path: Path) -> None:
    """As Python's own audit hook sees it."""
    path = tmp_path / "dump"
    path.write_bytes(WHOLE[kind])
    code = WATCHED.format(kind=kind, path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


MEASURED = """
import sys
from tbingest.formats.registry import formats
made = formats()["{kind}"].dump
before = {peak}
count = 0
for tensor in made(lambda: open({path!r}, "rb"), "a.b").tensors:
    for piece in tensor.chunks():
        count += len(piece)
assert count == 25 << 20, count
grown = {peak} - before
sys.exit(0 if grown < 50 << 10 else f"grew by {{grown >> 10}} MiB")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts kilobytes")
@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_a_large_tensor_passes_through_a_small_memory(kind: str, tmp_path: Path) -> None:
    """200 MiB of a file with holes."""
    path = tmp_path / "dump"
    size = 200 << 20
    start = header_only(f"({25 << 20},)")
    if kind == "safetensors":
        start = safetensors({"a": entry("F64", [25 << 20], 0, size)})
    if kind == "npz":
        with zipfile.ZipFile(path, "w") as archive, archive.open("a.npy", "w") as member:
            member.write(start)
            for _ in range(200):
                member.write(bytes(1 << 20))
    else:
        with path.open("wb") as file:
            file.write(start)
            file.truncate(len(start) + size)
    code = MEASURED.format(kind=kind, path=str(path), peak=PEAK)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("name", ["weights.npz.gz", "model.safetensors.gz"])
def test_a_suffix_of_compression_that_lies_does_no_harm(name: str, tmp_path: Path) -> None:
    """The first bytes tell what a file is."""
    kind = name.split(".")[1]
    (tmp_path / name).write_bytes(WHOLE[kind])
    [job] = tbingest.inspect(tmp_path).jobs
    assert [source.format for source in job.sources] == [kind]
