"""Lines of templates that were read before: one look-up and one match each, no objects.

A template is read by `Recorder` and `Follower` a few times; then a `Way` is made of it, which says
the same of its further lines and leaves both as they would have left themselves. Where a line
might mean more than its numbers (a training that begins anew, a title above it, an open box), the
way declines, and the two read it.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tbingest.formats.textlog.decision import Decision, named
from tbingest.formats.textlog.follower import LARGEST, NO_COUNTER
from tbingest.formats.textlog.matcher import matcher
from tbingest.formats.textlog.recorder import TITLE_HOLDS
from tbingest.formats.textlog.tags import label_of_part
from tbingest.formats.textlog.tally import Tally, is_nameless, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tbingest.formats.textlog.follower import Follower
    from tbingest.formats.textlog.gather import Gathered
    from tbingest.formats.textlog.line import Line
    from tbingest.formats.textlog.recorder import Record, Recorder
    from tbingest.formats.textlog.template import Part
    from tbingest.model.accounts import LineKind

_ENOUGH = 8
_MOST_KNOWN = 20_000
_MOST_DIGITS = 15
_NEVER = 2**62
_NOTHING = re.compile("")
_WITHOUT_DIGITS = str.maketrans("", "", "0123456789")
Tokens = tuple[str, ...]


class Way:
    """What the lines of one template say. This one: nothing."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.match = pattern.fullmatch
        self.next: Way | None = None  # of the line that followed the last one of this way
        self.lines = 0  # since they were last counted
        self.part: Part | None = None
        self.numbers = 0  # of a line that is no record
        self.family = self.why = ""

    def take(self, line: int, tokens: Tokens, out: Gathered) -> bool:
        """Add what a line says; False where it is left to the recorder, and nothing was done."""
        del line, tokens, out
        return True

    def counted(self, family: str, part: Part, why: str = "") -> Way:
        """The same, whose lines are a family's; `why` it takes none of their numbers."""
        self.family, self.part, self.why = family, part, why
        return self


class Recorded(Way):
    """Lines whose records the follower takes one by one."""

    def __init__(
        self, pattern: re.Pattern[str], line: Line, recorder: Recorder, quick: Quick
    ) -> None:
        super().__init__(pattern)
        self._line, self._recorder, self._quick = line, recorder, quick

    def take(self, line: int, tokens: Tokens, out: Gathered) -> bool:
        """By way of records."""
        for record in self._recorder.told(line, self._line, tokens):
            self._quick.add(record, "", out)
        return True


class Counted(Way):
    """Lines with a counter of their own, perhaps a pair of them."""

    def __init__(
        self, pattern: re.Pattern[str], part: Part, time: int, follower: Follower, family: str
    ) -> None:
        super().__init__(pattern)
        decision = follower.plan.families[family]
        self._follower, self._time, self._family = follower, time, family
        self._decision, self._place = decision, follower.places[family]
        self._inner = follower.place_of(part, decision.inner)
        self._outer = follower.place_of(part, decision.outer) if decision.kind == "pair" else -1
        self._label = label_of_part(part, "")
        self._tags, self._values = _shown(follower, part, "")
        self._out: Gathered | None = None
        self._add: Callable[[int, int, int, str, Tokens], None]

    def take(self, line: int, tokens: Tokens, out: Gathered) -> bool:
        """A point at the counter, unless it fell or stands where another training might begin."""
        text = tokens[self._inner]
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            return False
        step, decision, place = int(text), self._decision, self._place
        if self._outer >= 0:
            text = tokens[self._outer]
            if not text.isdecimal() or len(text) > _MOST_DIGITS:
                return False
            step += (int(text) - decision.base) * decision.length
            if abs(step) > LARGEST:
                return False
        last = place["last"]
        if decision.restarts and (last is None or step <= last):
            return False
        run = self._follower.run
        place["last"], place["run"] = step, run
        if decision.clock:
            place["step"] = step
            self._follower.clock = {
                "step": step,
                "label": self._label,
                "line": line,
                "family": self._family,
            }
        if self._tags:
            if out is not self._out:
                self._out = out
                self._add = out.group(self._tags, timed=self._time >= 0).add
            time = tokens[self._time] if self._time >= 0 else ""
            self._add(line, run, step, time, self._values(tokens))
        return True


class Below(Way):
    """Lines that belong to the last line that counts."""

    def __init__(
        self, pattern: re.Pattern[str], part: Part, time: int, follower: Follower, family: str
    ) -> None:
        super().__init__(pattern)
        self._part, self._time, self._follower = part, time, follower
        decision = follower.plan.families[family]
        self._follows = decision.follows
        self._inherits = decision.inherits and not decision.follows
        self._known: dict[str, tuple[tuple[str, ...], Callable[[Tokens], Tokens]]] = {}

    def take(self, line: int, tokens: Tokens, out: Gathered) -> bool:
        """A point where the training stands."""
        follower = self._follower
        step = follower.stood(self._follows) if self._follows else follower.clock.get("step", 0)
        if step is None or abs(step) > LARGEST:
            return False
        above = follower.clock.get("label", "") if self._inherits else ""
        if above not in self._known:
            if not follower.has_tags(self._part, above):
                return False
            self._known[above] = _shown(follower, self._part, above)
        tags, values = self._known[above]
        if tags:
            time = tokens[self._time] if self._time >= 0 else ""
            group = out.group(tags, timed=bool(time))
            group.add(line, follower.run, int(step), time, values(tokens))
        return True


