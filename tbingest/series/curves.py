"""A scalar series thinned to at most 400 bins while it streams by, for figures."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 400
_FIRST, _LAST, _LOW, _HIGH, _VALUE = range(5)


@dataclass
class Curve:
    """Bins of `width` consecutive points each; the last one may hold fewer (`filled`).

    `bins` (n, 5) float64: first step, last step, lowest, highest and last value; NaN where a bin
    has no finite value, and for a last value that is not finite. There are at most 400: then
    neighbours are joined, and bins are twice as wide. How the series is cut into calls of `add`
    does not matter. Steps are exact up to 2**53. With `last_only` there is but one, of the last
    point.
    """

    width: int = 1
    filled: int = 0
    bins: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 5)))
    last_only: bool = False

    def add(self, steps: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Take more points, both (n,), with steps that rise and lie above all before."""
        if self.last_only:
            step, value = float(steps[-1]), float(values[-1])
            shown = value if math.isfinite(value) else math.nan
            self.bins = np.asarray([[step, step, shown, shown, shown]])
            return
        places = steps.astype(np.float64)
        values = np.where(np.isfinite(values), values, np.nan)
        while len(places):
            if not self.filled and len(self.bins) >= _BINS:
                self._halve()
            room = self.width - self.filled if self.filled else 0
            take = room or self.width * max(1, _BINS - len(self.bins))
            self._take(places[:take], values[:take], join=bool(room))
            places, values = places[take:], values[take:]

    def again(self, step: int, values: NDArray[np.float64]) -> None:
        """Take values of a step that is the last one: each gives way to the next."""
        at = np.asarray([step])
        for place in range(len(values)):
            alone = self.last_only or (len(self.bins) > 0 and self.bins[-1, _FIRST] >= step)
            if not self.last_only:
                self.rewind(step)
            self.add(at, values[-1:] if alone else values[place : place + 1])
            if alone:
                return

    def rewind(self, step: int) -> None:
        """Forget the bins that begin at `step` or later; one that reaches there ends before it."""
        kept = int(np.searchsorted(self.bins[:, _FIRST], step, "left"))
        if kept < len(self.bins):
            self.bins = self.bins[:kept].copy()
            self.filled = 0
        self.bins[-1:, _LAST] = np.minimum(self.bins[-1:, _LAST], step - 1)

    def _take(self, steps: NDArray[np.float64], values: NDArray[np.float64], *, join: bool) -> None:
        starts = np.arange(0, len(steps), self.width)
        new = np.empty((len(starts), 5))
        new[:, _FIRST] = steps[starts]
        ends = np.minimum(starts + self.width, len(steps)) - 1
        new[:, _LAST] = steps[ends]
        new[:, _LOW] = np.fmin.reduceat(values, starts)
        new[:, _HIGH] = np.fmax.reduceat(values, starts)
        new[:, _VALUE] = values[ends]
        if join:
            new = _joined(self.bins[-1:], new)
            self.filled += len(steps)
            self.bins = np.concatenate((self.bins[:-1], new))
        else:
            self.filled = len(steps) - int(starts[-1])
            self.bins = np.concatenate((self.bins, new))
        self.filled %= self.width

    def _halve(self) -> None:
        even = len(self.bins) // 2 * 2
        self.bins = _joined(self.bins[0:even:2], self.bins[1:even:2])
        self.width *= 2

    def to_json(self) -> list[Any]:
        """The exact state, compactly."""
        data = np.ascontiguousarray(self.bins, "<f8").tobytes()
        kept = [self.width, self.filled, base64.b64encode(data).decode("ascii")]
        return [*kept, True] if self.last_only else kept

    @classmethod
    def from_json(cls, saved: list[Any]) -> Curve:
        """The curve that was saved."""
        width, filled, text, *last_only = saved
        bins = np.frombuffer(base64.b64decode(text), "<f8").reshape(-1, 5).copy()
        return cls(width, filled, bins, *last_only)


def _joined(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Neighbouring bins made one."""
    result = one.copy()
    result[:, _LAST] = other[:, _LAST]
    result[:, _LOW] = np.fmin(one[:, _LOW], other[:, _LOW])
    result[:, _HIGH] = np.fmax(one[:, _HIGH], other[:, _HIGH])
    result[:, _VALUE] = other[:, _VALUE]
    return result
