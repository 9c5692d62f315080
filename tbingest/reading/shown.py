"""A reading in a notebook: a row for each curve, with a picture of it."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.html import picture, table
from tbingest.names.words import plural
from tbingest.series.curves import Curve
from tbingest.series.metrics import ranked_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tbingest.model.points import Points

_HEADS = ("run", "tag", "points", "last", "lowest", "highest", "curve")


def as_html(reading: Iterable[Points]) -> str:
    """The table, in each run those tags first that people look for first."""
    curves: dict[tuple[str, str], Curve] = {}
    counts = Counter[tuple[str, str]]()
    for points in reading:
        if points.kind != "scalar":
            continue
        values = np.asarray(points.values, np.float64)
        for column, tag in enumerate(points.tags):
            counts[points.run, tag] += len(points)
            curve = curves.setdefault((points.run, tag), Curve())
            _take(curve, points.steps, values[:, column])
    places = {tag: place for place, tag in enumerate(ranked_tags({tag for _, tag in curves}))}
    rows = []
    for run, tag in sorted(curves, key=lambda key: (key[0], places[key[1]])):
        bins = curves[run, tag].bins
        lows, highs = bins[:, 2], bins[:, 3]
        bounds = (bins[-1, 4], np.fmin.reduce(lows), np.fmax.reduce(highs))
        texts = [f"{value:.6g}" for value in bounds]
        rows.append([run, tag, str(counts[run, tag]), *texts, picture(bins[:, 4].tolist())])
    return table(plural(len(rows), "curve"), _HEADS, rows)


def _take(curve: Curve, steps: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Points as they come: where the step does not rise, what came before it gives way."""
    cuts = [0, *(np.flatnonzero(np.diff(steps) <= 0) + 1).tolist(), len(steps)]
    for start, stop in itertools.pairwise(cuts):
        if len(curve.bins):
            curve.rewind(int(steps[start]))
        curve.add(steps[start:stop], values[start:stop])
