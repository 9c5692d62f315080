"""What an event file holds beside scalars: a serialised Summary.Value as a value of ours.

Histograms, pictures, hyperparameters are read; what is better carried over as it stands (texts,
sounds, PR curves, meshes, graphs, layouts, and what no plug-in of TensorBoard knows) is `Recorded`.
https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from tbingest.model.points import Histogram, HParams, Image, Recorded, Session
from tbingest.model.protowire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tbingest.model.points import Kind, Value

    Status: TypeAlias = Literal["success", "failure", "running", ""]

_IMAGE, _HISTO, _AUDIO, _TENSOR, _METADATA = 4, 5, 6, 8, 9
_KINDS: dict[str, Kind] = {
    "scalars": "scalar",
    "histograms": "histogram",
    "images": "image",
    "audio": "audio",
    "text": "text",
    "pr_curves": "pr_curve",
    "mesh": "mesh",
    "graphs": "graph",
    "custom_scalars": "layout",
    "hparams": "hparams",
}
"""The kinds of values by the plug-in that a tag's first value names."""
NUMBERS = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 19: "<f2"}
"""TensorFlow's numbers of data types."""
_LISTS = {5: "<f4", 6: "<f8"}
"""The fields float_val and double_val of a TensorProto; integers stand as varints in others."""
_VARINTS = {7, 10, 11}
_STATUS: tuple[Status, ...] = ("", "success", "failure", "running")
MAX_VALUES = 1 << 26
"""A tensor of more numbers is not unpacked."""


def read_value(data: bytes, plugins: dict[str, str]) -> tuple[Kind, Value]:
    """(kind, value) of a Summary.Value that is no scalar.

    `plugins` holds which plug-in each tag's first value named, as later ones need not; it is
    brought up to date. Raises ValueError, with what is wrong in words, where it is damaged.
    """
    tag, found = "", dict[int, bytes]()
    for number, value in fields(data):
        if isinstance(value, bytes):
            found[number] = value
            if number == 1:
                tag = value.decode("utf-8", "replace")
    plugin, content = _plugin(found.get(_METADATA, b""))
    plugin = plugins.setdefault(tag, plugin) if plugin else plugins.get(tag, "")
    if _IMAGE in found:
        return "image", _image(found[_IMAGE])
    if _HISTO in found:
        return "histogram", _histogram(found[_HISTO])
    if _AUDIO in found:
        return "audio", Recorded("audio", data)
    kind = _KINDS.get(plugin, "other")
    if kind == "hparams":
        return _hparams(data, content)
    if kind in {"histogram", "scalar"}:
        array = numbers_of(found.get(_TENSOR, b""))
        return kind, _buckets(array) if kind == "histogram" else _single(array)
    if kind == "text":
        texts_of(data)
    return kind, Recorded(kind, data)


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    name, content = "", b""
    for number, value in fields(metadata):
        if number == 1 and isinstance(value, bytes):
            for inner, held in fields(value):
                if inner == 1 and isinstance(held, bytes):
                    name = held.decode("utf-8", "replace")
                elif inner == 2 and isinstance(held, bytes):
                    content = held
    return name, content


def _image(data: bytes) -> Image:
    sides, picture = {1: 0, 2: 0}, b""
    for number, value in fields(data):
        if number in sides and isinstance(value, int):
            sides[number] = value
        elif number == 4 and isinstance(value, bytes):
            picture = value
    return Image(picture, sides[2], sides[1])


def _histogram(data: bytes) -> Histogram:
    """As both loaders make buckets of it: without the empty ones at its ends."""
    low, high = 0.0, 0.0
    lists: dict[int, list[bytes]] = {6: [], 7: []}
    for number, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number in lists:
            lists[number].append(value)
        elif number in {1, 2} and len(value) == 8:
            (edge,) = struct.unpack("<d", value)
            low, high = (edge, high) if number == 1 else (low, edge)
    limits, counts = (np.frombuffer(b"".join(lists[number]), "<f8") for number in (6, 7))
    if len(limits) != len(counts):
        raise ValueError(f"a histogram of {len(counts):,} buckets has {len(limits):,} edges")
    filled = np.flatnonzero(counts > 0)
    if not len(filled):
        return Histogram(np.zeros((0, 3)))
    first, last = int(filled[0]), int(filled[-1])
    inner = limits[first:last]
    left, right = np.concatenate([[low], inner]), np.concatenate([inner, [high]])
    return _buckets(np.stack([left, right, counts[first : last + 1]], axis=1))


