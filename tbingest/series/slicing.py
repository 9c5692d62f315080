"""Parts of points: some of their records, some of their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.model.points import Points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def last_of_each(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the last of each run of equal steps stands."""
    ends = np.append(np.flatnonzero(np.diff(steps)), len(steps) - 1)
    found: NDArray[np.int64] = ends[ends >= 0]
    return found


def chosen(points: Points, mask: NDArray[np.bool_]) -> Iterator[Points]:
    """The values that `mask` (n, tags) keeps, as points for each set of tags kept together."""
    if mask.all():
        yield points
        return
    patterns, inverse = np.unique(mask, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(inverse.ravel() == number)
        if pattern.any():
            yield take(points, rows, np.flatnonzero(pattern))


def take(
    points: Points,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64] | None = None,
    run: str | None = None,
    steps: NDArray[np.int64] | None = None,
) -> Points:
    """Some rows, and some tags, of points; with another run or other steps (of the rows taken)."""
    names = points.tags if columns is None else tuple(points.tags[place] for place in columns)
    values: Any
    if isinstance(points.values, np.ndarray):
        values = points.values[rows] if columns is None else points.values[np.ix_(rows, columns)]
    else:
        wanted = range(len(points.tags)) if columns is None else columns.tolist()
        values = [[points.values[row][place] for place in wanted] for row in rows.tolist()]
    return Points(
        points.run if run is None else run,
        points.kind,
        names,
        points.steps[rows] if steps is None else steps,
        points.times[rows],
        values,
        points.order[rows],
    )
