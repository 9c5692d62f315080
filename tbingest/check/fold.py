"""Folds values, as they are read, into curves: a few thousand values of a tag are held at a time.

Steps that fall back take away the values that they replace. The last 8,192 values of a tag are held
as they are, so most falls are exact at once; one that reaches further is noted as a *cut*, and the
same sources are then read again, without what it takes away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.check.series import Origin, Point, Series, Spikes, Turn
from tbingest.series.samples import Samples
from tbingest.series.spikes import WINDOW, spike_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.check.rules import Rule
    from tbingest.model.points import Points

HELD = 8_192

Cuts = dict[tuple[str, str], list[tuple[int, int]]]
"""By (run, tag): how many values were logged before, and the step to which the steps then fell."""


@dataclass(frozen=True)
class Asked:
    """What the rules need beside the rest: the last n values, some steps, bounds of spikes."""

    tail: int = 1
    steps: tuple[int, ...] = ()
    spikes: tuple[float, ...] = ()

    @classmethod
    def by(cls, rules: Sequence[Rule]) -> Asked:
        """What `rules` need."""
        means = [rule.n for rule in rules if rule.which == "mean"]
        steps = sorted({rule.n for rule in rules if rule.which == "at"})
        bounds = sorted({rule.bound for rule in rules if rule.kind == "no-spike"})
        return cls(max(means, default=1), tuple(steps), tuple(bounds))


@dataclass
class _Block:
    """Values of a tag in their order. steps, values, origins, which are the numbers of the sources,
    and places, below 0 where that order is not the source's: (n,).
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    places: NDArray[np.int64]
    origins: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> _Block:
        return _Block(
            self.steps[chosen], self.values[chosen], self.places[chosen], self.origins[chosen]
        )

    def last(self, count: int) -> _Block:
        """A copy, so that the rest can go."""
        return _Block(
            self.steps[-count:].copy(),
            self.values[-count:].copy(),
            self.places[-count:].copy(),
            self.origins[-count:].copy(),
        )


def _joined(blocks: Sequence[_Block]) -> _Block:
    if len(blocks) == 1:
        return blocks[0]
    return _Block(
        np.concatenate([one.steps for one in blocks]),
        np.concatenate([one.values for one in blocks]),
        np.concatenate([one.places for one in blocks]),
        np.concatenate([one.origins for one in blocks]),
    )


def _point(sources: Sequence[Origin], block: _Block, at: int) -> Point:
    origin, place = sources[int(block.origins[at])], int(block.places[at])
    line = place if origin.lined and place >= 0 else None
    return Point(int(block.steps[at]), float(block.values[at]), origin.shown, line)


@dataclass
class _Course:
    """How the steps of a tag go as they were logged: where they first fell back, and how often."""

    restart: tuple[int, Point] | None = None
    count: int = 0
    last: int | None = None

    def add(self, sources: Sequence[Origin], block: _Block) -> None:
        """Take in what was logged next."""
        falls = np.flatnonzero(block.steps[1:] <= block.steps[:-1]) + 1
        if self.last is not None and block.steps[0] <= self.last:
            falls = np.concatenate([[0], falls])
        if len(falls) and self.restart is None:
            at = int(falls[0])
            before = int(block.steps[at - 1]) if at else self.last
            self.restart = before or 0, _point(sources, block, at)
        self.count += len(falls)
        self.last = int(block.steps[-1])


