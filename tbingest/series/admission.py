"""Which tags of points may be written: a tag is of one kind for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.rows import Problem
from tbingest.series.slicing import take
from tbingest.series.timeseries import Track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.points import Points
    from tbingest.model.report import SourceReport


def admit(points: Points, tracks: dict[str, Track], entry: SourceReport) -> Iterator[Points]:
    """The tags that are of their first kind; of the others it is said that they are not shown."""
    keep = []
    for place, tag in enumerate(points.tags):
        track = tracks.setdefault(tag, Track(points.kind))
        if track.last is None:
            track.kind = points.kind
        if track.kind != points.kind:
            what = f"tag {tag!r} holds {track.kind} values: {points.kind} values are not shown"
            entry.add(Problem("", None, None, what, "rename one: --tag-map", values=len(points)))
        else:
            keep.append(place)
    if len(keep) == len(points.tags):
        yield points
    elif keep:
        yield take(points, np.arange(len(points)), np.asarray(keep, np.int64))
