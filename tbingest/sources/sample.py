"""A sample of a whole source: its head, windows spread evenly over it, its tail.

A log may begin with a megabyte of settings, and say at its end what it is about.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from tbingest.sources.discover import Source

WHOLE = 1 << 20
"""A source of at most so many bytes is looked at whole."""
_HEAD = 256 << 10
_WINDOW = 64 << 10
_WINDOWS = 11
_UNPACKED = 4 << 20
"""Of what cannot be sought (packed, or in another encoding), so many bytes are looked at."""


def sample(source: Source) -> tuple[bytes, ...]:
    """Blocks of whole lines, in their order; one block where the source is small.

    Raises ReadError.
    """
    with Opened(source) as opened:
        size = os.stat(source.path).st_size  # noqa: PTH116 - names hold any bytes
        if opened.compression or opened.encoding != "utf-8":
            data = _read(opened, _UNPACKED)
            return tuple(_window(data, start, end) for start, end in _places(len(data)))
        if size <= WHOLE:
            return (_read(opened, WHOLE),)
        blocks = []
        for start, end in _places(size):
            opened.skip(start)
            blocks.append(_cut(_read(opened, end - start), first=not start))
        return tuple(filter(None, blocks))


def _places(size: int) -> list[tuple[int, int]]:
    if size <= WHOLE:
        return [(0, size)]
    gap = (size - _HEAD) / (_WINDOWS + 1)
    starts = [int(_HEAD + gap * place) for place in range(1, _WINDOWS + 1)]
    windows = [(start, min(start + _WINDOW, size)) for start in starts]
    return [(0, _HEAD), *windows, (max(size - _WINDOW, windows[-1][1]), size)]


def _window(data: bytes, start: int, end: int) -> bytes:
    whole = start == 0 and end == len(data)
    return data if whole else _cut(data[start:end], first=not start)


def _cut(block: bytes, *, first: bool) -> bytes:
    """The whole lines of a block; those of a bar that is overwritten count as lines."""
    end = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
    start = 0
    if not first:
        found = [place for place in (block.find(b"\n"), block.find(b"\r")) if place >= 0]
        start = min(found, default=len(block)) + 1
    return block[start:end]


def _read(opened: Opened, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := opened.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
