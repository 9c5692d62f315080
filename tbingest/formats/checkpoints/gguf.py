"""Models for llama.cpp: `model.gguf`, plain numbers or blocks of a few bits a number.

GGUF, 3, counts of tensors and fields      general.architecture = "llama"
blk.0.attn_q.weight [4096, 4096] Q4_K at 0

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md says the layout. Dimensions stand there
with the innermost first. Blocks are turned into numbers piece by piece: see `gguf_blocks.py`.
"""

from __future__ import annotations

import math
import struct
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.gguf_blocks import BLOCKS, Block
from tbingest.formats.checkpoints.numbers import PIECE, fill, pieces, tensors_at
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

MAGIC = b"GGUF"
_PLAIN = {
    0: "float32",
    1: "float16",
    24: "int8",
    25: "int16",
    26: "int32",
    27: "int64",
    28: "float64",
    30: "bfloat16",
}
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_MOST = 200_000
_MOST_STRINGS = 4_000_000
_LONGEST_NAME = 1 << 16
_LONGEST = 500
_FACTS = 50


class _Entry(NamedTuple):
    """What is said of a tensor; `offset` counts from where the data begin."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


class _Reader:
    """Reads the head of a file, each count held to what the file can hold."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = stream.seek(0, 2)
        stream.seek(4)
        (version,) = struct.unpack("<I", self.take(4))
        self.order = "<" if version & 0xFFFF else ">"
        (self.version,) = struct.unpack(f"{self.order}I", struct.pack("<I", version))

    def take(self, size: int) -> bytes:
        data = self.stream.read(size) if size <= self.left() else b""
        if len(data) < size:
            raise SourceError("ends within its head", "was it copied completely?")
        return data

    def left(self) -> int:
        return max(0, self.size - self.stream.tell())

    def number(self, kind: str) -> Any:
        (value,) = struct.unpack(self.order + kind, self.take(struct.calcsize(f"<{kind}")))
        return value

    def text(self, longest: int = _LONGEST_NAME) -> str:
        """A string; one that is longer than `longest` is passed over."""
        size = self.number("Q")
        if size > self.left():
            raise SourceError("ends within a string of its head", "was it copied completely?")
        if size > longest:
            self.stream.seek(size, 1)
            return ""
        return self.take(size).decode("utf-8", "replace")

    def value(self) -> Any:
        """A field's value; None for an array, which is passed over."""
        kind = self.number("I")
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            raise SourceError(f"a field of type {kind}, which is not known")
        inner, count = self.number("I"), self.number("Q")
        if inner in _SCALARS:
            size = struct.calcsize(f"<{_SCALARS[inner]}") * count
            if size > self.left():
                raise SourceError("ends within an array of its head", "was it copied completely?")
            self.stream.seek(size, 1)
        elif inner == _STRING and 8 * count <= self.left() and count <= _MOST_STRINGS:
            for _ in range(count):
                self.text(-1)
        else:
            raise SourceError("an array of its head that cannot be right")
        return None

    def entry(self) -> _Entry:
        name, axes = self.text(), self.number("I")
        if axes > 8:
            raise SourceError(f"a tensor of {axes} dimensions")
        shape = tuple(self.number("Q") for _ in range(axes))[::-1]
        return _Entry(name, shape, self.number("I"), self.number("Q"))


def dump(open_: Opener, _: str) -> Dump:
    """Every tensor, as numbers."""
    with open_() as stream:
        if not stream.seekable():
            raise SourceError("is compressed as a whole and cannot be searched", "unpack it first")
        reader = _Reader(stream)
        if reader.version not in {2, 3}:
            raise SourceError(f"GGUF of version {reader.version}, which is not known")
        count, fields = reader.number("Q"), reader.number("Q")
        if count > _MOST or fields > _MOST or 24 * count > reader.size:
            raise SourceError(f"says {count:,} tensors and {fields:,} fields, more than are read")
        said = {reader.text(): reader.value() for _ in range(fields)}
        entries = [reader.entry() for _ in range(count)]
        alignment = said.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise SourceError("its alignment is not a power of two")
        begin = -(-stream.tell() // alignment) * alignment
    found: list[Tensor] = []
    problems: list[Problem] = []
    for entry in entries:
        try:
            found += _tensors(entry, open_, begin, reader)
        except SourceError as error:
            problems.append(Problem("", None, None, f"{entry.name}: {error.message}", values=1))
    return Dump(found, problems, facts=_facts(said))


def _facts(said: dict[str, Any]) -> dict[str, bool | float | str]:
    """The short ones; those of the model in general first."""
    plain = {
        name: value
        for name, value in said.items()
        if isinstance(value, bool | int | float)
        or (isinstance(value, str) and len(value) < _LONGEST)
    }
    chosen = sorted(plain, key=lambda name: (not name.startswith("general."), name))[:_FACTS]
    return {name: plain[name] for name in chosen}


def _tensors(entry: _Entry, open_: Opener, begin: int, reader: _Reader) -> tuple[Tensor, ...]:
    count = math.prod(entry.shape)
    block = BLOCKS.get(entry.kind)
    place = begin + entry.offset
    if block is None and entry.kind not in _PLAIN:
        raise SourceError(f"its blocks are of type {entry.kind}, which is not known")
    if block and reader.order == ">":
        raise SourceError("its blocks are big-endian")
    size = (count // block.numbers) * block.width if block else 0
    if block and count % block.numbers:
        raise SourceError(f"its {count:,} numbers are not whole blocks")
    if not block:
        plain = np.dtype("<f2" if _PLAIN[entry.kind] == "bfloat16" else _PLAIN[entry.kind])
        size = count * plain.itemsize
    if size > reader.size - place:
        raise SourceError("lies beyond the end of the file", "was it copied completely?")
    if block:
        return (Tensor(entry.name, entry.shape, block.name, _blocks(open_, place, count, block)),)
    if reader.order == "<":
        return tensors_at(entry.name, entry.shape, _PLAIN[entry.kind], open_, place)
    if _PLAIN[entry.kind] == "bfloat16":
        raise SourceError("its numbers are big-endian bfloat16")
    swapped = plain.newbyteorder(">")
    return (
        Tensor(entry.name, entry.shape, plain.name, lambda: pieces(open_, place, count, swapped)),
    )


def _blocks(
    open_: Opener, place: int, count: int, block: Block
) -> Callable[[], Iterator[NDArray[np.float32]]]:
    """Whole blocks as numbers, about 1 MiB of bytes at a time."""

    def chunks() -> Iterator[NDArray[np.float32]]:
        missing = count // block.numbers
        buffer = np.empty((min(missing, PIECE // block.width), block.width), np.uint8)
        space = memoryview(buffer.reshape(-1).data)
        with open_() as stream:
            stream.seek(place)
            while missing:
                some = min(missing, len(buffer))
                fill(stream, space[: some * block.width])
                yield block.decode(buffer[:some]).reshape(-1)
                missing -= some

    return chunks


def detect(head: Head) -> Evidence:
    """By magic."""
    found = head.data.startswith(MAGIC)
    return Evidence(0.99 if found else 0.0, "a model in GGUF" if found else "no GGUF")


FORMAT = Format(
    name="gguf",
    about="models for llama.cpp, also of few bits a number, as histograms",
    sample="blk.0.attn_q.weight",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
