"""The weights and the graph of a model for inference: `model.onnx`, a protocol buffers message.

1: 8 (ir_version)   2: "pytorch" (producer)
7: graph { 5: initializer { 1: 64  1: 3  2: 1 (float32)  8: "conv.weight"  9: the numbers

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto says the fields. The file is walked by seeks:
weights stay where they lie. Those in other files are named, and never opened by the path that the
file gives.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import onnx_graph
from tbingest.formats.checkpoints.numbers import codes, pieces, tensors, tensors_at, width
from tbingest.formats.checkpoints.onnx_wire import Place, Walk
from tbingest.formats.checkpoints.safetensors import STEPS
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.protowire import WireError, messages, varint
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

_DTYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3fn",
    18: "float8_e4m3fnuz",
    19: "float8_e5m2",
    20: "float8_e5m2fnuz",
    24: "float8_e8m0fnu",
}
_HALVES = {21: "uint4", 22: "int4", 23: "float4_e2m1"}
_STRING = 8
_FLOAT_DATA, _INT32_DATA, _INT64_DATA, _RAW_DATA, _DOUBLE_DATA, _UINT64_DATA = 4, 5, 7, 9, 10, 11
_SIDE_BY_SIDE = {_FLOAT_DATA, _RAW_DATA, _DOUBLE_DATA}
_DATA = {*_SIDE_BY_SIDE, _INT32_DATA, _INT64_DATA, _UINT64_DATA}
_MODEL = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
"""The fields of a model, and their kinds on the wire."""
_LONGEST = 64 << 20
_MOST = 200_000
_DEEPEST = 8
_MAX_AXES = 64
_MAX_FIELDS = 1_000  # of one tensor
_SMALL = 64 << 10


class _Walk(Walk):
    """Looks for the weights of a model."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.tensors: list[tuple[str, list[Place]]] = []
        self.sparse = 0
        self.texts: dict[int, str] = {}
        self.properties: dict[str, str] = {}

    def model(self) -> None:
        for field in self.fields(0, self.end):
            if field.number == 7 and field.size:
                self.graph(field, "", 0)
            elif field.number in {1, 2, 3}:
                self.texts[field.number] = self.text(field) if field.size else str(field.value)
            elif field.number == 14 and field.size < _SMALL:
                key, value = self._pair(field)
                if len(self.properties) < 50:
                    self.properties[key] = value

    def _pair(self, field: Place) -> tuple[str, str]:
        said = {one.number: self.text(one) for one in self.inside(field)}
        return said.get(1, "")[:100], said.get(2, "")[:200]

    def graph(self, graph: Place, path: str, depth: int) -> None:
        """Take the initializers of a graph, and of those within its nodes."""
        for field in self.inside(graph):
            if field.number == 5 and field.size:
                if len(self.tensors) >= _MOST:
                    raise SourceError(f"more than {_MOST:,} tensors, which are not read")
                self._tensor(field, path)
            elif field.number == 15:
                self.sparse += 1
            elif field.number == 1 and depth < _DEEPEST:
                self._node(field, path, depth)

    def _node(self, node: Place, path: str, depth: int) -> None:
        graphs = []
        name = ""
        for field in self.inside(node):
            if field.number == 3:
                name = self.text(field)
            elif field.number == 5 and field.size:
                graphs += [one for one in self.inside(field) if one.number in {6, 11}]
        for graph in graphs:
            self.graph(graph, f"{path}{name or 'node'}/", depth + 1)

    def _tensor(self, tensor: Place, path: str) -> None:
        found = list(islice(self.inside(tensor), _MAX_FIELDS))
        name = next((self.text(field) for field in found if field.number == 8), "")
        self.tensors.append((f"{path}{name or f'tensor {len(self.tensors)}'}", found))

    def shape(self, found: list[Place]) -> tuple[int, ...]:
        """The dimensions, packed or one by one."""
        shape: list[int] = []
        for field in found:
            if field.number == 1 and field.size:
                self.stream.seek(field.offset)
                shape += _varints(self.stream.read(min(field.size, 1000))).tolist()
            elif field.number == 1:
                shape.append(field.value)
        if len(shape) > _MAX_AXES or any(not 0 <= size < 1 << 48 for size in shape):
            raise SourceError("its shape is none")
        return tuple(shape)


def dump(open_: Opener, _: str) -> Dump:
    """The initializers of the model."""
    found: list[Tensor] = []
    problems: list[Problem] = []
    with open_() as stream:
        if not stream.seekable():
            raise SourceError("is compressed as a whole and cannot be searched", "unpack it first")
        walk = _Walk(stream)
        try:
            walk.model()
        except WireError as error:
            raise SourceError(
                f"no whole ONNX model: {error}", "was it copied completely?"
            ) from None
        for name, fields in walk.tensors:
            try:
                found += _tensors(name, fields, walk.shape(fields), open_)
            except (SourceError, WireError) as error:
                problems.append(Problem("", None, None, f"{name}: {error}", values=1))
    if walk.sparse:
        what = f"{walk.sparse} sparse initializers are not read"
        problems.append(Problem("", None, None, what, values=walk.sparse))
    names = {1: "ir_version", 2: "producer", 3: "producer version"}
    facts = {names[number]: text for number, text in walk.texts.items()} | walk.properties
    field = next((name for name in STEPS if facts.get(name, "").isdecimal()), "")
    step = int(facts[field][:18]) if field else None
    refused = "" if found or problems else "an ONNX model without weights of its own"
    return Dump(found, problems, step, field, facts, refused, lambda: onnx_graph.graph(open_))


