"""Families of which only the last line of each pass counts, in a stretch of lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.textlog.follower import Said as Point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.formats.textlog.decision import Decision
    from tbingest.formats.textlog.follower import Follower
    from tbingest.formats.textlog.gather import Gathered
    from tbingest.formats.textlog.stretch import Said, Stretch

_NONE = -1


@dataclass
class Pass:
    """What a family says in a stretch: the lines at the ends of its passes, and what stays open.

    unheld: where the pass ends that was open before, or -1. last: the line that stands now, and
    where its pass stands.
    """

    family: str
    follower: Follower
    said: list[Said]
    unheld: int
    last: Said
    by: list[Any]

    def take(self, stretch: Stretch, out: Gathered) -> None:
        """Give what was held before, and hold the last line."""
        held = self.follower.held
        if self.unheld >= 0 and self.family in held:
            out.at = self.unheld
            out.add(self.follower.unhold(self.family))
        self.follower.places[self.family]["by"] = self.by
        way, at, steps, above, _ = self.last
        places, tags = way.tags[above]
        if tags:
            values = tuple(float(stretch.floats(way, place, at)[0]) for place in places)
            time = stretch.texts(way, way.time, at)[0] if way.time >= 0 else ""
            held.pop(self.family, None)
            point = Point(self.by[2], self.follower.run, int(steps[0]), tags, values, time)
            held[self.family] = list(point)


def ended(
    stretch: Stretch,
    family: str,
    decision: Decision,
    said: Sequence[Said],
    numbers: NDArray[np.int64],
    follower: Follower,
) -> Pass:
    """The ends of a family's passes among its lines."""
    before = follower.places[family].get("by")
    at = np.concatenate([one.at for one in said])
    order = np.argsort(at)
    at = at[order]
    value, head, total = (
        np.concatenate(
            [
                stretch.wholes(one.way, place, one.at)
                if (place := getattr(one.way, name)) >= 0
                else np.full(len(one.at), _NONE)
                for one in said
            ]
        )[order]
        for name in ("by", "head", "total")
    )
    line = numbers[at]
    ends = _ends(decision, value, head, total, line, before)
    when = np.where(np.append(ends[1:], False), np.append(at[1:], _NONE), _NONE)
    shown = []
    for one in said:
        own = when[np.searchsorted(at, one.at)]
        kept = own != _NONE
        shown.append(one._replace(at=one.at[kept], steps=one.steps[kept], when=own[kept]))
    final = next(one for one in said if len(one.at) and one.at[-1] == at[-1])
    last = final._replace(at=final.at[-1:], steps=final.steps[-1:])
    by = [None if head[-1] == _NONE else int(head[-1]), int(value[-1]), int(line[-1])]
    return Pass(family, follower, shown, int(at[0]) if ends[0] else _NONE, last, by)


def _ends(
    decision: Decision,
    value: NDArray[np.int64],
    head: NDArray[np.int64],
    total: NDArray[np.int64],
    line: NDArray[np.int64],
    before: list[Any] | None,
) -> NDArray[np.bool_]:
    """Whether a pass has ended before each line, as the follower says it."""
    known = before is not None and before[1] is not None
    first = before if before and known else [None, int(value[0]), int(line[0])]
    last = np.concatenate([[first[1]], value[:-1]])
    above = np.concatenate([[_NONE if first[0] is None else first[0]], head[:-1]])
    at = np.concatenate([[first[2] if len(first) > 2 else line[0]], line[:-1]])
    if decision.reduce == "changes":
        found = (value != last) | (head != above)
    else:
        again = (value == last) & ((total == value) | (total == _NONE)) & (line > at + 1)
        found = (value < last) | (head != above) | again
    opens: NDArray[np.bool_] = np.asarray(found, np.bool_)
    opens[0] |= not known
    return opens
