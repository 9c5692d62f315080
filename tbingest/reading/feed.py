"""A source as batches of rows: from its start, or from where an earlier conversion stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.blame import blamed
from tbingest.formats.registry import format_of
from tbingest.model.accounts import Aside, LineKind
from tbingest.model.contracts import Accountable
from tbingest.model.rows import Problem, Rows
from tbingest.sources.identity import goes_on, is_unchanged, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.model.contracts import Format, Head, Reader
    from tbingest.plan.planned import Planned
    from tbingest.sources.discover import Source
    from tbingest.sources.stream import Opened


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


@dataclass(frozen=True)
class Span:
    """Up to where a source is read: `block` decoded bytes at a time, to the offset `stop` or as far
    as it goes; `close` says that it is to be taken to end there.
    """

    block: int
    stop: int | None = None
    close: bool = True


class Feed:
    """Reads one source; each kind of source has a class of its own, which says how.

    `saved` is the `state` of an earlier feed, or empty. After each batch, `state` says where
    reading stands; it is JSON. `rewritten` says that the source is not the one that was saved, so
    that it is read from its start; `again` that its last line, given out unfinished, has gone on
    and is given out again; `grown` that a document of which all stands still, with more behind it,
    says something else than it did.
    """

    grows = False
    """True where what was read of a source stands: it may only go on."""

    def __init__(self, planned: Planned, saved: dict[str, Any], *, live: bool = False) -> None:
        self.planned = planned
        self.format: Format = format_of(planned.format)
        self.again = self.grown = False
        self.stamp = _trusted(planned.source)
        self.unchanged = is_as_read(planned, saved)
        self.rewritten = bool(
            saved
            and self.grows
            and not self.unchanged
            and not goes_on(planned.source, saved, whole=not live)
        )
        self.saved = {} if self.rewritten else saved
        self.state: dict[str, Any] = {**self.saved, "stamp": self.stamp}

    def batches(self, span: Span) -> Iterator[Batch]:
        """The new rows. Raises SourceError where the source cannot be read."""
        as_it_was = self.unchanged and span.stop is None
        return iter(()) if as_it_was else self.read(span)

    def read(self, span: Span, /) -> Iterator[Batch]:
        """The new rows of a source that is not as it was."""
        raise NotImplementedError

    def hold_back(self) -> None:
        """The last line was not taken: it is given out again."""
        self.state.pop("held", None)

    def head(self, opened: Opened) -> Head:
        """The beginning of the source, with the header that a part of a log may lack."""
        head = replace(opened.head(self.planned.source), patterns=self.planned.rule.pattern)
        return replace(head, data=self.planned.header + head.data) if self.planned.header else head

    def remember(self, reader: Reader, *, ended: bool = True) -> None:
        """Save where the reader stands; `tail` and `sums` are of what a log has given out."""
        self.state = {
            # Only a source that was read to its end can be unchanged the next time.
            "stamp": self.stamp if ended else [],
            "head": list(self.planned.head),
            "identity": list(self.planned.source.identity),
            "reader": {k: v for k, v in vars(reader).items() if not k.startswith("_")},
            "tail": "",
            "sums": [],
        }


def is_as_read(planned: Planned, saved: dict[str, Any]) -> bool:
    """True where nothing new can come of a source: it is as an earlier feed left it.

    What changed from dump to dump is said of each pair: a dump that came between them, or took the
    place of the first, changes what the second says. One that was deleted does not.
    """
    if not is_unchanged(planned.source, saved):
        return False
    before = dump_before(planned)
    known = saved.get("before", before)
    gone = known and not Path(planned.source.root, known[0]).exists()
    return bool(known == before or gone)


def dump_before(planned: Planned) -> list[Any]:
    """The dump with which this one is compared, and what changes when it does."""
    if not planned.dump or not planned.dump.before:
        return []
    source = planned.dump.before.source
    return [source.name, *stamp(source)]


_RACY = 2_000_000_000
"""A file that was written so many nanoseconds ago may change without another time."""


def _trusted(source: Source) -> list[int]:
    """By which a source is known to be unchanged; nothing where it was just written."""
    return [] if 0 <= time.time_ns() - source.mtime_ns < _RACY else stamp(source)


def damage(opened: Opened) -> list[Problem]:
    """What is wrong with the file itself, as far as it was read."""
    ended = [opened.damage] if opened.damage else []
    return [Problem("", None, None, what) for what in (*ended, *opened.spoilt.said())]


class OtherReaderError(SourceError):
    """What was saved of a reader is of another version of it."""


def make_reader(chosen: Format, head: Head, saved: dict[str, Any]) -> Reader:
    """A fresh reader, or one that goes on where a saved one stood."""
    if chosen.reader is None:
        raise SourceError(f"{chosen.name} is not a log format")
    with blamed(chosen):
        reader = chosen.reader(head)
    if not saved.get("reader"):
        return reader
    try:
        return type(reader)(**saved["reader"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = "another version of tbingest, or of a plug-in, has read this"
        raise OtherReaderError(what, "--force reads it again") from error


__all__ = ["Batch", "Feed", "Span", "damage", "dump_before", "is_as_read", "make_reader"]
