"""Parameters of Flax and JAX as MessagePack: `flax_model.msgpack`.

{"params": {"dense": {"kernel": ext 1 of [[8, 3], "float32", the bytes], "bias": ...}}}

https://github.com/google/flax/blob/main/flax/serialization.py says how arrays are packed: type 1 is
an array, 2 a complex number, 3 a scalar of NumPy; arrays of over a gigabyte are cut into chunks.
The file is walked by seeks, and arrays stay where they lie.
"""

from __future__ import annotations

import math
import struct
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.numbers import pieces, tensors, tensors_at, width
from tbingest.formats.checkpoints.safetensors import STEPS
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

_CHUNKED = "__msgpack_chunked_array__"
_ARRAY, _COMPLEX, _SCALAR = 1, 2, 3
_MOST = 1_000_000
_MOST_TENSORS = 200_000
_MOST_NAMES = 32 << 20
"""Characters of the names of all arrays together: each repeats those of the maps around it."""
_DEEPEST = 60
_LONGEST_KEY = 4096
_LONGEST = 500
_FACTS = 50

_NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_SIZED = {
    0xC4: (">B", "bytes"),
    0xC5: (">H", "bytes"),
    0xC6: (">I", "bytes"),
    0xC7: (">B", "ext"),
    0xC8: (">H", "ext"),
    0xC9: (">I", "ext"),
    0xD9: (">B", "text"),
    0xDA: (">H", "text"),
    0xDB: (">I", "text"),
    0xDC: (">H", "list"),
    0xDD: (">I", "list"),
    0xDE: (">H", "map"),
    0xDF: (">I", "map"),
}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


class _Token(NamedTuple):
    """One thing: its kind, and its value, length or count; of an `ext` also its type."""

    kind: str
    value: Any
    ext: int = 0


class _Array(NamedTuple):
    """Where an array lies."""

    shape: tuple[int, ...]
    dtype: str
    offset: int
    size: int


