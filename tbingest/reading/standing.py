"""The points of logs that stand in the end, as a conversion would show them.

A log whose steps fall is read twice where it is long: first where they fall, then what no later
fall takes away. So nothing but the falls is held of it. Of a time series that several sources tell
of, what they say is held.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.model.points import HParams, Points
from tbingest.options import OnRestart
from tbingest.series.late import sorted_by_step
from tbingest.series.restarts import Restarts, follow_restarts, keep_first
from tbingest.series.settle import Rows
from tbingest.series.slicing import chosen, take
from tbingest.series.standing import stands
from tbingest.series.trainings import ReadAgain, Trainings
from tbingest.series.union import union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tbingest.series.owners import Owner

    Batches = Iterable[tuple[Owner, list[Points]]]
    """(owner, points) of each batch of a job: whose they are, and what it gave."""
    Key = tuple[str, str]
    """A time series: (run, tag)."""

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


class _Said(NamedTuple):
    """Points of one tag, and their places among all values of the tag, (n,)."""

    points: Points
    places: NDArray[np.int64]


class Standing:
    """Tells which values of a job stand: `note` every batch, then `kept` in the same order, and the
    `rest` behind the last.
    """

    def __init__(self) -> None:
        self._kinds: dict[Key, str] = {}
        self._settings: dict[Key, int] = {}
        self._owners: dict[Key, dict[int, Owner]] = {}
        self._logged: dict[Key, int] = defaultdict(int)
        self._last: dict[Key, int] = {}
        self._falls: dict[Key, list[tuple[int, int]]] = {}
        self._limits: dict[Key, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._several: dict[Key, dict[int, list[_Said]]] = {}

    def note(self, owner: Owner, groups: Sequence[Points]) -> None:
        """Take a batch of the first reading."""
        for key, parts in self._parts(self._admitted(owner, groups)).items():
            self._owners.setdefault(key, {})[owner.number] = owner
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
        self._several = {
            key: {} for key, owners in self._owners.items() if self._differ(owners, key)
        }

    def _differ(self, owners: Mapping[int, Owner], key: Key) -> bool:
        """True where what one says does not just go on from what was said before."""
        families = {one.family for one in owners.values()}
        chained = all(one.chain for one in owners.values())
        return len(families) > 1 or (len(owners) > 1 and not chained and key in self._falls)

    def kept(self, owner: Owner, groups: Sequence[Points]) -> Iterator[Points]:
        """What stands of a batch of the second reading, but for the `rest`."""
        admitted = self._admitted(owner, groups)
        masks = [np.ones((len(one), len(one.tags)), np.bool_) for one in admitted]
        for key, parts in self._parts(admitted).items():
            if key in self._several:
                for part in parts:
                    masks[part.group][:, part.column] = False
                    column = np.array([part.column])
                    one = take(admitted[part.group], np.arange(len(part.steps)), column)
                    said = self._several[key].setdefault(owner.number, [])
                    said.append(_Said(one, part.places))
                continue
            if key not in self._limits:
                continue
            places, limits = self._limits[key]
            for part in parts:
                after = np.searchsorted(places, part.places, side="right")
                beyond = np.append(limits, np.iinfo(np.int64).max)[after]
                masks[part.group][:, part.column] = part.steps < beyond
        for points, mask in zip(admitted, masks, strict=True):
            yield from chosen(points, mask)

    def rest(self) -> Iterator[tuple[Owner, Points]]:
        """What stands of the time series that several sources tell of, steps rising: in parts, each
        with whose it is.
        """
        for key, held in self._several.items():
            owners = self._owners[key]
            alone = {number: _alone(parts) for number, parts in held.items()}
            told = [(owners[number], _rows(points, number)) for number, points in alone.items()]
            kind = next(iter(alone.values())).kind
            stood = union(told, compared=kind == "scalar")
            bounds = np.flatnonzero(np.diff(stood.owners)) + 1
            for steps, numbers in zip(
                np.split(stood.steps, bounds), np.split(stood.owners, bounds), strict=True
            ):
                number = int(numbers[0])
                rows = np.searchsorted(alone[number].steps, steps)
                yield owners[number], take(alone[number], rows)

    def _admitted(self, owner: Owner, groups: Sequence[Points]) -> list[Points]:
        """The tags of their first kind; of several hyperparameters of one name the first."""
        found = []
        for points in groups:
            if points.kind == "hparams":
                found.append(self._settings_of(owner, points))
                continue
            keep = [
                place
                for place, tag in enumerate(points.tags)
                if self._kinds.setdefault((points.run, tag), points.kind) == points.kind
            ]
            if len(keep) == len(points.tags):
                found.append(points)
            elif keep:
                found.append(take(points, np.arange(len(points)), np.asarray(keep, np.int64)))
        return [points for points in found if len(points)]

    def _settings_of(self, owner: Owner, points: Points) -> Points:
        """What a source says of a run as a whole, but for what another has said before."""
        rows: list[list[Any]] = []
        for row in points.values:
            kept = [
                replace(value, values=self._unsaid(owner, points.run, value.values))
                if isinstance(value, HParams)
                else value
                for value in row
            ]
            rows.append(kept)
        return replace(points, values=rows)

    def _unsaid(self, owner: Owner, run: str, values: Mapping[str, Any]) -> dict[str, Any]:
        number = owner.number
        return {
            key: value
            for key, value in values.items()
            if self._settings.setdefault((run, key), number) == number
        }

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


def _alone(said: Sequence[_Said]) -> Points:
    """What one source says of one tag, as far as it stands where there is no other."""
    parts = [one.points for one in said]
    first = parts[0]
    values: Any
    if isinstance(first.values, np.ndarray):
        values = np.concatenate([np.asarray(one.values) for one in parts])
    else:
        values = [row for one in parts for row in one.values]
    steps = np.concatenate([one.steps for one in parts])
    times = np.concatenate([one.times for one in parts])
    order = np.concatenate([one.order for one in parts])
    whole = Points(first.run, first.kind, first.tags, steps, times, values, order)
    sequence = np.argsort(np.concatenate([one.places for one in said]), kind="stable")
    return take(whole, sequence[stands(steps[sequence])])


def _rows(points: Points, number: int) -> Rows:
    """The numbers of one tag; of other kinds the places of the values."""
    one = np.asarray(points.values)[:, 0] if points.kind == "scalar" else np.arange(len(points))
    return Rows(points.steps, points.times, one, np.full(len(points), number, np.int64))


def standing(read: Callable[..., Batches]) -> Iterator[tuple[Owner, list[Points]]]:
    """(owner, points) of what stands of a job; `read` reads it anew, each log `whole` if asked."""
    try:
        yield from settled(partial(read, whole=False))
    except ReadAgain:
        yield from settled(partial(read, whole=True))


def settled(read: Callable[[], Batches]) -> Iterator[tuple[Owner, list[Points]]]:
    """The same of trainings that are told apart. Raises ReadAgain, before anything is given."""
    found = Standing()
    held: list[tuple[Owner, list[Points]]] | None = []
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
    for owner, points in found.rest():
        yield owner, [points]
