"""Event files of any writer back to scalars: framing, checksums, and the few fields that matter.

A scalar is `simple_value` (torch, tensorboardX, ours) or a float, double, int or half tensor of one
element (TensorFlow 2). Records of one length are mostly alike but for wall time, step and values:
such are read together as the rows of a matrix, all others one by one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from crc32c import crc32c

from tbingest.errors import SourceError
from tbingest.events.crc import masked, masked_crc
from tbingest.events.records import FOOTER_BYTES, HEADER_BYTES
from tbingest.events.wire import Layout, fields, is_single, layout_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

MAX_RECORD = 1 << 30
_WIDEST = 1 << 14
_FEW = 8
_HEADER = struct.Struct("<QI")
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""TensorFlow's numbers of data types."""
_LISTS = {5: "<f4", 6: "<f8"}
"""The fields float_val and double_val of a TensorProto."""


class Columns(NamedTuple):
    """The scalars of n events with the same tags; no tags where an event holds something else,
    whose tag is `other`.

    steps (n,); values (n, tags); places (n,): the numbers of the events in the file, which rise.
    """

    tags: tuple[str, ...]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    places: NDArray[np.int64]
    other: str = ""


class _Frames(NamedTuple):
    """Whole records of some data: where their events start, how long these are; the damage after
    them, if there is any, and where what is left starts.
    """

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    damage: str
    end: int


def columns(pieces: Iterable[bytes]) -> Iterator[list[Columns]]:
    """What an event file holds, given piece by piece; the events of a tag keep their order.

    Raises SourceError, after what stands before it, where a checksum or the wire format is wrong,
    and where the file ends in the middle of a record.
    """
    count = 0
    for data, frames in _framed(pieces):
        found, wrong = _read(data, frames, count)
        if found:
            yield found
        if wrong or frames.damage:
            raise SourceError(wrong or frames.damage)
        count += len(frames.starts)


def damage(pieces: Iterable[bytes]) -> str:
    """What is wrong with the records of an event file, given piece by piece, and where; else ""."""
    return next((frames.damage for _, frames in _framed(pieces) if frames.damage), "")


def _framed(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, _Frames]]:
    """The whole records of a file, piece by piece; what is torn at its end is damage."""
    held = bytearray()
    offset = 0
    known: dict[int, int] = {}
    for piece in pieces:
        held += piece
        frames = _frames(held, offset, known)
        yield bytes(held[: frames.end]), frames
        if frames.damage:
            return
        del held[: frames.end]
        offset += frames.end
    if held:
        torn = f"ends in the middle of a record: {len(held):,} bytes from byte {offset:,}"
        yield b"", _Frames(np.empty(0, int), np.empty(0, int), torn, 0)


def _frames(held: bytearray, offset: int, known: dict[int, int]) -> _Frames:
    """The records of `held`, which stands at `offset`; `known` holds checksums of lengths."""
    starts, lengths, sums, footers = list[int](), list[int](), list[int](), list[bytes]()
    damage, place = "", 0
    with memoryview(held) as view:
        while len(held) - place >= HEADER_BYTES:
            length, check = _HEADER.unpack_from(view, place)
            if known.get(length) != check:
                whole = masked_crc(view[place : place + 8]) == check
                if not whole or length > MAX_RECORD:
                    what = "the length of a record has a wrong checksum"
                    what = f"a record of {length:,} bytes" if whole else what
                    damage = f"damaged at byte {offset + place:,}: {what}"
                    break
                known[length] = check
            start = place + HEADER_BYTES
            stop = start + length
            if stop + FOOTER_BYTES > len(held):
                break
            starts.append(start)
            lengths.append(length)
            sums.append(crc32c(view[start:stop]))
            footers.append(bytes(view[stop : stop + FOOTER_BYTES]))
            place = stop + FOOTER_BYTES
    wrong = masked(np.array(sums, np.uint32)) != np.frombuffer(b"".join(footers), "<u4")
    good = int(wrong.argmax()) if wrong.any() else len(starts)
    if good < len(starts):
        where = f"damaged at byte {offset + starts[good] - HEADER_BYTES:,}"
        damage = f"{where}: {lengths[good]:,} bytes have a wrong checksum"
    return _Frames(np.array(starts[:good], int), np.array(lengths[:good], int), damage, place)


