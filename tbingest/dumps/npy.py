"""One NumPy array in a file: `embedding_step_000100.npy`, also compressed as a whole.

93 4E 55 4D 50 59 {'descr': '<f4', 'fortran_order': False, 'shape': (8, 3)}

An array of objects would need pickle to load, which can run code: it is refused. Each field of a
structured array is a tensor of its own, a complex one is two.
"""

from __future__ import annotations

import math
from functools import partial
from tokenize import TokenError
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tbingest.dumps.base import pieces, tensors_at
from tbingest.errors import SourceError
from tbingest.model import Dump, Evidence, Fields, Format, Head, Tensor
from tbingest.naming import step_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tbingest.model import Opener

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 64 << 10
_NUMBERS = "biufc"


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
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(stream)
        if version == (1, 0):
            said = npy.read_array_header_1_0(stream, max_header_size=_MAX_HEADER)
        else:
            said = npy.read_array_header_2_0(stream, max_header_size=_MAX_HEADER)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, TokenError) as error:
        what = str(error).partition("\n")[0][:120]
        raise SourceError(f"no NumPy array: {what}") from None
    shape, fortran, dtype = said
    if dtype.hasobject:
        raise RefusedError("holds Python objects, which are never loaded")
    if not list(_parts("", dtype)):
        raise RefusedError(f"holds {dtype}, no numbers")
    return Header(shape, dtype, "F" if fortran else "C", stream.tell())


_Take: TypeAlias = "Callable[[NDArray[Any]], NDArray[Any]]"


def _field(name: str, take: _Take, array: NDArray[Any]) -> NDArray[Any]:
    return take(array[name])


def _parts(path: str, dtype: np.dtype[Any]) -> Iterator[tuple[str, np.dtype[Any], _Take]]:
    """(path, type, how to take it) of all numbers in an array of `dtype`."""
    if dtype.subdtype:
        yield from _parts(path, dtype.subdtype[0])
    elif dtype.names:
        for name in dtype.names:
            for below, kind, take in _parts(f"{path}/{name}", dtype[name]):
                yield below, kind, partial(_field, name, take)
    elif dtype.kind == "c":
        yield f"{path}/real", dtype, lambda array: array.real
        yield f"{path}/imag", dtype, lambda array: array.imag
    elif dtype.kind in _NUMBERS:
        yield path, dtype, lambda array: array


def array_tensors(name: str, header: Header, open_: Opener) -> tuple[Tensor, ...]:
    """The tensors of an array."""
    shape, dtype, order, offset = header
    count = math.prod(shape)
    if dtype.kind in _NUMBERS and dtype.newbyteorder("<") == dtype and dtype.name in _SHARED:
        return tensors_at(name, shape, dtype.name, open_, offset, order)

    def taking(take: _Take) -> Callable[[], Iterator[Any]]:
        return lambda: map(take, pieces(open_, offset, count, dtype))

    return tuple(
        Tensor(f"{name}{path}", shape, kind.name, taking(take), order=order)
        for path, kind, take in _parts("", dtype)
    )


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
    return Dump(array_tensors(name, header, open_))


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
