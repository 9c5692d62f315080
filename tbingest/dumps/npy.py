"""One NumPy array in a file: `embedding_step_000100.npy`, also compressed as a whole.

93 4E 55 4D 50 59 {'descr': '<f4', 'fortran_order': False, 'shape': (8, 3)}

An array of objects would need pickle to load, which can run code: it is refused.
"""

from __future__ import annotations

import math
from tokenize import TokenError
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tbingest.model import Evidence, Fields, Format, Head, Problem, Tensor
from tbingest.naming import step_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
_PIECE = 1 << 20
_MAX_HEADER = 64 << 10


class NpyError(ValueError):
    """Not an array that can be read safely."""


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """(shape, dtype) of the array that begins here; the stream then stands at its numbers.

    Raises NpyError for anything that is no array of plain real numbers.
    """
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(stream)
        if version == (1, 0):
            shape, _, dtype = npy.read_array_header_1_0(stream, max_header_size=_MAX_HEADER)
        else:
            shape, _, dtype = npy.read_array_header_2_0(stream, max_header_size=_MAX_HEADER)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, TokenError) as error:
        raise NpyError(f"no NumPy array: {str(error).partition(chr(10))[0][:120]}") from None
    if dtype.hasobject:
        raise NpyError("holds Python objects, which are never loaded")
    if dtype.kind not in "biuf":
        raise NpyError(f"its numbers are {dtype}, which no histogram shows")
    return shape, dtype


def read_pieces(stream: IO[bytes], count: int, dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    """`count` numbers in pieces of about 1 MiB. Raises NpyError where they end early."""
    whole = max(1, _PIECE // dtype.itemsize)
    while count:
        wanted = min(count, whole)
        data = stream.read(wanted * dtype.itemsize)
        if len(data) < wanted * dtype.itemsize:
            raise NpyError("ends before its last number")
        count -= wanted
        yield np.frombuffer(data, dtype)


def tensor(
    name: str, size: int, open_: Callable[[], IO[bytes]], *, bounded: bool = True
) -> Tensor | Problem:
    """The array that `open_` opens; `size` bytes are there, where that is `bounded`."""
    try:
        with open_() as stream:
            shape, dtype = read_header(stream)
    except (NpyError, OSError, EOFError) as error:
        return Problem("", None, None, f"{name}: {error}", values=1)
    count = math.prod(shape)
    if bounded and count * dtype.itemsize > size:
        what = f"{name}: says {count:,} numbers, more than the file holds"
        return Problem("", None, None, what, values=1)

    def chunks() -> Iterator[NDArray[Any]]:
        with open_() as stream:
            read_header(stream)
            yield from read_pieces(stream, count, dtype)

    return Tensor(name, tuple(shape), str(dtype), chunks)


def tensors(open_: Callable[[], IO[bytes]], path: str) -> Iterator[Tensor | Problem]:
    """The one array, named like its file."""
    name = step_of_name(path)[1].rpartition("/")[2] or "array"
    with open_() as stream:
        size = stream.seek(0, 2) if stream.seekable() else 0
    yield tensor(name, size, open_, bounded=bool(size))


def detect(head: Head) -> Evidence:
    """By magic."""
    found = head.data.startswith(MAGIC)
    return Evidence(0.99 if found else 0.0, "a NumPy array" if found else "no NumPy array")


FORMAT = Format(
    name="npy",
    about="one NumPy array as a histogram",
    sample="embedding_step_000100.npy",
    detect=detect,
    tensors=tensors,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
