"""Models as they are exported and exchanged: Keras and HDF5, ONNX, GGUF, Flax."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from dumps import note_dump
from training import Config, Training

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from expectation import Expected


_DAY = (2026, 5, 28, 20, 26, 40)


def hdf5(root: Path, expected: Expected) -> None:
    """`epoch_1.weights.h5` and so on, as Keras' ModelCheckpoint writes them."""
    run = "formats/checkpoints/hdf5"
    (root / run).mkdir(parents=True, exist_ok=True)
    before = None
    for epoch, arrays in enumerate(_dumps(31), 1):
        path = root / run / f"epoch_{epoch}.weights.h5"
        path.write_bytes(_keras_weights(arrays))
        held = _keras_paths(arrays)
        note_dump(expected, path, run, epoch, held, before)
        before = held


def keras(root: Path, expected: Expected) -> None:
    """`model.keras`: a zip file."""
    run = "formats/checkpoints/keras"
    (root / run).mkdir(parents=True, exist_ok=True)
    *_, arrays = _dumps(32)
    path = root / run / "model.keras"
    members = {
        "metadata.json": json.dumps({"keras_version": "3.15.1"}).encode(),
        "config.json": b'{"module": "keras", "class_name": "Sequential", "config": {}}',
        "model.weights.h5": _keras_weights(arrays),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), data)
    note_dump(expected, path, run, 0, _keras_paths(arrays))


