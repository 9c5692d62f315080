"""The counters of a family of lines: candidates, and which of them keeps the values apart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import SPLITS, is_measure, is_outer, rank_of, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.parts import Part, Slot
    from tbingest.formats.textlog.recorder import Record

_RATE = re.compile(r"/s(?:ec|econd)?\b|per_s|_ms\b")
BAR = ("@bar", 0)
"""The key of a progress bar's position."""
Key = tuple[str, int]
"""The name of a slot, and how many slots before it in the line are called so."""
_KEPT = 0.9
_ENOUGH = 0.25
_BEHAVES = 0.97


def keys_of(part: Part) -> list[tuple[Key, Slot]]:
    """The slots of a part, each with its key."""
    seen: Counter[str] = Counter()
    found = []
    for slot in part.slots:
        found.append(((slot.name, seen[slot.name]), slot))
        seen[slot.name] += 1
    return found


@dataclass(slots=True)
class Column:
    """One slot over the records of a family: its values, the last one where a record has none.

    slot: the first record's. total: the most common `/ 500`, or 0. whole: every value is a whole
    number from 0 on. rank: how much it is called like a counter.
    """

    key: Key
    slot: Slot | None
    values: list[float]
    total: int
    rank: float
    scaled: bool = False

    @property
    def falls(self) -> list[int]:
        """The records at which the value is below the one before."""
        values = self.values
        return [at for at in range(1, len(values)) if values[at] < values[at - 1]]


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


def columns_of(records: Sequence[Record], *, bar: bool) -> dict[Key, Column]:
    """The whole-number slots that nearly every record of a family has."""
    cells: dict[Key, dict[int, tuple[str, Slot | None, str]]] = {}
    known: dict[int, list[tuple[dict[int, tuple[str, Slot | None, str]], Slot]]] = {}
    for at, record in enumerate(records):
        numbers = record.numbers
        slots = known.get(id(record.part))
        if slots is None:
            keys = keys_of(record.part)
            slots = known[id(record.part)] = [(cells.setdefault(key, {}), one) for key, one in keys]
        for column, slot in slots:
            total = numbers[slot.total] if slot.total >= 0 else ""
            column[at] = (numbers[slot.place], slot, total)
        if bar and record.part.bar:
            done, out_of = record.part.bar
            total = record.numbers[out_of] if out_of >= 0 else ""
            cells.setdefault(BAR, {})[at] = (record.numbers[done], None, total)
    found = {}
    for key, column in cells.items():
        if len(column) < 0.9 * len(records):
            continue
        whole = sum(
            (is_whole(text) and text[:1] != "-") or bool(slot and slot.scale != 1)
            for text, slot, _ in column.values()
        )
        if whole >= 0.99 * len(column):
            found[key] = _column(key, column, len(records))
    return found


def _column(key: Key, cells: dict[int, tuple[str, Slot | None, str]], count: int) -> Column:
    values: list[float] = []
    text, slot, _ = next(iter(cells.values()))
    last = number(text) * (slot.scale if slot else 1)
    for at in range(count):
        if at in cells:
            text, own, _ = cells[at]
            value = number(text) * (own.scale if own else 1)
            last = value if value == value else last  # noqa: PLR0124
        values.append(last)
    totals = Counter(int(number(total)) for _, _, total in cells.values() if is_whole(total))
    total = totals.most_common(1)[0][0] if totals else 0
    scaled = any(own is not None and own.scale != 1 for _, own, _ in cells.values())
    return Column(key, slot, values, total, _rank(key, slot, total), scaled)


def _rank(key: Key, slot: Slot | None, total: int) -> float:
    """How much a slot is called, and looks, like a counter."""
    name = key[0]
    if slot is None:
        return 2.5
    rank = rank_of(name) or (3.0 if _is_letter(slot) else 0.0)
    if slot.kind == "count":
        return 3.5 if total else 3
    if not name:
        return 3 if total else 0
    if not rank and total and (name.lower() in SPLITS or not slot.strong):
        return 3
    if not rank:
        return 0
    longer = 0.06 * (len(words(name)) - 1) + (0 if total else 0.3 * name.count("/"))
    return rank - longer + (0.3 if total else 0) + (0.2 if rank == 3 and not is_outer(name) else 0)


def _is_letter(slot: Slot) -> bool:
    """`s:10`, at the beginning of a line."""
    return slot.name in {"s", "i", "e", "t"} and slot.strong and slot.place == 0


