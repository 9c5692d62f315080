"""A last line without an end that went on with another step: its points at the cut step go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.write.again import forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.points import Points
    from tbingest.series.owners import Owner
    from tbingest.write.runs import Runs


def places_of(groups: Sequence[Points], since: int = 0) -> list[list[Any]]:
    """[run, tag, step] of each point of the records from number `since` on; JSON."""
    return [
        [points.run, tag, step]
        for points in groups
        if points.kind != "hparams"
        for step in points.steps[points.order >= since].tolist()
        for tag in points.tags
    ]


def take_back(
    runs: Runs, unended: Sequence[Sequence[Any]], groups: Sequence[Points], owner: Owner
) -> None:
    """Take away the points at `unended` places of whose step the whole line, in `groups`, has none.

    They are the last ones of their owner. A text is given once only: it tells nothing of the step.
    """
    again = {(run, step) for run, _, step in places_of(groups)}
    cut = runs.owner(owner, story=owner.story)
    found = []
    for run, tag, step in unended:
        track = runs.runs[run].tracks.get(tag) if run in runs.runs else None
        mine = track and track.last == step and track.progressions[-1][3] == owner.number
        if track and mine and (run, step) not in again:
            found.append((run, track))
    sure = {run for run, track in found if track.kind != "text"}
    for run, track in found:
        if run in sure:
            track.hand_over(cut.number)
            runs.rebuilt.append(run)
    if sure:
        forget(runs, {cut.number})
