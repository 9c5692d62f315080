"""Points that stand are given out again: into a new event file, in place of those that were there.

TensorBoard reads the event files of a run one after the other, and nothing in them can be taken
back but by a later point. So what cannot be said by appending is said by another file, which holds
all that stands; the files before it are deleted once it is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.events.decode import whole_bytes
from tbingest.logdir.files import piece_of
from tbingest.series.agreement import count_anew
from tbingest.series.settle import joined
from tbingest.series.timeseries import WATCHED
from tbingest.series.track import Track
from tbingest.write.giving import given, groups_of, put, recalled, standing, watched

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from tbingest.series.settle import Rows
    from tbingest.write.run import Run
    from tbingest.write.runs import Runs


def remember(runs: Runs, name: str) -> None:
    """Take what stands in a run's event files and no state tells of: it was read once.

    Where it stands behind what is known, the run gets a new event file with both.
    """
    run = runs.runs[name]
    parts = runs.state.beyond(name)
    found, damage = recalled([(path, start, None) for path, start in parts])
    if not any(track.last is not None for track in run.tracks.values()):
        lengths = [(path, whole_bytes(piece_of(path, 0))) for path, _ in parts]
        whole = not damage and bool(lengths)
        runs.state.adopt(name, lengths, whole=whole)
        for tag, (held, rows) in found.items():
            if held.kind:
                _adopt(runs, run, tag, held.kind, rows)
        if len(lengths) > 1:  # where one was to take the place of another, it marks no falls
            anew(runs, name)
        return
    more: dict[str, Rows] = {}
    for tag, (held, rows) in found.items():
        track = run.tracks.setdefault(tag, Track(held.kind))
        if track.kind == held.kind:
            new = rows.take(track.owners_of(rows.steps) < 0)
            if len(new):
                more[tag] = new
    anew(runs, name, more=more)


def _adopt(runs: Runs, run: Run, tag: str, kind: str, rows: Rows) -> None:
    track = Track(kind)
    track.put(rows.steps, rows.owners)
    track.fresh = 0
    run.tracks[tag] = track
    run.time = max(run.time, float(rows.times.max()))
    if runs.watches and kind in WATCHED:
        values = given(kind, rows.values)
        run.sketch(tag, rows.steps, watched(kind, values, 0), falls=False)


def anew(
    runs: Runs,
    name: str,
    *,
    without: Container[str] = (),
    more: Mapping[str, Rows] | None = None,
) -> None:
    """Write what stands in a run to a new event file, which takes the place of the others.

    Of the tags in `without` nothing is written; `more` are points that no track tells of.
    """
    run = runs.runs[name]
    weaving = run.weaving.known if run.weaving else ()
    rows = standing(runs, name, lambda tag: tag not in without)
    if weaving:
        parts = [(path, 0, length) for path, length in runs.state.known(name)]
        shown, _ = recalled(parts, lambda tag: tag in weaving and tag not in without)
        rows |= {tag: part for tag, (_, part) in shown.items()}
    for tag, part in (more or {}).items():
        rows[tag] = joined([rows[tag], part]) if tag in rows else part
        run.tracks[tag].put(rows[tag].steps, rows[tag].owners)
    run.sketch = runs.blank(draw=run.sketch.draw)
    times = [float(part.times[0]) for part in rows.values() if len(part)]
    runs.state.replace(name, min(times, default=run.time))
    runs.uncommitted = True
    put(runs, name, run, dict(groups_of(rows, run.tracks)))


def _keep_unknown(runs: Runs, name: str) -> None:
    """What stands in a run's event files and no state tells of was read once, too."""
    if runs.state.beyond(name):
        remember(runs, name)


def forget(runs: Runs, numbers: set[int]) -> int:
    """Take away all points of some owners, whose sources are read anew; how many others stay."""
    stay = 0
    families = {owner.family for number, owner in runs.owners.items() if number in numbers}
    for name, run in list(runs.runs.items()):
        if any(track.owners() & numbers for track in run.tracks.values()):
            _keep_unknown(runs, name)
        for track in run.tracks.values():
            count_anew(track.pairs, families)
        if not sum(track.forget(numbers) for track in run.tracks.values()):
            continue
        run.tracks = {tag: track for tag, track in run.tracks.items() if track.last is not None}
        left = [track for track in run.tracks.values() if track.owners() - {1}]
        stay += sum(track.shown for track in left)
        if left:
            anew(runs, name)
        else:
            runs.state.wipe(name)
            del runs.runs[name]
    return stay


__all__ = ["anew", "forget", "remember"]
