"""The runs of a job: which points go in, in which form, and their event files."""

from __future__ import annotations

import sys
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tbingest.events import encode
from tbingest.events.summaries import serialize
from tbingest.figures.drawn import pictured
from tbingest.figures.sketch import Sketch
from tbingest.formats.registry import formats
from tbingest.model.points import Confusion, Curves, Points
from tbingest.options import AUTO_PLOTS, OnRestart, Plots
from tbingest.series.admission import admit
from tbingest.series.bands import edges
from tbingest.series.curves import Curve
from tbingest.series.restarts import (
    Restarts,
    above,
    follow_restarts,
    keep_first,
)
from tbingest.series.spreads import Spread
from tbingest.series.timeseries import Applied, Track, apply
from tbingest.write.finish import has_graph, keep_hparams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tbingest.logdir.state import JobState
    from tbingest.model.report import SourceReport
    from tbingest.options import Options

    Tell = Callable[[str, Sequence[Points]], None]

_FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass
class Run:
    """A run while it is written: what is known of its tags, and what its figures will show."""

    tracks: dict[str, Track] = field(default_factory=dict)
    sketch: Sketch = field(default_factory=Sketch)
    time: float = 0.0
    doubtful: bool = False

    @property
    def has_scalars(self) -> bool:
        """True where a scalar was written, the figure's own tag apart."""
        return any(track.kind == "scalar" for track in self.tracks.values())


