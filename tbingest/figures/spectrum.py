"""The singular values of a matrix by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.figures.axes import BLUE, logarithmic, say
from tbingest.figures.canvas import SIZE, drawn, empty, head

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from tbingest.model.points import Image


def spectrum(name: str, matrix: NDArray[np.float32]) -> Image:
    """A PNG of 700 x 406 pixels with the singular values of a matrix by rank.

    The note says the shape and the rank; values that are 0 but for rounding are not drawn.
    """
    return drawn(lambda: figure_of(name, matrix))


def figure_of(name: str, matrix: NDArray[np.float32]) -> Figure:
    """The figure before it becomes a PNG."""
    from matplotlib.ticker import MaxNLocator

    width, height = SIZE
    figure = empty(SIZE)
    figure.subplots_adjust(0.7 / width, 0.42 / height, 1 - 0.15 / width, 1 - 0.36 / height)
    axes = figure.add_subplot()
    values = _singular_values(matrix)
    rows, columns = matrix.shape
    note = f"{rows} x {columns}"
    if values is None:
        say(axes, "holds values that are not finite")
    elif not len(values):
        say(axes, "all values are 0")
    else:
        note += f", rank {len(values)}"
        marker = "." if len(values) <= 64 else ""
        ranks = np.arange(1, len(values) + 1)
        axes.plot(ranks, values, color=BLUE, marker=marker, markersize=4)
        last = min(rows, columns)
        room = max(0.02 * last, 0.3)
        axes.set_xlim(1 - room, last + room)
        logarithmic(axes, float(values[-1]), float(values[0]))
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("rank of the singular value")
    head(figure, name, note)
    return figure


def _singular_values(matrix: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """The singular values above what rounding leaves, falling; None where they cannot be found.

    The bound is that of `numpy.linalg.matrix_rank` for float32.
    """
    if not np.isfinite(matrix).all():
        return None
    largest = float(np.abs(matrix).max(initial=0.0))
    if not largest:
        return np.empty(0)
    try:
        found = np.linalg.svd(matrix.astype(np.float64) / largest, compute_uv=False)
    except np.linalg.LinAlgError:
        return None
    bound = found[0] * max(matrix.shape) * np.finfo(np.float32).eps
    values: NDArray[np.float64] = found[found > bound] * largest
    return values
