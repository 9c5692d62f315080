"""How a counter rises, and where it begins again."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def usual_stride(values: Sequence[float]) -> float:
    """The most common rise from one value to the next, or 0."""
    rises = Counter(b - a for a, b in pairwise(values) if b > a)
    return float(rises.most_common(1)[0][0]) if rises else 0.0


def starts_anew(value: float, last: float, first: float, stride: float) -> bool:
    """Whether a fall to `value` is another training: to where the first began, or to 0 or 1."""
    begin = max(first, 1 if first <= 1 else stride)
    return value < last and value <= begin + stride / 2


def restarts_of(values: Sequence[float], *, fell: bool = False) -> tuple[list[int], bool]:
    """(which training each record is of, whether every fall is one that begins another).

    A record that is followed by one above what stood before it is late, and begins nothing. `fell`
    is as in `begins_again`.
    """
    stride = usual_stride(values) or 1
    run, runs, clear = 0, [], True
    anew = begins_again(values, fell=fell)
    for at, value in enumerate(values):
        if anew and at and value == values[at - 1] == values[0]:
            run += 1
        elif at and value < values[at - 1]:
            late = at + 1 < len(values) and values[at + 1] > values[at - 1]
            late = late or _is_last(values, at, stride)
            if not late and starts_anew(value, values[at - 1], values[0], stride):
                run += 1
            elif not late:
                clear = False
        runs.append(run)
    return runs, clear


def _is_last(values: Sequence[float], at: int, stride: float) -> bool:
    """Whether a record that tells of an earlier step is the last of its training.

    `[250] valid_1's auc: 0.5` below `Early stopping, best iteration is:`, with another fold below.
    """
    value, before, first = values[at], values[at - 1], values[0]
    again = at + 1 == len(values) or starts_anew(values[at + 1], value, first, stride)
    return again and not starts_anew(value, before, first, stride)


def last_ones(values: Sequence[float], falls: Sequence[int]) -> int:
    """How many of the falls are such last records, where other trainings follow."""
    stride = usual_stride(values) or 1
    return sum(_is_last(values, at, stride) for at in falls)


def begins_again(values: Sequence[float], *, fell: bool = False) -> bool:
    """Whether a first step that is told again is another training: no other step is, some fall.

    Or what counts within them has fallen there: `Epoch 1/9`, batches, `Epoch 1/9`, batches from 0.
    """
    same = [b for a, b in pairwise(values) if a == b]
    fell = fell or any(b < a and b <= values[0] for a, b in pairwise(values))
    return fell and bool(same) and all(value == values[0] for value in same)


def evenly(values: Sequence[float]) -> float:
    """The stride of a counter that is shown as 1K, 1K, 2K, or 0 where none would show it so."""
    mean = (values[-1] - values[0]) / max(len(values) - 1, 1)
    round_ones = (scale * 10**power for power in range(1, 6) for scale in (1, 2, 2.5, 4, 5))
    for stride in sorted({mean, *round_ones}, key=lambda one: abs(one - mean)):
        shown = (abs(values[0] + at * stride - value) for at, value in enumerate(values))
        if stride > 0 and all(
            off <= (501 if value < 1e6 else 5e5 + 1)
            for off, value in zip(shown, values, strict=True)
        ):
            return float(stride)
    return 0
