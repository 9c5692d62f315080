"""Sample logs of visualdl: the curves are those of a small network."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

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


def _record(step: int, tag: str, value: bytes) -> bytes:
    stamp = int(START * 1000) + step
    inner = b"\x08" + _varint(step) + _sized(2, tag.encode()) + b"\x18" + _varint(stamp) + value
    record = _sized(1, inner)
    return struct.pack("<Q", len(record)) + record


def visualdl(root: Path, expected: Expected) -> None:
    """Scalars, scalars with names below a tag, a text and a picture."""
    run = "formats/visualdl"
    records = Training(Config(seed=31, steps=60)).records[9::10]
    data = bytearray()
    for record in records:
        scalar = b"\x25" + struct.pack("<f", record.loss)
        data += _record(record.step, "train/loss", scalar)
        expected.scalar(run, "train/loss", record.step, record.loss)
        named = _sized(1, b"top1") + b"\x15" + struct.pack("<f", record.acc)
        data += _record(record.step, "acc", _sized(14, named))
        expected.scalar(run, "acc/top1", record.step, record.acc)
    data += _record(60, "note", _sized(12, _sized(1, b"done")))
    expected.point(run, "note", "text", 60, "done")
    data += _record(60, "picture", _sized(5, b""))
    path = root / run / "vdlrecords.1780000000.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    expected.file(path, 2 * len(records) + 2, 1, 1)


MAKERS = (visualdl,)
