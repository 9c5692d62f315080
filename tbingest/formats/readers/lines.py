"""Readers of lines: whole lines whatever the bytes that come."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.readers.aside import SetsAside
from tbingest.formats.readers.records import BEYOND, HUGE, infinite_at
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


MAX_LINE = 8 << 20
_LINE_END = ord("\n")
CUT_NUMBER = re.compile(rb"(?<!\d)[-+]?\d++(?:\.|(?:\.\d++)?[eE][-+]?)\Z")
"""A number at the end of a log that will go on: `0.`, `1e-`."""


@dataclass
class LineReader(SetsAside):
    """Bytes in, whole lines out. A subclass says in `lines` what they mean.

    `line` counts the lines given out so far. A line over `MAX_LINE` is reported, not read: `lost`
    counts the bytes of one that has not ended, which are consumed at once: nothing keeps them.
    """

    consumed: int = 0
    line: int = 0
    _rest: bytearray = field(default_factory=bytearray, repr=False)
    lost: int = field(default=0, kw_only=True)

    def feed(self, data: bytes) -> Iterator[Rows | Problem]:
        """Give what the complete lines mean."""
        block = bytes(self._rest) + data if self._rest else data
        cut = self.cut(block)
        self._rest = bytearray(block[cut:])
        if cut:
            yield from self._give(block[:cut])
        elif len(block) > MAX_LINE:
            self.lost += len(block)
            self.consumed += len(block)
            self._rest.clear()

    def close(self) -> Iterator[Rows | Problem]:
        """Give what the last line means, though no line end follows it."""
        block = bytes(self._rest)
        self._rest = bytearray()
        if block or self.lost:
            yield from self._give(block, final=True)

    def cut(self, block: bytes) -> int:
        """Where in `block`, which begins with a record, the last whole record ends; else 0."""
        return block.rfind(b"\n") + 1

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The meaning of whole lines that begin after line number `self.line`.

        `final` says that the last one has no line end and may be cut off.
        """
        raise NotImplementedError

    def with_overflows(
        self, block: bytes, given: Iterable[Rows | Problem]
    ) -> Iterator[Rows | Problem]:
        """What a block gave, then the lines whose infinite number is written as a finite one."""
        infinite: set[int] = set()
        for found in given:
            infinite |= infinite_at(found)
            yield found
        if infinite and HUGE.search(block):
            for number, line in enumerate(block.split(b"\n"), self.line + 1):
                if number in infinite and HUGE.search(line):
                    yield Problem("", number, None, BEYOND)

    def _give(self, block: bytes, *, final: bool = False) -> Iterator[Rows | Problem]:
        if self.lost:
            lost, self.lost = self.lost, 0
            head, end, block = block.partition(b"\n")
            lost += len(head) + len(end)
            self.line += 1
            self.consumed += len(head) + len(end)
            what = f"a line of {lost:,} bytes is too long"
            yield Problem("", self.line, None, what, f"lines up to {MAX_LINE:,} bytes are read")
        if block:
            yield from self.lines(block, final=final)
            # Ten times as fast as `bytes.count`, which goes from one hit to the next.
            ends = int(np.count_nonzero(np.frombuffer(block, np.uint8) == _LINE_END))
            self.line += ends + (final and not block.endswith(b"\n"))
            self.consumed += len(block)


def one_line_end(data: bytes) -> bytes:
    """`data` with line feeds only: CR LF, CR CR LF and a lone CR end a line too."""
    if b"\r" not in data:
        return data
    data = data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
    return data.replace(b"\r", b"" if b"\n" in data else b"\n")
