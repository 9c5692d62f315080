"""Weaves the points of several owners of one time series, while one of them speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.accounts import OTHER_LOG
from tbingest.series.agreement import Curve, agree, turned
from tbingest.series.owners import Relation, relation
from tbingest.series.settle import Out, Rows, Settling, like_of
from tbingest.series.standing import equal, near, stands
from tbingest.series.timeseries import values_of
from tbingest.series.union import Ruling, loggers, rule
from tbingest.write.again import anew
from tbingest.write.giving import encoded, put, same, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.points import Points
    from tbingest.model.report import SourceReport
    from tbingest.series.owners import How, Owner
    from tbingest.write.runs import Runs


class Weaving:
    """The tags of one run that a source says and that cannot just be appended."""

    def __init__(self, runs: Runs, name: str, owner: Owner, how: How) -> None:
        self._runs, self._name, self._owner, self._how = runs, name, owner, how
        self._tags: dict[str, Settling] = {}
        self._refused: dict[str, tuple[str, Rows]] = {}
        self._overlaps: dict[str, str] = {}
        self._compared: dict[str, dict[str, Curve]] = {}

    @property
    def known(self) -> set[str]:
        """The tags that are woven."""
        return {*self._tags, *self._refused}

    def take(self, groups: Sequence[Points], entry: SourceReport) -> None:
        """The points of one batch, none of which may just be appended."""
        users: dict[str, list[tuple[int, int]]] = {}
        for place, points in enumerate(groups):
            for column, tag in enumerate(points.tags):
                users.setdefault(tag, []).append((place, column))
        new = {tag for tag in users if tag not in self.known}
        held = standing(self._runs, self._name, new.__contains__) if new else {}
        found: dict[str, list[Out]] = {}
        for tag, where in users.items():
            arriving = _arriving([(groups[place], column) for place, column in where], tag)
            if tag in new:
                self._open(tag, held.get(tag), arriving)
            else:
                for family in self._compared.get(tag, ()):
                    self._agrees(tag, arriving, family, first=False)
            if tag in self._refused:
                self._refuse(tag, arriving, entry)
                continue
            found[tag] = self._tags[tag].take(arriving.steps, arriving.times, arriving.values)
        self._give(found)

    def _refuse(self, tag: str, arriving: Rows, entry: SourceReport) -> None:
        """None of what arrives stands: another log has the tag."""
        family, old = self._refused[tag]
        scalar = self._runs.runs[self._name].tracks[tag].kind == "scalar"
        last = arriving.take(stands(arriving.steps))
        again = like_of(old, last, near if scalar else same)
        entry.repeated += again
        entry.superseded += len(arriving) - again
        entry.account.gave_way(f"those of {family}", tag, len(arriving) - again)
        entry.repeats.add((family, self._name, tag))

    def _open(self, tag: str, old: Rows | None, arriving: Rows) -> None:
        track = self._runs.runs[self._name].tracks[tag]
        scalar = track.kind == "scalar"
        if old is None:
            old = arriving.take(slice(0, 0))
        leave: set[int] = set()
        for family, numbers in loggers(self._owner, arriving, old, self._runs.owners).items():
            if self._refuses(tag, old, family, numbers, arriving, leave, scalar=scalar):
                return
        compare, like = (equal, near) if scalar else (same, same)
        self._tags[tag] = Settling(
            old, self._owner, self._runs.owners, self._how, compare, leave, like
        )

    def _refuses(
        self,
        tag: str,
        old: Rows,
        family: str,
        numbers: list[int],
        arriving: Rows,
        leave: set[int],
        *,
        scalar: bool,
    ) -> bool:
        """True where another logger, these numbers, has the tag for something else, and goes
        before.
        """
        mine, other = self._owner, self._runs.owners[numbers[0]]
        if relation(mine, other) == Relation.BETTER:
            self._overlaps[tag] = family
        stood = old.take(np.isin(old.owners, numbers))
        ruling = rule(
            mine, other, lambda: self._is_shared(tag, family, arriving, stood, scalar=scalar)
        )
        if ruling == Ruling.THEIRS:
            self._refused[tag] = (family, old)
        elif ruling == Ruling.MINE:
            leave.update(numbers)
        return ruling == Ruling.THEIRS

    def _is_shared(
        self, tag: str, family: str, arriving: Rows, stood: Rows, *, scalar: bool
    ) -> bool:
        """True where both tell of one time series, as far as values that are numbers can say."""
        if not scalar:
            return True
        self._compared.setdefault(tag, {})[family] = Curve(stood.steps, stood.values)
        return self._agrees(tag, arriving, family, first=True)

    def _agrees(self, tag: str, arriving: Rows, family: str, *, first: bool) -> bool:
        """True where what arrives is of the time series that another format tells of."""
        last = arriving.take(stands(arriving.steps))
        return agree(
            self._runs.runs[self._name].tracks[tag].pairs,
            self._owner.family,
            family,
            Curve(last.steps, last.values),
            self._compared[tag][family],
            anew=first and not self._owner.chain,
        )

    def _give(self, found: dict[str, list[Out]]) -> None:
        """Write what is to be written, the n-th parts of all tags together."""
        runs, name = self._runs, self._name
        run = runs.runs[name]
        for place in range(max(map(len, found.values()), default=0)):
            outs = {tag: parts[place] for tag, parts in found.items() if len(parts) > place}
            vanish = {tag for tag, out in outs.items() if out.anew}
            if vanish:
                anew(runs, name, without=vanish)
                runs.rebuilt.append(name)
            put(runs, name, run, {tag: out for tag, out in outs.items() if len(out.rows)})

    def finish(self, entry: SourceReport) -> None:
        """The source has said all: give out the rest, and bring the tracks up to date."""
        runs, run = self._runs, self._runs.runs[self._name]
        self._give({tag: settling.finish() for tag, settling in self._tags.items()})
        for tag, settling in self._tags.items():
            track, told = run.tracks[tag], settling.told
            stood = settling.whole()
            every_fresh = track.fresh and track.fresh == track.shown
            fresh, earlier = (told.stood, 0) if every_fresh else (0, told.stood)
            entry.written[track.kind] += told.written - fresh
            entry.repeated += told.repeated
            entry.superseded += told.superseded + fresh
            entry.replaced += earlier
            family = self._overlaps.get(tag, "")
            why = f"those of {family}" if family else OTHER_LOG
            entry.account.gave_way(why, tag, told.superseded + fresh)
            runs.written[self._name] += told.written
            if family and told.arrived > told.written:
                entry.repeats.add((self._overlaps[tag], self._name, tag))
            before = max(0, track.fresh - fresh)
            track.put(stood.steps, stood.owners)
            track.fresh = min(track.shown, before + told.written)
        for tag in self._compared:
            runs.turned |= turned(run.tracks[tag].pairs, self._owner.family)


def _arriving(columns: Sequence[tuple[Points, int]], tag: str) -> Rows:
    """The points of one tag, which are columns of some groups, in the order of their source."""
    values = [
        values_of(points, column)
        if points.kind == "scalar"
        else encoded(points.kind, tag, [row[column] for row in points.values])
        for points, column in columns
    ]
    if len(columns) == 1:
        points = columns[0][0]
        return Rows(points.steps, points.times, values[0], np.zeros(len(points.steps), np.int64))
    steps = np.concatenate([points.steps for points, _ in columns])
    times = np.concatenate([points.times for points, _ in columns])
    whole = Rows(steps, times, np.concatenate(values), np.zeros(len(steps), np.int64))
    order = np.concatenate([points.order for points, _ in columns])
    return whole.take(np.argsort(order, kind="stable"))
