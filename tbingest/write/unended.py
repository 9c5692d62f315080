"""A last line without an end that went on with another step: its points at the cut step go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.write.again import forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.points import Points
    from tbingest.series.owners import Owner
    from tbingest.write.runs import Runs


def places_of(groups: Sequence[Points]) -> list[list[Any]]:
    """[run, tag, step] of each point; JSON."""
    return [
        [points.run, tag, step]
        for points in groups
        if points.kind != "hparams"
        for step in points.steps.tolist()
        for tag in points.tags
    ]


def unended_of(groups: Sequence[Points], last: Sequence[Points]) -> list[list[Any]]:
    """The places in `groups` of the points of the `last` line."""
    there = {(tag, step) for _, tag, step in places_of(last)}
    return [place for place in places_of(groups) if (place[1], place[2]) in there]


def take_back(
    runs: Runs, unended: Sequence[Sequence[Any]], groups: Sequence[Points], owner: Owner
) -> None:
    """Take away the points at `unended` places that the whole line, in `groups`, does not have.

    They are the last ones of their owner. A text is given once only: it tells nothing of the step.
    """
    again = {tuple(place) for place in places_of(groups)}
    cut = runs.owner(owner, story=owner.story)
    found = []
    for run, tag, step in unended:
        track = runs.runs[run].tracks.get(tag) if run in runs.runs else None
        mine = track and track.last == step and track.progressions[-1][3] == owner.number
        if track and mine and (run, tag, step) not in again:
            found.append((run, track))
    sure = {run for run, track in found if track.kind != "text"}
    for run, track in found:
        if run in sure:
            track.hand_over(cut.number)
            runs.rebuilt.append(run)
    if sure:
        forget(runs, {cut.number})
