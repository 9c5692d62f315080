"""Event files of any writer back to scalars: framing, checksums, and the few fields that matter.

A scalar is `simple_value` (torch, tensorboardX, ours) or a float, double, int or half tensor of one
element (TensorFlow 2). A record that is cut off ends the file: its writer may still be at work.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.errors import SourceError
from tbingest.events.crc import masked_crc
from tbingest.events.records import FOOTER_BYTES, HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_RECORD = 1 << 30
_FLOAT = struct.Struct("<f")
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""TensorFlow's numbers of data types."""
_LISTS = {5: "<f4", 6: "<f8"}
"""The fields float_val and double_val of a TensorProto."""


class Scalar(NamedTuple):
    """One value of one event."""

    tag: str
    step: int
    wall_time: float
    value: float


def scalars(pieces: Iterable[bytes]) -> Iterator[Scalar]:
    """The scalars of an event file, given piece by piece, in the order of the file.

    Raises SourceError where a checksum or the wire format is wrong.
    """
    for number, record in enumerate(_records(pieces), 1):
        try:
            yield from _event(record)
        except (IndexError, struct.error, ValueError):
            raise SourceError(f"record {number} is no event") from None


def _records(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    count = 0
    for piece in pieces:
        held += piece
        place = 0
        while len(held) - place >= HEADER_BYTES:
            length, check = struct.unpack_from("<QI", held, place)
            if masked_crc(held[place : place + 8]) != check or length > MAX_RECORD:
                raise SourceError(f"record {count + 1} is damaged: its length does not check")
            stop = place + HEADER_BYTES + length + FOOTER_BYTES
            if stop > len(held):
                break
            data = held[place + HEADER_BYTES : stop - FOOTER_BYTES]
            (check,) = struct.unpack_from("<I", held, stop - FOOTER_BYTES)
            if masked_crc(data) != check:
                raise SourceError(f"record {count + 1} is damaged: its data does not check")
            yield data
            count += 1
            place = stop
        held = held[place:]


def _event(record: bytes) -> Iterator[Scalar]:
    wall, step, summaries = 0.0, 0, []
    for field, value in _fields(record):
        if field == 1 and isinstance(value, bytes):
            (wall,) = struct.unpack("<d", value)
        elif field == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif field == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for field, value in _fields(summary):
            if field == 1 and isinstance(value, bytes):
                tag, number = _value(value)
                if number is not None:
                    yield Scalar(tag, step, wall, number)


def _value(data: bytes) -> tuple[str, float | None]:
    stop = 2 + data[1] if len(data) > 7 else 0
    if data[:1] == b"\n" and len(data) == stop + 5 and stop < 130 and data[stop] == 0x15:
        # a short tag and simple_value, as nearly all are: twice as fast
        return data[2:stop].decode("utf-8", "replace"), _FLOAT.unpack_from(data, stop + 1)[0]
    tag, number = "", None
    for field, value in _fields(data):
        if not isinstance(value, bytes):
            continue
        if field == 1:
            tag = value.decode("utf-8", "replace")
        elif field == 2:
            (number,) = struct.unpack("<f", value)
        elif field == 8:
            number = _tensor(value)
    return tag, number


def _tensor(data: bytes) -> float | None:
    """The one number of a tensor without dimensions; None for any other."""
    dtype, content, number = 0, b"", None
    for field, value in _fields(data):
        if field == 1 and isinstance(value, int):
            dtype = value
        elif not isinstance(value, bytes):
            continue
        elif field == 2 and any(inner == 2 for inner, _ in _fields(value)):
            return None
        elif field == 4:
            content = value
        elif field in _LISTS and len(value) == np.dtype(_LISTS[field]).itemsize:
            number = float(np.frombuffer(value, _LISTS[field])[0])
    kind = _DTYPES.get(dtype)
    if kind and len(content) == np.dtype(kind).itemsize:
        return float(np.frombuffer(content, kind)[0])
    return number if kind else None


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of each field: varints as int, all others as bytes."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        wire = key & 7
        if wire == 0:
            number, place = _varint(data, place)
            yield key >> 3, number
            continue
        if wire == 2:
            length, place = _varint(data, place)
        elif wire in {1, 5}:
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(wire)
        if place + length > len(data):
            raise IndexError(place)
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    if data[place] < 0x80:
        return data[place], place + 1
    result = shift = 0
    while True:
        byte = data[place]
        place += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, place
        shift += 7
        if shift > 63:
            raise ValueError(place)
