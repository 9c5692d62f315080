"""Readers of documents, which are written whole: only what is new is given out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.aside import SetsAside
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tbingest.model.rows import Column

MAX_DOCUMENT = 256 << 20
_DIGESTED = 1 << 16
"""So many numbers are digested at a time: copies of all would double what a document takes."""


REWRITTEN = Problem("", None, None, "was rewritten: its values are read again")
"""Said of a document that does not say any more what it said."""


@dataclass
class DocumentReader(SetsAside):
    """A file that is read whole, because its writer rewrites it; gives out only what is new.

    A subclass says in `parse` which series of records the document holds. `given` remembers for
    each series how many records were given out, and their digest.
    """

    consumed: int = 0
    given: dict[str, list[Any]] = field(default_factory=dict)
    _data: BytesIO = field(default_factory=BytesIO, repr=False)
    _again: bool = False
    _misses: bool = False
    _whole: bool = field(default=True, repr=False, kw_only=True)

    @property
    def is_again(self) -> bool:
        """True where what was given before is given again: the document is not what it was."""
        return self._again

    @property
    def misses(self) -> bool:
        """True where a series that was given before is not there any more."""
        return self._misses

    def feed(self, data: bytes) -> Iterable[Rows | Problem]:
        """Hold the bytes; nothing is given out before the end."""
        if self._data.tell() <= MAX_DOCUMENT:
            self._data.write(data)
        self.consumed += len(data)
        return ()

    def close(self) -> Iterator[Rows | Problem]:
        """Parse the document and give what was not given before."""
        if self._data.tell() > MAX_DOCUMENT:
            self._data = BytesIO()
            what = f"a document of over {MAX_DOCUMENT >> 20} MiB is too large"
            yield Problem("", None, None, what, "write it as JSON lines or CSV")
            return
        yield from self.fresh(self.parse(self._taken()))

    def _taken(self) -> bytes:
        """The document, which is not held any longer here; it is not copied."""
        data, self._data = self._data.getvalue(), BytesIO()
        return data

    def fresh(self, series: Iterable[tuple[str, Rows | Problem]]) -> Iterator[Rows | Problem]:
        """Of every series what was not given before; everything where one is not as it was, or
        not there any more.
        """
        found = list(series)
        there = {name: rows for name, rows in found if not isinstance(rows, Problem)}
        self._misses = bool(there) and not self.given.keys() <= there.keys()
        self._again = self._misses or any(self._differs(*one) for one in there.items())
        if self._again:
            self.given = {}
            yield REWRITTEN
        for name, rows in found:
            if isinstance(rows, Problem):
                yield rows
            else:
                yield from self._new(name, rows)

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The series of records that the document holds, each under a name of its own."""
        raise NotImplementedError

    def _differs(self, series: str, rows: Rows) -> bool:
        """True where a series does not begin with what was given of it."""
        count, digest = self.given.get(series, (0, ""))
        return count > len(rows.order) or bool(count and digest_of(rows, count) != digest)

    def _new(self, series: str, rows: Rows) -> Iterator[Rows]:
        count, _ = self.given.get(series, (0, ""))
        total = len(rows.order)
        self.given[series] = [total, digest_of(rows, total)]
        if count < total:
            yield rows if not count else part_of(rows, slice(count, None))


def digest_of(rows: Rows, count: int) -> str:
    """A short digest of the first `count` records."""
    digest = hashlib.blake2b(digest_size=12)
    for name, column in rows.columns.items():
        digest.update(name.encode("utf-8", "replace"))
        if isinstance(column, np.ndarray):
            for start in range(0, count, _DIGESTED):
                part = column[start : min(count, start + _DIGESTED)]
                digest.update(part.astype(np.float64).tobytes())
        else:
            digest.update(repr(column[:count]).encode("utf-8", "replace"))
    return digest.hexdigest()


def part_of(rows: Rows, part: slice) -> Rows:
    """Some of the records."""
    columns = {name: column[part] for name, column in rows.columns.items()}
    return Rows(columns, rows.order[part])


def together(found: Iterable[Rows | Problem], stamps: Collection[str]) -> Iterator[Rows | Problem]:
    """Numbers of the same records as the same rows: those in which the columns `stamps` say the
    same, too. A record that tells of many tags costs little more than one of a single tag.
    """
    whole: dict[tuple[Any, ...], dict[str, Column]] = {}
    given: list[Rows | Problem] = []
    for one in found:
        if isinstance(one, Problem) or not _are_numbers(one, stamps):
            given.append(one)
            continue
        key = (one.order.tobytes(), *(_said(one.columns.get(name)) for name in stamps))
        columns = whole.get(key)
        if columns is None or not columns.keys() & one.columns.keys() <= {*stamps}:
            whole[key] = columns = dict(one.columns)
            given.append(Rows(columns, one.order))
        else:
            columns |= one.columns
    yield from given


def _are_numbers(rows: Rows, stamps: Collection[str]) -> bool:
    return all(isinstance(one, np.ndarray) or name in stamps for name, one in rows.columns.items())


def _said(column: Column | None) -> bytes | tuple[Any, ...]:
    return column.tobytes() if isinstance(column, np.ndarray) else tuple(column or ())
