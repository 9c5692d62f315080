"""Steps that begin anew with each epoch, as many loops log them, counted on over all epochs.

epoch,batch,loss        step
1,100,0.9               100
1,200,0.8               200
2,100,0.7               300
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.rows import Rows

_FAR = 1 << 53
"""No training has so many steps: beyond it a number is no counter."""


def numbers_of(batch: Sequence[Rows], name: str) -> NDArray[np.float64]:
    """A column of all rows as numbers; NaN where it is missing or holds something else."""
    columns = [(rows.columns.get(name), len(rows.order)) for rows in batch]
    return np.concatenate(
        [
            column.astype(np.float64) if isinstance(column, np.ndarray) else np.full(count, np.nan)
            for column, count in columns
        ]
    )


@dataclass
class Epochs:
    """Where a log stands; its fields are JSON.

    epoch: the last one; first: the first one. low, high: the lowest and highest step so far.
    offset: what stands before the steps of this epoch. anew: whether steps begin anew with each
    epoch, None while that is not known: the first epoch that begins below `high` tells, or beyond.
    """

    epoch: int | None = None
    first: int = 0
    low: int = 1
    high: int = 0
    offset: int = 0
    anew: bool | None = None

    def count_on(self, epochs: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The steps over all epochs, of records in their order."""
        if self.anew is False:
            return steps
        found = steps.copy()
        if not len(steps):
            return found
        changes = np.flatnonzero(np.diff(epochs)) + 1
        for start, stop in pairwise([0, *changes.tolist(), len(steps)]):
            if not self._enter(int(epochs[start]), int(steps[start])):
                break
            part = steps[start:stop]
            found[start:stop] += self.offset
            self.low = min(self.low, int(part.min()))
            self.high = max(self.high, int(part.max()))
        return found

    def _enter(self, epoch: int, step: int) -> bool:
        """Go to an epoch that begins at a step; False where steps are those of the training."""
        before, self.epoch = self.epoch, epoch
        if before is None:
            self.first = epoch
        elif epoch > before:
            if self.anew is None and step != self.high:
                self.anew = step < self.high
                before = self.first
            if self.anew:
                self.offset += (epoch - before) * self._length
        elif epoch < before:  # the training began again, or went back
            self.offset = max(0, epoch - self.first) * self._length if self.anew else 0
        if max(self.offset, self.high) > _FAR:
            self.anew, self.offset = False, 0
        return self.anew is not False

    @property
    def _length(self) -> int:
        return max(1, self.high - min(self.low, 1) + 1)


def begin_anew(sample: Sequence[Rows], epoch: str, step: str) -> bool:
    """True where the first rows of a log already show that its steps begin anew."""
    order = np.concatenate([rows.order for rows in sample])
    epochs, steps = numbers_of(sample, epoch), numbers_of(sample, step)
    both = (np.abs(epochs) < _FAR) & (np.abs(steps) < _FAR)
    sequence = np.argsort(order[both], kind="stable")
    state = Epochs()
    state.count_on(epochs[both][sequence].astype(np.int64), steps[both][sequence].astype(np.int64))
    return state.anew is True
