"""The framing of LevelDB's log: records in pieces with checksums, pieces in blocks of 32 KiB.

A piece has a head of 7 bytes: CRC-32 of kind and data, length, kind (whole, first, middle, last);
what is left of a block and too short for a head is zeros.
https://github.com/google/leveldb/blob/main/doc/log_format.md; W&B takes the plain CRC-32 of zlib.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Rows

BLOCK = 32 << 10
HEAD = struct.Struct("<IHB")
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
MAX_RECORD = 64 << 20


@dataclass
class BlockLog:
    """Bytes in, whole records out. A subclass says in `read` what they mean.

    A damaged piece costs the rest of its block and the record it belongs to, and is reported.
    `start` is how many bytes stand before the first piece.
    """

    consumed: int = 0
    start: int = 0
    _held: bytearray = field(default_factory=bytearray, repr=False)
    _seen: int = 0
    _pieces: list[bytes] | None = None
    _size: int = 0

    def feed(self, data: bytes) -> Iterator[Rows | Problem]:
        """Give what the complete records mean."""
        self._held += data
        records: list[bytes | Problem] = []
        done = 0
        while (found := self._piece()) is not None:
            records += self._joined(found)
            if self._pieces is None:
                done = self._seen
        del self._held[:done]
        self._seen -= done
        self.consumed += done
        yield from self.read(records)

    def close(self) -> Iterator[Rows | Problem]:
        """Say so where the file ends within a record: what is held of it is not read."""
        if self._held.strip(b"\0"):
            what = f"ends within a record: {len(self._held):,} bytes are not read"
            yield Problem("", None, None, what, "is the run still going on?")
        self._held.clear()
        self._seen, self._pieces = 0, None

    def read(self, records: Sequence[bytes | Problem]) -> Iterator[Rows | Problem]:
        """The meaning of records, between which stand the problems met with."""
        raise NotImplementedError

    def _piece(self) -> tuple[int, bytes] | str | None:
        """(kind, data) of the next piece, what is wrong with it, or None where it is not all there.

        Kind 0 is filling.
        """
        place = self.consumed + self._seen
        there = len(self._held) - self._seen
        left = BLOCK - place % BLOCK
        if place < self.start or left < HEAD.size:
            return self._filling(self.start - place if place < self.start else left)
        if there < HEAD.size:
            return None
        checksum, size, kind = HEAD.unpack_from(self._held, self._seen)
        stop = self._seen + HEAD.size + size
        fits = size <= left - HEAD.size and WHOLE <= kind <= LAST
        if fits and there < HEAD.size + size:
            return None
        data = bytes(self._held[stop - size : stop]) if fits else b""
        if fits and zlib.crc32(data, zlib.crc32(bytes([kind]))) == checksum:
            self._seen = stop
            return kind, data
        if there < left:
            return None
        self._seen += left
        if checksum or size or kind:
            return "a checksum is wrong" if fits else f"{left:,} bytes are not a record"
        return 0, b""

    def _filling(self, size: int) -> tuple[int, bytes] | None:
        if len(self._held) - self._seen < size:
            return None
        self._seen += size
        return 0, b""

    def _joined(self, piece: tuple[int, bytes] | str) -> Iterator[bytes | Problem]:
        """The record that a piece completes, if it does."""
        if isinstance(piece, str):
            self._pieces = None
            what = f"damaged: {piece}, so the rest of its block is not read"
            yield Problem("", None, None, what, "was the disk full?", values=1)
            return
        kind, data = piece
        if kind in {WHOLE, FIRST} and self._pieces is not None:
            yield Problem("", None, None, "the end of a record is missing", values=1)
        if kind == WHOLE:
            self._pieces = None
            yield data
        elif kind == FIRST:
            self._pieces, self._size = [data], len(data)
        elif kind and self._pieces is None:
            if kind == LAST:
                yield Problem("", None, None, "the beginning of a record is missing", values=1)
        elif kind:
            assert self._pieces is not None  # noqa: S101
            self._pieces.append(data)
            self._size += len(data)
            if self._size > MAX_RECORD:
                self._pieces = None
                what = f"a record of over {MAX_RECORD >> 20} MiB is too large"
                yield Problem("", None, None, what, values=1)
            elif kind == LAST:
                yield b"".join(self._pieces)
                self._pieces = None