def _tensors(
    name: str, fields: list[Place], shape: tuple[int, ...], open_: Opener
) -> tuple[Tensor, ...]:
    count = math.prod(shape)
    kind = next((field.value for field in fields if field.number == 2), 0)
    if any(field.number == 13 or (field.number == 14 and field.value) for field in fields):
        raise SourceError(f"its {count:,} numbers lie in another file, which is not opened")
    data = [field for field in fields if field.number in _DATA and field.size]
    if len(data) > 1:
        raise SourceError("its numbers are not packed into one field")
    if not data and count:
        raise SourceError("its numbers are missing")
    place = data[0] if data else Place(_RAW_DATA, 0)
    if kind in _HALVES:
        return _nibbles(name, shape, _HALVES[kind], open_, place)
    if kind not in _DTYPES:
        what = "texts" if kind == _STRING else f"of type {kind}, which is not known"
        raise SourceError(f"its values are {what}")
    dtype = _DTYPES[kind]
    if place.number in _SIDE_BY_SIDE:
        if place.size != count * width(dtype):
            raise SourceError("its shape does not fit its bytes")
        return tensors_at(name, shape, dtype, open_, place.offset)
    if place.size > _LONGEST:
        raise SourceError(f"its {place.size >> 20} MiB of varints are more than are read")

    def raw(_: int, plain: str) -> Iterator[NDArray[Any]]:
        with open_() as stream:
            stream.seek(place.offset)
            found = _varints(stream.read(place.size))
        if len(found) != count:
            raise SourceError("its shape does not fit its numbers")
        yield found.astype(plain)

    return tensors(name, shape, dtype, raw)


def _varints(data: bytes) -> NDArray[np.int64]:
    """Packed whole numbers."""
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    if not len(octets):
        return np.zeros(0, np.int64)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if not len(ends) or ends[-1] != len(octets) - 1 or lengths.max() > 10:
        raise SourceError("its numbers are damaged")
    shifts = 7 * (np.arange(len(octets)) - np.repeat(starts, lengths))
    parts = (octets & 0x7F).astype(np.uint64) << shifts.astype(np.uint64)
    return np.add.reduceat(parts, starts).view(np.int64)


def _nibbles(
    name: str, shape: tuple[int, ...], dtype: str, open_: Opener, place: Place
) -> tuple[Tensor, ...]:
    """Two numbers a byte, the lower half first."""
    count = math.prod(shape)
    if place.number != _RAW_DATA or place.size != (count + 1) // 2:
        raise SourceError("its shape does not fit its bytes")

    def halves() -> Iterator[NDArray[np.uint8]]:
        missing = count
        for piece in pieces(open_, place.offset, place.size, "u1"):
            both = np.stack((piece & 0xF, piece >> 4), axis=1).reshape(-1)[:missing]
            missing -= len(both)
            yield both

    return (Tensor(name, shape, dtype, halves, _half_codes(dtype)),)


def _half_codes(dtype: str) -> NDArray[np.float64]:
    table = np.zeros(256)
    if dtype == "float4_e2m1":
        table[:16] = np.outer((1, -1), (0, 0.5, 1, 1.5, 2, 3, 4, 6)).reshape(-1)
    else:
        table[:16] = codes("int8")[:16]
        table[8:16] -= 16 * (dtype == "int4")
    return table


def detect(head: Head) -> Evidence:
    """A message that has the fields of a model, the version first."""
    place = 0
    seen: set[int] = set()
    data = head.data
    try:
        while place < len(data):
            key, place = varint(data, place)
            number, kind = key >> 3, key & 7
            if _MODEL.get(number) != kind or (not seen and key != 8):
                return Evidence(0.0, "no message of ONNX")
            value, place = varint(data, place)
            if key == 8 and not 1 <= value <= 50:
                return Evidence(0.0, "no message of ONNX")
            seen.add(number)
            if kind == 2:
                if number == 7 and not _is_graph(data[place : place + min(value, 1000)]):
                    return Evidence(0.0, "no graph of ONNX")
                place += value
    except WireError:
        return Evidence(0.0, "no message of ONNX")
    found = bool(seen & {2, 8}) and 7 in seen and (place == len(data) or not head.complete)
    return Evidence(0.97 if found else 0.0, "a model in ONNX" if found else "no model in ONNX")


def _is_graph(begins: bytes) -> bool:
    """True where a message begins with a node or a weight, or with a name."""
    if not begins or begins[0] not in {0x0A, 0x12, 0x2A, 0x52, 0x5A}:
        return False
    try:
        return next(messages(begins, begins[0] >> 3), b"") is not None
    except WireError:
        return True  # longer than what is looked at


FORMAT = Format(
    name="onnx",
    about="models in ONNX: their weights as histograms, and their graph",
    sample="model.onnx",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