def _buckets(array: NDArray[np.float64]) -> Histogram:
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(f"a histogram of the shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("a histogram with edges or counts that are not finite")
    return Histogram(array)


def _single(array: NDArray[np.float64]) -> float:
    if array.size != 1:
        raise ValueError(f"a scalar of the shape {array.shape}")
    return float(array.ravel()[0])


def numbers_of(tensor: bytes) -> NDArray[np.float64]:
    """The numbers of a TensorProto in its shape. Raises ValueError where it holds none."""
    dtype, shape, content = 0, list[int](), b""
    parts: list[NDArray[np.float64]] = []
    for number, value in fields(tensor):
        if number == 1 and isinstance(value, int):
            dtype = value
        elif not isinstance(value, bytes):
            parts += [np.array([value], np.float64)] * (number in _VARINTS)
        elif number == 2:
            shape = _shape(value)
        elif number == 4:
            content = value
        elif number in _LISTS and len(value) % np.dtype(_LISTS[number]).itemsize == 0:
            parts.append(np.frombuffer(value, _LISTS[number]).astype(np.float64))
    size = math.prod(shape)
    if dtype not in NUMBERS or size > MAX_VALUES:
        raise ValueError(f"a tensor of type {dtype} with {size:,} numbers")
    if content:
        if len(content) != size * np.dtype(NUMBERS[dtype]).itemsize:
            raise ValueError(f"a tensor of {size:,} numbers has {len(content):,} bytes")
        return np.frombuffer(content, NUMBERS[dtype]).astype(np.float64).reshape(shape)
    flat = np.concatenate(parts) if parts else np.zeros(0)
    if len(flat) == 1 < size:  # a tensor of one number, again and again
        flat = np.repeat(flat, size)
    if len(flat) != size:
        raise ValueError(f"a tensor of {size:,} numbers holds {len(flat):,}")
    return flat.reshape(shape)


def _shape(data: bytes) -> list[int]:
    sides = []
    for number, value in fields(data):
        if number == 2 and isinstance(value, bytes):
            size = next((held for at, held in fields(value) if at == 1), 0)
            sides.append(size if isinstance(size, int) else 0)
    return sides


def strings_of(data: bytes) -> tuple[list[int], list[bytes]]:
    """(shape, strings) of the tensor in a Summary.Value."""
    shape, found = list[int](), list[bytes]()
    for number, value in fields(data):
        if number == _TENSOR and isinstance(value, bytes):
            for inner, held in fields(value):
                if inner == 2 and isinstance(held, bytes):
                    shape = _shape(held)
                elif inner == 8 and isinstance(held, bytes):
                    found.append(held)
    return shape, found


def sound_of(data: bytes) -> bytes:
    """The encoded sound in a Summary.Value, or nothing."""
    for number, value in fields(data):
        if number == _AUDIO and isinstance(value, bytes):
            for inner, held in fields(value):
                if inner == 4 and isinstance(held, bytes):
                    return held
    return b""


def texts_of(data: bytes) -> list[str]:
    """The texts of a Summary.Value. Raises ValueError where one is no UTF-8."""
    try:
        return [one.decode() for one in strings_of(data)[1]]
    except UnicodeDecodeError as error:
        raise ValueError("a text that is not UTF-8") from error


def _hparams(data: bytes, content: bytes) -> tuple[Kind, Value]:
    """Of a session's start its values, of its end how it went; an experiment stays as it is."""
    for number, value in fields(content):
        if number == 3 and isinstance(value, bytes):
            return "hparams", _start(value)
        if number == 4 and isinstance(value, bytes):
            return "hparams", HParams({}, _end(value))
    return "other", Recorded("other", data)


def _start(data: bytes) -> HParams:
    values: dict[str, bool | float | str] = {}
    began = 0.0
    for number, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 5 and len(value) == 8:
            (began,) = struct.unpack("<d", value)
        elif number == 1:
            entry = {at: held for at, held in fields(value) if isinstance(held, bytes)}
            name = entry.get(1, b"").decode("utf-8", "replace")
            values.update((name, one) for one in _plain(entry.get(2, b"")))
    return HParams(values, Session(start=began))


def _plain(data: bytes) -> Iterator[bool | float | str]:
    """The value of a google.protobuf.Value that is a number, a string or a bool."""
    for number, value in fields(data):
        if number == 2 and isinstance(value, bytes) and len(value) == 8:
            yield float(np.frombuffer(value, "<f8")[0])
        elif number == 3 and isinstance(value, bytes):
            yield value.decode("utf-8", "replace")
        elif number == 4:
            yield bool(value)


def _end(data: bytes) -> Session:
    status: Status = ""
    ended = 0.0
    for number, value in fields(data):
        if number == 1 and isinstance(value, int) and value < len(_STATUS):
            status = _STATUS[value]
        elif number == 2 and isinstance(value, bytes) and len(value) == 8:
            (ended,) = struct.unpack("<d", value)
    return Session(status, end=ended)
