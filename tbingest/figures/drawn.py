"""A value as the figure that shows it, encoded as a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.model.points import Confusion, Curves, Points

if TYPE_CHECKING:
    from tbingest.model.points import Image


def drawn(value: Confusion | Curves) -> Image:
    """The picture of what is drawn only when it is written."""
    from tbingest.figures.predictions import picture

    return picture(value)


def pictured(points: Points) -> Points:
    """The points with a picture in place of each value that is drawn only when it is written."""
    if not isinstance(points.values[0][0], Confusion | Curves):
        return points
    values = [[drawn(value) for value in row] for row in points.values]  # type: ignore[arg-type]
    return replace(points, values=values)