def usual_stride(values: Sequence[float]) -> float:
    """The most common rise from one value to the next, or 0."""
    rises = Counter(b - a for a, b in pairwise(values) if b > a)
    return float(rises.most_common(1)[0][0]) if rises else 0.0


def starts_anew(value: float, last: float, first: float, stride: float) -> bool:
    """Whether a fall to `value` is another training: to where the first began, or to 0 or 1."""
    begin = max(first, 1 if first <= 1 else stride)
    return value < last and value <= begin + stride / 2


def restarts_of(values: Sequence[float]) -> tuple[list[int], bool]:
    """(which training each record is of, whether every fall is one that begins another).

    A record that is followed by one above what stood before it is late, and begins nothing.
    """
    stride = usual_stride(values) or 1
    run, runs, clear = 0, [], True
    anew = begins_again(values)
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


def _last_ones(values: Sequence[float], falls: Sequence[int]) -> int:
    """How many of the falls are such last records, where other trainings follow."""
    stride = usual_stride(values) or 1
    return sum(_is_last(values, at, stride) for at in falls)


def begins_again(values: Sequence[float]) -> bool:
    """Whether a first step that is told again is another training: no other step is, some fall."""
    same = [b for a, b in pairwise(values) if a == b]
    fell = any(b < a and b <= values[0] for a, b in pairwise(values))
    return fell and bool(same) and all(value == values[0] for value in same)


def candidates(records: Sequence[Record], columns: dict[Key, Column]) -> list[Axis]:
    """Every counter of a family by itself, and every pair of an outer and an inner one."""
    found = [axis for column in columns.values() if (axis := _single(records, column, columns))]
    for outer in columns.values():
        constant = len(set(outer.values)) == 1 < len(records) and not outer.total
        if outer.rank <= 0 or outer.key == BAR or constant:
            continue
        for inner in columns.values():
            axis = _pair(outer, inner) if outer is not inner else None
            if axis:
                found.append(axis)
    return found


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


def _single(records: Sequence[Record], column: Column, columns: dict[Key, Column]) -> Axis | None:
    values, count, rank = column.values, len(records), column.rank
    falls = column.falls
    slot = column.slot
    if rank <= 0:
        plain = not falls and len(set(values)) == count and values[-1] != values[0]
        measured = is_measure(column.key[0]) or _RATE.search(column.key[0])
        if count < 5 or not plain or measured or not (slot and slot.strong):
            return None
        rank = 0.5
    if _of_an_episode(column, columns):
        rank = 2.5
    others = any(key != column.key for key, _ in keys_of(records[0].part))
    named = max(rank, rank_of(column.key[0]))  # Training epoch: 3
    if named < 3 and slot is not None and not others:
        return None
    if named < 3 and slot is not None and len(columns) == len(keys_of(records[0].part)):
        return None
    if len(set(values)) == 1 < count:
        return None
    stride = 0.0
    if column.scaled and len(set(values)) < count:
        stride = evenly(values)
    steps = [round(values[0] + at * stride) for at in range(count)] if stride else values
    runs, clear = restarts_of(steps)
    restarts = runs[-1]
    kept = len(set(zip(runs, steps, strict=True))) / count
    bad = len(falls) - (restarts + _last_ones(steps, falls) if clear and restarts else 0)
    behaves = 1.0 if bad <= count // 20 + (bad == 1) else 1 - bad / max(count - 1, 1)
    if restarts > max(3, count / 8):
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


def _pair(outer: Column, inner: Column) -> Axis | None:
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
        return _even_pair(outer, inner)
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
    return _paired(outer, inner, rises)


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


def _even_pair(outer: Column, inner: Column) -> Axis | None:
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
        return _paired(outer, inner, 1.0) if again and few else None
    if not inner.total or not outer.total or len(set(outer.values)) > 1:
        return None
    epoch, done = outer.values[0], inner.values[0] / inner.total * outer.total
    late = epoch > 1 and not epoch - 1.25 <= done <= epoch + 0.25
    return _paired(outer, inner, 1.0) if late else None


def _paired(outer: Column, inner: Column, rises: float) -> Axis:
    count = len(inner.values)
    length = length_of(outer.values, inner.values, inner.total)
    base = min(*outer.values, 1)
    steps = [int((a - base) * length + b) for a, b in zip(outer.values, inner.values, strict=True)]
    runs, _ = restarts_of(steps)
    kept = len(set(zip(runs, steps, strict=True))) / count
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
