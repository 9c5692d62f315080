"""The runs of a job: which points go in, in which form, and their event files."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tbingest.events import encode
from tbingest.formats.registry import formats
from tbingest.mapping import GRAPH_TAG, HPARAMS_TAG, SESSION_TAG
from tbingest.model import Confusion, Curves, HParams, Points, Problem, Session
from tbingest.naming import join
from tbingest.options import Plots
from tbingest.sketching import Sketch
from tbingest.steps import (
    Applied,
    OnRestart,
    Restarts,
    Track,
    above,
    apply,
    follow_restarts,
    keep_first,
    take,
)
from tbingest.summaries import serialize
from tbingest.summaries.bands import edges
from tbingest.summaries.comparisons import Standing
from tbingest.summaries.curves import Curve
from tbingest.summaries.layouts import LAYOUT_TAG, layout
from tbingest.summaries.spreads import Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tbingest.logdir import JobState
    from tbingest.options import Options
    from tbingest.report import SourceReport

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
        self._layouts_wanted = options.layouts
        self._draw = draw
        self._plots = options.own_plots
        self._watch = options.plots != Plots.NONE
        self._runs: dict[str, Run] = {}
        for name, saved in state.runs.items():
            self._runs[name] = Run(
                {tag: Track.from_json(track) for tag, track in saved.tracks.items()},
                Sketch(
                    draw,
                    {tag: Curve.from_json(curve) for tag, curve in saved.curves.items()},
                    {tag: Spread.from_json(spread) for tag, spread in saved.spreads.items()},
                    saved.drawn,
                    self._plots,
                ),
                saved.time,
                saved.doubtful,
            )

    def hand_over(self, run: str, owner: str, to: str) -> None:
        """The tags of a format are another one's, as their source is not what it was taken for."""
        for name, known in self._runs.items():
            if name == run or name.startswith(f"{run}/"):
                for track in known.tracks.values():
                    track.owner = to if track.owner == owner else track.owner

    def restarted(self, groups: Sequence[Points], memory: Restarts) -> list[Points]:
        """The groups as the policies `sub-run` and `renumber` want them; others change nothing."""
        if not groups or self._policy not in {OnRestart.SUB_RUN, OnRestart.RENUMBER}:
            return list(groups)
        return follow_restarts(
            groups,
            memory,
            _shifted if self._policy == OnRestart.RENUMBER else _sub_run,
            renumber=self._policy == OnRestart.RENUMBER,
        )

    def floors(self) -> dict[tuple[str, str], int]:
        """The last step of every (run, tag)."""
        return {
            (name, tag): track.last
            for name, run in self._runs.items()
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
                self._keep_hparams(points, entry)
                continue
            if points.kind == "graph" and self._has_graph(points.run):
                entry.repeated += len(points)
                continue
            if isinstance(points.values[0][0], Confusion | Curves):
                if not self._draw:
                    continue
                entry.read += len(points)
            by_run.setdefault(points.run, []).append(points)
            made = edges(points, self._layouts_wanted)
            if made:
                entry.read += len(made) * len(made.tags)
                by_run[points.run].append(made)
        for name in sorted(by_run):
            run = self._runs.setdefault(name, Run(sketch=Sketch(self._draw, plots=self._plots)))
            admitted = [
                part for points in by_run[name] for part in _admit(points, run, owner, entry)
            ]
            if floors:
                admitted, told = above(admitted, floors)
                entry.superseded += told
            if self._policy == OnRestart.KEEP_FIRST and admitted:
                admitted, dropped = keep_first(admitted, run.tracks)
                entry.superseded += dropped
            if admitted:
                self._append(name, run, admitted, entry)

    def _append(
        self, name: str, run: Run, groups: list[Points], entry: SourceReport | None
    ) -> None:
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
        applied = apply(groups, run.tracks, run.sketch if self._watch else None)
        data = encode(applied.points, applied.rewinds, serialize)
        if not self.state.append(name, data, time):
            return None
        if self._tell:
            self._tell(name, applied.points)
        return applied

    def _keep_hparams(self, points: Points, entry: SourceReport) -> None:
        """Hyperparameters are written once a run's scalars are known: see `finish`."""
        kept = self.state.hparams.setdefault(points.run, {})
        for (value,) in points.values:
            if isinstance(value, HParams):
                kept.setdefault("time", float(points.times[0]))
                if value.session != Session():
                    kept["session"] = asdict(value.session)
                if not value.values:
                    continue
                if kept.get("written") or self._has_hparams(points.run):
                    what = "hyperparameters of a run are fixed once written: these are not shown"
                    entry.add(Problem("", None, None, what, "--force rebuilds the run", values=1))
                    continue
                kept["values"] = {**value.values, **kept.get("values", {})}
                entry.written["hparams"] += 1

    def _has_graph(self, run: str) -> bool:
        """True where a run has a graph: the tab shows one, and checkpoints repeat theirs."""
        track = self._runs[run].tracks.get(GRAPH_TAG) if run in self._runs else None
        return track is not None and track.last is not None

    def _has_hparams(self, run: str) -> bool:
        """True where a run that these hyperparameters would go to has some already."""
        return any(
            HPARAMS_TAG in known.tracks
            for name, known in self._runs.items()
            if name == run or name.startswith(f"{run}/")
        )

    def commit(self) -> None:
        """Hand everything to the state and make it durable."""
        for name, run in self._runs.items():
            saved = self.state.runs.get(name)
            if saved:
                saved.tracks = {tag: track.to_json() for tag, track in run.tracks.items()}
                saved.curves = {tag: one.to_json() for tag, one in run.sketch.curves.items()}
                saved.spreads = {tag: one.to_json() for tag, one in run.sketch.spreads.items()}
                saved.time = run.time
                saved.drawn = run.sketch.drawn
        self.state.commit()

    def standings(self, prefix: str) -> Iterator[Standing]:
        """Every run with scalars as it stands, for a comparison with those of other jobs."""
        whole = self.state.hparams.get(prefix, {}).get("values", {})
        for name, run in sorted(self._runs.items()):
            own = self.state.hparams.get(name, {}).get("values", {})
            if run.sketch.curves:
                yield Standing(name, run.sketch.curves, {**whole, **own}, run.time)

    def finish(self, prefix: str, *, live: bool = False) -> int:
        """Write what waits for the end: hyperparameters, layouts, figures. How many figures.

        In a `live` job layouts and figures wait on, and hyperparameters wait for a scalar.
        """
        figures = list(self._figures()) if self._draw and not live else []
        hparams = list(self._hparams(prefix, live=live))
        layouts = [] if live else list(self._layouts())
        if not figures and not hparams and not layouts:
            return 0
        self.state.begin({"source": "", "stop": 0, "close": True})
        for points in [*hparams, *layouts, *figures]:
            run = self._runs.setdefault(points.run, Run())
            run.tracks.setdefault(
                points.tags[0], Track(points.kind, "tbingest", doubtful=run.doubtful)
            )
            if run.tracks[points.tags[0]].kind == points.kind:
                self._append(points.run, run, [points], None)
                self.written[points.run] -= 1
        if hparams:
            for kept in self.state.hparams.values():
                kept["written"] = "values" in kept
        for points in figures:
            run = self._runs[points.run]
            run.sketch.drawn = run.sketch.mark(run.tracks)
        self.commit()
        return len(figures)

    def _hparams(self, prefix: str, *, live: bool) -> Iterator[Points]:
        """Each run's own hyperparameters, and those of the whole job; and how the run ended."""
        kept = self.state.hparams
        names = {name for name, run in self._runs.items() if run.has_scalars}
        if not kept or (live and not names):
            return
        for name in sorted(names | (kept.keys() - {prefix}) or {prefix}):
            found = [kept[run] for run in (prefix, name) if run in kept]
            values = {key: one for part in found for key, one in part.get("values", {}).items()}
            if not values:
                continue
            session = Session(**next((one["session"] for one in found if "session" in one), {}))
            time, tracks = found[-1]["time"], self._runs.setdefault(name, Run()).tracks
            if HPARAMS_TAG not in tracks:
                value = HParams(dict(sorted(values.items())), session)
                yield _single(name, "hparams", HPARAMS_TAG, 0, time, value)
            if session.ended and SESSION_TAG not in tracks:
                yield _single(name, "hparams", SESSION_TAG, 0, time, session)

    def _layouts(self) -> Iterator[Points]:
        """Of the runs with tags that share a chart; again where a further tag came.

        The step of a layout is the number of tags in it, which only grows.
        """
        for name, run in sorted(self._runs.items()):
            tags = [tag for tag, track in run.tracks.items() if track.kind == "scalar"]
            found = layout(tags, self._layouts_wanted)
            last = run.tracks[LAYOUT_TAG].last if LAYOUT_TAG in run.tracks else None
            step = sum(len(chart.tags) for chart in found.charts) if found else 0
            if found and (last is None or step > last):
                yield _single(name, "layout", LAYOUT_TAG, step, run.time, found)

    def _figures(self) -> Iterator[Points]:
        for name, run in sorted(self._runs.items()):
            if run.sketch.drawn != run.sketch.mark(run.tracks):
                for tag, step, image in run.sketch.figures(name, run.tracks):
                    yield _single(name, "image", tag, step, run.time, image)


def _single(run: str, kind: object, tag: str, step: int, time: float, value: object) -> Points:
    return Points(
        run,
        kind,  # type: ignore[arg-type]
        (tag,),
        np.asarray([step], np.int64),
        np.asarray([time]),
        [[value]],  # type: ignore[list-item]
        np.zeros(1, np.int64),
    )


def _admit(points: Points, run: Run, owner: str, entry: SourceReport) -> Iterator[Points]:
    """The tags that may be written: of their first kind, and of the format that gave them first."""
    keep = []
    for place, tag in enumerate(points.tags):
        track = run.tracks.setdefault(tag, Track(points.kind, owner, doubtful=run.doubtful))
        if track.kind == points.kind and _exactness(track.owner) < _exactness(owner):
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


def _exactness(owner: str) -> int:
    """How good a format's word is: last values, those of a console, or a log."""
    chosen = formats().get(owner)
    return 2 if not chosen else 0 if chosen.summary else 1 if chosen.rounded else 2


def _overflows(points: Points) -> int:
    if not isinstance(points.values, np.ndarray):
        return 0
    over = np.abs(points.values) > _FLOAT32_MAX
    return int((over & np.isfinite(points.values)).sum()) if over.any() else 0


def _sub_run(points: Points, rows: NDArray[np.int64], state: Restarts) -> Points:
    run = join(points.run, f"restart-{state.number + 1}") if state.number else points.run
    return take(points, rows, run=run)


def _shifted(points: Points, rows: NDArray[np.int64], state: Restarts) -> Points:
    return take(points, rows, steps=points.steps[rows] + state.offset)