class Quick:
    """Reads lines: each by its way, where it has one, else by the recorder and the follower."""

    def __init__(self, recorder: Recorder, follower: Follower) -> None:
        self._recorder, self._follower = recorder, follower
        self._tally = Tally(follower.plan)
        self._used: list[Way] = []
        self._ways: dict[str, Way] = {}
        self._seen: dict[str, int] = {}
        self._by_template: dict[str, Way] = {}
        self.enough = _ENOUGH

    def read(self, lines: Iterable[tuple[int, str]], out: Gathered) -> None:
        """Add what the lines say."""
        free, last = self._free(), Way(_NOTHING)
        for number, text in lines:
            if number > free:
                way = last.next
                found = way.match(text) if way is not None else None
                if found is None:
                    way = self._ways.get(text.translate(_WITHOUT_DIGITS))
                    found = way.match(text) if way is not None else None
                if way is not None and found is not None:
                    last.next = last = way
                    if way.take(number, found.groups(), out):
                        if not way.lines:
                            self._used.append(way)
                        way.lines += 1
                        continue
            self._slowly(number, text, out)
            free = self._free()
            if free < number:
                self._learn(text)

    def _slowly(self, number: int, text: str, out: Gathered) -> None:
        """Add what one line says, by way of records."""
        recorded = False
        for record in self._recorder.take(number, text):
            recorded |= record.line == number
            self.add(record, text if record.line == number else "", out)
        if not recorded:
            line, tokens = self._recorder.look(text)
            if is_nameless(line):
                self._tally.nameless(self._recorder.template(text), number, text, tokens)

    def add(self, record: Record, text: str, out: Gathered) -> None:
        """Add what a record says; `text` is its line, where it is at hand."""
        for said in self._follower.take(record):
            out.add(said)
        self._tally.record(record, text, self._follower.why)

    def kinds(self) -> Iterator[LineKind]:
        """What became of the numbers of the lines since this was last asked."""
        for way in self._used:
            if way.part:
                kind = self._tally.kind(way.family)
                self._tally.count(kind, way.part, way.lines, way.why)
            elif way.family:
                self._tally.further(way.family, way.lines, way.numbers)
            way.lines = 0
        self._used = []
        return self._tally.given()

    def _free(self) -> int:
        """The line up to which what stands in lines above may still hold."""
        recorder = self._recorder
        if recorder.block or recorder.box or recorder.section:
            return _NEVER
        return recorder.title_line + TITLE_HOLDS if recorder.title else -1

    def _learn(self, text: str) -> None:
        """Make a way for lines like this one, once it was seen often enough."""
        key = text.translate(_WITHOUT_DIGITS)
        count = self._seen[key] = self._seen.get(key, 0) + 1
        if count != self.enough or key in self._ways:
            return
        if len(self._seen) > _MOST_KNOWN:
            self._seen.clear()
            self._ways.clear()
            self._by_template.clear()
        template = self._recorder.template(text)
        way = self._by_template.get(template)
        if way is None or not way.match(text):
            way = self._way(text)
            if way is None:
                return
            self._by_template[template] = way
        self._ways[key] = way

    def _way(self, text: str) -> Way | None:
        line, tokens = self._recorder.look(text)
        pattern = matcher(text) if line.alone else None
        if pattern is None:
            return None
        follower, part = self._follower, next(iter(line.parts), None)
        if part is None and not line.cells:
            way = Way(pattern)
            if is_nameless(line):
                way.family, way.numbers = self._recorder.template(text), numbers_of(tokens)
            return way
        if part is None or len(line.parts) > 1 or line.cells or part.bar:
            return Recorded(pattern, line, self._recorder, self)
        family = named(part.family)
        decision = follower.plan.families.get(family)
        if decision is None:
            return None
        if decision.kind == "none":
            return Way(pattern).counted(family, part, decision.why or NO_COUNTER)
        if family in follower.places and follower.has_tags(part, ""):
            if _is_counted(follower, part, decision):
                way = Counted(pattern, part, line.time, follower, family)
                return way.counted(family, part)
            if decision.kind == "block" and not decision.reduce and not decision.clock:
                below = Below(pattern, part, line.time, follower, family)
                return below.counted(family, part)
        return Recorded(pattern, line, self._recorder, self)


def _is_counted(follower: Follower, part: Part, decision: Decision) -> bool:
    if decision.kind not in {"own", "pair"} or decision.reduce or decision.stride:
        return False
    keys = [decision.inner, decision.outer] if decision.kind == "pair" else [decision.inner]
    return all(follower.place_of(part, key) >= 0 for key in keys)


def _shown(
    follower: Follower, part: Part, above: str
) -> tuple[tuple[str, ...], Callable[[Tokens], Any]]:
    """The tags of a part, and what takes their tokens from a line's."""
    places, tags = follower.tags(part, above)
    if len(places) > 1:
        return tags, itemgetter(*places)
    return tags, itemgetter(slice(places[0], places[0] + 1) if places else slice(0))