def _keras_weights(arrays: Mapping[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for place, (layer, number, array) in enumerate(_layers(arrays)):
            more = {"chunks": True, "compression": "gzip"} if place == 0 else {}
            file.create_dataset(
                f"layers/{layer}/vars/{number}", data=array, track_times=False, **more
            )
    return stream.getvalue()


def _layers(arrays: Mapping[str, np.ndarray]) -> list[tuple[str, int, np.ndarray]]:
    names = {"layer1": "dense", "layer2": "dense_1", "head": "dense_2"}
    return [
        (names[name.partition(".")[0]], int(name.endswith("bias")), array)
        for name, array in arrays.items()
    ]


def _keras_paths(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"layers/{layer}/vars_{number}": array for layer, number, array in _layers(arrays)}


def onnx(root: Path, expected: Expected) -> None:
    """`model.onnx`: weights as raw bytes, as packed floats and as whole numbers."""
    run = "formats/checkpoints/onnx"
    (root / run).mkdir(parents=True, exist_ok=True)
    *_, arrays = _dumps(33)
    path = root / run / "model.onnx"
    weights = [onnx_tensor(name, array) for name, array in arrays.items()]
    steps = np.asarray([200, -1], np.int64)
    floats = sized(4, np.float32([0.5, -0.25]).tobytes())
    weights.append(message({1: 2, 2: 1}) + floats + sized(8, b"scale"))
    weights.append(message({1: 2, 2: 7}) + sized(7, varints(steps.tolist())) + sized(8, b"steps"))
    path.write_bytes(onnx_model(weights, onnx_network(arrays)))
    nodes = ["x", *(name.replace(".", "/") for name in (*arrays, "scale", "steps"))]
    nodes += ["layer1/Gemm", "layer1/Relu", "layer2/Gemm", "layer2/Relu", "head/Gemm"]
    expected.point(run, "__run_graph__", "graph", 0, {"nodes": sorted(nodes)})
    held = {name.replace(".", "/"): array for name, array in arrays.items()}
    held |= {"scale": np.float32([0.5, -0.25]), "steps": steps}
    note_dump(expected, path, run, 0, held, more=1)


def onnx_network(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The nodes of the network, its input and its output."""
    graph = onnx_value(11, "x", (-1, 2))
    last = "x"
    for layer in ("layer1", "layer2", "head"):
        weights = [f"{layer}.{name}" for name in ("weight", "bias") if f"{layer}.{name}" in arrays]
        inputs = b"".join(sized(1, name.encode()) for name in (last, *weights))
        outputs, name = sized(2, f"{layer}.out".encode()), sized(3, f"/{layer}/Gemm".encode())
        turned = sized(5, sized(1, b"transB") + message({3: 0, 20: 2}))
        graph += sized(1, inputs + outputs + name + sized(4, b"Gemm") + turned)
        last = f"{layer}.out"
        graph += onnx_value(13, last, (-1, arrays[f"{layer}.weight"].shape[1]))
        if layer != "head":
            node = sized(1, last.encode()) + sized(2, f"{layer}.act".encode())
            graph += sized(1, node + sized(3, f"/{layer}/Relu".encode()) + sized(4, b"Relu"))
            last = f"{layer}.act"
    return graph + onnx_value(12, last, (-1, 1))


def onnx_value(field: int, name: str, shape: tuple[int, ...]) -> bytes:
    """A value of float32 numbers; a side of -1 is called `batch`."""
    sides = [sized(1, message({1: side}) if side >= 0 else sized(2, b"batch")) for side in shape]
    kind = sized(1, message({1: 1}) + sized(2, b"".join(sides)))
    return sized(field, sized(1, name.encode()) + sized(2, kind))


def varint(value: int) -> bytes:
    """A whole number as protocol buffers write it."""
    value &= (1 << 64) - 1
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def varints(values: list[int]) -> bytes:
    """Several, packed."""
    return b"".join(map(varint, values))


def sized(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(numbers: Mapping[int, int]) -> bytes:
    """Fields of whole numbers."""
    return b"".join(varint(number << 3) + varint(value) for number, value in numbers.items())


_ONNX = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7, "bool": 9, "float16": 10, "float64": 11}


def onnx_tensor(name: str, array: np.ndarray) -> bytes:
    """An initializer with its numbers as raw bytes."""
    dims = sized(1, varints(list(array.shape))) if array.ndim else b""
    kind = message({2: _ONNX[array.dtype.name]})
    return dims + kind + sized(8, name.encode()) + sized(9, array.tobytes())


def onnx_model(tensors: list[bytes], graph: bytes = b"") -> bytes:
    """A model around its initializers."""
    whole = sized(2, b"main") + b"".join(sized(5, one) for one in tensors)
    whole = graph + whole if graph else sized(1, sized(4, b"Relu")) + whole
    opset = sized(8, sized(1, b"") + message({2: 18}))
    return message({1: 8}) + sized(2, b"pytorch") + sized(3, b"2.13") + sized(7, whole) + opset


def gguf(root: Path, expected: Expected) -> None:
    """`model.gguf`: one tensor in blocks of eight bits, the others as they are."""
    run = "formats/checkpoints/gguf"
    (root / run).mkdir(parents=True, exist_ok=True)
    *_, arrays = _dumps(34)
    path = root / run / "model.gguf"
    blocks, meant = eight_bits(np.concatenate([arrays["layer2.weight"].reshape(-1)[:576]]))
    tensors = [("blk.0.ffn_up.weight", (18, 32), 8, blocks)]
    held = {"blk_0/ffn_up/weight": meant.reshape(18, 32)}
    for name in ("layer1.weight", "head.bias"):
        half = arrays[name].astype(np.float16)
        tensors.append((name, half.shape, 1, half.tobytes()))
        held[name.replace(".", "/")] = half
    fields = gguf_text("general.architecture", "llama") + gguf_text("general.name", "spirals")
    path.write_bytes(gguf_file(tensors, fields, 2))
    note_dump(expected, path, run, 0, held)


def eight_bits(numbers: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Blocks of Q8_0, and the numbers that they stand for."""
    groups = numbers.reshape(-1, 32)
    scales = (np.abs(groups).max(axis=1, keepdims=True) / 127).astype(np.float16)
    whole = np.round(groups / scales.astype(np.float32)).astype(np.int8)
    blocks = np.concatenate((scales.view(np.uint8), whole.view(np.uint8)), axis=1)
    return blocks.tobytes(), scales.astype(np.float32) * whole.astype(np.float32)


def gguf_text(key: str, value: str) -> bytes:
    """A field of metadata that is a text."""
    return _string(key) + struct.pack("<I", 8) + _string(value)


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_file(
    tensors: list[tuple[str, tuple[int, ...], int, bytes]], fields: bytes = b"", count: int = 0
) -> bytes:
    """A file of tensors: name, shape, number of their type, bytes."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), count) + fields
    data = b""
    for name, shape, kind, raw in tensors:
        dims = struct.pack(f"<I{len(shape)}Q", len(shape), *shape[::-1])
        head += _string(name) + dims + struct.pack("<IQ", kind, len(data))
        data += raw + bytes(-len(raw) % 32)
    return head + bytes(-len(head) % 32) + data


def flax(root: Path, expected: Expected) -> None:
    """`flax_model.msgpack`: the parameters of a state, and its step."""
    run = "formats/checkpoints/flax"
    (root / run).mkdir(parents=True, exist_ok=True)
    *_, arrays = _dumps(35)
    path = root / run / "flax_model.msgpack"
    tree: dict[str, Any] = {}
    for name, array in arrays.items():
        layer, _, kind = name.partition(".")
        tree.setdefault(layer, {})[{"weight": "kernel"}.get(kind, kind)] = array
    path.write_bytes(packed({"step": 200, "params": tree}))
    held = {name.replace(".", "/").replace("weight", "kernel"): a for name, a in arrays.items()}
    note_dump(expected, path, run, 200, held)


def packed(value: Any) -> bytes:
    """MessagePack as Flax writes it; arrays are extensions of type 1."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        inner = packed([list(array.shape), array.dtype.name, array.tobytes()])
        return b"\xc9" + struct.pack(">IB", len(inner), 1 if array.ndim else 3) + inner
    if isinstance(value, dict):
        pairs = b"".join(packed(str(key)) + packed(item) for key, item in value.items())
        return b"\xde" + struct.pack(">H", len(value)) + pairs
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(packed, value))
    if isinstance(value, str):
        return b"\xd9" + bytes([len(value.encode())]) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    return b"\xd3" + struct.pack(">q", value)


def _dumps(seed: int) -> list[dict[str, np.ndarray]]:
    dumps = Training(Config(seed=seed, steps=200)).dumps
    return [dumps[step] for step in (100, 200)]
