"""Which of the logs of a run may write a time series: the exact one goes before the copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.rows import Problem
from tbingest.series.slicing import take
from tbingest.series.timeseries import Track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tbingest.model.points import Points
    from tbingest.model.report import SourceReport


def admit(
    points: Points,
    tracks: dict[str, Track],
    owner: str,
    exactness: Callable[[str], int],
    entry: SourceReport,
    *,
    doubtful: bool,
) -> Iterator[Points]:
    """The tags that may be written: of their first kind, and of the format that gave them first.

    `exactness` says how good the word of an owner is. Tags of a `doubtful` run begin doubtful.
    """
    keep = []
    for place, tag in enumerate(points.tags):
        track = tracks.setdefault(tag, Track(points.kind, owner, doubtful=doubtful))
        if track.kind == points.kind and exactness(track.owner) < exactness(owner):
            track.owner = owner  # it came later, but it is the better log
        if track.kind != points.kind:
            what = f"tag {tag!r} holds {track.kind} values: {points.kind} values are not shown"
            entry.add(Problem("", None, None, what, "rename one: --tag-map", values=len(points)))
        elif track.owner != owner:
            entry.superseded += len(points)
            entry.repeats.add((track.owner, points.run, tag))
        else:
            keep.append(place)
    if len(keep) == len(points.tags):
        yield points
    elif keep:
        yield take(points, np.arange(len(points)), np.asarray(keep, np.int64))
