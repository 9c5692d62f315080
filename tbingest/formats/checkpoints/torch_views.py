"""Tensors as views of storages: shape, strides and offset held to what the file has, then streamed.

storage of 24 numbers, offset 0, shape (4, 6), strides (1, 4): the transpose of a (6, 4) tensor

A view whose numbers lie side by side is read straight from the file. Any other is gathered block
by block, in the order of its shape, with few large reads, in memory that does not grow with it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.numbers import PIECE, fill, pieces, tensors, width
from tbingest.model.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from tbingest.formats.checkpoints.torch_objects import Array, View
    from tbingest.model.tensors import Opener

_BLOCK = 8 << 20
_SPAN = 16 << 20
_MAX_WASTE = 128
_NEAR = 4096
_MAX_EXPANDED = 1 << 26
_QUANTISED = {"qint8": "int8", "quint8": "uint8"}
_UNITS = {"": 1, "qint8": 1, "quint8": 1, "qint32": 4, "quint4x2": 1, "quint2x4": 1}
_ITEMS = {1: "u1", 2: "u2", 4: "u4", 8: "u8", 16: "c16"}
_Axes: TypeAlias = "tuple[tuple[int, int], ...]"


class Region(NamedTuple):
    """The bytes of a storage in a file; `big` is the byte order of its numbers."""

    open_: Opener
    offset: int
    size: int
    big: bool = False


def view_tensors(name: str, view: View, region: Region) -> tuple[Tensor, ...]:
    """The tensor of a view. Raises SourceError where it does not fit its storage, or is of a type
    that is not known.
    """
    dtype = _QUANTISED.get(view.dtype, view.dtype)
    try:
        size = width(dtype)
    except KeyError:
        raise SourceError(f"its numbers are {dtype[:40]}, which cannot be read") from None
    _check(view, region, size)
    axes = _axes(view)
    start = region.offset + view.storage.start * unit(view.storage.dtype) + view.offset * size

    def raw(count: int, plain: str) -> Iterable[NDArray[Any]]:
        kind = np.dtype(plain).newbyteorder(">" if region.big else "<")
        if axes in ((), ((count * kind.itemsize // size, 1),)):
            found = pieces(region.open_, start, count, kind)
        else:
            found = _gathered(region.open_, start, axes, np.dtype(_ITEMS[size]), kind)
        return _native(found, plain) if region.big and kind.itemsize > 1 else found

    made = tensors(name, view.shape, dtype, raw)
    return made if dtype == view.dtype else (_dequantised(made[0], view),)


def array_tensors(name: str, array: Array) -> tuple[Tensor, ...]:
    """The tensor of an array that stands in the pickle itself."""
    kind = array.dtype
    if kind is None:
        raise SourceError("is a NumPy array of Python objects or the like, which is never loaded")
    count = math.prod(array.shape)
    if count * kind.itemsize != len(array.data):
        raise SourceError("its shape does not fit its numbers")
    held = np.frombuffer(array.data, kind)

    def raw(count: int, plain: str) -> Iterator[NDArray[Any]]:
        little = held.astype(held.dtype.newbyteorder("<"), copy=False).view(plain)
        step = PIECE // little.itemsize
        return (little[begin : begin + step] for begin in range(0, count, step))

    order = "F" if array.fortran and len(array.shape) > 1 else "C"
    return tensors(name, array.shape, kind.name, raw, order)


def unit(dtype: str) -> int:
    """Bytes of one number of a storage; 1 for one of bytes. Raises SourceError for one of a type
    that is not known.
    """
    try:
        return _UNITS[dtype] if dtype in _UNITS else width(dtype)
    except KeyError:
        raise SourceError(f"its storage is a {dtype[:40]}, which cannot be read") from None


def _check(view: View, region: Region, size: int) -> None:
    """Every number of the view lies in the storage, and the storage in the file."""
    storage = view.storage
    held = storage.count * unit(storage.dtype)
    if storage.start * unit(storage.dtype) + held > region.size:
        what = f"its storage says {storage.count:,} numbers, more than the file holds"
        raise SourceError(what, "was it copied completely?")
    if len(view.shape) != len(view.strides):
        raise SourceError("its strides do not fit its shape")
    count = math.prod(view.shape)
    reach = sum((n - 1) * stride for n, stride in zip(view.shape, view.strides, strict=True))
    if count and (view.offset + reach + 1) * size > held:
        raise SourceError("its shape and strides reach beyond its storage")
    if count > max(_MAX_EXPANDED, held // size):
        raise SourceError(f"repeats its storage to {count:,} numbers, more than are read")


def _axes(view: View) -> _Axes:
    """(size, stride) of the view's axes, those that lie side by side as one."""
    found: list[tuple[int, int]] = []
    for size, stride in zip(view.shape, view.strides, strict=True):
        if size == 0:
            return ()
        if size == 1:
            continue
        if found and found[-1][1] == size * stride:
            found[-1] = (found[-1][0] * size, stride)
        else:
            found.append((size, stride))
    return tuple(found)


