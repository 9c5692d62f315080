"""The best values so far of a run's headline tags, as curves: HParams shows their last values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.points import Points
from tbingest.names.tags import clean_tag
from tbingest.series.metrics import BEST, headline, rises_by_name
from tbingest.write.again import anew
from tbingest.write.giving import recalled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.series.settle import Rows
    from tbingest.write.run import Run
    from tbingest.write.runs import Runs


def best_values(runs: Runs) -> Iterator[Points]:
    """`best/<tag>` of each run that changed: a point wherever a value is better than all before.

    Of the headline tags whose names say which way is better; read from the run's event files, so
    that it is the best of what TensorBoard shows.
    """
    for name, run in sorted(runs.runs.items()):
        wanted = _wanted(run)
        mark = repr([(tag, run.tracks[tag].last, run.tracks[tag].shown) for tag in wanted])
        if run.best == mark and not runs.written[name]:
            continue
        run.best = mark
        places = {tag: clean_tag(BEST + tag) for tag in wanted}
        parts = [(path, 0, length) for path, length in runs.state.known(name)]
        found, _ = recalled(parts, {*places, *places.values()}.__contains__)
        for tag, place in places.items():
            if tag not in found:
                continue
            best = _best_so_far(found[tag][1], rises=bool(rises_by_name(tag)))
            there = found[place][1] if place in found else best.take(np.empty(0, np.int64))
            same = _same(best, there)
            if same < len(there):  # what was the best is no value any more
                anew(runs, name, without={place})
                del run.tracks[place]
                same = 0
            if same < len(best):
                yield _points(name, place, best.take(np.arange(same, len(best))))


def _wanted(run: Run) -> list[str]:
    scalars = {
        tag: 1
        for tag, track in run.tracks.items()
        if track.kind == "scalar" and track.last is not None and not tag.startswith(BEST)
    }
    return [tag for tag in headline(scalars) if rises_by_name(tag) is not None]


def _best_so_far(rows: Rows, *, rises: bool) -> Rows:
    """The rows that are better than all before them."""
    values = rows.values.astype(np.float64) * (1 if rises else -1)
    values = np.where(np.isfinite(values), values, -np.inf)
    before = np.concatenate([[-np.inf], np.maximum.accumulate(values)[:-1]])
    return rows.take(np.flatnonzero(values > before))


def _same(one: Rows, other: Rows) -> int:
    """How many points both begin with."""
    length = min(len(one), len(other))
    steps = one.steps[:length] == other.steps[:length]
    values = one.values[:length].astype(np.float64) == other.values[:length].astype(np.float64)
    same = steps & values
    return length if same.all() else int(np.argmin(same))


def _points(run: str, tag: str, rows: Rows) -> Points:
    values = rows.values.astype(np.float64)[:, None]
    return Points(run, "scalar", (tag,), rows.steps, rows.times, values, np.arange(len(rows)))
