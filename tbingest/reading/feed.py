"""A source as batches of rows: from its start, or from where an earlier conversion stopped."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.blame import blamed
from tbingest.formats.readers.documents import REWRITTEN, DocumentReader
from tbingest.formats.registry import format_of
from tbingest.model.accounts import Aside, LineKind
from tbingest.model.contracts import Accountable
from tbingest.model.rows import Problem, Rows
from tbingest.reading.image_grid import drawn
from tbingest.sources.identity import TAIL, add_sums, goes_on, is_unchanged, stamp
from tbingest.sources.sqlite import asked, snapshot
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.model.contracts import Format, Head, Reader
    from tbingest.plan.planned import Planned
    from tbingest.reading.workers import Workers
    from tbingest.sources.discover import Source


@dataclass
class Batch:
    """Some rows of a source. `stop` is the decoded offset up to which it was fed; `close` says
    that the source was taken to end there; `again` that what it said before is said anew, `unended`
    that it holds the last line, which has no end. `kinds` say what became of the numbers that its
    rows do not hold.
    """

    rows: list[Rows] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    stop: int = 0
    close: bool = False
    again: bool = False
    unended: bool = False
    kinds: list[LineKind | Aside] = field(default_factory=list)

    def take(self, found: Iterable[Rows | Problem], cutoff: int) -> None:
        """Add what a reader gave, but for records up to line `cutoff`."""
        for item in found:
            if isinstance(item, Problem):
                if cutoff < 0 or item.line is None or item.line > cutoff:
                    self.problems.append(item)
                continue
            new = item.order > cutoff
            if new.all():
                self.rows.append(item)
            elif new.any():
                self.rows.append(_from(item, int(np.argmax(new))))

    def ask(self, reader: Reader, cutoff: int) -> None:
        """What became of other numbers, but for those of the line `cutoff`."""
        if isinstance(reader, Accountable):
            for one in reader.account():
                if isinstance(one, LineKind) and 0 < one.line <= cutoff:
                    self.kinds.append(one.without_first())
                else:
                    self.kinds.append(one)


def _from(rows: Rows, start: int) -> Rows:
    return Rows({name: part[start:] for name, part in rows.columns.items()}, rows.order[start:])


class Feed:
    """Reads one source. `saved` is the `state` of an earlier feed, or empty.

    After each batch, `state` says where reading stands; it is JSON. `rewritten` says that the
    source is not the one that was saved, so that it is read from its start; `again` that its last
    line, given out unfinished, has gone on and is given out again.
    """

    def __init__(
        self, planned: Planned, saved: dict[str, Any], workers: Workers, *, live: bool = False
    ) -> None:
        self.planned = planned
        self.workers = workers
        self.format: Format = format_of(planned.format)
        self.rewritten = False
        self.again = False
        self.stamp = _trusted(planned.source)
        self.unchanged = is_as_read(planned, saved)
        if (
            saved
            and not self.unchanged
            and not self.format.rewritten
            and not self.format.database
            and not goes_on(planned.source, saved, whole=not live)
        ):
            self.rewritten = True
            saved = {}
        self.saved = saved
        self._sums: list[int] = []
        self._rest = b""
        self.state: dict[str, Any] = {**saved, "stamp": self.stamp}

    def batches(
        self, block: int, stop: int | None = None, *, close: bool = True
    ) -> Iterator[Batch]:
        """The new rows, `block` decoded bytes at a time, up to offset `stop`.

        Raises SourceError where the source cannot be read.
        """
        if self.unchanged and stop is None:
            return
        if self.format.database:
            yield self._database()
        elif self.format.dump:
            yield from self._dump(stop)
        elif self.planned.grid:
            yield self._grid()
        elif self.format.rewritten:
            yield self._document()
        else:
            yield from self._stream(block, stop, close=close)

    def _head(self, opened: Opened) -> Head:
        head = replace(opened.head(self.planned.source), patterns=self.planned.rule.pattern)
        return replace(head, data=self.planned.header + head.data) if self.planned.header else head

    def _document(self) -> Batch:
        with Opened(self.planned.source) as opened:
            reader = make_reader(self.format, self._head(opened), self.saved)
            batch = Batch(close=True)
            while data := opened.read(_PIECE):
                with blamed(self.format):
                    batch.take(reader.feed(data), -1)
            with blamed(self.format):
                batch.take(reader.close(), -1)
                batch.ask(reader, -1)
            batch.problems += _damage(opened)
            batch.stop = opened.position
        batch.again = isinstance(reader, DocumentReader) and reader.is_again
        self._remember(reader)
        return batch

    def _grid(self) -> Batch:
        reader = DocumentReader(**self.saved.get("reader", {}))
        batch = Batch(close=True, stop=self.planned.source.size)
        # A further picture is no change of what the grid showed.
        batch.take((one for one in reader.fresh(drawn(self.planned)) if one != REWRITTEN), -1)
        batch.again = reader.is_again
        self._remember(reader)
        return batch

    def _database(self) -> Batch:
        reader = DocumentReader(**self.saved.get("reader", {}))
        batch = Batch(close=True, stop=self.planned.source.size)
        with snapshot(self.planned.source) as connection:
            if self.format.database:
                with blamed(self.format):
                    batch.take(reader.fresh(asked(self.format.database(connection))), -1)
        batch.again = reader.is_again
        self._remember(reader)
        # What its write-ahead log holds does not show in the file's own size and time.
        self.state["stamp"] = []
        return batch

    def _dump(self, stop: int | None) -> Iterator[Batch]:
        """The parts of a dump that do not say what they said before."""
        known = list(self.saved.get("given", ()))
        given: list[str] = []
        part = None
        for place, part in enumerate(self.workers.parts(self.planned), 1):
            if stop is not None and part.stop > stop:
                return
            given.append(part.digest)
            self.state = {**self.state, "stamp": [], "given": given + known[len(given) :]}
            if given[-1:] != known[place - 1 : place]:
                yield Batch(part.rows(place), part.problems, part.stop)
        before = _before(self.planned)
        self.state = {**self.state, "stamp": self.stamp, "given": given, "before": before}
        yield Batch(stop=part.stop if part else 0, close=True)

    def _stream(self, block: int, stop: int | None, *, close: bool) -> Iterator[Batch]:
        with Opened(self.planned.source) as opened:
            head = self._head(opened)
            reader = make_reader(self.format, head if close else head.whole_lines, self.saved)
            if self.planned.header and not self.saved:
                list(reader.feed(self.planned.header))  # which this part of the log lacks
                reader.consumed = 0
            opened.skip(reader.consumed)
            begun, cutoff = self._held(opened)
            tail = bytes.fromhex(self.saved.get("tail", ""))
            self._sums, self._rest = list(self.saved.get("sums", [])), b""
            data = begun or _read(opened, block, stop)
            if close and stop is None and self.saved and not data:
                yield from self._only_close(reader, opened, tail, cutoff)
            while data:
                following = _read(opened, block, stop)
                batch = Batch(stop=opened.position - len(following))
                consumed = reader.consumed
                with blamed(self.format):
                    batch.take(reader.feed(data), cutoff)
                    batch.ask(reader, cutoff)
                self._add(consumed, reader.consumed, data)
                kept = TAIL + batch.stop - reader.consumed
                tail = (tail + data[-kept:])[-kept:]
                last = close and not following
                # A part that a crash interrupted may end before the source does.
                ended = last and (stop is None or not opened.read(1))
                batch.close = last and not self._unended(tail, batch.stop, reader.consumed)
                before = tail[: len(tail) - (batch.stop - reader.consumed)]
                self._remember(reader, before, ended=ended and batch.close)
                if batch.close:
                    self.state["closed"] = reader.consumed
                    self._close(reader, batch, tail, cutoff)
                    batch.problems += _damage(opened)
                yield batch
                if last and not batch.close:
                    batch = Batch(stop=batch.stop, close=True, unended=True)
                    self._remember(reader, before, ended=ended)
                    self._close(reader, batch, tail, cutoff)
                    batch.problems += _damage(opened)
                    yield batch
                data = following

    def _only_close(
        self, reader: Reader, opened: Opened, tail: bytes, cutoff: int
    ) -> Iterator[Batch]:
        """What a reader held back of a log that was followed, and of which nothing more came."""
        if self.saved.get("closed") == reader.consumed:
            return  # it was given out then
        batch = Batch(stop=opened.position, close=True)
        self._remember(reader, tail)
        self.state["closed"] = reader.consumed
        self._close(reader, batch, tail, cutoff)
        if batch.rows or batch.problems:
            yield batch

    def _add(self, before: int, after: int, data: bytes) -> None:
        """Take the checksums of what the reader has given out."""
        whole = self._rest + data if self._rest else data
        add_sums(self._sums, before, whole[: after - before])
        self._rest = whole[after - before :]

    @staticmethod
    def _unended(tail: bytes, stop: int, consumed: int) -> bool:
        """True where the last line has no end: it may go on."""
        return stop > consumed and tail[-1:] not in {b"\n", b"\r"}

    def hold_back(self) -> None:
        """The last line was not taken: it is given out again."""
        self.state.pop("held", None)

    def _held(self, opened: Opened) -> tuple[bytes, int]:
        """The first bytes, and the last line that was given out before, or -1."""
        held = self.saved.get("held")
        if not held:
            return b"", -1
        size = held["bytes"]
        data = b""
        while len(data) < size + 2 and (piece := opened.read(size + 2 - len(data))):
            data += piece
        if _digest(data[:size]) != held["digest"] or data[size : size + 1] not in {
            b"",
            b"\n",
            b"\r",
        }:
            self.again = True
            return data, -1
        return data, held["line"]

    def _close(self, reader: Reader, batch: Batch, tail: bytes, cutoff: int) -> None:
        """Give out the last line, though it may go on; what is saved is from before it."""
        unfinished = tail[len(tail) - (batch.stop - reader.consumed) :]
        with blamed(self.format):
            batch.take(reader.close(), cutoff)
            batch.ask(reader, cutoff)
        if unfinished:
            last = max((int(rows.order[-1]) for rows in batch.rows), default=-1)
            self.state["held"] = {
                "bytes": len(unfinished),
                "digest": _digest(unfinished),
                "line": max(last, cutoff),
            }

    def _remember(self, reader: Reader, tail: bytes = b"", *, ended: bool = True) -> None:
        self.state = {
            # Only a source that was read to its end can be unchanged the next time.
            "stamp": self.stamp if ended else [],
            "head": list(self.planned.head),
            "identity": list(self.planned.source.identity),
            "reader": {k: v for k, v in vars(reader).items() if not k.startswith("_")},
            "tail": tail[-TAIL:].hex(),
            "sums": self._sums,
        }


def is_as_read(planned: Planned, saved: dict[str, Any]) -> bool:
    """True where nothing new can come of a source: it is as an earlier feed left it.

    What changed from dump to dump is said of each pair: a dump that came between them, or took the
    place of the first, changes what the second says. One that was deleted does not.
    """
    if not is_unchanged(planned.source, saved):
        return False
    before = _before(planned)
    known = saved.get("before", before)
    gone = known and not Path(planned.source.root, known[0]).exists()
    return bool(known == before or gone)


def _before(planned: Planned) -> list[Any]:
    """The dump with which this one is compared, and what changes when it does."""
    if not planned.dump or not planned.dump.before:
        return []
    source = planned.dump.before.source
    return [source.name, *stamp(source)]


_PIECE = 1 << 20
_RACY = 2_000_000_000
"""A file that was written so many nanoseconds ago may change without another time."""


def _trusted(source: Source) -> list[int]:
    """By which a source is known to be unchanged; nothing where it was just written."""
    return [] if 0 <= time.time_ns() - source.mtime_ns < _RACY else stamp(source)


def _read(opened: Opened, block: int, stop: int | None) -> bytes:
    size = block if stop is None else min(block, stop - opened.position)
    return opened.read(size) if size > 0 else b""


def _damage(opened: Opened) -> list[Problem]:
    return [Problem("", None, None, opened.damage)] if opened.damage else []


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


class OtherReaderError(SourceError):
    """What was saved of a reader is of another version of it."""


def make_reader(chosen: Format, head: Head, saved: dict[str, Any]) -> Reader:
    """A fresh reader, or one that goes on where a saved one stood."""
    if chosen.reader is None:
        raise SourceError(f"{chosen.name} is no log format")
    with blamed(chosen):
        reader = chosen.reader(head)
    if not saved.get("reader"):
        return reader
    try:
        return type(reader)(**saved["reader"])
    except TypeError as error:
        what = "another version of tbingest, or of a plug-in, has read this"
        raise OtherReaderError(what, "--force reads it again") from error


__all__ = ["Batch", "Feed", "is_as_read", "make_reader"]
