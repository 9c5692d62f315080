"""Blocks of numbers of few bits, as ggml keeps them, turned into float32 as ggml does.

A block holds 32 or 256 numbers: one or two scales for all of them, and for each a few bits. Those
of 256 have further scales of 4 or 6 bits for each 16 or 32 numbers. The layouts are those of
https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Octets: TypeAlias = NDArray[np.uint8]
    Floats: TypeAlias = NDArray[np.float32]


class Block(NamedTuple):
    """One kind: `decode` turns (n, width) bytes into n x `numbers` float32."""

    name: str
    numbers: int
    width: int
    decode: Callable[[Octets], Floats]


_UNEVEN = np.array(
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32
)
_FLOAT4 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)


def _half(octets: Octets) -> Floats:
    """Half-precision scales, one a block: (n, 1)."""
    return np.ascontiguousarray(octets).view("<f2").astype(np.float32)


def _bits(octets: Octets, shifts: range, mask: int, width: int) -> Octets:
    """Bits of each group of `width` bytes: all of the lowest first, then of the next shift."""
    count = len(octets)
    groups = octets.reshape(count, -1, 1, width)
    apart = np.asarray(shifts, np.uint8).reshape(1, 1, -1, 1)
    return ((groups >> apart) & np.uint8(mask)).reshape(count, -1)


def _nibbles(octets: Octets, width: int) -> Octets:
    return _bits(octets, range(0, 8, 4), 15, width)


def _fifth(octets: Octets) -> Octets:
    """The fifth bits of 32 numbers, one after the other."""
    whole = np.ascontiguousarray(octets).view("<u4")
    return ((whole >> np.arange(32, dtype=np.uint32)) & 1).astype(np.uint8)


def _q4_0(b: Octets) -> Floats:
    return _half(b[:, :2]) * (_nibbles(b[:, 2:], 16).astype(np.int8) - 8).astype(np.float32)


def _q4_1(b: Octets) -> Floats:
    return _half(b[:, :2]) * _nibbles(b[:, 4:], 16).astype(np.float32) + _half(b[:, 2:4])


def _q5_0(b: Octets) -> Floats:
    whole = _nibbles(b[:, 6:], 16) | (_fifth(b[:, 2:6]) << 4)
    return _half(b[:, :2]) * (whole.astype(np.int8) - 16).astype(np.float32)


def _q5_1(b: Octets) -> Floats:
    whole = _nibbles(b[:, 8:], 16) | (_fifth(b[:, 4:8]) << 4)
    return _half(b[:, :2]) * whole.astype(np.float32) + _half(b[:, 2:4])


def _q8_0(b: Octets) -> Floats:
    return _half(b[:, :2]) * b[:, 2:].view(np.int8).astype(np.float32)


def _q8_k(b: Octets) -> Floats:
    scale = np.ascontiguousarray(b[:, :4]).view("<f4")
    return scale * b[:, 4:260].view(np.int8).astype(np.float32)


def _grouped(scales: Floats, numbers: Floats) -> Floats:
    """Each group of numbers times a scale of its own."""
    count, groups = scales.shape
    product = scales[:, :, None] * numbers.reshape(count, groups, -1)
    return product.reshape(count, -1)


def _q2_k(b: Octets) -> Floats:
    scale, least = _half(b[:, 80:82]), _half(b[:, 82:84])
    numbers = _bits(b[:, 16:80], range(0, 8, 2), 3, 32).astype(np.float32)
    found = _grouped(scale * (b[:, :16] & 15).astype(np.float32), numbers)
    return found - np.repeat(least * (b[:, :16] >> 4).astype(np.float32), 16, axis=1)


def _q3_k(b: Octets) -> Floats:
    low = _bits(b[:, 96:104], range(0, 8, 4), 15, 8)
    high = _bits(b[:, 104:108], range(0, 8, 2), 3, 4)
    scales = (low | (high << 4)).astype(np.int8) - 32
    numbers = _bits(b[:, 32:96], range(0, 8, 2), 3, 32).astype(np.int8)
    absent = _bits(b[:, :32], range(8), 1, 32) ^ 1
    numbers -= (absent << 2).astype(np.int8)
    return _grouped(_half(b[:, 108:110]) * scales.astype(np.float32), numbers.astype(np.float32))


def _scales_and_least(b: Octets) -> tuple[Floats, Floats]:
    """Eight scales and eight least values of six bits in twelve bytes."""
    first, second, both = b[:, :4], b[:, 4:8], b[:, 8:12]
    scales = np.concatenate((first & 63, (both & 15) | ((first >> 2) & 48)), axis=1)
    least = np.concatenate((second & 63, (both >> 4) | ((second >> 2) & 48)), axis=1)
    return scales.astype(np.float32), least.astype(np.float32)


def _with_least(b: Octets, numbers: Octets) -> Floats:
    scales, least = _scales_and_least(b[:, 4:16])
    found = _grouped(_half(b[:, :2]) * scales, numbers.astype(np.float32))
    return found - np.repeat(_half(b[:, 2:4]) * least, 32, axis=1)


def _q4_k(b: Octets) -> Floats:
    return _with_least(b, _nibbles(b[:, 16:], 32))


def _q5_k(b: Octets) -> Floats:
    high = _bits(b[:, 16:48], range(8), 1, 32) << np.uint8(4)
    return _with_least(b, _nibbles(b[:, 48:], 32) | high)


def _q6_k(b: Octets) -> Floats:
    low, high = _nibbles(b[:, :128], 64), _bits(b[:, 128:192], range(0, 8, 2), 3, 32)
    numbers = (low | (high << 4)).astype(np.int8) - 32
    scales = b[:, 192:208].view(np.int8).astype(np.float32)
    return _grouped(_half(b[:, 208:210]) * scales, numbers.astype(np.float32))


def _iq4_nl(b: Octets) -> Floats:
    return _half(b[:, :2]) * _UNEVEN[_nibbles(b[:, 2:], 16)]


def _iq4_xs(b: Octets) -> Floats:
    low = _bits(b[:, 4:8].reshape(-1, 4), range(0, 8, 4), 15, 1)
    high = np.ascontiguousarray(b[:, 2:4]).view("<u2") >> np.arange(0, 16, 2, dtype=np.uint16)
    scales = (low | ((high & 3) << 4).astype(np.uint8)).astype(np.int8) - 32
    return _grouped(_half(b[:, :2]) * scales.astype(np.float32), _UNEVEN[_nibbles(b[:, 8:], 16)])


def _mxfp4(b: Octets) -> Floats:
    scale = np.ldexp(np.float32(1), b[:, :1].astype(np.int32) - 128).astype(np.float32)
    return scale * _FLOAT4[_nibbles(b[:, 1:], 16)]


BLOCKS = {
    2: Block("Q4_0", 32, 18, _q4_0),
    3: Block("Q4_1", 32, 20, _q4_1),
    6: Block("Q5_0", 32, 22, _q5_0),
    7: Block("Q5_1", 32, 24, _q5_1),
    8: Block("Q8_0", 32, 34, _q8_0),
    10: Block("Q2_K", 256, 84, _q2_k),
    11: Block("Q3_K", 256, 110, _q3_k),
    12: Block("Q4_K", 256, 144, _q4_k),
    13: Block("Q5_K", 256, 176, _q5_k),
    14: Block("Q6_K", 256, 210, _q6_k),
    15: Block("Q8_K", 256, 292, _q8_k),
    20: Block("IQ4_NL", 32, 18, _iq4_nl),
    23: Block("IQ4_XS", 256, 136, _iq4_xs),
    39: Block("MXFP4", 32, 17, _mxfp4),
}
"""By the number that a tensor's entry says."""
