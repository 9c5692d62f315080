"""Which values of a time series give way to others, and which are only told twice."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.model.accounts import FELL, SAME_STEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tbingest.model.accounts import Account


class _Gone(NamedTuple):
    """A value that does not stand; where in the source it was, and what made it go."""

    value: Any
    place: int
    by: int
    why: str


@dataclass
class Replaced:
    """The values of one tag that do not stand, until it is known what becomes of them.

    One that is told again at its step with the same value is `repeated`; any other one is
    `superseded`, and the account says why and where.
    """

    tag: str
    account: Account
    superseded: int = 0
    repeated: int = 0
    _gone: dict[int, list[_Gone]] = field(default_factory=dict)

    def remove(self, step: int, value: Any, place: int, *, by: int, falls: bool) -> None:
        """A value goes, as the record at the place `by` of the source stands at its step, or as the
        steps fall back there.
        """
        why = FELL if falls else SAME_STEP
        self._gone.setdefault(step, []).append(_Gone(value, place, by, why))

    def again(self, values: NDArray[np.float64], places: NDArray[np.int64]) -> None:
        """Each value gives way to the next one of the same step; they stand at `places`."""
        before, after = values[:-1], values[1:]
        other = ~((before == after) | (np.isnan(before) & np.isnan(after)))
        lost = int(np.count_nonzero(other))
        self.repeated += len(other) - lost
        self.superseded += lost
        if lost:
            first, last = int(places[:-1][other][0]), int(places[1:][other][-1])
            self.account.gave_way(SAME_STEP, self.tag, lost, first, last)

    def told(self, values: Mapping[int, Any]) -> None:
        """Further values, by their steps."""
        if len(values) < len(self._gone):
            known = [step for step in values if step in self._gone]
        else:
            known = [step for step in self._gone if step in values]
        for step in known:
            for one in self._gone.pop(step):
                if same_value(one.value, values[step]):
                    self.repeated += 1
                else:
                    self._lose(one)

    def close(self) -> None:
        """Nothing more is told."""
        for gone in self._gone.values():
            for one in gone:
                self._lose(one)
        self._gone.clear()

    def _lose(self, one: _Gone) -> None:
        self.superseded += 1
        self.account.gave_way(one.why, self.tag, 1, one.place, one.by)

    @property
    def is_open(self) -> bool:
        """True while it is not known what becomes of some."""
        return bool(self._gone)


def same_value(one: Any, other: Any) -> bool:
    """True for equal numbers, NaN among them; other values are the same only if they are one."""
    if not (isinstance(one, float) and isinstance(other, float)):
        return one is other
    return one == other or (math.isnan(one) and math.isnan(other))
