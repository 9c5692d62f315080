"""Scalars in bulk: one event per record carries all its tags, with no loop over records.

Records with the same tags, the same length of the step's varint and a wall time (or none) have
one layout: they differ only in the words of wall time, step, values and CRC. A block of such
records is the repeated template, and each word is one strided NumPy store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from tbingest.events.crc import ROWS_PER_WORD, masked_crcs, masked_crcs_of_words
from tbingest.events.records import (
    FOOTER_BYTES,
    HEADER_BYTES,
    delimited,
    event,
    event_data,
    header,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tbingest.model.points import Points

    Words: TypeAlias = NDArray[np.uint32]

FEW = 2
"""So few records are encoded one by one."""
CHUNK_ROWS = 4096
"""Records encoded at a time: fewer pay more for NumPy calls, many more gain little."""

_SIMPLE_VALUE_KEY = b"\x15"
_FLOAT_BYTES = 4
_WALL_AT = HEADER_BYTES + 1
_HAS_WALL = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """How records of one shape look.

    template: a whole record with zeros in place of wall time, step, values and CRC;
    wall: whether a wall time is written; step_at, step_bytes: place and length of the step's
    varint (0 bytes: the step is 0 and not written); values_at: the place of each tag's float32.
    """

    template: NDArray[np.uint8]
    wall: bool
    step_at: int
    step_bytes: int
    values_at: tuple[int, ...]

    @property
    def width(self) -> int:
        """Bytes per record."""
        return len(self.template)


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one scalar `Points` that have one layout; `rows` are their indices."""

    rows: slice | NDArray[np.int64]
    layout: Layout


def groups(points: Points) -> Iterator[Group]:
    """The records of scalar `points`, chunk by chunk, by layout; each record is in one group."""
    for start in range(0, len(points), CHUNK_ROWS):
        rows = slice(start, min(start + CHUNK_ROWS, len(points)))
        shapes = _shapes(points.steps[rows], points.times[rows])
        if isinstance(shapes, int):
            yield Group(rows, _layout(points.tags, shapes))
            continue
        # Not np.unique: its first call imports numpy.ma, 15 ms.
        for shape in np.flatnonzero(np.bincount(shapes)).tolist():
            yield Group(np.flatnonzero(shapes == shape) + start, _layout(points.tags, shape))


def write(records: NDArray[np.uint8], group: Group, points: Points) -> None:
    """Fill `records` (n, width), C-contiguous, with the group's records."""
    layout = group.layout
    bits = np.ascontiguousarray(points.times[group.rows]).view(np.uint64)
    words: dict[int, Words] = {}
    template = layout.template.copy()
    if layout.wall and _all_equal(bits):
        template[_WALL_AT : _WALL_AT + 8] = bits[:1].view(np.uint8)
    elif layout.wall:
        words[_WALL_AT], words[_WALL_AT + 4] = _halves(bits)
    for index, word in enumerate(_step_words(points.steps[group.rows], layout.step_bytes)):
        words[layout.step_at + 4 * index] = word
    values = cast("NDArray[np.float64]", points.values)[group.rows]
    words |= zip(layout.values_at, _float32_words(values), strict=True)
    _fill(records, template, words)
    _store(records, -FOOTER_BYTES, _crcs(records, template, words))


def _fill(records: NDArray[np.uint8], template: NDArray[np.uint8], words: dict[int, Words]) -> None:
    """Repeat the template, and put each word where it belongs."""
    record = np.dtype((np.void, len(template)))
    records.view(record).fill(template.view(record)[0])
    for offset, word in words.items():
        # A word that is shorter than four bytes is stored together with what follows it.
        behind = template[offset : offset + 4].view(np.uint32)[0]
        _store(records, offset, word | behind if behind else word)


def _store(records: NDArray[np.uint8], offset: int, words: Words) -> None:
    end = offset + 4
    records[:, offset : end or None].view(np.uint32)[:, 0] = words


def _crcs(
    records: NDArray[np.uint8], template: NDArray[np.uint8], words: dict[int, Words]
) -> Words:
    """The masked CRCs of the records' data."""
    data = slice(HEADER_BYTES, -FOOTER_BYTES)
    if len(records) < ROWS_PER_WORD * len(words) or not words:
        return masked_crcs(records[:, data])
    offsets = [offset - HEADER_BYTES for offset in words]
    return masked_crcs_of_words(template[data].data, offsets, list(words.values()))


