"""The wire format of protocol buffers, as far as it is needed to look into messages of others.

A message is a run of fields: a number, a kind and a value, as
https://protobuf.dev/programming-guides/encoding says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _EIGHT_BYTES, _SIZED, _FOUR_BYTES = 0, 1, 2, 5
_FIXED = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_MAX_SHIFT = 63

Field: TypeAlias = "int | bytes"


class WireError(ValueError):
    """No message of protocol buffers."""


def fields(message: bytes) -> Iterator[tuple[int, Field]]:
    """(number, value) of each field: whole numbers unsigned, anything else as its bytes.

    Raises WireError where the message ends within a field or holds a group.
    """
    place, end = 0, len(message)
    while place < end:
        key, place = varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = varint(message, place)
            yield key >> 3, value
            continue
        if kind == _SIZED:
            size, place = varint(message, place)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise WireError(f"fields of kind {kind} are not known")
        if size > end - place:
            raise WireError("ends within a field")
        yield key >> 3, message[place : place + size]
        place += size


def varint(message: bytes, place: int) -> tuple[int, int]:
    """The number at `place`, and where it ends."""
    value = shift = 0
    while place < len(message) and shift <= _MAX_SHIFT:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
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
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