class _Curve:
    """What is known of one tag; `add` takes what was logged, `done` gives the curve."""

    def __init__(
        self, sources: Sequence[Origin], asked: Asked, cuts: Sequence[tuple[int, int]], hold: int
    ) -> None:
        self.deep: list[tuple[int, int]] = []
        self._sources, self._asked, self._hold = sources, asked, hold
        self._cut_at = np.array([place for place, _ in cuts], np.int64)
        falls = np.array([step for _, step in cuts], np.int64)
        self._cut_to = np.minimum.accumulate(falls[::-1])[::-1]
        self._held: list[_Block] = []
        self._logged = 0
        self._last_logged: int | None = None
        self._count = self._odd_count = 0
        self._first: Point | None = None
        self._last: Point | None = None
        self._low: Point | None = None
        self._high: Point | None = None
        self._odd: Point | None = None
        self._lowest, self._highest = np.inf, -np.inf
        self._number = np.nan
        self._rises, self._falls = Turn(), Turn()
        self._tail = self._window = np.empty(0)
        self._samples = Samples()
        self._at: dict[int, Point] = {}
        self._spikes = dict.fromkeys(asked.spikes, Spikes())

    def add(self, block: _Block) -> None:
        """Take in what was logged next."""
        falls = np.flatnonzero(block.steps[1:] <= block.steps[:-1]) + 1
        if self._last_logged is not None and block.steps[0] <= self._last_logged:
            falls = np.concatenate([[0], falls])
        if len(falls) and self._last is not None:
            steps = block.steps[falls]
            deep = np.flatnonzero(steps <= self._last.step)
            places = falls[deep] + self._logged
            self.deep += zip(places.tolist(), steps[deep].tolist(), strict=True)
        self._last_logged = int(block.steps[-1])
        place, self._logged = self._logged, self._logged + len(block)
        if len(self._cut_at):
            block = self._uncut(block, place)
        self._held.append(block)
        if len(falls):
            block = _joined(self._held)
            self._held = [block.take(_standing(block.steps))]
        if sum(map(len, self._held)) > 2 * self._hold:
            block = _joined(self._held)
            self._fold(block.take(slice(None, -self._hold)))
            self._held = [block.last(self._hold)]

    def _uncut(self, block: _Block, place: int) -> _Block:
        """The block, whose first value is the `place`-th, without what later cuts take away."""
        following = np.searchsorted(self._cut_at, np.arange(place, place + len(block)), "right")
        limits = np.append(self._cut_to, np.iinfo(np.int64).max)[following]
        return block.take((block.steps < limits) | (following == len(self._cut_at)))

    def _fold(self, block: _Block) -> None:
        """Take in values that stand for good."""
        if not len(block):
            return
        if self._first is None:
            self._first = self._point(block, 0)
        self._extremes(block)
        self._turns(block)
        for step in self._asked.steps:
            at = int(np.searchsorted(block.steps, step))
            if at < len(block) and block.steps[at] == step:
                self._at[step] = self._point(block, at)
        if self._spikes:
            self._score(block)
        self._tail = np.concatenate([self._tail, block.values])[-self._asked.tail :]
        self._samples.fold(block.values, block.steps)
        self._count += len(block)
        self._last = self._point(block, -1)

    def _extremes(self, block: _Block) -> None:
        values = block.values
        finite = np.isfinite(values)
        if not finite.all():
            odd = np.flatnonzero(~finite)
            self._odd = self._odd or self._point(block, int(odd[0]))
            self._odd_count += len(odd)
        if finite.any():
            known = values[finite]
            self._lowest = min(self._lowest, float(known.min()))
            self._highest = max(self._highest, float(known.max()))
        numbers = np.flatnonzero(~np.isnan(values))  # nanargmin takes a NaN for an infinity
        if not len(numbers):
            return
        low = int(numbers[np.argmin(values[numbers])])
        high = int(numbers[np.argmax(values[numbers])])
        if self._low is None or values[low] < self._low.value:
            self._low = self._point(block, low)
        if self._high is None or values[high] > self._high.value:
            self._high = self._point(block, high)

    def _turns(self, block: _Block) -> None:
        """Changes from one number to the next, NaN between them or not."""
        numbers = np.flatnonzero(~np.isnan(block.values))
        values = block.values[numbers]
        previous = np.concatenate([[self._number], values])[:-1]

        def turned(known: Turn, at: NDArray[np.int64]) -> Turn:
            if not len(at):
                return known
            first = float(previous[at[0]]), self._point(block, int(numbers[at[0]]))
            return Turn(known.total + len(at), *(first if known.point is None else known[1:]))

        self._rises = turned(self._rises, np.flatnonzero(values > previous))
        self._falls = turned(self._falls, np.flatnonzero(values < previous))
        if len(values):
            self._number = float(values[-1])

    def _score(self, block: _Block) -> None:
        scores = spike_scores(block.values, self._window)
        worst = int(np.argmax(scores))
        for bound, known in self._spikes.items():
            found = known._replace(total=known.total + int((scores > bound).sum()))
            if scores[worst] > max(bound, known.score):
                before = min(WINDOW, self._count + worst)
                point, score = self._point(block, worst), float(scores[worst])
                found = found._replace(worst=point, score=score, before=before)
            self._spikes[bound] = found
        finite = block.values[np.isfinite(block.values)]
        self._window = np.concatenate([self._window, finite])[-WINDOW:]

    def _point(self, block: _Block, at: int) -> Point:
        return _point(self._sources, block, at)

    def done(self, run: str, tag: str, course: _Course) -> Series | None:
        """The curve, with how it was logged; None where nothing stands."""
        if self._held:
            self._fold(_joined(self._held))
        self._held = []
        if self._first is None or self._last is None:
            return None
        known = self._lowest <= self._highest
        return Series(
            run,
            tag,
            self._count,
            self._first,
            self._last,
            self._low,
            self._high,
            self._lowest if known else np.nan,
            self._highest if known else np.nan,
            self._odd,
            self._odd_count,
            self._rises,
            self._falls,
            self._tail,
            self._samples.all(),
            self._at,
            self._spikes,
            course.restart,
            course.count,
        )


