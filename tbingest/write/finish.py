"""What a run gets at its end: hyperparameters, layouts, figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tbingest.model.points import HParams, Points, Session
from tbingest.model.report import Look
from tbingest.reading.mapping import GRAPH_TAG, HPARAMS_TAG, SESSION_TAG
from tbingest.series.metrics import headline
from tbingest.series.owners import OURSELVES, UNKNOWN, place
from tbingest.series.seeds import RunResult
from tbingest.series.track import Track
from tbingest.write.again import anew, remember
from tbingest.write.best import best_values
from tbingest.write.custom_scalars import LAYOUT_TAG, layout
from tbingest.write.giving import encoded, same, standing

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from tbingest.model.report import SourceReport
    from tbingest.series.owners import Owner
    from tbingest.write.run import Run
    from tbingest.write.runs import Runs


def single(run: str, kind: object, tag: str, step: int, time: float, value: object) -> Points:
    """One value of one tag as points."""
    return Points(
        run,
        kind,  # type: ignore[arg-type]
        (tag,),
        np.asarray([step], np.int64),
        np.asarray([time]),
        [[value]],  # type: ignore[list-item]
        np.zeros(1, np.int64),
    )


def keep_hparams(runs: Runs, points: Points, owner: Owner, entry: SourceReport) -> None:
    """Hyperparameters are written once a run's scalars are known: see `finish`.

    Of several sources, the first in the order of reading is believed; what a source says again
    takes the place of what it said.
    """
    kept = runs.state.hparams.setdefault(points.run, {})
    for (value,) in points.values:
        if isinstance(value, HParams):
            kept.setdefault("time", float(points.times[0]))
            if value.session != Session():
                kept["session"] = asdict(value.session)
            if not value.values:
                continue
            said = kept.setdefault("said", {})
            number, before = said.get(str(owner.story), (owner.number, {}))
            goes_on = number == owner.number
            said[str(owner.story)] = [owner.number, {**value.values, **(before if goes_on else {})}]
            entry.written["hparams"] += 1
    _merge(runs, kept)


def forget_unsaid(runs: Runs) -> None:
    """Forget the settings of sources that the state does not know: a conversion died before it had
    read the whole of them, so they are said again.
    """
    known = {saved.owner for saved in runs.state.sources.values()}
    for kept in runs.state.hparams.values():
        said = kept.get("said", {})
        unsaid = [story for story, (number, _) in said.items() if number not in known]
        for story in unsaid:
            del said[story]
        if unsaid:
            kept.pop("values", None)
            _merge(runs, kept)


def _merge(runs: Runs, kept: dict[str, Any]) -> None:
    """Put together what several sources say."""
    said = sorted(
        kept.get("said", {}).values(), key=lambda one: place(runs.owners.get(one[0], UNKNOWN))
    )
    values = {key: value for _, one in reversed(said) for key, value in one.items()}
    if values and values != kept.get("values"):
        kept["values"], kept["due"] = values, True


def has_graph(runs: Runs, run: str) -> bool:
    """True where a run has a graph: the tab shows one, and checkpoints repeat theirs."""
    track = runs.runs[run].tracks.get(GRAPH_TAG) if run in runs.runs else None
    return track is not None and track.last is not None


def results(runs: Runs, prefix: str) -> Iterator[RunResult]:
    """What every run with scalars shows, for a comparison with those of other jobs."""
    whole = runs.state.hparams.get(prefix, {}).get("values", {})
    for name, run in sorted(runs.runs.items()):
        own = runs.state.hparams.get(name, {}).get("values", {})
        if run.sketch.curves:
            yield RunResult(name, run.sketch.curves, {**whole, **own}, run.time)


def looks(runs: Runs, names: Iterable[str]) -> Iterator[tuple[str, Look]]:
    """What to look at first in those of some runs of which figures are drawn."""
    for name in names:
        sketch = runs.runs[name].sketch
        curves = sketch.curves if sketch.draw else {}
        for tag in headline(dict.fromkeys(curves, 1))[:1]:
            course = curves[tag].bins[:, 4].tolist()
            yield name, Look(tag, course[-1], course)


class Progress(Protocol):
    """What is told how far a conversion is."""

    def __call__(self, size: int, values: int, undrawn: int = 0, /) -> None:
        """So many decoded bytes and values were read since the last call, and so many runs more,
        or fewer, wait to be drawn.
        """


def finish(runs: Runs, prefix: str, *, live: bool = False, progress: Progress | None = None) -> int:
    """Write what waits for the end: best values, hyperparameters, layouts, figures.

    Gives how many figures.

    In a `live` job layouts and figures wait on, and hyperparameters wait for a scalar.
    """
    if not live:
        _take_back(runs, prefix)
    figures = list(_figures(runs, progress)) if runs.draw and not live else []
    hparams = [
        one for one in _hparams(runs, prefix, live=live) if one.tags[0] not in _tags(runs, one)
    ]
    layouts = [] if live else list(_layouts(runs))
    best = list(best_values(runs)) if runs.best_wanted and not live else []
    if not figures and not hparams and not layouts and not best:
        return 0
    runs.state.begin({"source": "", "stop": 0, "close": True})
    for points in [*best, *hparams, *layouts, *figures]:
        run = runs.run(points.run)
        run.tracks.setdefault(points.tags[0], Track(points.kind))
        if run.tracks[points.tags[0]].kind == points.kind:
            _append(runs, run, points)
            runs.written[points.run] -= 1
    for points in figures:
        run = runs.runs[points.run]
        run.sketch.drawn = run.sketch.mark(run.tracks)
    runs.commit()
    return len(figures)


def _append(runs: Runs, run: Run, points: Points) -> None:
    """Append one value; others of its tag go that no state tells of: the first would be shown."""
    name, tag = points.run, points.tags[0]
    first = points.kind == "hparams" and runs.state.uncommitted(name, float(points.times[0]))
    if not runs.append(name, run, [points], None, unsure=first):
        remember(runs, name)
        _rewrite_without(runs, name)
        run.tracks.setdefault(tag, Track(points.kind))
        runs.append(name, run, [points], None)


def _rewrite_without(runs: Runs, name: str) -> None:
    """Take the hyperparameters of a run away."""
    for tag in (HPARAMS_TAG, SESSION_TAG):
        runs.runs[name].tracks.pop(tag, None)
    anew(runs, name)
    runs.rebuilt.append(name)


def _hparams(runs: Runs, prefix: str, *, live: bool) -> Iterator[Points]:
    """Each run's own hyperparameters, and those of the whole job; and how the run ended."""
    kept = runs.state.hparams
    names = {name for name, run in runs.runs.items() if run.has_scalars}
    if not kept or (live and not names):
        return
    for name in sorted(names | (kept.keys() - {prefix}) or {prefix}):
        found = [kept[run] for run in (prefix, name) if run in kept]
        values = {key: one for part in found for key, one in part.get("values", {}).items()}
        if not values:
            continue
        session = Session(**next((one["session"] for one in found if "session" in one), {}))
        time = found[-1]["time"]
        value = HParams(dict(sorted(values.items())), session)
        yield single(name, "hparams", HPARAMS_TAG, 0, time, value)
        if session.ended:
            yield single(name, "hparams", SESSION_TAG, 0, time, session)


