"""The counters of a family of lines: candidates, and which of them keeps the values apart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.textlog.restarts import (
    evenly,
    last_ones,
    restarts_of,
    usual_stride,
)
from tbingest.formats.textlog.slots import BAR, Column, Key, keys_of
from tbingest.formats.textlog.words import is_measure, is_outer, rank_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.recorder import Record

_RATE = re.compile(r"/s(?:ec|econd)?\b|per_s|_ms\b")
_KEPT = 0.9
_ENOUGH = 0.25
_BEHAVES = 0.97
_NAMED = 2.9


@dataclass(slots=True)
class Axis:
    """A candidate: the counter, or a pair of an outer and an inner one; the steps under it.

    kept: the share of records whose step is their own; behaves: 1 where it falls at restarts only.
    """

    kind: str
    inner: Key
    outer: Key | None
    steps: list[int]
    kept: float
    behaves: float
    rank: float
    restarts: int = 0
    falling: bool = False
    length: int = 0
    base: int = 0
    stride: int = 0

    @property
    def name(self) -> str:
        """How the axis is called in reports."""
        inner = self.inner[0] or "[n]"
        return f"{self.outer[0] or '[n]'} x {inner}" if self.outer else inner

    @property
    def score(self) -> tuple[object, ...]:
        """Survival is a veto; among what survives the name decides."""
        steady = self.behaves > _BEHAVES
        return (
            self.kept >= _KEPT and steady,
            self.kept >= _ENOUGH and steady,
            self.rank,
            round(self.kept, 1),
            self.behaves,
        )


def kept_of(records: Sequence[Record], runs: Sequence[int], steps: Sequence[float]) -> float:
    """The share of records whose step is their own, among those that say the same names.

    `[STEP 9] mean: 0.5` and `[STEP 9] std: 0.1` take nothing from each other.
    """
    names: dict[int, tuple[str, ...]] = {}
    for record in records:
        if id(record.part) not in names:
            names[id(record.part)] = tuple(slot.name for slot in record.part.slots)
    said = (names[id(record.part)] for record in records)
    return len(set(zip(said, runs, steps, strict=True))) / len(records)


def candidates(records: Sequence[Record], columns: dict[Key, Column]) -> list[Axis]:
    """Every counter of a family by itself, and every pair of an outer and an inner one."""
    found = [axis for column in columns.values() if (axis := _single(records, column, columns))]
    paired = set()
    for outer in sorted(columns.values(), key=lambda one: len(set(one.values)) == 1):
        constant = len(set(outer.values)) == 1 < len(records)
        if outer.rank <= 0 or outer.key == BAR or (constant and not outer.total):
            continue
        for inner in columns.values():
            taken = constant and inner.key in paired  # (0/4) Epoch 1, batch 50: rank 0 of 4
            axis = _pair(records, outer, inner) if outer is not inner and not taken else None
            if axis:
                found.append(axis)
                paired.add(inner.key)
    # `iteration:4 step:13/29`, `iteration:7 step:2/29`: what only rises is no restart's.
    clear = any(one.kept == 1 and not one.falling and one.rank >= _NAMED for one in found)
    return [one for one in found if not (clear and one.kind == "own" and one.restarts)]


def of_an_episode(counter: Sequence[object], name: str) -> bool:
    """`Episode 7 | Step: 200`: the steps of the episode are a value."""
    plain = str(counter[0]).lower().rstrip("s") if counter else ""
    return plain in {"episode", "game"} and name.lower().rstrip("s") in {
        "step",
        "timestep",
        "frame",
    }


def _of_an_episode(column: Column, columns: dict[Key, Column]) -> bool:
    return not column.total and any(of_an_episode(other, column.key[0]) for other in columns)


def _rank_alone(column: Column, columns: dict[Key, Column]) -> float:
    """How much of a counter a column is by itself; 0 where it is none.

    Without the name of one it is, little, where five values or more only rise and measure nothing.
    """
    rank: float = column.rank
    if rank <= 0:
        values, slot = column.values, column.slot
        count = len(values)
        plain = not column.falls and len(set(values)) == count and values[-1] != values[0]
        measured = is_measure(column.key[0]) or _RATE.search(column.key[0])
        if count < 5 or not plain or measured or not (slot and slot.strong):
            return 0
        rank = 0.5
    return 2.5 if _of_an_episode(column, columns) else rank


def _tells_nothing(
    records: Sequence[Record], column: Column, columns: dict[Key, Column], rank: float
) -> bool:
    """True where a line has nothing but the counter, or nothing but counters: no values."""
    named = max(rank, rank_of(column.key[0]))  # Training epoch: 3
    if named >= 3 or column.slot is None:
        return False
    keys = keys_of(records[0].part)
    return all(key == column.key for key, _ in keys) or len(columns) == len(keys)


def _single(records: Sequence[Record], column: Column, columns: dict[Key, Column]) -> Axis | None:
    """A counter by itself: as far as it keeps its records apart, and only rises."""
    values, count, falls = column.values, len(records), column.falls
    rank = _rank_alone(column, columns)
    if (
        not rank
        or (len(set(values)) == 1 < count)
        or _tells_nothing(records, column, columns, rank)
    ):
        return None
    stride = 0.0
    if column.scaled and len(set(values)) < count:
        stride = evenly(values)
    steps = [round(values[0] + at * stride) for at in range(count)] if stride else values
    runs, clear = restarts_of(steps)
    restarts = runs[-1]
    kept = kept_of(records, runs, steps)
    bad = len(falls) - (restarts + last_ones(steps, falls) if clear and restarts else 0)
    behaves = 1.0 if bad <= count // 20 + (bad == 1) else 1 - bad / max(count - 1, 1)
    if restarts > max(3, count / 8) and not column.in_order:
        behaves = 0.0
    return Axis(
        "own",
        column.key,
        None,
        [int(step) for step in steps],
        kept,
        behaves,
        rank,
        restarts,
        falling=bool(falls),
        stride=int(stride),
    )


def _pair(records: Sequence[Record], outer: Column, inner: Column) -> Axis | None:
    """An inner counter that falls back where the outer one rises: epoch and iteration."""
    count = len(inner.values)
    named = is_outer(outer.key[0]) or outer.rank >= 3
    falls = inner.falls
    known = inner.rank >= 1 or inner.key == BAR or _ticks(outer, inner)
    if not named or not known or len(falls) > 0.7 * count:
        return None
    if is_outer(inner.key[0]) and not inner.total:
        return None
    if falls and all(a < b for a, b in pairwise(outer.values)):
        return None  # `39160/50000: episode: 3, episode steps: 13`: it tells each line by itself
    if not falls:
        return _even_pair(records, outer, inner)
    grows = sum(b > a for a, b in pairwise(outer.values))
    if falls and len(falls) < 0.5 * grows:
        return None  # it falls where a training begins, and goes on over the outer counter
    begin = outer.values[0]
    rises = sum(
        outer.values[at] != outer.values[at - 1]
        or (outer.values[at] == begin and inner.values[at] == inner.values[0])
        for at in falls
    ) / len(falls)
    if rises < 0.9 or len(outer.falls) > max(3, count // 50):
        return None
    return _paired(records, outer, inner, rises)


def _ticks(outer: Column, inner: Column) -> bool:
    """Whether a slot counts within an outer counter, whatever its name: `Epoch: 3, seen: 80`.

    It rises by one stride, and falls to where it began wherever the outer one rises, at no other.
    """
    values, begin = inner.values, inner.values[0]
    stride = usual_stride(values)
    cuts = [a != b for a, b in pairwise(outer.values)]
    return (
        inner.slot is not None
        and inner.slot.strong
        and not is_measure(inner.key[0])
        and sum(cuts) >= 2
        and all(
            (b == begin) if cut else 0 < b - a <= stride
            for cut, (a, b) in zip(cuts, pairwise(values), strict=True)
        )
    )


def _even_pair(records: Sequence[Record], outer: Column, inner: Column) -> Axis | None:
    """A pair whose inner counter did not fall yet, but does not go on over the outer ones.

    `Epoch [1/3], Step [10/20]`, `Epoch [2/3], Step [10/20]`; of a log that begins in a later epoch,
    the totals tell.
    """
    rises = [at for at in range(1, len(outer.values)) if outer.values[at] > outer.values[at - 1]]
    if not is_outer(outer.key[0]) or is_outer(inner.key[0]) or inner.rank < 3:
        return None
    if rises:
        if len(set(inner.values)) == 1 and not inner.total:
            return None  # `Epoch: 2, Steps: 263`: how many there were
        again = all(inner.values[at] <= inner.values[at - 1] for at in rises)
        few = len(outer.falls) <= max(3, len(rises) // 10)
        return _paired(records, outer, inner, 1.0) if again and few else None
    if not inner.total or not outer.total or len(set(outer.values)) > 1:
        return None
    epoch, done = outer.values[0], inner.values[0] / inner.total * outer.total
    late = epoch > 1 and not epoch - 1.25 <= done <= epoch + 0.25
    return _paired(records, outer, inner, 1.0) if late else None


def _paired(records: Sequence[Record], outer: Column, inner: Column, rises: float) -> Axis:
    length = length_of(outer.values, inner.values, inner.total)
    base = min(*outer.values, 1)
    steps = [int((a - base) * length + b) for a, b in zip(outer.values, inner.values, strict=True)]
    runs, _ = restarts_of(steps)
    kept = kept_of(records, runs, steps)
    rank = max(inner.rank, 3) + 0.4
    return Axis(
        "pair",
        inner.key,
        outer.key,
        steps,
        kept,
        rises,
        rank,
        runs[-1],
        length=length,
        base=int(base),
    )


def length_of(outer: Sequence[float], inner: Sequence[float], total: int) -> int:
    """How many inner steps an outer one has: the total, else what makes the stride go on."""
    cuts = [at for at in range(1, len(inner)) if outer[at] != outer[at - 1]]
    inside = [b - a for a, b in pairwise(inner) if b > a]
    stride = Counter(inside).most_common(1)[0][0] if inside else 0
    guesses = Counter(
        inner[at - 1] + stride - inner[at]
        for at in cuts
        if inner[at] <= inner[at - 1] and outer[at] - outer[at - 1] == 1
    )
    if total:
        return max(total, int(max(inner)), 1)
    if guesses:
        return max(int(guesses.most_common(1)[0][0]), int(max(inner) - min(inner)), 1)
    return max(int(max(inner) + (0 if min(inner) else stride)), 1)
