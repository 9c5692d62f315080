"""An event file as torch and TensorFlow write it, by a few lines of our own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from crc32c import crc32c
from training import START, Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _sized(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _sum(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _event(time: float, step: int, what: bytes) -> bytes:
    event = b"\x09" + struct.pack("<d", time) + (b"\x10" + _varint(step) if step else b"") + what
    length = struct.pack("<Q", len(event))
    return length + _sum(length) + event + _sum(event)


def _value(tag: str, held: bytes, plugin: str = "") -> bytes:
    metadata = _sized(9, _sized(1, _sized(1, plugin.encode()))) if plugin else b""
    return _sized(5, _sized(1, _sized(1, tag.encode()) + held + metadata))


def _tensor(dtype: int, *sides: int, held: bytes) -> bytes:
    shape = b"".join(_sized(2, b"\x08" + _varint(side)) for side in sides)
    return _sized(8, b"\x08" + bytes([dtype]) + _sized(2, shape) + held)


def event_file(root: Path, _: Expected) -> None:
    """Scalars of both kinds, a histogram, a text, and one value whose record is damaged.

    Nothing is expected of a conversion of all samples: event files among logs are left alone.
    """
    data = bytearray(_event(START, 0, _sized(3, b"brain.Event:2")))
    for record in Training(Config(seed=37, steps=60)).records[9::10]:
        time, step = START + record.step, record.step
        single = b"\x15" + struct.pack("<f", record.loss)
        data += _event(time, step, _value("train/loss", single))
        content = _sized(4, struct.pack("<f", record.acc))
        data += _event(time, step, _value("train/acc", _tensor(1, held=content), "scalars"))
    buckets = struct.pack("<6d", -1, 0, 12, 0, 1, 4)
    data += _event(
        START + 60, 60, _value("w", _tensor(2, 2, 3, held=_sized(4, buckets)), "histograms")
    )
    data += _event(START + 60, 60, _value("note", _tensor(7, held=_sized(8, b"*done*")), "text"))
    lost = bytearray(_event(START + 61, 61, _value("train/loss", b"\x15" + struct.pack("<f", 0.5))))
    lost[-6] ^= 1
    data += lost + _event(START + 62, 62, _value("train/loss", b"\x15" + struct.pack("<f", 0.25)))
    path = root / "event_files/run/events.out.tfevents.1780000000.host.1.0"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


MAKERS = ((event_file, "event_files"),)
