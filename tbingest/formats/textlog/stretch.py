"""Lines in a row of which each has a way: their steps, and what they say, all at once.

It says what `Follower` would say of each, or it declines a line: then that line is left to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.formats.textlog.columns import floats, texts, wholes
from tbingest.formats.textlog.follower import LARGEST
from tbingest.formats.textlog.passes import Pass, ended
from tbingest.formats.textlog.ways import COUNTED, NUMBERED, WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tbingest.formats.textlog.decision import Decision
    from tbingest.formats.textlog.follower import Follower
    from tbingest.formats.textlog.gather import Gathered
    from tbingest.formats.textlog.shapes import Lines
    from tbingest.formats.textlog.ways import Way

_ALL = 2**62


class Said(NamedTuple):
    """Lines of one way below one label: where they stand among all, their steps, and at which
    places they are said, which for those at the end of a pass are later ones.
    """

    way: Way
    at: NDArray[np.int64]
    steps: NDArray[np.int64]
    above: str
    when: NDArray[np.int64]


class Lane(NamedTuple):
    """The lines of a family in their order: where they stand among all, their steps, their ways,
    and what the follower remembers of each: the counter, and the one around it.
    """

    decision: Decision
    at: NDArray[np.int64]
    steps: NDArray[np.int64]
    ways: NDArray[np.int64]
    last: NDArray[np.int64]
    outer: NDArray[np.int64]


class Stretch:
    """Lines without a gap, by way. `declined`: the first that is to be read by itself."""

    def __init__(
        self,
        lines: Lines,
        numbers: NDArray[np.int64],
        parts: Sequence[tuple[Way, NDArray[np.int64]]],
        follower: Follower,
    ) -> None:
        self._lines = lines
        self._numbers = numbers
        self._follower = follower
        self._parts = parts
        self._said: list[Said] = []
        self._passes: list[Pass] = []
        self._lanes: dict[str, Lane] = {}
        self.declined = _ALL
        for way, at in parts:
            self._decline(at, numbers[at] > way.until)
        families: dict[str, list[int]] = {}
        for place, (way, _) in enumerate(parts):
            families.setdefault(way.family, []).append(place)
        decided = {name: parts[places[0]][0].decision for name, places in families.items()}
        for kinds in (COUNTED | NUMBERED, WITHIN, {"block"}):
            for name, places in families.items():
                if decided[name].kind in kinds and self.declined == _ALL:
                    self._family(name, decided[name], places)

    def take(self, out: Gathered) -> None:
        """Add what the lines say, and leave the follower where it would have left itself."""
        for one in self._passes:
            one.take(self, out)
        for said in self._said:
            self.say(said, out)
        for family, lane in self._lanes.items():
            self._remember(family, lane)
        clock = self._clock()
        if clock is not None:
            way = self._parts[int(clock.ways[-1])][0]
            self._follower.clock = {
                "step": int(clock.steps[-1]),
                "label": way.label,
                "line": int(self._numbers[clock.at[-1]]),
                "family": way.family,
            }

    def say(self, said: Said, out: Gathered) -> None:
        """Add lines of one way."""
        places, tags = said.way.tags[said.above]
        if not tags or not len(said.at):
            return
        timed = said.way.time >= 0
        out.group(tags, timed=timed).extend(
            said.when,
            self._numbers[said.at],
            self._follower.run,
            said.steps,
            self.texts(said.way, said.way.time, said.at) if timed else None,
            [self.floats(said.way, place, said.at) for place in places],
        )

    def floats(self, way: Way, place: int, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """The values of a token of some lines of a way."""
        return floats(self._lines, self._lines.all_firsts[at], way.cut.tokens[place])

    def texts(self, way: Way, place: int, at: NDArray[np.int64]) -> list[str]:
        """The same as they are written."""
        return texts(self._lines, self._lines.all_firsts[at], way.cut.tokens[place])

    def wholes(self, way: Way, place: int, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """A counter of some lines of a way; those are declined that have too many digits."""
        found = wholes(self._lines, self._lines.all_firsts[at], way.cut.tokens[place])
        self._decline(at, found < 0)
        return found

    def _remember(self, family: str, lane: Lane) -> None:
        place, decision = self._follower.places[family], lane.decision
        if decision.kind in NUMBERED:
            place["count"] = self._counted(family, decision) + len(lane.at)
        elif decision.kind in COUNTED or decision.kind == "nested":
            place["last"] = int(lane.last[-1])
        if decision.kind == "nested":
            place["outer"] = int(lane.outer[-1])
        if decision.kind != "block":
            place["run"] = self._follower.run
        if decision.clock or decision.kind == "even":
            place["step"] = int(lane.steps[-1])

    def _counted(self, family: str, decision: Decision) -> int:
        """How many records a family had before, in this training where it is their number."""
        place = self._follower.places[family]
        again = decision.kind == "number" and place["run"] != self._follower.run
        return 0 if again else int(place["count"])

    # -- where the lines stand
    def _family(self, name: str, decision: Decision, places: Sequence[int]) -> None:
        whole = self._woven(decision, [self._lane(decision, place) for place in places])
        if decision.kind in NUMBERED:
            counts = np.arange(1, len(whole.at) + 1) + self._counted(name, decision)
            steps = (decision.first + counts * (decision.stride or 1)).astype(np.int64)
            whole = whole._replace(steps=steps)
        self._anew(name, whole)
        labels, above = self._labels(decision, whole.at)
        self._lanes[name] = whole
        said = []
        for place in places:
            way, own = self._parts[place][0], whole.ways == place
            for label in dict.fromkeys(above[own].tolist()):
                which = own & (above == label)
                at = whole.at[which]
                if self._tags(way, labels[label]):
                    said.append(Said(way, at, whole.steps[which], labels[label], at))
                else:
                    self._decline(at, at >= 0)
        if decision.reduce and self.declined == _ALL:
            self._reduced(name, decision, said)
        else:
            self._said += said

    def _lane(self, decision: Decision, place: int) -> Lane:
        """The lines of one way, with their steps."""
        way, at = self._parts[place]
        last = outer = np.zeros(len(at), np.int64)
        if decision.kind in COUNTED or decision.kind == "nested":
            last = self.wholes(way, way.inner, at)
        if decision.kind == "pair":
            outer = self.wholes(way, way.outer, at)
        elif decision.kind not in COUNTED | NUMBERED:
            outer = self._around(decision, at)
        steps = last
        if decision.kind in {"pair", "nested"}:
            far = np.abs(outer - decision.base) * float(max(decision.length, 1)) + last
            self._decline(at, far > LARGEST / 2)
            steps = (outer - decision.base) * decision.length + last
        elif decision.kind not in COUNTED | NUMBERED:
            steps = outer
        if decision.kind == "pair":
            last = steps
        return Lane(decision, at, steps, np.full(len(at), place), last, outer)

    def _around(self, decision: Decision, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The step of the family that lines follow, or of the last line that counts."""
        first: int | None = int(self._follower.clock.get("step", 0))
        lane = None
        if decision.follows:
            first, lane = self._follower.stood(decision.follows), self._lanes.get(decision.follows)
            if lane and not (lane.decision.clock or lane.decision.kind == "even"):
                lane = None
        elif decision.kind == "block":
            lane = self._clock()
        if first is None or abs(first) > LARGEST:
            self._decline(at, at < (lane.at[0] if lane else _ALL))
            first = 0
        known = np.asarray([first], np.int64)
        if lane is None:
            return np.repeat(known, len(at))
        return np.concatenate([known, lane.steps])[np.searchsorted(lane.at, at)]

    def _labels(
        self, decision: Decision, at: NDArray[np.int64]
    ) -> tuple[list[str], NDArray[np.int64]]:
        """Labels, and for each line the place of the one above it among them."""
        if decision.kind != "block" or decision.follows or not decision.inherits:
            return [""], np.zeros(len(at), np.int64)
        labels = [self._follower.clock.get("label", ""), *(way.label for way, _ in self._parts)]
        clock = self._clock()
        if clock is None:
            return labels, np.zeros(len(at), np.int64)
        places = np.concatenate([[0], clock.ways + 1])[np.searchsorted(clock.at, at)]
        first = np.asarray([labels.index(label) for label in labels])
        return labels, first[places]

    def _anew(self, family: str, lane: Lane) -> None:
        """Decline the first line at which another training begins, as the follower says it."""
        decision, last = lane.decision, self._follower.places[family]["last"]
        if not decision.restarts or decision.kind not in COUNTED | {"nested"}:
            return
        now = lane.last
        before = np.concatenate([[now[0] if last is None else last], now[:-1]])
        begin = max(decision.first, 1 if decision.first <= 1 else decision.rise)
        begins = (now < before) & (now <= begin + decision.rise / 2)
        if decision.kind == "nested":
            outer = self._follower.places[family].get("outer")
            around = np.concatenate([[_ALL if outer is None else outer], lane.outer[:-1]])
            begins &= around == lane.outer
        elif decision.again:
            begins |= (now == before) & (before == decision.first)
            begins[0] &= last is not None
        self._decline(lane.at, begins)

    def _clock(self) -> Lane | None:
        """The lines that count, of all families."""
        counted = [lane for lane in self._lanes.values() if lane.decision.clock]
        return self._woven(counted[0].decision, counted) if counted else None

    @staticmethod
    def _woven(decision: Decision, lanes: Sequence[Lane]) -> Lane:
        if len(lanes) == 1:
            return lanes[0]
        columns = list(map(np.concatenate, zip(*(one[1:] for one in lanes), strict=True)))
        order = np.argsort(columns[0])
        return Lane(decision, *(column[order] for column in columns))

    # -- passes
    def _reduced(self, name: str, decision: Decision, said: Sequence[Said]) -> None:
        """Only the last line of each pass says something."""
        if len({bool(one.way.tags[one.above][1]) for one in said}) > 1:
            self._decline_all(said)
            return
        one = ended(self, name, decision, said, self._numbers, self._follower)
        if self.declined == _ALL:
            self._passes.append(one)
            self._said += one.said

    def _tags(self, way: Way, above: str) -> Any:
        """(places, tags) of a way's values below a label; None where they are not known yet."""
        found = way.tags.get(above)
        if found is None and way.part:
            found = self._follower.tags_of(way.part, way.family, way.title, above)
            if found is not None:
                way.tags[above] = found
        return found

    def _decline_all(self, said: Iterable[Said]) -> None:
        for one in said:
            self._decline(one.at, one.at >= 0)

    def _decline(self, at: NDArray[np.int64], which: NDArray[np.bool_]) -> None:
        if which.any():
            self.declined = min(self.declined, int(at[which].min()))
