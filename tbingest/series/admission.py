"""Which tags may be written: a tag is of one kind for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.model.rows import Problem
from tbingest.series.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.model.points import Kind


def admitted(
    tags: Iterable[str], kind: Kind, count: int, tracks: dict[str, Track]
) -> Iterator[int | Problem]:
    """The places of the tags that are of their first kind; of the others, that their `count`
    values are not shown. New tags get a track.
    """
    for place, tag in enumerate(tags):
        track = tracks.setdefault(tag, Track(kind))
        if track.last is None:
            track.kind = kind
        if track.kind == kind:
            yield place
        else:
            what = f"tag {tag!r} holds {track.kind} values: {kind} values are not shown"
            yield Problem("", None, None, what, "rename one: --tag-map", values=count)
