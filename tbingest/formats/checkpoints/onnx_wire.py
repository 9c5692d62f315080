"""A message of protocol buffers in an open file, walked by seeks: what is large stays there."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, NamedTuple

from tbingest.model.protowire import WireError, field_at, signed, varint

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 1000
_LONGEST_TEXT = 500
_MAX_FIELDS = 2_000_000


class Place(NamedTuple):
    """A field: a number, or where its bytes lie."""

    number: int
    value: int
    offset: int = 0
    size: int = 0


class Walk:
    """The fields of an open file. All raise WireError where a message is damaged."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.end = stream.seek(0, 2)
        self.room = _MAX_FIELDS

    def fields(self, begin: int, end: int) -> Iterator[Place]:
        """The fields between two places of the file, in their order."""
        place = begin
        while place < end:
            self.room -= 1
            if self.room < 0:
                raise WireError(f"more than {_MAX_FIELDS:,} fields, which are not read")
            self.stream.seek(place)
            head = self.stream.read(min(20, end - place))
            number, value, first, behind = field_at(head, 0)
            if place + behind > end:
                raise WireError("a field goes beyond its end")
            if value is not None:
                yield Place(number, value)
            else:
                yield Place(number, 0, place + first, behind - first)
            place += behind

    def inside(self, place: Place) -> Iterator[Place]:
        """The fields of a message within another."""
        return self.fields(place.offset, place.offset + place.size)

    def text(self, place: Place) -> str:
        """The first 500 bytes of a field as text."""
        self.stream.seek(place.offset)
        return self.stream.read(min(place.size, _LONGEST_TEXT)).decode("utf-8", "replace")

    def floats(self, place: Place) -> list[float]:
        """The float32 numbers of a field, at most 250 of them."""
        self.stream.seek(place.offset)
        data = self.stream.read(min(place.size, _MOST) // 4 * 4)
        return [number for (number,) in struct.iter_unpack("<f", data)]

    def whole(self, place: Place) -> list[int]:
        """The whole numbers of a field, alone or packed; at most 1,000 bytes of them."""
        if not place.size:
            return [signed(place.value)]
        self.stream.seek(place.offset)
        data = self.stream.read(min(place.size, _MOST))
        found, at = [], 0
        while at < len(data):
            value, at = varint(data, at)
            found.append(signed(value))
        return found