class _Walk:
    """Goes through a document, and keeps the arrays and the plain values of its upper levels."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.end = stream.seek(0, 2)
        stream.seek(0)
        self.arrays: list[tuple[str, _Array]] = []
        self.chunked: dict[str, tuple[int, ...]] = {}
        self.lost: list[tuple[str, str]] = []
        self.facts: dict[str, bool | float | str] = {}
        self.room = _MOST
        self.names = _MOST_NAMES

    def token(self) -> _Token:
        code = self.take(1)[0]
        if code < 0x80 or code >= 0xE0:
            return _Token("plain", code if code < 0x80 else code - 0x100)
        if code < 0x90:
            return _Token("map", code & 15)
        if code < 0xA0:
            return _Token("list", code & 15)
        if code < 0xC0:
            return _Token("text", code & 31)
        if code in _CONSTANTS:
            return _Token("plain", _CONSTANTS[code])
        if code in _NUMBERS:
            return _Token("plain", self.number(_NUMBERS[code]))
        if 0xD4 <= code <= 0xD8:
            return _Token("ext", 1 << (code - 0xD4), self.take(1)[0])
        if code not in _SIZED:
            raise SourceError("no MessagePack that Flax writes")
        form, kind = _SIZED[code]
        size = self.number(form)
        return _Token(kind, size, self.take(1)[0] if kind == "ext" else 0)

    def number(self, form: str) -> Any:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return value

    def take(self, size: int) -> bytes:
        data = self.stream.read(size) if size <= self.left() else b""
        if len(data) < size or not size:
            raise SourceError("ends too early", "was it copied completely?")
        return data

    def left(self) -> int:
        return max(0, self.end - self.stream.tell())

    def text(self, size: int, longest: int) -> str:
        if not size:
            return ""
        if size > longest:
            self.skip(size)
            return ""
        return self.take(size).decode("utf-8", "replace")

    def skip(self, size: int) -> None:
        if size > self.left():
            raise SourceError("ends too early", "was it copied completely?")
        self.stream.seek(size, 1)

    def walk(self, path: str = "", depth: int = 0) -> None:
        """Take in the next thing, which stands at `path`."""
        self.room -= 1
        if self.room < 0 or depth > _DEEPEST:
            raise SourceError("MessagePack of too many things, or too deep")
        token = self.token()
        if token.kind == "map":
            self._map(path, token.value, depth)
        elif token.kind == "list":
            for place in range(token.value):
                self.walk(_below(path, str(place)), depth + 1)
        elif token.kind == "ext":
            self._ext(path, token)
        elif token.kind == "bytes":
            self.skip(token.value)
            self.lost.append((path, "bytes, of which nothing says a type"))
        else:
            value = self.text(token.value, _LONGEST) if token.kind == "text" else token.value
            if (
                depth <= 2
                and len(self.facts) < _FACTS
                and isinstance(value, bool | int | float | str)
            ):
                self.facts[path] = value

    def _map(self, path: str, count: int, depth: int) -> None:
        for _ in range(count):
            token = self.token()
            if token.kind != "text" and (token.kind, type(token.value)) != ("plain", int):
                raise SourceError("MessagePack whose keys are not names")
            key = self.text(token.value, _LONGEST_KEY) if token.kind == "text" else str(token.value)
            if key == _CHUNKED:
                self.token()
                self.chunked[path] = ()
            elif key == "shape" and path in self.chunked:
                self.chunked[path] = self._sizes()
            else:
                self.walk(_below(path, key), depth + 1)

    def _sizes(self) -> tuple[int, ...]:
        """A list of sizes, or a map of them by their places."""
        token = self.token()
        if token.kind not in {"map", "list"} or token.value > 64:
            raise SourceError("an array in chunks without a shape")
        sizes = []
        for _ in range(token.value):
            if token.kind == "map":
                key = self.token()
                self.text(key.value, 16)
            size = self.token()
            if size.kind != "plain" or type(size.value) is not int or not 0 <= size.value < 1 << 48:
                raise SourceError("an array whose shape is none")
            sizes.append(size.value)
        return tuple(sizes)

    def _ext(self, path: str, token: _Token) -> None:
        end = self.stream.tell() + token.value
        if end > self.end:
            raise SourceError("ends within an array", "was it copied completely?")
        if token.ext in {_ARRAY, _SCALAR}:
            if len(self.arrays) >= _MOST_TENSORS:
                raise SourceError(f"more than {_MOST_TENSORS:,} arrays, which are not read")
            self.names -= len(path)
            if self.names < 0:
                raise SourceError("MessagePack of too long names")
            try:
                self.arrays.append((path, self._array(end)))
            except SourceError as error:
                self.lost.append((path, error.message))
        elif token.ext == _COMPLEX:
            self.lost.append((path, "a complex number alone"))
        else:
            self.lost.append((path, f"an extension of type {token.ext}, which Flax does not write"))
        self.stream.seek(end)

    def _array(self, end: int) -> _Array:
        if self.token() != _Token("list", 3):
            raise SourceError("an array that is none")
        shape = self._sizes()
        name = self.token()
        dtype = self.text(name.value, 50) if name.kind == "text" else ""
        data = self.token()
        offset = self.stream.tell()
        if data.kind != "bytes" or offset + data.value > end:
            raise SourceError("an array without its bytes")
        return _Array(shape, dtype, offset, data.value)


def _below(path: str, key: str) -> str:
    if len(path) + len(key) > _LONGEST_KEY:
        raise SourceError(f"MessagePack of names of over {_LONGEST_KEY:,} characters")
    return f"{path}/{key}" if path else key


def dump(open_: Opener, _: str) -> Dump:
    """Every array of the tree."""
    with open_() as stream:
        if not stream.seekable():
            raise SourceError("is compressed as a whole and cannot be searched", "unpack it first")
        walk = _Walk(stream)
        walk.walk()
    found: list[Tensor] = []
    problems = [Problem("", None, None, f"{path}: {why}", values=1) for path, why in walk.lost]
    for path, arrays in _whole(walk):
        try:
            found += _tensors(path, walk.chunked.get(path), arrays, open_)
        except SourceError as error:
            problems.append(Problem("", None, None, f"{path}: {error.message}", values=1))
    step, field = _step(walk, open_)
    refused = "" if found or problems else "MessagePack without arrays"
    return Dump(found, problems, step, field, walk.facts, refused)


def _whole(walk: _Walk) -> Iterator[tuple[str, list[_Array]]]:
    """The arrays by their paths, where those in chunks are one."""
    joined: dict[str, list[_Array]] = {}
    for path, array in walk.arrays:
        above = path.rpartition("/chunks/")[0]
        joined.setdefault(above if above in walk.chunked else path, []).append(array)
    return iter(joined.items())


def _tensors(
    path: str, chunked: tuple[int, ...] | None, arrays: list[_Array], open_: Opener
) -> tuple[Tensor, ...]:
    dtype = arrays[0].dtype
    try:
        size = width(dtype)
    except KeyError:
        raise SourceError(f"its numbers are {dtype[:40]!r}, which cannot be read") from None
    shape = arrays[0].shape if chunked is None else chunked
    whole = all(array.dtype == dtype for array in arrays)
    if not whole or math.prod(shape) * size != sum(array.size for array in arrays):
        raise SourceError("its shape does not fit its bytes")
    if any(array.size % size for array in arrays):
        raise SourceError("its bytes are not whole numbers")
    if len(arrays) == 1:
        return tensors_at(path, shape, dtype, open_, arrays[0].offset)

    def raw(_: int, plain: str) -> Iterator[NDArray[Any]]:
        for array in arrays:
            yield from pieces(open_, array.offset, array.size // np.dtype(plain).itemsize, plain)

    return tensors(path, shape, dtype, raw)


def _step(walk: _Walk, open_: Opener) -> tuple[int | None, str]:
    """A step at the top of the tree, a plain number or an array of one."""
    arrays = dict(walk.arrays)
    for name in STEPS:
        said = walk.facts.get(name)
        if isinstance(said, int) and 0 <= said < 1 << 62:
            return int(said), name
        if name in arrays and (number := _whole_number(arrays[name], open_)) is not None:
            return number, name
    return None, ""


def _whole_number(array: _Array, open_: Opener) -> int | None:
    """What an array of one whole number holds; None for any other, or a negative one."""
    if array.shape or array.dtype not in {"int32", "int64", "uint32"}:
        return None
    size = width(array.dtype)
    if array.size != size:
        return None
    number = int(next(pieces(open_, array.offset, 1, f"<i{size}"))[0])
    return number if number >= 0 else None


def detect(head: Head) -> Evidence:
    """A map whose first key is a name, and an array of Flax or its beginning within sight."""
    data = head.data
    start = {0xDE: 3, 0xDF: 5}.get(data[0], 1 if 0x80 < data[0] < 0x90 else 0) if data else 0
    if not start or len(data) <= start + 1 or not head.binary:
        return Evidence(0.0, "no MessagePack")
    code = data[start]
    begin, size = (start + 1, code & 31) if 0xA0 < code < 0xC0 else (start + 2, data[start + 1])
    name = data[begin : begin + size]
    named = (0xA0 < code < 0xC0 or code == 0xD9) and name.isascii() and name.decode().isprintable()
    array = any(bytes([_ARRAY, 0x93, 0x90 | axes]) in data for axes in range(9))
    found = bool(named and array)
    return Evidence(0.97 if found else 0.0, "arrays of Flax" if found else "no arrays of Flax")


FORMAT = Format(
    name="flax",
    about="parameters of Flax and JAX in MessagePack, as histograms",
    sample="flax_model.msgpack",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
