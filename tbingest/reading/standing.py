"""The points of logs that stand in the end: later values win, and each tag has one owner.

As a conversion would show them. A log whose steps fall is read twice where
it is long: first where they fall, then what no later fall takes away. So nothing but the falls is
held of it.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.options import OnRestart
from tbingest.series.late import sorted_by_step
from tbingest.series.restarts import Restarts, follow_restarts, keep_first
from tbingest.series.slicing import chosen, take
from tbingest.series.trainings import ReadAgain, Trainings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Points

    Batches = Iterable[tuple[str, list[Points]]]
    """(owner, points) of each batch of a job: the format that gave them, and what it gave."""

HELD = 1 << 20
"""A job of fewer values is held instead of read twice."""


class _Part(NamedTuple):
    """A tag in one of the groups of a batch: which group and column, its steps, and their places
    among all values of the tag, (n,).
    """

    group: int
    column: int
    steps: NDArray[np.int64]
    places: NDArray[np.int64]


class Standing:
    """Tells which values of a job stand: `note` every batch, then `kept` in the same order."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], tuple[str, str]] = {}
        self._logged: dict[tuple[str, str], int] = defaultdict(int)
        self._last: dict[tuple[str, str], int] = {}
        self._falls: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._limits: dict[tuple[str, str], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    @property
    def falls(self) -> bool:
        """True where any step fell back or was repeated."""
        return bool(self._falls)

    def note(self, owner: str, groups: Sequence[Points]) -> None:
        """Take a batch of the first reading."""
        for key, parts in self._parts(self._admitted(owner, groups)).items():
            order = np.concatenate([part.places for part in parts])
            steps = np.empty(len(order), np.int64)
            base = int(order.min())
            steps[order - base] = np.concatenate([part.steps for part in parts])
            fell = np.flatnonzero(steps[1:] <= steps[:-1]) + 1
            last = self._last.get(key)
            if last is not None and steps[0] <= last:
                fell = np.concatenate([[0], fell])
            if len(fell):
                found = zip((fell + base).tolist(), steps[fell].tolist(), strict=True)
                self._falls.setdefault(key, []).extend(found)
            self._last[key] = int(steps[-1])

    def again(self) -> None:
        """The first reading is over: begin the second."""
        self._logged.clear()
        for key, falls in self._falls.items():
            places, steps = np.array(falls, np.int64).T
            self._limits[key] = places, np.minimum.accumulate(steps[::-1])[::-1]

    def kept(self, owner: str, groups: Sequence[Points]) -> Iterator[Points]:
        """What stands of a batch of the second reading."""
        admitted = self._admitted(owner, groups)
        masks = [np.ones((len(one), len(one.tags)), np.bool_) for one in admitted]
        for key, parts in self._parts(admitted).items():
            if key not in self._limits:
                continue
            places, limits = self._limits[key]
            for part in parts:
                after = np.searchsorted(places, part.places, side="right")
                beyond = np.append(limits, np.iinfo(np.int64).max)[after]
                masks[part.group][:, part.column] = part.steps < beyond
        for points, mask in zip(admitted, masks, strict=True):
            yield from chosen(points, mask)

    def _admitted(self, owner: str, groups: Sequence[Points]) -> list[Points]:
        """The tags that are of their first kind, and of the format that gave them first."""
        found = []
        for points in groups:
            keep = [
                place
                for place, tag in enumerate(points.tags)
                if self._owners.setdefault((points.run, tag), (owner, points.kind))
                == (owner, points.kind)
            ]
            if len(keep) == len(points.tags):
                found.append(points)
            elif keep:
                found.append(take(points, np.arange(len(points)), np.asarray(keep, np.int64)))
        return [points for points in found if len(points)]

    def _parts(self, groups: Sequence[Points]) -> dict[tuple[str, str], list[_Part]]:
        """Every tag of a batch, woven by the places in its source."""
        users: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for number, points in enumerate(groups):
            # What is said of a run as a whole has no steps.
            for column, tag in enumerate(points.tags if points.kind != "hparams" else ()):
                users.setdefault((points.run, tag), []).append((number, column))
        return {key: self._woven(key, groups, where) for key, where in users.items()}

    def _woven(
        self, key: tuple[str, str], groups: Sequence[Points], where: list[tuple[int, int]]
    ) -> list[_Part]:
        base = self._logged[key]
        order = [groups[number].order for number, _ in where]
        ends = np.cumsum([len(one) for one in order])
        self._logged[key] = base + int(ends[-1])
        rank = np.arange(ends[-1])
        if len(where) > 1 or (np.diff(order[0]) < 0).any():
            sequence = np.argsort(np.concatenate(order), kind="stable")
            rank = np.empty_like(sequence)
            rank[sequence] = np.arange(len(sequence))
        parts = np.split(rank + base, ends[:-1])
        return [
            _Part(number, column, groups[number].steps, places)
            for (number, column), places in zip(where, parts, strict=True)
        ]


def arranged(
    batches: Iterable[list[Points]], *, whole: bool, base: str = ""
) -> Iterator[list[Points]]:
    """The batches of a log with its trainings told apart: run `base`. Raises ReadAgain."""
    trainings = Trainings(whole=whole, base=base)
    held: list[Points] = []
    last: list[Points] | None = None
    for points in batches:
        if last is not None:
            found = trainings.arrange([*held, *last], close=False)
            held = [*held, *last] if found is None else []
            yield found or []
        last = points
    yield trainings.arrange([*held, *(last or [])], close=True) or []


def as_wanted(
    batches: Iterable[list[Points]], policy: OnRestart, *, whole: bool, base: str = ""
) -> Iterator[list[Points]]:
    """The batches of a log as the policy for restarts wants them; run `base`. Raises ReadAgain."""
    if policy == OnRestart.AUTO:
        return arranged(batches, whole=whole, base=base)
    if policy == OnRestart.SORT:
        return iter([sorted_by_step([one for batch in batches for one in batch])])
    return restarted(batches, policy)


def restarted(batches: Iterable[list[Points]], policy: OnRestart) -> Iterator[list[Points]]:
    """The batches of a log as the policies `sub-run`, `renumber` and `keep-first` want them.

    Others change nothing here.
    """
    memory = Restarts()
    lasts: dict[str, dict[str, int | None]] = {}
    for points in batches:
        if policy in {OnRestart.SUB_RUN, OnRestart.RENUMBER} and points:
            yield follow_restarts(points, memory, renumber=policy == OnRestart.RENUMBER)
        elif policy == OnRestart.KEEP_FIRST:
            yield _firsts(points, lasts)
        else:
            yield points


def _firsts(points: Sequence[Points], lasts: dict[str, dict[str, int | None]]) -> list[Points]:
    """What lies above every earlier step; `lasts` holds the last one of each tag, by run."""
    found = [one for one in points if one.kind == "hparams"]
    for run in dict.fromkeys(one.run for one in points):
        mine = [one for one in points if one.run == run and one.kind != "hparams" and len(one)]
        last = lasts.setdefault(run, {})
        kept = keep_first(mine, last)[0]
        for one in kept:
            for tag in one.tags:
                last[tag] = max(int(one.steps.max()), last.get(tag) or int(one.steps.max()))
        found += kept
    return found


def standing(read: Callable[..., Batches]) -> Iterator[tuple[str, list[Points]]]:
    """(owner, points) of what stands of a job; `read` reads it anew, each log `whole` if asked."""
    try:
        yield from _standing(partial(read, whole=False))
    except ReadAgain:
        yield from _standing(partial(read, whole=True))


def _standing(read: Callable[[], Batches]) -> Iterator[tuple[str, list[Points]]]:
    """Raises ReadAgain, before anything is given."""
    found = Standing()
    held: list[tuple[str, list[Points]]] | None = []
    values = 0
    for owner, groups in read():
        found.note(owner, groups)
        values += sum(len(one) * len(one.tags) for one in groups)
        if held is not None:
            held.append((owner, groups))
            held = held if values <= HELD else None
    found.again()
    for owner, groups in held if held is not None else read():
        yield owner, list(found.kept(owner, groups))
