"""Which column of a table is the step, and which tell its runs apart: by what survives.

Of every candidate is asked how many (tag, step) pairs stay different under it, within groups and
trainings. Survival is a veto; among those that keep nearly all, the name decides. The record's own
number is taken only where no counter is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tbingest.axis.columns import Column, groups_of
from tbingest.axis.counters import NAMED, Axis, against, candidates, numbers_rows, pairs, trainings
from tbingest.axis.vocabulary import IDENTITY, RUN_WORDS
from tbingest.axis.words import own_words, rank_of, split_of, word_set

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

KEPT = 0.9
_ALL = 0.98
_MOST_GROUPS = 7
_MEASURED = 40


@dataclass
class Tried:
    """A candidate with the columns that tell its runs apart; kept: the share of values that stand,
    plain: without telling trainings apart; why: what speaks against it.
    """

    axis: Axis
    groups: tuple[Column, ...]
    kept: float
    plain: float
    why: str

    @property
    def said(self) -> str:
        """In words."""
        by = f" by {' and '.join(one.name for one in self.groups)}" if self.groups else ""
        return f"{self.axis.said}{by}: " + (self.why or f"{self.kept:.0%} kept")

    @property
    def good(self) -> bool:
        """True where it may be taken."""
        return not self.why and self.kept >= KEPT

    @property
    def is_plain(self) -> bool:
        """True where a named counter keeps nearly all, and no trainings have to be told apart."""
        return self.good and self.plain >= _ALL and self.axis.rank >= NAMED


@dataclass
class Choice:
    """The step of a table: none where the record's number is; tried: all that was looked at, the
    best first. shared: a counter that many records share, each with a number of its own, and the
    columns of these numbers.
    """

    axis: Axis | None = None
    groups: list[Column] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    shared: tuple[Axis, list[Column]] | None = None
    family: Column | None = None


def choose(
    columns: Sequence[Column],
    count: int,
    measured: Sequence[Column],
    totals: Collection[float] = (),
) -> Choice:
    """The step and the groups of a table of `count` rows.

    measured: the columns whose values are to survive; totals: what else in the document says how
    far a counter goes.
    """
    found = list(candidates(columns))
    family = family_of(columns, count)
    labels = [one for one in columns if _tells_runs(one, count)][:_MOST_GROUPS]
    labels += [family] if family else []
    tried: list[Tried] = []
    for sets in _growing(labels):
        for groups in sets:
            tried += _try(columns, count, measured, groups, found)
        if any(one.is_plain and (not family or one.axis.has.mean() >= _ALL) for one in tried):
            break
    good = [one for one in tried if one.good]
    if any(one.axis.rank >= NAMED for one in good):
        good = [one for one in good if not numbers_rows(one.axis)]
    good.sort(key=lambda one: _order(one, family, totals, count))
    rest = sorted(
        (one for one in tried if one not in good), key=lambda one: (-one.kept, -one.axis.rank)
    )
    shared = _shared(tried, columns)
    choice = Choice(tried=[*good, *rest], shared=shared, family=family)
    if good and (good[0].axis.rank >= NAMED or not shared):
        choice.axis, choice.groups = good[0].axis, list(good[0].groups)
    return choice


def _growing(labels: Sequence[Column]) -> Iterator[list[tuple[Column, ...]]]:
    """The sets of columns that may tell runs apart: of none, of one, and so on; then of all."""
    for size in range(min(len(labels), 4)):
        yield list(combinations(labels, size))
    if len(labels) > 4:
        yield [tuple(labels[:4]), tuple(labels)]
    else:
        yield [tuple(labels)]


def _try(
    columns: Sequence[Column],
    count: int,
    measured: Sequence[Column],
    groups: tuple[Column, ...],
    found: Sequence[Axis],
) -> Iterator[Tried]:
    ids, _ = groups_of(count, groups)
    if groups and np.median(np.bincount(ids)[ids]) < 2:
        return  # most records would be alone
    for axis in [*found, *(() if groups else pairs(columns))]:
        if groups and axis.rank < NAMED:
            continue
        why = against(axis, ids)
        if why:
            yield Tried(axis, groups, 0.0, 0.0, why)
            continue
        kept = share_kept(axis, ids, measured, trainings(axis, ids))
        plain = share_kept(axis, ids, measured, np.zeros(count, np.int64))
        if plain >= _ALL and not axis.unordered and _falls(axis, ids):
            plain = 0.0
        yield Tried(axis, groups, kept, plain, "")


def _order(
    one: Tried, family: Column | None, totals: Collection[float], count: int
) -> tuple[float, ...]:
    """The fewest groups under which nothing is replaced, then how a counter is called."""
    axis = one.axis
    named = axis.rank >= NAMED
    fits = named and any(
        total != count and abs(float(np.nanmax(axis.steps)) - total) <= 1 for total in totals
    )
    return (
        axis.unordered,
        one.plain < _ALL,
        bool(family) and axis.has.mean() < _ALL,
        not named,
        not fits,
        len(one.groups) if one.plain >= _ALL else 0,
        -axis.rank,
        -one.kept,
    )


def _falls(axis: Axis, groups: NDArray[np.int64]) -> bool:
    return any(
        bool((np.diff(axis.steps[axis.has & (groups == group)]) < 0).any())
        for group in set(groups.tolist())
    )


def share_kept(
    axis: Axis,
    groups: NDArray[np.int64],
    measured: Sequence[Column],
    parts: NDArray[np.int64],
) -> float:
    """The share of (tag, step) pairs that stay different; a value replaced by an equal one is none.

    Rows without the axis have one of their own, or follow. One record that is told twice in a short
    log is no reason against a counter.
    """
    key = groups * 100_003 + parts
    follow = axis.has.mean() > 0.02
    places = list(zip(key[axis.has].tolist(), axis.steps[axis.has].tolist(), strict=True))
    apart = len(set(places)) == len(places)  # so that no value can replace another
    kept = total = worst = 0
    for column in measured[:_MEASURED]:
        at = column.has & axis.has
        steps = values = int(at.sum())
        if not apart:
            rows = zip(
                key[at].tolist(), axis.steps[at].tolist(), column.value[at].tolist(), strict=True
            )
            there = set(rows)
            steps, values = len({row[:2] for row in there}), len(there)
        without = int((column.has & ~axis.has).sum())
        kept += steps + without * follow
        total += values + without
        worst = max(worst, values - steps)
    share = kept / max(total, 1)
    return max(KEPT, share) if worst <= 1 and len(groups) >= 4 else share


def _tells_runs(column: Column, count: int) -> bool:
    if not 1 < column.distinct <= max(2, count / 2):
        return False
    if column.kind == "text":
        return not all(split_of(text) for text in column.texts if text)
    named = column.kind in {"number", "flag"} and column.whole
    return named and bool(own_words(column.name) & RUN_WORDS) and rank_of(column.name) < NAMED


def _shared(tried: Sequence[Tried], columns: Sequence[Column]) -> tuple[Axis, list[Column]] | None:
    """A named counter that many records share, each of them with a worker, trajectory or sample."""
    for one in sorted(tried, key=lambda one: -one.axis.rank):
        if one.why or one.groups or one.axis.rank < NAMED or one.kept >= KEPT:
            continue
        told = [
            column
            for column in columns
            if word_set(column.name) & IDENTITY
            and rank_of(column.name) < NAMED
            and column.name not in one.axis.names
            and column.distinct > 1
        ]
        return (one.axis, told) if told else None
    return None


def family_of(columns: Sequence[Column], count: int) -> Column | None:
    """Rows of a few kinds (training, validation), each with columns of its own, as a column.

    None where all rows are of one kind. For JSON lines. Its cells are the kinds' places; a cell's
    own columns stand in `kind_words`.
    """
    own = [column for column in columns if column.kind == "number" and not column.rank]
    if not own or count < 4:
        return None
    has = np.stack([column.has for column in own], axis=1)
    shapes = Counter(map(tuple, has.tolist()))
    kinds = {shape: times for shape, times in shapes.items() if any(shape)}
    if not 2 <= len(kinds) <= 4 or min(kinds.values()) < 2:
        return None
    ordered = sorted(kinds, key=lambda shape: -kinds[shape])
    texts = [
        str(ordered.index(shape)) if shape in kinds else "0" for shape in map(tuple, has.tolist())
    ]
    return Column(
        ":kind",
        texts,
        "text",
        np.full(count, np.nan),
        np.zeros(count, bool),
        distinct=len(kinds),
        texts=texts,
    )