def _native(found: Iterable[NDArray[Any]], plain: str) -> Iterator[NDArray[Any]]:
    return (piece.astype(plain) for piece in found)


def _dequantised(tensor: Tensor, view: View) -> Tensor:
    table = tensor.codes
    meant = (table - view.zero) * view.scale if table is not None else None
    return Tensor(tensor.name, tensor.shape, view.dtype, tensor.chunks, meant, tensor.order)


def _gathered(
    open_: Opener, start: int, axes: _Axes, item: np.dtype[Any], plain: np.dtype[Any]
) -> Iterator[NDArray[Any]]:
    """The numbers of the axes in their order, block by block."""
    whole = np.empty(min(math.prod(n for n, _ in axes), _BLOCK // item.itemsize), item)
    step = PIECE // item.itemsize
    with open_() as stream:
        for offset, part in _blocks(axes, len(whole), _SPAN // item.itemsize):
            sizes = tuple(n for n, _ in part)
            block = whole[: math.prod(sizes)]
            _read(stream, start + offset * item.itemsize, part, block.reshape(sizes))
            for begin in range(0, len(block), step):
                yield block[begin : begin + step].view(plain)


def _blocks(axes: _Axes, most: int, span: int) -> Iterator[tuple[int, _Axes]]:
    """(offset, axes) of blocks of at most `most` numbers, in order.

    Where it can be, the numbers of a block lie within `span`, so that one read is enough.
    """
    reach = 1 + sum((n - 1) * stride for n, stride in axes)
    if math.prod(n for n, _ in axes) <= most and reach <= span:
        yield 0, axes
        return
    (size, stride), rest = axes[0], axes[1:]
    rows = max(1, min(most // math.prod(n for n, _ in rest), span // max(1, stride)))
    for begin in range(0, size, rows):
        part = ((min(rows, size - begin), stride), *rest)
        if rows > 1 or not rest:
            yield begin * stride, part
        else:
            for offset, below in _blocks(rest, most, span):
                yield begin * stride + offset, ((1, 0), *below)


def _read(stream: Any, place: int, axes: _Axes, out: NDArray[Any]) -> None:
    """Fill `out`: numbers that lie near each other in one read, others part by part."""
    item = out.itemsize
    reach = 1 + sum((n - 1) * stride for n, stride in axes)
    near = reach <= _MAX_WASTE * out.size or reach * item <= _NEAR
    if near and reach * item <= _SPAN:
        span = np.empty(reach, out.dtype)
        stream.seek(place)
        fill(stream, memoryview(span.view(np.uint8).data))
        sizes = tuple(n for n, _ in axes)
        out[...] = as_strided(span, sizes, tuple(stride * item for _, stride in axes))
        return
    widest = max(range(len(axes)), key=lambda axis: (axes[axis][0] - 1) * axes[axis][1])
    size, stride = axes[widest]
    step = min((size + 1) // 2, max(1, _SPAN // (2 * stride * item))) if near else 1
    for begin in range(0, size, step):
        part = (min(step, size - begin), stride)
        inner = out[(slice(None),) * widest + (slice(begin, begin + step),)]
        below = (*axes[:widest], part, *axes[widest + 1 :])
        _read(stream, place + begin * stride * item, below, inner)
