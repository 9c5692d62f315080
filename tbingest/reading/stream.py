"""A log that grows is read block by block, and gives the records of its whole lines."""

from __future__ import annotations

import hashlib
import sys
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tbingest.formats.blame import blamed
from tbingest.reading.feed import Batch, Feed, damage, make_reader
from tbingest.sources.identity import TAIL
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.contracts import Reader
    from tbingest.plan.planned import Planned
    from tbingest.reading.feed import Span

_FEW, _MANY = 1_000, 1 << 15
"""A block gives about so many parts at most, where it gives more than a few."""
_LEAST = 4 << 10


class StreamFeed(Feed):
    """The lines of a log that came after those which were read."""

    grows = True

    def __init__(self, planned: Planned, saved: dict[str, Any], *, live: bool = False) -> None:
        super().__init__(planned, saved, live=live)
        self._cutoff = -1
        self._tail = bytes.fromhex(self.saved.get("tail", ""))

    def read(self, span: Span, /) -> Iterator[Batch]:
        """The records of each block; with `close` also what only the end of the log gives out."""
        with Opened(self.planned.source) as opened:
            reader = self._reader(opened, close=span.close)
            opened.skip(reader.consumed)
            self._summed = opened.summed(self.saved.get("sums", ()))
            begun, self._cutoff = self._held(opened)
            data = begun or _read(opened, span)
            block = span.block
            if span.close and span.stop is None and self.saved and not data:
                yield from self._only_close(reader, opened)
            while data:
                batch = self._fed(reader, data, opened.position)
                span = replace(span, block=min(block, _next_block(len(data), batch)))
                following = _read(opened, span)
                if following or not span.close:
                    self._remember(reader, batch.stop, ended=False)
                    yield batch
                else:
                    # A part that a crash interrupted may end before the source does.
                    ended = span.stop is None or not opened.read(1)
                    yield from self._last(reader, batch, opened, ended=ended)
                data = following

    def _reader(self, opened: Opened, *, close: bool) -> Reader:
        head = self.head(opened)
        reader = make_reader(self.format, head if close else head.whole_lines, self.saved)
        if self.planned.header and not self.saved:
            list(reader.feed(self.planned.header))  # which this part of the log lacks
            reader.consumed = 0
        return reader

    def _fed(self, reader: Reader, data: bytes, stop: int) -> Batch:
        """What the reader gives for a block that ends at the decoded offset `stop`."""
        batch = Batch(stop=stop)
        with blamed(self.format):
            batch.take(reader.feed(data), self._cutoff)
            batch.ask(reader, self._cutoff)
        self._summed.up_to(reader.consumed)
        kept = TAIL + stop - reader.consumed
        self._tail = (self._tail + data[-kept:])[-kept:]
        return batch

    def _last(
        self, reader: Reader, batch: Batch, opened: Opened, *, ended: bool
    ) -> Iterator[Batch]:
        """The last block; a last line without an end is a batch of its own, as it may go on."""
        whole = batch.stop <= reader.consumed or self._tail[-1:] in {b"\n", b"\r"}
        batch.close = whole
        self._remember(reader, batch.stop, ended=ended and whole)
        if whole:
            self.state["closed"] = reader.consumed
        else:
            yield batch
            batch = Batch(stop=batch.stop, close=True, unended=True)
            self._remember(reader, batch.stop, ended=ended)
        self._close(reader, batch)
        batch.problems += damage(opened)
        yield batch

    def _only_close(self, reader: Reader, opened: Opened) -> Iterator[Batch]:
        """What a reader held back of a log that was followed, and of which nothing more came."""
        if self.saved.get("closed") == reader.consumed:
            return  # it was given out then
        batch = Batch(stop=opened.position, close=True)
        self._remember(reader, batch.stop)
        self.state["closed"] = reader.consumed
        self._close(reader, batch)
        if batch.rows or batch.problems:
            yield batch

    def _held(self, opened: Opened) -> tuple[bytes, int]:
        """The first bytes, and the last line that was given out before, or -1."""
        held = self.saved.get("held")
        if not held:
            return b"", -1
        size = held["bytes"]
        data = b""
        while len(data) < size + 2 and (piece := opened.read(size + 2 - len(data))):
            data += piece
        end = data[size : size + 2]  # a line feed may be all that it lacked
        if _digest(data[:size]) != held["digest"] or end not in {b"", b"\r\n", b"\n" + end[1:]}:
            self.again = True
            return data, -1
        return data, held["line"]

    def _unfinished(self, reader: Reader, stop: int) -> int:
        """Where in the tail begins what the reader has not given out."""
        return len(self._tail) - (stop - reader.consumed)

    def _close(self, reader: Reader, batch: Batch) -> None:
        """Give out the last line, though it may go on; what is saved is from before it."""
        self.state["reader"] = deepcopy(self.state["reader"])  # parts of it are the reader's own
        unfinished = self._tail[self._unfinished(reader, batch.stop) :]
        with blamed(self.format):
            batch.take(reader.close(), self._cutoff)
            batch.ask(reader, self._cutoff)
        if unfinished:
            last = max((int(rows.order[-1]) for rows in batch.rows), default=-1)
            self.state["held"] = {
                "bytes": len(unfinished),
                "digest": _digest(unfinished),
                "line": max(last, self._cutoff),
            }

    def _remember(self, reader: Reader, stop: int, *, ended: bool = True) -> None:
        """Save where the reader stands, and by what its log is known again."""
        self.remember(reader, ended=ended)
        given = self._tail[: self._unfinished(reader, stop)]
        self.state |= {"tail": given[-TAIL:].hex(), "sums": self._summed.found}


def _read(opened: Opened, span: Span) -> bytes:
    size = span.block if span.stop is None else min(span.block, span.stop - opened.position)
    return opened.read(size) if size > 0 else b""


def _next_block(size: int, batch: Batch) -> int:
    """How many bytes to read next, where a batch was read from `size` of them: each of its parts
    takes a few kB, and a table of short names, or of broken rows, gives one for every line.
    """
    parts = len(batch.rows) + len(batch.problems)
    return max(_LEAST, size * _MANY // parts) if parts > _FEW else sys.maxsize


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
