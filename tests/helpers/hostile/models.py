"""Other model files: 77 to 88 of the list."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from helpers.hostile.case import case, file

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    head = header.encode("latin-1")
    return (
        b"\x93NUMPY"
        + bytes([version, 0])
        + struct.pack("<H" if version == 1 else "<I", len(head))
        + head
        + data
    )


def array(shape: str, data: bytes = b"") -> bytes:
    return npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", data)


def objects() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{}, []], object), allow_pickle=True)
    return stream.getvalue()


file("an array of objects", "a_step_1.npy", objects())
file("an array of 8 TB", "a_step_1.npy", array("(2000000000000,)", bytes(64)))
file(
    "an array of a header of 50 MB",
    "a_step_1.npy",
    npy("{" + " " * (50 << 20) + "}", version=2),
    large=True,
)
file("an array of a header of brackets", "a_step_1.npy", npy("(" * 60_000))
file("an array of a header of minus signs", "a_step_1.npy", npy("-" * 60_000 + "1"))
file(
    "an array of a header that calls",
    "a_step_1.npy",
    npy(
        "{'descr': __import__('os').system('touch canary'), 'shape': (1,), 'fortran_order': False}"
    ),
)
file(
    "an array of a type of types",
    "a_step_1.npy",
    npy(
        "{'descr': "
        + "[('a', " * 900
        + "'<f4'"
        + ")]" * 900
        + ", 'fortran_order': False, 'shape': (1,)}",
        bytes(64),
    ),
)
file("an array of 0 by 2^62", "a_step_1.npy", array("(0, 4611686018427387904)"))
file("an array of 2^62 dimensions of 1", "a_step_1.npy", array("(" + "1," * 9_000 + ")", bytes(4)))
file("an array of NaN", "a_step_1.npy", array("(4,)", struct.pack("<4f", *[float("nan")] * 4)))
file(
    "an array of infinities",
    "a_step_1.npy",
    array("(4,)", struct.pack("<4f", float("inf"), float("-inf"), 3e38, -3e38)),
)


@case("arrays that unpack to 1 GiB", large=True)
def _(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a_step_1.npz", "w", zipfile.ZIP_DEFLATED) as found:
        for n in range(4):
            found.writestr(f"w{n}.npy", array(f"({1 << 26},)", bytes(1 << 28)))


def safetensors(header: object, data: bytes = b"") -> bytes:
    said = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said + data


def entry(shape: list[int], start: int, end: int, kind: str = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


file(
    "safetensors with a header of 2^60", "a_step_1.safetensors", struct.pack("<Q", 1 << 60) + b"{}"
)
file(
    "safetensors that overlap",
    "a_step_1.safetensors",
    safetensors({"a": entry([4], 0, 16), "b": entry([4], 8, 24)}, bytes(24)),
)
file(
    "safetensors beyond the end",
    "a_step_1.safetensors",
    safetensors({"a": entry([1 << 40], 0, 4 << 40)}, bytes(24)),
)
file("safetensors with a deep header", "a_step_1.safetensors", safetensors(b'{"a":' * 50_000))
file(
    "safetensors of 100,000 empty tensors",
    "a_step_1.safetensors",
    safetensors({f"t{n}": entry([0], 0, 0) for n in range(100_000)}),
    large=True,
)
file(
    "safetensors of 50,000 tensors",
    "a_step_1.safetensors",
    safetensors(
        {f"layer.{n}.weight": entry([1], 4 * n, 4 * n + 4) for n in range(50_000)}, bytes(200_000)
    ),
    "only the first 20,000 of 50,000 tensors",
    large=True,
)
file(
    "safetensors with names of a megabyte",
    "a_step_1.safetensors",
    safetensors({"n" * MIB + str(n): entry([1], 4 * n, 4 * n + 4) for n in range(20)}, bytes(80)),
    large=True,
)
file(
    "safetensors with odd kinds",
    "a_step_1.safetensors",
    safetensors(
        {
            f"t{kind}": entry([2], 0, 0, kind)
            for kind in ("F8_E4M3", "F8_E5M2", "BF16", "X", "I4", "C64", "BOOL")
        }
    ),
)
file("a model of JSON without end", "model.json", '{"weights": [' + "1," * 3_000_000, large=True)
file("gguf of 2^60 tensors", "a_step_1.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60))
file(
    "gguf of a list of lists",
    "a_step_1.gguf",
    b"GGUF"
    + struct.pack("<IQQ", 3, 1, 1)
    + struct.pack("<Q", 1)
    + b"a"
    + struct.pack("<I", 9)
    + struct.pack("<IQ", 9, 1 << 40) * 5_000,
)
file(
    "gguf of an alignment of 0",
    "a_step_1.gguf",
    b"GGUF"
    + struct.pack("<IQQ", 3, 1, 1)
    + struct.pack("<Q", 17)
    + b"general.alignment"
    + struct.pack("<II", 4, 0)
    + struct.pack("<Q", 1)
    + b"w"
    + struct.pack("<IQIQ", 1, 4, 0, 0)
    + bytes(64),
)
file(
    "gguf of a tensor of 2^62",
    "a_step_1.gguf",
    b"GGUF"
    + struct.pack("<IQQ", 3, 1, 0)
    + struct.pack("<Q", 1)
    + b"w"
    + struct.pack("<IQQIQ", 2, 1 << 62, 1 << 62, 0, 1 << 62)
    + bytes(64),
)


def varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def pb(number: int, kind: int, value: object) -> bytes:
    key = varint(number << 3 | kind)
    if isinstance(value, int):
        return key + varint(value)
    assert isinstance(value, bytes)
    return key + varint(len(value)) + value


def onnx(*tensors: bytes) -> bytes:
    graph = b"".join(pb(5, 2, one) for one in tensors) + pb(2, 2, b"g")
    return pb(1, 0, 8) + pb(2, 2, b"pytorch") + pb(7, 2, graph)


file(
    "ONNX with numbers in another file",
    "a_step_1.onnx",
    onnx(
        pb(1, 0, 4)
        + pb(2, 0, 1)
        + pb(8, 2, b"w")
        + pb(13, 2, pb(1, 2, b"location") + pb(2, 2, b"../../../../etc/passwd"))
        + pb(14, 0, 1)
    ),
)
file(
    "ONNX with lengths that lie",
    "a_step_1.onnx",
    pb(1, 0, 8) + pb(2, 2, b"pytorch") + varint(7 << 3 | 2) + varint(1 << 60) + bytes(50),
)
file(
    "ONNX in itself, 100,000 deep",
    "a_step_1.onnx",
    onnx() + b"\x3a\xff\xff\xff\x7f" * 100_000,
)
file("ONNX with a varint without end", "a_step_1.onnx", onnx() + b"\xff" * 500_000)
file("ONNX with groups", "a_step_1.onnx", onnx() + b"\x3b" * 500_000)


def deep_onnx() -> bytes:
    graph = pb(2, 2, b"g")
    for _ in range(300):
        graph = pb(
            1,
            2,
            pb(4, 2, b"If") + pb(5, 2, pb(1, 2, b"then_branch") + pb(6, 2, graph) + pb(20, 0, 5)),
        ) + pb(2, 2, b"g")
    return pb(1, 0, 8) + pb(2, 2, b"pytorch") + pb(7, 2, graph)


file("ONNX with graphs in graphs", "a_step_1.onnx", deep_onnx())
file(
    "ONNX with 200,000 nodes",
    "a_step_1.onnx",
    pb(1, 0, 8)
    + pb(2, 2, b"pytorch")
    + pb(
        7,
        2,
        pb(1, 2, pb(1, 2, b"a") + pb(2, 2, b"b") + pb(4, 2, b"Add")) * 200_000 + pb(2, 2, b"g"),
    ),
    large=True,
)
file("a Keras archive that runs", "a_step_1.keras", b"")


@case("a Keras archive with a layer that runs")
def _(folder: Path) -> None:
    with zipfile.ZipFile(folder / "b_step_1.keras", "w") as found:
        found.writestr(
            "config.json",
            json.dumps({"class_name": "Lambda", "config": {"function": "touch canary"}}),
        )
        found.writestr("metadata.json", "{}")
        found.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(500))


@case("HDF5 that is stored elsewhere")
def _(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "a_step_1.h5", "w") as found:
        found.create_dataset("w", (64,), "u1", external=[("/etc/passwd", 0, 64)])
        found["far"] = h5py.ExternalLink("/etc/passwd", "/w")
        found["soft"] = h5py.SoftLink("/soft")
        group = found.create_group("g")
        group["up"] = found["/"]
        found["good"] = np.arange(4.0)
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
        found.create_virtual_dataset("v", layout)


@case("HDF5 of 8 TB", large=True)
def _(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "a_step_1.h5", "w") as found:
        found.create_dataset("w", (1 << 41,), "f4", chunks=(1 << 20,))
        found.create_dataset(
            "x", (1 << 20, 1 << 20), "f4", chunks=(1 << 10, 1 << 10), compression="gzip"
        )


@case("HDF5 that is cut and spoilt")
def _(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "a_step_1.h5", "w") as found:
        for n in range(20):
            found[f"g{n}/w"] = np.arange(100.0)
    data = bytearray((folder / "a_step_1.h5").read_bytes())
    for place in range(600, len(data), 97):
        data[place] ^= 0x5A
    (folder / "a_step_1.h5").write_bytes(bytes(data))


@case("HDF5 of 20,000 groups", large=True)
def _(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "a_step_1.h5", "w") as found:
        group = found
        for _ in range(300):
            group = group.create_group("g")
        for n in range(20_000):
            found.create_dataset(f"w{n}", data=np.float32(n))


@case("HDF5 whose chunk unpacks to 1 GiB", large=True)
def _(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "a_step_1.h5", "w") as found:
        found.create_dataset(
            "w", (1 << 28,), "f4", chunks=(1 << 28,), compression="gzip", fillvalue=0
        )[:10] = 1


key = b"\xda" + struct.pack(">H", 4_000) + b"k" * 4_000
arr = b"\x93\x91\x01\xa7float32\xc4\x04\0\0\x80?"
file("msgpack that lies", "flax_step_1.msgpack", b"\x81\xa1a\xdf\xff\xff\xff\xff")
file("msgpack 100,000 deep", "flax_step_1.msgpack", b"\x81\xa1a" * 100_000)
file("msgpack of lists 100,000 deep", "flax_step_1.msgpack", b"\x81\xa1a" + b"\x91" * 100_000)
file(
    "a parquet that lies",
    "log.parquet",
    b"PAR1" + b"\xff" * 500 + struct.pack("<I", 2**31 - 1) + b"PAR1",
)
file("weights as text", "weights_step_1.csv", "1,2,3\n" * 300_000, large=True)
file("weights as JSON", "weights_step_1.json", "[" + "[1,2,3]," * 300_000 + "[1,2,3]]", large=True)
