"""From what stands and what arrives to what must be written, of one time series.

What arrives may lie below what is shown already: an older part of the log, a document that was
corrected, another logger of the same training. Then the event file is rewound to the first step at
which something changes, and everything that stands from there is given out, whatever source it came
from. As long as what arrives says what is shown, nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.series.owners import How, Relation, relation
from tbingest.series.standing import rising

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from numpy.typing import NDArray

    from tbingest.series.owners import Owner

    Same = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.bool_]]

_GIVES_WAY, _STAYS, _LEAVES = 0, 1, 2


@dataclass
class Rows:
    """Points of one tag, steps rising: all (n,); `owners` are numbers."""

    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: NDArray[Any]
    owners: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)

    def numbers(self) -> list[int]:
        """The owners that have one."""
        return np.flatnonzero(np.bincount(self.owners)).tolist()

    def take(self, chosen: Any) -> Rows:
        """Some of them."""
        return Rows(
            self.steps[chosen], self.times[chosen], self.values[chosen], self.owners[chosen]
        )


def joined(parts: list[Rows]) -> Rows:
    """All of them, sorted by their steps."""
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    whole = Rows(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.owners for part in parts]),
    )
    if (whole.steps[1:] >= whole.steps[:-1]).all():
        return whole
    return whole.take(np.argsort(whole.steps, kind="stable"))


class Out(NamedTuple):
    """Points to be written, steps rising. `falls` where the first one preempts what is shown.

    `anew` says that something before the first must vanish, with nothing below it that could
    preempt it: the run's event file has to be replaced, this tag left out.
    """

    rows: Rows
    falls: bool
    anew: bool


class _Piece(NamedTuple):
    """What stands in some steps; what of it arrived, and what was written."""

    rows: Rows
    own: NDArray[np.bool_]
    written: NDArray[np.bool_]


@dataclass
class Told:
    """What became of the points that arrived, and how many that `stood` did not stay: counts."""

    arrived: int = 0
    written: int = 0
    repeated: int = 0
    stood: int = 0

    @property
    def superseded(self) -> int:
        """Of what arrived, what something else goes before."""
        return self.arrived - self.written - self.repeated


class Settling:
    """One tag, while one source speaks. Call `take` for what comes, in its order, then `finish`.

    `old` is what stands, `same` compares values of it with new ones, `like` all but for their
    digits; points of the owners in `leave` go.
    """

    def __init__(
        self,
        old: Rows,
        owner: Owner,
        owners: Mapping[int, Owner],
        how: How,
        same: Same,
        leave: Container[int] = (),
        like: Same | None = None,
    ) -> None:
        self.old, self.owner, self.how = old, owner, how
        self._same = same
        self._like = like or same
        self._told_again = 0
        self._code = np.full(len(old), _STAYS, np.int8)
        self._better = np.zeros(len(old), np.bool_)
        self._until = np.iinfo(np.int64).max
        for number in old.numbers():
            self._relate(number, owners, leave)
        self._alive = np.ones(len(old), np.bool_)
        self._first = np.iinfo(np.int64).max
        self._done: int | None = None
        self._begun_at = 0
        self._broken = False
        self._top = int(old.steps[-1]) if len(old) else None
        self._pieces: list[_Piece] = []
        self.told = Told()

    def _relate(self, number: int, owners: Mapping[int, Owner], leave: Container[int]) -> None:
        mine = self.old.owners == number
        other = owners.get(number)
        known = relation(self.owner, other) if other else Relation.EARLIER
        if number in leave:
            self._code[mine] = _LEAVES
        elif known == Relation.EARLIER and self.how != How.LATE:
            self._code[mine] = _GIVES_WAY
        elif known == Relation.LATER:
            self._until = min(self._until, int(self.old.steps[mine][0]))
            self._better |= mine
        elif known == Relation.BETTER:
            self._better |= mine
            if other and other.history and self.owner.history:
                # A last step is often told twice, with new values.
                self._better[np.flatnonzero(mine)[-1]] = False

    def take(
        self, steps: NDArray[np.int64], times: NDArray[np.float64], values: NDArray[Any]
    ) -> list[Out]:
        """What is to be written now of what arrives, (n,) each, in the order of the source."""
        self.told.arrived += len(steps)
        owners = np.full(len(steps), self.owner.number, np.int64)
        found: list[Out] = []
        for part in rising(steps):
            found += self._segment(Rows(steps[part], times[part], values[part], owners[part]))
        return found

    def _segment(self, rows: Rows) -> list[Out]:
        first, last = int(rows.steps[0]), int(rows.steps[-1])
        low = first
        if self._done is None:
            leaving = np.flatnonzero(self._code == _LEAVES)
            if len(leaving):
                low = min(low, int(self.old.steps[leaving[0]]))
            self._begun_at = low
        elif first > self._done:
            low = self._done + 1
        else:
            self._fall(first)
        self._begun_at = min(self._begun_at, low)
        if self.how != How.LATE:
            self._first = min(self._first, first)
        stay = rows.steps < self._until
        if len(rows) and self._better.any():
            stay &= ~_among(rows.steps, self.old.steps[self._better])
        if not stay.all():
            self._told_again += like_of(self.old, rows.take(~stay), self._like)
            rows = rows.take(stay)
        return self._settled(low, last, rows)

    def _fall(self, step: int) -> None:
        """What arrived at `step` or later does not stand."""
        while self._pieces and int(self._pieces[-1].rows.steps[0]) >= step:
            self._pieces.pop()
        if self._pieces:
            rows, own, written = self._pieces[-1]
            kept = slice(int(np.searchsorted(rows.steps, step)))
            self._pieces[-1] = _Piece(rows.take(kept), own[kept], written[kept])

    def finish(self) -> list[Out]:
        """What is still to be written, now that the source has said everything."""
        if self._done is None:
            return []
        found = self._settled(self._done + 1, None, self.old.take(slice(0, 0)))
        self.told.written = sum(int((own & new).sum()) for _, own, new in self._pieces)
        self.told.repeated = sum(int((own & ~new).sum()) for _, own, new in self._pieces)
        self.told.repeated += self._told_again
        self.told.stood = int((~self._alive).sum())
        return found

    def whole(self) -> Rows:
        """All that stands, once it is finished."""
        before = self.old.take(slice(int(np.searchsorted(self.old.steps, self._begun_at))))
        return joined([before, *(piece.rows for piece in self._pieces)])

    def _settled(self, low: int, high: int | None, rows: Rows) -> list[Out]:
        """Settle the steps from `low` to `high`, of which `rows` is all that arrives."""
        begin = int(np.searchsorted(self.old.steps, low))
        end = len(self.old) if high is None else int(np.searchsorted(self.old.steps, high, "right"))
        end = max(begin, end)
        before, code = self.old.take(slice(begin, end)), self._code[begin:end]
        stays = (code == _STAYS) | ((code == _GIVES_WAY) & (before.steps < self._first))
        stays &= ~_among(before.steps, rows.steps)
        merged = joined([before if stays.all() else before.take(stays), rows])
        self._alive[begin:end] = stays | self._equals(before, rows)
        start = self._start(before, merged)
        written = np.arange(len(merged)) >= (len(merged) if start is None else start)
        if len(merged):
            self._pieces.append(_Piece(merged, _among(merged.steps, rows.steps), written))
        if high is not None:
            self._done = high
        return [] if start is None else self._out(begin, before, merged, start)

    def _equals(self, before: Rows, rows: Rows) -> NDArray[np.bool_]:
        """Which rows of `before` arrive with the same value."""
        found = np.zeros(len(before), np.bool_)
        one, other = _shared(before, rows)
        if len(one):
            found[one] = self._same(before.values[one], rows.values[other])
        return found

    def _start(self, before: Rows, merged: Rows) -> int | None:
        """From which place on `merged` is to be written; None where the same is shown already."""
        if self._broken:
            return 0 if len(merged) else None
        count = min(len(before), len(merged))
        differs = before.steps[:count] != merged.steps[:count]
        alike = ~differs
        if alike.any():
            at = np.flatnonzero(alike)
            differs[at] = ~self._same(before.values[at], merged.values[at])
        if differs.any():
            return int(differs.argmax())
        return count if len(before) != len(merged) else None

    def _out(self, begin: int, before: Rows, merged: Rows, start: int) -> list[Out]:
        """Write `merged` from `start` on, and what must be given before it."""
        rows, anew = merged.take(slice(start, None)), False
        gone = not self._broken and start < len(before)
        if gone and not (len(rows) and rows.steps[0] <= before.steps[start]):
            # A point goes that nothing takes the place of: the one below it preempts it.
            if start:
                rows = merged.take(slice(start - 1, None))
            elif begin:
                rows = joined([self._prefix(begin), rows])
            else:
                anew, self._top = True, None
        falls = bool(len(rows)) and self._top is not None and int(rows.steps[0]) <= self._top
        self._broken |= anew or falls
        if len(rows):
            self._top = int(rows.steps[-1])
        return [Out(rows, falls, anew)] if len(rows) or anew else []

    def _prefix(self, begin: int) -> Rows:
        """The last point that stands below the `begin`-th."""
        return self.old.take(slice(begin - 1, begin))


def _among(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which steps of one are steps of the other, too; both rise."""
    if not (len(one) and len(other)) or other[-1] < one[0] or one[-1] < other[0]:
        return np.zeros(len(one), np.bool_)
    place = np.searchsorted(other, one)
    found: NDArray[np.bool_] = other[np.minimum(place, len(other) - 1)] == one
    return found


def _shared(one: Rows, other: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the steps that both have."""
    mine = np.flatnonzero(_among(one.steps, other.steps))
    return mine, np.searchsorted(other.steps, one.steps[mine])


def like_of(old: Rows, rows: Rows, like: Same) -> int:
    """How many of some rows, steps rising, say what stands at their steps already."""
    one, other = _shared(old, rows)
    return int(like(old.values[one], rows.values[other]).sum()) if len(one) else 0
