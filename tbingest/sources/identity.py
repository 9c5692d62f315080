"""Is a source the file that it was?"""

from __future__ import annotations

import hashlib
from typing import Any

from tbingest.errors import SourceError
from tbingest.sources.discover import STDIN, Source
from tbingest.sources.stream import SUMMED, Opened

TAIL = 1024
"""So many of the bytes that were last read of a source are kept, to know it again."""
_PIECE = 256 << 10


def stamp(source: Source) -> list[int]:
    """What changes when the source does."""
    return [source.size, source.mtime_ns, source.ctime_ns]


def is_unchanged(source: Source, saved: dict[str, Any]) -> bool:
    """True where a source is as an earlier feed, whose state was saved, left it."""
    return bool(saved) and source.root != STDIN and saved.get("stamp") == stamp(source)


def goes_on(source: Source, saved: dict[str, Any], *, whole: bool = False) -> bool:
    """True where a source still begins as it did, and still holds what was last read of it.

    With `whole`, all that was read is held against its checksums.
    """
    size, digest = saved["head"]
    tail = bytes.fromhex(saved["tail"])
    consumed = saved["reader"]["consumed"]
    if whole and "sums" in saved:
        return _holds(source, saved["sums"], consumed)
    with Opened(source) as opened:
        start = opened.head(source).data[:size]
        if head_digest(start) != digest:
            return False
        opened.skip(consumed - len(tail))
        there = b""
        while len(there) < len(tail) and (piece := opened.read(len(tail) - len(there))):
            there += piece
    return there == tail


def _holds(source: Source, sums: list[int], consumed: int) -> bool:
    with Opened(source) as opened:
        summed = opened.summed()
        while opened.position < consumed and opened.read(min(_PIECE, consumed - opened.position)):
            found = summed.up_to(opened.position)
            known = len(found) - (opened.position % SUMMED > 0)
            if found[:known] != sums[:known]:
                return False
        return opened.position == consumed and summed.found == sums


HEAD_DIGEST_BYTES = 4096


def begins_as(source: Source, head: tuple[int, str]) -> bool:
    """True where a source still has the beginning by which it was examined: (size, digest)."""
    size, digest = head
    try:
        with Opened(source) as opened:
            start = opened.head(source).data[:size]
    except SourceError:
        return False
    return head_digest(start) == digest


def head_digest(start: bytes) -> str:
    """By which a source is known again."""
    return hashlib.blake2b(start, digest_size=12).hexdigest()
