"""A tensor's histograms thinned to at most 60 while they stream by, for the figure over steps."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Histogram

_ROWS = 60
SHARES = (0.0, 0.1587, 0.5, 0.8413, 1.0)
"""Lowest, median and highest, and where one standard deviation of a normal distribution lies."""


@dataclass
class Spread:
    """One row of each `every` histograms; `left` are passed over before the next.

    `rows` (n, 6) float64: step, then the values below which `SHARES` of the numbers lie, as
    far as buckets tell. There are at most 60: then every second is dropped.
    """

    every: int = 1
    left: int = 0
    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 6)))

    def add(self, step: int, histogram: Histogram) -> None:
        """Take the histogram of a step above all before; one without finite numbers has no row."""
        if not len(histogram.buckets):
            return
        if self.left:
            self.left -= 1
            return
        if len(self.rows) >= _ROWS:
            self.rows = self.rows[::2].copy()
            self.every *= 2
        self.rows = np.vstack((self.rows, [step, *quantiles(histogram)]))
        self.left = self.every - 1

    def again(self, step: int, histograms: Sequence[Histogram]) -> None:
        """Take histograms of a step that is the last one: each gives way to the next."""
        for histogram in histograms:
            alone = len(self.rows) > 0 and self.rows[-1, 0] >= step
            self.rewind(step)
            self.add(step, histograms[-1] if alone else histogram)
            if alone:
                return

    def rewind(self, step: int) -> None:
        """Forget the rows at `step` or later."""
        kept = int(np.searchsorted(self.rows[:, 0], step, "left"))
        if kept < len(self.rows):
            self.rows, self.left = self.rows[:kept].copy(), 0

    @property
    def drift(self) -> float:
        """How far the numbers moved or widened, against their width in the beginning."""
        if len(self.rows) < 2:
            return 0.0
        rows = np.clip(self.rows[:, 1:], -1e150, 1e150)
        middle, width = rows[:, 2], rows[:, 3] - rows[:, 1]
        unit = max(float(width[0]), 1e-9 * float(np.abs(rows).max()), 1e-150)
        return float(max(np.abs(middle - middle[0]).max(), np.abs(width - width[0]).max()) / unit)

    def to_json(self) -> list[Any]:
        """The exact state, compactly."""
        data = np.ascontiguousarray(self.rows, "<f8").tobytes()
        return [self.every, self.left, base64.b64encode(data).decode("ascii")]

    @classmethod
    def from_json(cls, saved: list[Any]) -> Spread:
        """The spread that was saved."""
        every, left, text = saved
        rows = np.frombuffer(base64.b64decode(text), "<f8").reshape(-1, 6).copy()
        return cls(every, left, rows)


def quantiles(histogram: Histogram) -> NDArray[np.float64]:
    """(5,) the values of `SHARES`; numbers are taken to lie evenly in their bucket.

    Equal numbers have one bucket of width 1 around them, as in TensorBoard: they are one value.
    """
    left, right, counts = histogram.buckets.T
    if len(left) == 1 and right[0] - left[0] <= 1.0:
        return np.full(len(SHARES), (left[0] + right[0]) / 2)
    held = counts > 0
    left, right, counts = left[held], right[held], counts[held]
    above = np.cumsum(counts)
    wanted = np.asarray(SHARES) * above[-1]
    at = np.minimum(np.searchsorted(above, wanted, "left"), len(counts) - 1)
    inside = np.clip((wanted - (above[at] - counts[at])) / counts[at], 0.0, 1.0)
    return np.maximum.accumulate(left[at] * (1 - inside) + right[at] * inside)
