"""What is drawn only when it is written, as the figure that shows it: an encoded picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tbingest.model.points import Confusion, Curves, Image, Points


def drawn(value: Confusion | Curves) -> Image:
    """The picture of what is drawn only when it is written."""
    from tbingest.figures.predictions import picture

    return picture(value)


def pictured(points: Points) -> Points:
    """The points of such values, with a picture in place of each."""
    values = [[drawn(value) for value in row] for row in points.values]  # type: ignore[arg-type]
    return replace(points, values=values)
