"""The wire format of protocol buffers, as far as it is needed to look into messages of others.

A message is a run of fields: a number, a kind and a value, as
https://protobuf.dev/programming-guides/encoding says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _EIGHT_BYTES, _SIZED, _FOUR_BYTES = 0, 1, 2, 5
_FIXED = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_MAX_SHIFT = 63
_WHOLE = (1 << 64) - 1

Field: TypeAlias = "int | bytes"


class WireError(ValueError):
    """No message of protocol buffers."""


class Place(NamedTuple):
    """A field: its number, its value where that is a whole number, and where the value stands."""

    number: int
    value: int | None
    begin: int
    end: int


def field_at(message: bytes, place: int) -> Place:
    """The field that begins at a place; its value may go on behind what is there of the message.

    Raises WireError where even its head does, or it is a group.
    """
    key, begin = varint(message, place)
    kind = key & 7
    if kind == _VARINT:
        value, end = varint(message, begin)
        return Place(key >> 3, value, begin, end)
    if kind == _SIZED:
        size, begin = varint(message, begin)
    elif kind in _FIXED:
        size = _FIXED[kind]
    else:
        raise WireError(f"fields of kind {kind} are not known")
    return Place(key >> 3, None, begin, begin + size)


def placed_fields(message: bytes) -> Iterator[tuple[int, Field, int]]:
    """(number, value, place of the value) of each field: see `fields`."""
    place, length = 0, len(message)
    while place < length:
        number, value, begin, place = field_at(message, place)
        if value is not None:
            yield number, value, begin
        elif place > length:
            raise WireError("ends within a field")
        else:
            yield number, message[begin:place], begin


def fields(message: bytes) -> Iterator[tuple[int, Field]]:
    """(number, value) of each field: whole numbers unsigned, anything else as its bytes.

    Raises WireError where the message ends within a field or holds a group.
    """
    for number, value, _ in placed_fields(message):
        yield number, value


def varint(message: bytes, place: int) -> tuple[int, int]:
    """The number at `place`, and where it ends."""
    if place < len(message) and message[place] < 0x80:
        return message[place], place + 1
    value = shift = 0
    while place < len(message) and shift <= _MAX_SHIFT:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _WHOLE, place
        shift += 7
    raise WireError("ends within a number" if place >= len(message) else "a number is too long")


def messages(message: bytes, number: int) -> Iterator[bytes]:
    """The values of one field of a message that are messages or strings themselves."""
    for found, value in fields(message):
        if found == number and isinstance(value, bytes):
            yield value


def signed(value: Field, default: int = 0) -> int:
    """An int64 as it is meant; `default` for what is no number."""
    if not isinstance(value, int):
        return default
    return value - (1 << 64) if value >> 63 else value