def _read(data: bytes, frames: _Frames, first: int) -> tuple[list[Columns], str]:
    """(what the events hold, what is wrong with one of them); `first` is the number of the first.

    The events of a tag may come in several columns.
    """
    found: list[Columns] = []
    single: list[NDArray[np.int64]] = []
    for length in sorted(set(frames.lengths.tolist())):
        rows = np.flatnonzero(frames.lengths == length)
        if 0 < length <= _WIDEST and len(rows) >= _FEW:
            width = -(-length // 8) * 8
            matrix = np.zeros((len(rows), width), np.uint8)
            content = np.frombuffer(data, np.uint8)
            matrix[:, :length] = content[frames.starts[rows][:, None] + np.arange(length)]
            rows = _alike(matrix, length, rows, first, found)
        single.append(rows)
    left = np.sort(np.concatenate(single)) if single else np.empty(0, int)
    starts, lengths = frames.starts[left].tolist(), frames.lengths[left].tolist()
    records = (data[at : at + size] for at, size in zip(starts, lengths, strict=True))
    return found, _one_by_one(zip((left + first).tolist(), records, strict=True), found)


def _alike(
    matrix: NDArray[np.uint8],
    length: int,
    rows: NDArray[np.int64],
    first: int,
    found: list[Columns],
) -> NDArray[np.int64]:
    """Take the events that differ from a first one in wall time, step and values only, again and
    again; the rows that are left.
    """
    left: list[NDArray[np.int64]] = []
    misses = 0
    while len(rows) >= _FEW and misses < _FEW:
        layout = layout_of(matrix[0, :length].tobytes())
        same = np.zeros(len(rows), np.bool_)
        same[0] = True
        if layout:
            mask = np.zeros(matrix.shape[1], np.uint8)
            mask[:length] = layout.mask
            words = mask.view(np.uint64)
            same = ((matrix.view(np.uint64) & words) == (matrix[0].view(np.uint64) & words)).all(1)
        if layout and same.sum() >= _FEW:
            found.append(_columns(matrix[same], layout, rows[same] + first))
        else:
            left.append(rows[same])
            misses += 1
        matrix, rows = matrix[~same], rows[~same]
    return np.concatenate([*left, rows])


def _columns(matrix: NDArray[np.uint8], layout: Layout, places: NDArray[np.int64]) -> Columns:
    steps = np.zeros(len(matrix), np.uint64)
    for shift, at in enumerate(layout.step):
        steps |= (matrix[:, at] & np.uint8(0x7F)).astype(np.uint64) << np.uint64(7 * shift)
    values = np.empty((len(matrix), len(layout.tags)))
    for column, at in enumerate(layout.values):
        values[:, column] = matrix[:, at : at + 4].copy().view("<f4")[:, 0]
    return Columns(layout.tags, steps.view(np.int64), values, places)


def _one_by_one(records: Iterable[tuple[int, bytes]], found: list[Columns]) -> str:
    """Take events of any kind; what is wrong with the first that is none."""
    by_tag: dict[str, tuple[list[int], list[float], list[int]]] = {}
    wrong = ""
    for place, record in records:
        try:
            step, values = _event(record)
        except (IndexError, struct.error, ValueError):
            wrong = wrong or f"record {place + 1} is no event"
            continue
        for tag, value in values:
            if value is None:
                found.append(_column((), [step], [], [place])._replace(other=tag))
                continue
            steps, numbers, places = by_tag.setdefault(tag, ([], [], []))
            steps.append(step)
            numbers.append(value)
            places.append(place)
    found += [_column((tag,), *held) for tag, held in by_tag.items()]
    return wrong


def _column(
    tags: tuple[str, ...], steps: Sequence[int], values: Sequence[float], places: Sequence[int]
) -> Columns:
    shaped = np.array(values, np.float64).reshape(len(steps), len(tags))
    return Columns(tags, np.array(steps, np.int64), shaped, np.array(places, np.int64))


def _event(record: bytes) -> tuple[int, list[tuple[str, float | None]]]:
    """(step, (tag, value) of each summary); no value where it is no scalar."""
    step, summaries = 0, []
    for number, value, _ in fields(record):
        if number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    found = [
        _value(value)
        for summary in summaries
        for number, value, _ in fields(summary)
        if number == 1 and isinstance(value, bytes)
    ]
    return step, found


def _value(data: bytes) -> tuple[str, float | None]:
    tag, number = "", None
    for field, value, _ in fields(data):
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
    for field, value, _ in fields(data):
        if field == 1 and isinstance(value, int):
            dtype = value
        elif not isinstance(value, bytes):
            continue
        elif field == 2 and not is_single(value):
            return None
        elif field == 4:
            content = value
        elif field in _LISTS and len(value) == np.dtype(_LISTS[field]).itemsize:
            number = float(np.frombuffer(value, _LISTS[field])[0])
    kind = _DTYPES.get(dtype)
    if kind and len(content) == np.dtype(kind).itemsize:
        return float(np.frombuffer(content, kind)[0])
    return number if kind else None
