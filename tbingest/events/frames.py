"""TFRecord framing of event files: whole records of a stream, and what is damaged in it, by byte.

A record whose data is damaged is passed over, as its length still leads to the next one. Where a
length is damaged itself, the next place that holds a length with its right checksum is sought.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.events.crc import masked_crc, masked_crcs_of_parts, parts_at
from tbingest.events.records import FOOTER_BYTES, HEADER_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_RECORD = 1 << 30
_AROUND = HEADER_BYTES + FOOTER_BYTES
_LENGTH = struct.Struct("<Q")
_HEADER = struct.Struct("<QI")
_WALK = 128
"""So many records are walked through before more are guessed: twice the tags of most trainings."""
_HIGH_HALF = b"\0\0\0\0"
"""The upper four bytes of every length up to MAX_RECORD."""


class Frames(NamedTuple):
    """Whole records: `data[starts[i] : starts[i] + lengths[i]]` is the event of the i-th.

    offset: where `data` stands in the file; damages: what is wrong, in words that name the byte.
    """

    data: bytes
    offset: int
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    damages: list[str]


@dataclass
class Framer:
    """Cuts a stream into records, however it comes.

    `offset` is where the bytes stand that are held back. While the next record is sought after
    damage, `lost` says what the damage is, and `lost_at` where it begins.
    """

    offset: int = 0
    lost: str = ""
    lost_at: int = 0
    held: bytes = field(default=b"", repr=False)

    def feed(self, data: bytes) -> Frames:
        """The records that are whole with `data`."""
        data = self.held + data if self.held else data
        starts: list[NDArray[np.int64]] = []
        lengths: list[NDArray[np.int64]] = []
        damages: list[str] = []
        place = 0
        while True:
            if self.lost:
                found = _next_header(data, place)
                if found < 0:
                    place = max(place, len(data) - HEADER_BYTES + 1)
                    break
                damages.append(self._said(self.offset + found))
                place = found
            good, sizes, place = self._chain(data, place, damages)
            starts.append(good)
            lengths.append(sizes)
            if not self.lost:
                break
        frames = Frames(data, self.offset, np.concatenate(starts or [_NONE]), _NONE, damages)
        frames = frames._replace(lengths=np.concatenate(lengths or [_NONE]))
        self.offset += place
        self.held = data[place:]
        return frames

    def close(self) -> list[str]:
        """What is wrong with the end of the file, if anything."""
        if self.lost:
            return [self._said(self.offset + len(self.held))]
        damages: list[str] = []
        headers, end = _headers(self.held, 0)
        if len(headers):  # it was held back, as its data is damaged
            damages.append(self._wrong(0, end - _AROUND))
        if len(self.held) > end:
            size = f"{len(self.held) - end:,} bytes from byte {self.offset + end:,}"
            damages.append(f"ends in the middle of a record: {size}")
        return damages

    def _wrong(self, place: int, length: int) -> str:
        return f"damaged at byte {self.offset + place:,}: {_checksum(length)}"

    def _said(self, end: int) -> str:
        what = f"damaged at byte {self.lost_at:,}: {self.lost}: {end - self.lost_at:,} bytes lost"
        self.lost = ""
        return what

    def _chain(
        self, data: bytes, place: int, damages: list[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """(starts, lengths) of records that follow one another, and where what follows stands."""
        headers, end = _headers(data, place)
        lengths, whole = _checked_headers(data, headers)
        if not whole.all():
            count = int(whole.argmin())
            end = int(headers[count])
            headers, lengths = headers[:count], lengths[:count]
            self._lose(data, end)
        elif len(data) - end >= HEADER_BYTES and _fault(data, end):
            self._lose(data, end)
        wrong = _wrong_data(data, headers, lengths)
        if len(wrong) and wrong[-1] and (self.lost or len(data) - end < HEADER_BYTES):
            # Where its length leads to is no record, or is not known yet.
            end = int(headers[-1])
            if self.lost:
                self.lost, self.lost_at = _checksum(int(lengths[-1])), self.offset + end
            headers, lengths, wrong = headers[:-1], lengths[:-1], wrong[:-1]
        damages += [
            self._wrong(int(headers[at]), int(lengths[at])) for at in np.flatnonzero(wrong).tolist()
        ]
        good = ~wrong
        return headers[good] + HEADER_BYTES, lengths[good], end + bool(self.lost)

    def _lose(self, data: bytes, place: int) -> None:
        self.lost, self.lost_at = _fault(data, place), self.offset + place


_NONE = np.empty(0, np.int64)


def _checksum(length: int) -> str:
    return f"{length:,} bytes have a wrong checksum"


def _headers(data: bytes, place: int) -> tuple[NDArray[np.int64], int]:
    """Where whole records would stand if every length were right, and where the rest stands.

    Trainings log the same tags again and again, so the lengths of records repeat: after some that
    were walked through, the next are guessed, and held against what stands there, all at once.
    """
    parts: list[NDArray[np.int64]] = []
    walked = _WALK
    while walked == _WALK:
        found, end = _walk(data, place)
        walked = len(found)
        parts.append(found)
        place = end
        if walked == _WALK:
            guessed, place = _guess(data, np.diff(np.append(found, place)), place)
            parts.append(guessed)
    return np.concatenate(parts), place


def _walk(data: bytes, place: int) -> tuple[NDArray[np.int64], int]:
    """The next records, up to `_WALK` of them, from length to length."""
    unpack, size = _LENGTH.unpack_from, len(data)
    found: list[int] = []
    last = size - _AROUND
    while place <= last and len(found) < _WALK:
        after = place + _AROUND + unpack(data, place)[0]
        if after > size:
            break
        found.append(place)
        place = after
    return np.array(found, np.int64), place


def _guess(data: bytes, sizes: NDArray[np.int64], place: int) -> tuple[NDArray[np.int64], int]:
    """The records from `place` on whose sizes go on repeating as those before, `sizes`, did."""
    for period in range(1, len(sizes) // 2 + 1):
        if np.array_equal(sizes[-period:], sizes[-2 * period : -period]):
            break
    else:
        return _NONE, place
    again = sizes[-period:]
    times = (len(data) - place) // int(again.sum())
    if not times:
        return _NONE, place
    expected = np.tile(again, times)
    ends = place + np.cumsum(expected)
    starts = ends - expected
    right = parts_at(data, starts, 8).view("<u8") == (expected - _AROUND).astype(np.uint64)
    count = len(right) if right.all() else int(right.argmin())
    return starts[:count], int(ends[count - 1]) if count else place


def _checked_headers(
    data: bytes, headers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The length of each record, and whether its checksum is right."""
    if not len(headers):
        return _NONE, np.ones(0, np.bool_)
    lengths = parts_at(data, headers, 8).view("<i8")
    sums = parts_at(data, headers + 8, 4).view("<u4")
    return lengths, sums == masked_crcs_of_parts(data, headers, np.full(len(headers), 8))


def _wrong_data(
    data: bytes, headers: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which records have another checksum than their data."""
    starts = headers + HEADER_BYTES
    if not len(starts):
        return np.zeros(0, np.bool_)
    footers = parts_at(data, starts + lengths, FOOTER_BYTES).view("<u4")
    wrong: NDArray[np.bool_] = masked_crcs_of_parts(data, starts, lengths) != footers
    return wrong


def _fault(data: bytes, place: int) -> str:
    """What is wrong with the header at `place`, if anything."""
    length, check = _HEADER.unpack_from(data, place)
    if masked_crc(data[place : place + 8]) != check:
        return "the length of a record has a wrong checksum"
    return f"a record of {length:,} bytes" if length > MAX_RECORD else ""


def _next_header(data: bytes, place: int) -> int:
    """The first place from `place` on that holds a header without fault, or -1."""
    while True:
        place = data.find(_HIGH_HALF, place + 4) - 4
        if place < 0 or place + HEADER_BYTES > len(data):
            return -1
        if not _fault(data, place):
            return place
        place += 1
