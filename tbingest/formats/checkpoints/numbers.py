"""What the readers of parameter dumps share: numbers of any type, piece by piece from a file."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.model.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

PIECE = 1 << 20
"""So many bytes are read at a time."""

_COMPLEX = {"complex64": "<f4", "complex128": "<f8"}
_CODED = {
    "float16": "<u2",
    "bfloat16": "<u2",
    "int16": "<u2",
    "uint16": "<u2",
    "int8": "u1",
    "uint8": "u1",
    "bool": "u1",
    "float8_e4m3fn": "u1",
    "float8_e4m3fnuz": "u1",
    "float8_e5m2": "u1",
    "float8_e5m2fnuz": "u1",
    "float8_e8m0fnu": "u1",
}
_PLAIN = {
    "float32": "<f4",
    "float64": "<f8",
    "int32": "<i4",
    "uint32": "<u4",
    "int64": "<i8",
    "uint64": "<u8",
}


def pieces(
    open_: Opener, offset: int, count: int, dtype: str | np.dtype[Any]
) -> Iterator[NDArray[Any]]:
    """`count` numbers that lie side by side from byte `offset`, about 1 MiB at a time.

    Every piece is the same buffer, filled anew. Raises SourceError where the numbers end early.
    """
    plain = np.dtype(dtype)
    buffer = np.empty(min(count, max(1, PIECE // plain.itemsize)), plain)
    space = memoryview(buffer.view(np.uint8).data)
    with open_() as stream:
        if count:
            stream.seek(offset)
        while count:
            wanted = min(count, len(buffer))
            fill(stream, space[: wanted * plain.itemsize])
            yield buffer[:wanted]
            count -= wanted


def fill(stream: Any, space: memoryview) -> None:
    """Read until `space` is full. Raises SourceError where the file ends before."""
    filled = 0
    while filled < len(space):
        got = stream.readinto(space[filled:])
        if not got:
            raise SourceError("ends before its last number", "was it copied completely?")
        filled += got


def width(dtype: str) -> int:
    """Bytes of one number. Raises KeyError for a type that is not known."""
    if dtype in _COMPLEX:
        return 2 * np.dtype(_COMPLEX[dtype]).itemsize
    return np.dtype(_PLAIN.get(dtype) or _CODED[dtype]).itemsize


def tensors(
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    raw: Callable[[int, str], Iterable[NDArray[Any]]],
    order: str = "C",
) -> tuple[Tensor, ...]:
    """The tensor of a type that PyTorch and safetensors name; a complex one is two of them.

    `raw(count, type)` gives so many numbers of a NumPy type, little-endian. Raises KeyError for a
    type that is not known.
    """
    count = math.prod(shape)
    if dtype in _COMPLEX:
        part = _COMPLEX[dtype]

        def half(place: int) -> Callable[[], Iterator[NDArray[Any]]]:
            return lambda: (piece[place::2] for piece in raw(2 * count, part))

        return tuple(
            Tensor(f"{name}/{side}", shape, dtype, half(place), order=order)
            for place, side in enumerate(("real", "imag"))
        )
    if dtype in _CODED:
        plain = _CODED[dtype]
        return (Tensor(name, shape, dtype, lambda: raw(count, plain), codes(dtype), order),)
    plain = _PLAIN[dtype]
    return (Tensor(name, shape, dtype, lambda: raw(count, plain), order=order),)


def tensors_at(
    name: str, shape: tuple[int, ...], dtype: str, open_: Opener, offset: int, order: str = "C"
) -> tuple[Tensor, ...]:
    """The same, of numbers that lie side by side in a file from byte `offset`."""

    def raw(count: int, plain: str) -> Iterator[NDArray[Any]]:
        return pieces(open_, offset, count, plain)

    return tensors(name, shape, dtype, raw, order)


@cache
def codes(dtype: str) -> NDArray[np.float64]:
    """Which number every code of a type of at most 16 bits stands for, as float64.

    Sources: the OCP 8-bit floating point specification (E4M3FN, E5M2), the OCP microscaling
    formats (E8M0), arXiv:2206.02915 for the `uz` kinds, whose exponents are biased by one more and
    whose negative zero is NaN.
    """
    found: NDArray[Any]
    if dtype == "float16":
        found = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    elif dtype == "bfloat16":
        found = (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32)
    elif dtype in {"int16", "uint16"}:
        found = np.arange(1 << 16, dtype=np.uint16).view(dtype)
    elif dtype in {"int8", "uint8"}:
        found = np.arange(1 << 8, dtype=np.uint8).view(dtype)
    elif dtype == "bool":
        found = np.arange(1 << 8) != 0
    elif dtype == "float8_e8m0fnu":
        found = np.append(np.ldexp(1.0, np.arange(255) - 127), np.nan)
    else:
        found = _float8(dtype)
    with np.errstate(invalid="ignore"):  # signalling NaN
        return found.astype(np.float64)


def _float8(dtype: str) -> NDArray[np.float64]:
    unsigned_zero = dtype.endswith("uz")
    fraction_bits = 2 if "e5m2" in dtype else 3
    bias = (15 if "e5m2" in dtype else 7) + unsigned_zero
    code = np.arange(256)
    exponent = (code & 0x7F) >> fraction_bits
    fraction = (code & ((1 << fraction_bits) - 1)) / (1 << fraction_bits)
    normal = exponent > 0
    size = np.ldexp(normal + fraction, np.where(normal, exponent, 1) - bias)
    found: NDArray[np.float64] = np.where(code < 0x80, size, -size)
    if unsigned_zero:
        found[0x80] = np.nan
    elif dtype == "float8_e5m2":
        special = exponent == 31
        found[special] = np.where(fraction[special] > 0, np.nan, np.sign(found[special]) * np.inf)
    else:
        found[(code & 0x7F) == 0x7F] = np.nan
    return found