def single(points: Points) -> tuple[bytes, ...]:
    """The records of a few scalar `points`, one by one: for those that is ten times as fast."""
    words = np.ascontiguousarray(_float32_words(cast("NDArray[np.float64]", points.values)).T)
    size = _FLOAT_BYTES
    records = []
    for wall, step, row in zip(
        points.times.tolist(), points.steps.tolist(), words.view(np.uint8), strict=True
    ):
        cells = row.tobytes()
        summary = b"".join(
            _value(tag, cells[size * at : size * (at + 1)]) for at, tag in enumerate(points.tags)
        )
        records.append(event(wall, step, summary))
    return tuple(records)


def _value(tag: str, cell: bytes) -> bytes:
    """A Summary.Value with a float32, in its bytes."""
    name = delimited(1, tag.encode()) if tag else b""
    return delimited(1, name + _SIMPLE_VALUE_KEY + cell)


@lru_cache(maxsize=32)
def _layout(tags: tuple[str, ...], shape: int) -> Layout:
    """The layout of records with these tags; `shape` as `_shapes` gives it."""
    wall, step_bytes = bool(shape & _HAS_WALL), shape % _HAS_WALL
    summary = bytearray()
    value_ends = []
    for tag in tags:
        summary += _value(tag, bytes(_FLOAT_BYTES))
        value_ends.append(len(summary))
    data = event_data(bytes(8 * wall), bytes(step_bytes), bytes(summary))
    template = header(len(data)) + data + bytes(FOOTER_BYTES)
    summary_at = len(template) - FOOTER_BYTES - len(summary)
    values_at = tuple(summary_at + end - _FLOAT_BYTES for end in value_ends)
    return Layout(
        template=np.frombuffer(template, np.uint8),
        wall=wall,
        step_at=HEADER_BYTES + 9 * wall + 1,
        step_bytes=step_bytes,
        values_at=values_at,
    )


def _shapes(steps: NDArray[np.int64], times: NDArray[np.float64]) -> int | NDArray[np.uint8]:
    """Bytes of each step's varint, plus 16 where a wall time is written.

    One number when all records have the same; nearly always, so only the extremes are looked at.
    """
    numbers = steps.view(np.uint64)
    bits = times.view(np.uint64)
    shortest, longest = _bytes_of(int(numbers.min())), _bytes_of(int(numbers.max()))
    all_timed = bool(bits.all())
    if shortest == longest and (all_timed or not bits.any()):
        return shortest + _HAS_WALL * all_timed
    shapes: NDArray[np.uint8] = _varint_bytes(numbers) + np.uint8(_HAS_WALL) * (bits != 0)
    return shapes


def _bytes_of(number: int) -> int:
    """Bytes of a varint; 0 for a zero, which is not written."""
    return (number.bit_length() + 6) // 7


def _varint_bytes(numbers: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """`_bytes_of` each number."""
    length = (numbers > 0).astype(np.uint8)
    for bits in range(7, 64, 7):
        length += numbers >= np.uint64(1 << bits)
    return length


def _step_words(steps: NDArray[np.int64], length: int) -> list[Words]:
    """The steps' varints of `length` bytes, as words of four bytes; zeros fill the last one."""
    numbers = steps.view(np.uint64)
    words = []
    for start in range(0, length, 4):
        word = np.zeros(len(steps), np.uint32)
        for place in range(start, min(start + 4, length)):
            group = (numbers >> np.uint64(7 * place)).astype(np.uint32)
            group &= np.uint32(0x7F)
            if place < length - 1:
                group |= np.uint32(0x80)
            group <<= np.uint32(8 * (place - start))
            word |= group
        words.append(word)
    return words


def _float32_words(values: NDArray[np.float64]) -> Words:
    """The nearest float32 of each value, as words (tags, records); too large ones are infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(values.T, np.float32).view(np.uint32)


def _halves(bits: NDArray[np.uint64]) -> tuple[Words, Words]:
    words = bits.view(np.uint32)
    return words[0::2].copy(), words[1::2].copy()


def _all_equal(bits: NDArray[np.uint64]) -> bool:
    return bool(bits.min() == bits.max())
