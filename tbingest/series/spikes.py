"""What a spike is: a value far from the median of those just before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = 50
FEWEST = 10
_MAD = 1.4826
_MEAN = 1.2533
_FLOOR = 1e-3
_CHUNK = 1 << 12


def spike_scores(values: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each value is from the median of the 50 before it, in robust standard deviations.

    The deviation is the greater of 1.4826 times the median distance from that median and 1.2533
    times the mean one, at least a thousandth of the median. `before` are the finite values just
    before, up to 50. Values with less than 10 before them, and those that are no numbers, have 0.
    Shape (n,).
    """
    scores = np.zeros(len(values))
    finite = np.flatnonzero(np.isfinite(values))
    known = np.concatenate([before, values[finite]])
    first = max(FEWEST, len(before))
    if len(known) <= first:
        return scores
    padded = np.concatenate([np.full(WINDOW, np.nan), known[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    with np.errstate(all="ignore"):
        for start in range(first, len(known), _CHUNK):
            window = windows[start : start + _CHUNK]
            now = known[start : start + _CHUNK]
            median = np.nanmedian(window, axis=1)
            away = np.abs(window - median[:, None])
            spread = np.maximum(np.nanmedian(away, axis=1) * _MAD, np.nanmean(away, axis=1) * _MEAN)
            spread = np.maximum(np.maximum(spread, _FLOOR * np.abs(median)), 1e-300)
            places = finite[start - len(before) : start - len(before) + len(now)]
            scores[places] = np.abs(now - median) / spread
    return scores
