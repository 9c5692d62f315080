"""One NumPy array in a file: `embedding_step_000100.npy`, also compressed as a whole.

93 4E 55 4D 50 59 {'descr': '<f4', 'fortran_order': False, 'shape': (8, 3)}

An array of objects would need pickle to load, which can run code: it is refused. Each field of a
structured array is a tensor of its own, a complex one is two.
"""

from __future__ import annotations

import ast
import math
import re
from functools import lru_cache
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.numbers import pieces, tensors_at
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor
from tbingest.names.steps import step_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 64 << 10
_MAX_RECORD = 16 << 20
_MAX_FIELDS = 1_000
_MAX_AXES = 64  # as many as NumPy takes
_NUMBERS = "biufc"
_LONG = re.compile(r"(\d)L\b")  # Python 2 wrote its integers so
_NO_HEADER = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError)


class RefusedError(SourceError):
    """An array that is whole, but of no numbers."""


class Header(NamedTuple):
    """What an array says of itself, and where its numbers begin."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str
    offset: int


def read_header(stream: IO[bytes]) -> Header:
    """The header of the array that begins here.

    Raises SourceError for anything else, and RefusedError for an array of no numbers.
    """
    start = stream.read(8)
    if start[:6] != MAGIC or start[6:7] not in {b"\x01", b"\x02", b"\x03"}:
        raise SourceError("no NumPy array: another magic")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > _MAX_HEADER:
        raise SourceError(f"no NumPy array: a header of {length:,} bytes")
    text = stream.read(length)
    if len(text) < length:
        raise SourceError("ends within its header", "was it copied completely?")
    try:
        shape, dtype, order = _said(text.decode("utf-8" if start[6] == 3 else "latin-1"))
    except _NO_HEADER as error:
        what = str(error).partition("\n")[0][:120]
        raise SourceError(f"no NumPy array: {what}") from None
    _check_type(dtype)
    return Header(shape, dtype, order, 8 + width + length)


@lru_cache(maxsize=64)
def _check_type(dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        raise RefusedError("holds Python objects, which are never loaded")
    parts = list(islice(_parts(dtype), _MAX_FIELDS + 1))
    if not dtype.itemsize or not any(part.plain for part in parts):
        raise RefusedError(f"holds {str(dtype)[:80]}, no numbers")
    if dtype.itemsize > _MAX_RECORD or len(parts) > _MAX_FIELDS:
        raise SourceError("its records are too large to be read")


@lru_cache(maxsize=256)  # the layers of a network have few shapes
def _said(text: str) -> tuple[tuple[int, ...], np.dtype[Any], str]:
    """(shape, type, order) of a header. Raises one of `_NO_HEADER`."""
    from numpy.lib.format import descr_to_dtype

    try:
        said = ast.literal_eval(text)
    except SyntaxError:
        said = ast.literal_eval(_LONG.sub(r"\1", text))
    if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
        raise ValueError("its header names other fields")
    shape = said["shape"]
    axes = isinstance(shape, tuple) and len(shape) <= _MAX_AXES
    if not axes or not all(type(n) is int and 0 <= n < 1 << 62 for n in shape):
        raise ValueError("its shape is none")
    dtype = descr_to_dtype(said["descr"])
    if dtype.subdtype:
        raise ValueError("its type is that of no array")
    return shape, dtype, "F" if said["fortran_order"] else "C"


class _Part(NamedTuple):
    """One field of an array: its numbers lie under `keys`, of complex ones on one `side`."""

    keys: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    side: str = ""

    @property
    def path(self) -> str:
        """What stands after the array's own name."""
        return "".join(f"/{key}" for key in (*self.keys, self.side) if key)

    @property
    def plain(self) -> bool:
        """True for numbers."""
        return self.dtype.kind in _NUMBERS

    def take(self, array: NDArray[Any]) -> NDArray[Any]:
        """Its numbers in a piece of the array, flat."""
        for key in self.keys:
            array = array[key]
        return (getattr(array, self.side) if self.side else array).reshape(-1)


def _parts(
    dtype: np.dtype[Any], keys: tuple[str, ...] = (), shape: tuple[int, ...] = ()
) -> Iterator[_Part]:
    """The fields of an array, down to the innermost."""
    if dtype.subdtype:
        inner, more = dtype.subdtype
        yield from _parts(inner, keys, shape + more)
    elif dtype.names:
        for name in dtype.names:
            yield from _parts(dtype[name], (*keys, name), shape)
    elif dtype.kind == "c":
        yield _Part(keys, shape, dtype, "real")
        yield _Part(keys, shape, dtype, "imag")
    else:
        yield _Part(keys, shape, dtype)


def array_tensors(name: str, header: Header, open_: Opener) -> tuple[Tensor, ...]:
    """The tensors of an array."""
    shape, dtype, order, offset = header
    count = math.prod(shape)
    if shared := _shared(dtype):
        return tensors_at(name, shape, shared, open_, offset, order)

    def numbers(part: _Part) -> Callable[[], Iterator[Any]]:
        return lambda: map(part.take, pieces(open_, offset, count, dtype))

    return tuple(
        Tensor(f"{name}{one.path}", shape + one.shape, one.dtype.name, numbers(one), order=order)
        for one in _parts(dtype)
        if one.plain
    )


def left_out(name: str, header: Header) -> list[Problem]:
    """A problem for each field of a structured array that holds no numbers."""
    if not header.dtype.names:
        return []
    lost = [(f"{name}{one.path}", one.dtype) for one in _parts(header.dtype) if not one.plain]
    return [
        Problem("", None, None, f"{path}: holds {str(kind)[:80]}, no numbers", values=1)
        for path, kind in lost
    ]


@lru_cache(maxsize=64)
def _shared(dtype: np.dtype[Any]) -> str:
    """The name of a type that other frameworks have, too, in this order of bytes."""
    return dtype.name if dtype.newbyteorder("<") == dtype and dtype.name in _SHARED else ""


_SHARED = frozenset(
    {"float16", "float32", "float64", "complex64", "complex128", "bool"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)


def check_size(header: Header, size: int) -> None:
    """Raises SourceError where an array says more numbers than `size` bytes hold."""
    count = math.prod(header.shape)
    if count * header.dtype.itemsize > size - header.offset:
        what = f"says {count:,} numbers, more than the file holds"
        raise SourceError(what, "was it copied completely?")


def dump(open_: Opener, path: str) -> Dump:
    """The one array, named like its file."""
    name = step_of_name(path)[1].rpartition("/")[2] or "array"
    try:
        with open_() as stream:
            header = read_header(stream)
            if stream.seekable():
                check_size(header, stream.seek(0, 2))
    except RefusedError as error:
        return Dump(refused=error.message)
    return Dump(array_tensors(name, header, open_), left_out(name, header))


def detect(head: Head) -> Evidence:
    """By magic."""
    found = head.data.startswith(MAGIC)
    return Evidence(0.99 if found else 0.0, "a NumPy array" if found else "no NumPy array")


FORMAT = Format(
    name="npy",
    about="one NumPy array as a histogram",
    sample="embedding_step_000100.npy",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