class Runs:
    """All runs of one job. `written` counts the values that were encoded this time; `tell` is told
    (run, points) of each append.
    """

    def __init__(
        self, state: JobState, options: Options, *, draw: bool, tell: Tell | None = None
    ) -> None:
        self.state = state
        self._tell = tell
        self.written: Counter[str] = Counter()
        self._policy = options.on_restart
        self.layouts_wanted = options.layouts
        self.draw = draw
        self._plots = options.own_plots
        self._watch = options.plots != Plots.NONE
        self._most = AUTO_PLOTS if options.plots == Plots.AUTO else sys.maxsize
        self._drawn = 0
        self.runs: dict[str, Run] = {}
        for name, saved in state.runs.items():
            self.runs[name] = Run(
                {tag: Track.from_json(track) for tag, track in saved.tracks.items()},
                Sketch(
                    self._draws_one_more(),
                    {tag: Curve.from_json(curve) for tag, curve in saved.curves.items()},
                    {tag: Spread.from_json(spread) for tag, spread in saved.spreads.items()},
                    saved.drawn,
                    self._plots,
                ),
                saved.time,
                saved.doubtful,
            )

    def run(self, name: str) -> Run:
        """What is known of a run, which is made where it is not."""
        if name not in self.runs:
            self.runs[name] = Run(sketch=Sketch(self._draws_one_more(), plots=self._plots))
        return self.runs[name]

    def _draws_one_more(self) -> bool:
        """True, and counted, while figures are drawn of fewer runs than the options say."""
        more = self.draw and self._drawn < self._most
        self._drawn += more
        return more

    @property
    def undrawn(self) -> int:
        """How many runs have curves, and get no figure because there are so many runs."""
        if not self._watch:
            return 0
        return sum(bool(run.sketch.curves) and not run.sketch.draw for run in self.runs.values())

    def hand_over(self, run: str, owner: str, to: str) -> None:
        """The tags of a format are another one's, as their source is not what it was taken for."""
        for name, known in self.runs.items():
            if name == run or name.startswith(f"{run}/"):
                for track in known.tracks.values():
                    track.owner = to if track.owner == owner else track.owner

    def restarted(self, groups: Sequence[Points], memory: Restarts) -> list[Points]:
        """The groups as the policies `sub-run` and `renumber` want them; others change nothing."""
        if not groups or self._policy not in {OnRestart.SUB_RUN, OnRestart.RENUMBER}:
            return list(groups)
        return follow_restarts(groups, memory, renumber=self._policy == OnRestart.RENUMBER)

    def floors(self) -> dict[tuple[str, str], int]:
        """The last step of every (run, tag)."""
        return {
            (name, tag): track.last
            for name, run in self.runs.items()
            for tag, track in run.tracks.items()
            if track.last is not None
        }

    def write(
        self,
        groups: Sequence[Points],
        owner: str,
        entry: SourceReport,
        floors: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        """Encode and append the points of one batch of a source of format `owner`.

        Steps below the `floors` were told before, by another file of the same history.
        """
        by_run: dict[str, list[Points]] = {}
        for points in groups:
            if points.kind == "hparams":
                keep_hparams(self, points, entry)
                continue
            if points.kind == "graph" and has_graph(self, points.run):
                entry.repeated += len(points)
                continue
            if isinstance(points.values[0][0], Confusion | Curves):
                if not self.draw:
                    continue
                entry.read += len(points)
            by_run.setdefault(points.run, []).append(points)
            made = edges(points, self.layouts_wanted)
            if made:
                entry.read += len(made) * len(made.tags)
                by_run[points.run].append(made)
        for name in sorted(by_run):
            run = self.run(name)
            admitted = [
                part
                for points in by_run[name]
                for part in admit(
                    points, run.tracks, owner, exactness, entry, doubtful=run.doubtful
                )
            ]
            if floors:
                admitted, told = above(admitted, floors)
                entry.superseded += told
            if self._policy == OnRestart.KEEP_FIRST and admitted:
                admitted, dropped = keep_first(admitted, run.tracks)
                entry.superseded += dropped
            if admitted:
                self.append(name, run, admitted, entry)

    def append(self, name: str, run: Run, groups: list[Points], entry: SourceReport | None) -> None:
        """Encode and append points of one run; `entry` is of their source, if they have one."""
        first = min(groups, key=lambda points: int(points.order[0]))
        time = float(first.times[0])
        before = deepcopy(run) if self.state.uncommitted(name, time) else None
        applied = self._encoded(name, run, groups, time)
        if not applied:
            # What a crash left is not what the sources say now. It stays, and may hold steps of any
            # tag: a rewind goes before whatever a tag shows next.
            if before:
                run.tracks, run.sketch = before.tracks, before.sketch
            run.doubtful = True
            for track in run.tracks.values():
                track.doubtful = True
            applied = self._encoded(name, run, groups, time) or Applied([], [])
        run.time = max(float(points.times.max()) for points in groups)
        count = 0
        for points in groups:
            values = len(points) * len(points.tags)
            count += values
            if entry:
                entry.written[points.kind] += values
                entry.overflows += _overflows(points)
        self.written[name] += count
        if entry:
            entry.superseded += applied.superseded.total()
            entry.replaced += applied.replaced
            entry.written.subtract(applied.superseded)

    def _encoded(self, name: str, run: Run, groups: list[Points], time: float) -> Applied | None:
        """Encode and append; None where the run's event file cannot go on like this."""
        applied = apply(
            list(map(pictured, groups)), run.tracks, run.sketch if self._watch else None
        )
        data = encode(applied.points, applied.rewinds, serialize)
        if not self.state.append(name, data, time):
            return None
        if self._tell:
            self._tell(name, applied.points)
        return applied

    def commit(self) -> None:
        """Hand everything to the state and make it durable."""
        for name, run in self.runs.items():
            saved = self.state.runs.get(name)
            if saved:
                saved.tracks = {tag: track.to_json() for tag, track in run.tracks.items()}
                saved.curves = {tag: one.to_json() for tag, one in run.sketch.curves.items()}
                saved.spreads = {tag: one.to_json() for tag, one in run.sketch.spreads.items()}
                saved.time = run.time
                saved.drawn = run.sketch.drawn
        self.state.commit()


def _overflows(points: Points) -> int:
    if not isinstance(points.values, np.ndarray):
        return 0
    over = np.abs(points.values) > _FLOAT32_MAX
    return int((over & np.isfinite(points.values)).sum()) if over.any() else 0


def exactness(owner: str) -> int:
    """How good a format's word is: last values, those of a console, or a log."""
    chosen = formats().get(owner)
    return 2 if not chosen else 0 if chosen.summary else 1 if chosen.rounded else 2
