"""Single records: TFRecord framing around an Event, in canonical protobuf bytes.

    uint64 length | uint32 masked CRC of the length | Event | uint32 masked CRC of the Event

An Event holds wall_time = 1 (double), step = 2 (int64) and one of file_version = 3 (string) and
summary = 5 (message). As proto3 wants it, zero numbers and empty strings are left out.
https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
"""

from __future__ import annotations

import struct

from tbingest.events.crc import masked_crc

HEADER_BYTES = 12
"""Length and its CRC, before the Event."""
FOOTER_BYTES = 4
"""The CRC of the Event, after it."""

_WALL_TIME_KEY = b"\x09"
_STEP_KEY = b"\x10"
_FILE_VERSION = 3
_SUMMARY = 5


def varint(number: int) -> bytes:
    """Protobuf's varint of an int64; a negative one takes ten bytes."""
    rest = number & 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def delimited(field: int, payload: bytes) -> bytes:
    """A length-delimited protobuf field: a string, bytes or a message."""
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def header(length: int) -> bytes:
    """What stands before `length` bytes of data in a TFRecord file."""
    encoded = struct.pack("<Q", length)
    return encoded + struct.pack("<I", masked_crc(encoded))


def frame(data: bytes) -> bytes:
    """One TFRecord record that holds `data`."""
    return header(len(data)) + data + struct.pack("<I", masked_crc(data))


def event_data(wall: bytes, step: bytes, summary: bytes) -> bytes:
    """A bare Event: the wall time's eight bytes, the step's varint (either may be empty: zero)."""
    return (
        (_WALL_TIME_KEY + wall if wall else b"")
        + (_STEP_KEY + step if step else b"")
        + delimited(_SUMMARY, summary)
    )


def event(wall: float, step: int, summary: bytes) -> bytes:
    """The record of an Event with a serialised Summary, which may be empty."""
    return frame(event_data(_wall_bytes(wall), varint(step) if step else b"", summary))


def file_version(wall: float) -> bytes:
    """The record that begins a file.

    Version 1: below 2, TensorBoard's Python loader drops a tag's later steps when an event steps
    back, as its data server always does; from 2 on it waits for a SessionLog.
    """
    wall_bytes = _wall_bytes(wall)
    version = delimited(_FILE_VERSION, b"brain.Event:1")
    return frame((_WALL_TIME_KEY + wall_bytes if wall_bytes else b"") + version)


def _wall_bytes(wall: float) -> bytes:
    """Eight bytes, or none for 0.0; -0.0 is another number to protobuf and is kept."""
    packed = struct.pack("<d", wall)
    return packed if any(packed) else b""
