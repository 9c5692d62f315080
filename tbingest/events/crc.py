"""CRC-32C, of one record or of thousands at once.

The CRC is linear over GF(2): among records of one length, the CRC of each is that of a template
XOR a linear function of the words in which it differs from the template. Those words are fed one
after the other into a 32-bit state; between two of them the state only advances over zero bytes,
and that is three look-ups in tables of 2,048 entries, each for all records in one NumPy call.
(Two look-ups in tables of 65,536 entries are slower: ten tags of ten lengths would need 5 MB of
tables, which no second-level cache holds, and 0.4 ms for building each pair.)
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8

ROWS_PER_WORD = 40
"""Measured: with fewer records per word, one CRC call per record is faster than the tables."""
_WIDEST = 1 << 14
_PART_BITS = 11
_LOW_PART = np.uint32((1 << _PART_BITS) - 1)
_SECOND, _THIRD = np.uint32(_PART_BITS), np.uint32(2 * _PART_BITS)


def masked_crc(data: bytes | bytearray | memoryview) -> int:
    """CRC-32C of `data`, masked as TFRecord files want it.

    https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/hash/crc32c.h
    """
    from crc32c import crc32c

    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ONES


def masked_crcs(records: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Masked CRC-32C of each row of `records`, one after the other: for few or very wide rows."""
    from crc32c import crc32c

    return masked(np.array([crc32c(row) for row in records], np.uint32))


def masked_crcs_of_words(
    template: bytes | bytearray | memoryview,
    offsets: Sequence[int],
    words: Sequence[NDArray[np.uint32]],
) -> NDArray[np.uint32]:
    """Masked CRC-32C of n records that equal `template` XOR their words.

    `words[i]` (n,) little-endian, stands at `offsets[i]`; the offsets rise. A word may be shorter
    than four bytes if its upper bytes are zero.
    """
    from crc32c import crc32c

    ends = [*offsets[1:], len(template)]
    state = np.zeros_like(words[0])
    scratch = np.empty_like(state)
    index = np.empty(len(state), np.intp)
    for word, start, end in zip(words, offsets, ends, strict=True):
        state ^= word
        _advance(state, _advance_tables(end - start), scratch, index)
    state ^= np.uint32(crc32c(template))
    return masked(state)


def masked_crcs_of_parts(
    data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Masked CRC-32C of each part of `data`: of those of one length that differ in few words by
    these words, of all others one after the other.
    """
    from crc32c import crc32c

    sums = np.empty(len(starts), np.uint32)
    alone = np.ones(len(starts), np.bool_)
    for length, rows in by_length(lengths):
        if length and len(rows) >= ROWS_PER_WORD:
            found = _crcs_of_alike(data, starts[rows], length)
            if found is not None:
                sums[rows], alone[rows] = found, False
    stops = starts + lengths
    with memoryview(data) as view:
        cuts = map(slice, starts[alone].tolist(), stops[alone].tolist())
        each = map(crc32c, map(view.__getitem__, cuts))
        sums[alone] = masked(np.fromiter(each, np.uint32))
    return sums


def _crcs_of_alike(
    data: bytes, starts: NDArray[np.int64], length: int
) -> NDArray[np.uint32] | None:
    """Masked CRC-32C of parts of one length; None where they differ in so much that the tables
    are slower.
    """
    words = parts_at(data, starts, -(-length // 4) * 4).view("<u4").reshape(len(starts), -1)
    if length % 4:
        words[:, -1] &= np.uint32((1 << 8 * (length % 4)) - 1)
    offsets = [at for at in range(words.shape[1]) if (words[:, at] != words[0, at]).any()]
    if len(starts) < ROWS_PER_WORD * len(offsets):
        return None
    template = data[starts[0] : starts[0] + length]
    if not offsets:
        return np.full(len(starts), masked_crc(template), np.uint32)
    differ = [words[:, at] ^ words[0, at] for at in offsets]
    return masked_crcs_of_words(template, [4 * at for at in offsets], differ)


def by_length(lengths: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """(length, which parts have it) of each length that occurs; 0 for those that are very long."""
    short = np.where(lengths < _WIDEST, lengths, 0)
    # Not np.unique, which sorts or hashes, and whose first call imports numpy.ma.
    for length in np.flatnonzero(np.bincount(short)).tolist():
        yield length, np.flatnonzero(short == length)


def parts_at(data: bytes, starts: NDArray[np.int64], size: int) -> NDArray[np.void]:
    """`size` bytes from each start on.

    As items of one width they are copied three times as fast as the rows of a window.
    """
    return np.ndarray((len(data) - size + 1,), f"V{size}", data, 0, (1,))[starts]


def _advance(
    state: NDArray[np.uint32],
    tables: tuple[NDArray[np.uint32], ...],
    scratch: NDArray[np.uint32],
    index: NDArray[np.intp],
) -> None:
    """Take every state, in place, over the zero bytes that the tables stand for.

    take() by intp into a given array, without its checking mode (which copies), is 1.5 times as
    fast as plain indexing.
    """
    low, middle, high = tables
    np.right_shift(state, _THIRD, out=index)
    high.take(index, out=scratch, mode="clip")
    np.bitwise_and(state, _LOW_PART, out=index)
    state >>= _SECOND
    state &= _LOW_PART
    second = state.astype(np.intp)
    low.take(index, out=state, mode="clip")
    state ^= scratch
    middle.take(second, out=scratch, mode="clip")
    state ^= scratch


def masked(crcs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The CRCs as TFRecord files want them; the array given is changed."""
    high = crcs << np.uint32(17)
    crcs >>= np.uint32(15)
    crcs |= high
    crcs += np.uint32(_MASK_DELTA)
    return crcs


@lru_cache(maxsize=128)
def _advance_tables(length: int) -> tuple[NDArray[np.uint32], ...]:
    """What the low, middle and high part of a state become after `length` zero bytes: 20 KiB."""
    from crc32c import crc32c

    zeros = bytes(length)
    # crc32c() inverts before and after; inverted back, it is the bare linear map.
    columns = [crc32c(zeros, (1 << bit) ^ _ONES) ^ _ONES for bit in range(32)]
    starts = range(0, 32, _PART_BITS)
    return tuple(_linear_table(columns[start : start + _PART_BITS]) for start in starts)


def _linear_table(columns: Sequence[int]) -> NDArray[np.uint32]:
    """All values of a linear map that takes bit i to `columns[i]`."""
    table = np.zeros(1 << len(columns), np.uint32)
    for bit, column in enumerate(columns):
        half = 1 << bit
        np.bitwise_xor(table[:half], np.uint32(column), out=table[half : 2 * half])
    return table