def _tags(runs: Runs, points: Points) -> Container[str]:
    return runs.run(points.run).tracks


def _take_back(runs: Runs, prefix: str) -> None:
    """Take hyperparameters away that are not those of now: TensorBoard shows the first ones."""
    kept = runs.state.hparams
    if not any(one.pop("due", False) for one in list(kept.values())):
        return
    said = list(_hparams(runs, prefix, live=False))
    elsewhere = runs.runs.keys() - {points.run for points in said}
    for name in [one for one in sorted(elsewhere) if HPARAMS_TAG in runs.runs[one].tracks]:
        runs.state.begin({"source": "", "stop": 0, "close": True})
        _rewrite_without(runs, name)  # the job had no run with a curve then
    for points in said:
        name, tag = points.run, points.tags[0]
        if tag not in _tags(runs, points) or tag == SESSION_TAG:
            continue
        shown = standing(runs, name, lambda one: one == HPARAMS_TAG)
        now = encoded("hparams", tag, [row[0] for row in points.values])
        if tag in shown and len(shown[tag]) and same(shown[tag].values[-1:], now).all():
            continue
        runs.state.begin({"source": "", "stop": 0, "close": True})
        _rewrite_without(runs, name)


def _layouts(runs: Runs) -> Iterator[Points]:
    """Of the runs with tags that share a chart; again where a further tag came.

    The step of a layout is the number of tags in it, which only grows.
    """
    for name, run in sorted(runs.runs.items()):
        tags = [tag for tag, track in run.tracks.items() if track.kind == "scalar"]
        found = layout(tags, runs.layouts_wanted)
        track = run.tracks.get(LAYOUT_TAG)
        if track and track.owners() - {UNKNOWN.number, OURSELVES.number}:
            continue  # the source has one of its own
        last = track.last if track else None
        step = sum(len(chart.tags) for chart in found.charts) if found else 0
        if found and (last is None or step > last):
            yield single(name, "layout", LAYOUT_TAG, step, run.time, found)


def _figures(runs: Runs, progress: Progress | None) -> Iterator[Points]:
    told = progress or (lambda *_: None)
    found = sorted(runs.runs.items())
    due = [(name, run) for name, run in found if run.sketch.drawn != run.sketch.mark(run.tracks)]
    told(0, 0, len(due))
    for name, run in due:
        for tag, step, image in run.sketch.figures(name, run.tracks):
            yield single(name, "image", tag, step, run.time, image)
        told(0, 0, -1)