def _standing(steps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where no later step is as low. Shape (n,)."""
    stands = np.ones(len(steps), np.bool_)
    if len(steps):
        stands[:-1] = steps[:-1] < np.minimum.accumulate(steps[::-1])[::-1][1:]
    return stands


class Gathered:
    """Takes the values of one job or run as they are read, and gives their curves.

    `cuts` and `hold` are of an earlier reading of the same sources: see `again`.
    """

    def __init__(self, asked: Asked, cuts: Cuts | None = None, hold: int = HELD) -> None:
        self._asked, self._cuts, self._hold = asked, cuts or {}, hold
        self._sources: list[Origin] = []
        self._family = ""
        self._curves: dict[tuple[str, str], _Curve] = {}
        self._courses: dict[tuple[str, str], dict[str, _Course]] = {}

    def begin(self, origin: Origin, family: str = "") -> None:
        """What follows is of this source, and goes on from others of its family."""
        self._sources.append(origin)
        self._family = family

    def take(self, groups: Sequence[Points], *, as_logged: bool = True) -> None:
        """Take the scalars of a batch; `as_logged` where nobody has arranged them before."""
        if as_logged:
            self.watch(groups)
        for key, block in self._blocks(groups):
            curve = self._curves.get(key)
            if curve is None:
                curve = _Curve(self._sources, self._asked, self._cuts.get(key, ()), self._hold)
                self._curves[key] = curve
            curve.add(block)

    def watch(self, groups: Sequence[Points]) -> None:
        """Look how the steps of a batch go that is taken once it is arranged."""
        for key, block in self._blocks(groups):
            courses = self._courses.setdefault(key, {})
            courses.setdefault(self._family, _Course()).add(self._sources, block)

    def _blocks(self, groups: Sequence[Points]) -> Iterator[tuple[tuple[str, str], _Block]]:
        """Every tag of a batch, woven by its places, as it is written."""
        found: dict[tuple[str, str], list[_Block]] = {}
        for points in groups:
            if points.kind != "scalar" or not len(points):
                continue
            origins = np.full(len(points), len(self._sources) - 1, np.int64)
            values = np.asarray(points.values, np.float64)
            for column, tag in enumerate(points.tags):
                block = _Block(points.steps, values[:, column], points.order, origins)
                found.setdefault((points.run, tag), []).append(block)
        for key, blocks in found.items():
            block = _joined(blocks)
            if (np.diff(block.places) < 0).any():
                block = block.take(np.argsort(block.places, kind="stable"))
            yield key, block

    def again(self) -> Gathered | None:
        """For another reading of the sources, where one is needed: it holds four times more."""
        cuts = {
            key: sorted({*self._cuts.get(key, ()), *curve.deep})
            for key, curve in self._curves.items()
        }
        if not any(curve.deep for curve in self._curves.values()):
            return None
        return Gathered(self._asked, cuts, 4 * self._hold)

    def series(self) -> list[Series]:
        """The curves, in the order of their first values."""
        found = [curve.done(*key, self._course(key)) for key, curve in self._curves.items()]
        return [one for one in found if one is not None]

    def _course(self, key: tuple[str, str]) -> _Course:
        courses = self._courses.get(key, {}).values()
        return next((one for one in courses if one.restart), _Course())
