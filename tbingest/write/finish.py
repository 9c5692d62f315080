"""What a run gets at its end: hyperparameters, layouts, figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from tbingest.model.points import HParams, Points, Session
from tbingest.model.rows import Problem
from tbingest.reading.mapping import GRAPH_TAG, HPARAMS_TAG, SESSION_TAG
from tbingest.series.owners import OURSELVES, UNKNOWN
from tbingest.series.seeds import Standing
from tbingest.series.timeseries import Track
from tbingest.write.best import best_values
from tbingest.write.custom_scalars import LAYOUT_TAG, layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.report import SourceReport
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


def keep_hparams(runs: Runs, points: Points, entry: SourceReport) -> None:
    """Hyperparameters are written once a run's scalars are known: see `finish`."""
    kept = runs.state.hparams.setdefault(points.run, {})
    for (value,) in points.values:
        if isinstance(value, HParams):
            kept.setdefault("time", float(points.times[0]))
            if value.session != Session():
                kept["session"] = asdict(value.session)
            if not value.values:
                continue
            if kept.get("written") or _has_hparams(runs, points.run):
                what = "hyperparameters of a run are fixed once written: these are not shown"
                entry.add(Problem("", None, None, what, "--force rebuilds the run", values=1))
                continue
            kept["values"] = {**value.values, **kept.get("values", {})}
            entry.written["hparams"] += 1


def has_graph(runs: Runs, run: str) -> bool:
    """True where a run has a graph: the tab shows one, and checkpoints repeat theirs."""
    track = runs.runs[run].tracks.get(GRAPH_TAG) if run in runs.runs else None
    return track is not None and track.last is not None


def _has_hparams(runs: Runs, run: str) -> bool:
    """True where a run that these hyperparameters would go to has some already."""
    return any(
        HPARAMS_TAG in known.tracks
        for name, known in runs.runs.items()
        if name == run or name.startswith(f"{run}/")
    )


def standings(runs: Runs, prefix: str) -> Iterator[Standing]:
    """Every run with scalars as it stands, for a comparison with those of other jobs."""
    whole = runs.state.hparams.get(prefix, {}).get("values", {})
    for name, run in sorted(runs.runs.items()):
        own = runs.state.hparams.get(name, {}).get("values", {})
        if run.sketch.curves:
            yield Standing(name, run.sketch.curves, {**whole, **own}, run.time)


def finish(runs: Runs, prefix: str, *, live: bool = False) -> int:
    """Write what waits for the end: best values, hyperparameters, layouts, figures.

    Gives how many figures.

    In a `live` job layouts and figures wait on, and hyperparameters wait for a scalar.
    """
    figures = list(_figures(runs)) if runs.draw and not live else []
    hparams = list(_hparams(runs, prefix, live=live))
    layouts = [] if live else list(_layouts(runs))
    best = list(best_values(runs)) if runs.best_wanted and not live else []
    if not figures and not hparams and not layouts and not best:
        return 0
    runs.state.begin({"source": "", "stop": 0, "close": True})
    for points in [*best, *hparams, *layouts, *figures]:
        run = runs.run(points.run)
        run.tracks.setdefault(points.tags[0], Track(points.kind))
        if run.tracks[points.tags[0]].kind == points.kind:
            runs.append(points.run, run, [points], None)
            runs.written[points.run] -= 1
    if hparams:
        for kept in runs.state.hparams.values():
            kept["written"] = "values" in kept
    for points in figures:
        run = runs.runs[points.run]
        run.sketch.drawn = run.sketch.mark(run.tracks)
    runs.commit()
    return len(figures)


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
        time, tracks = found[-1]["time"], runs.run(name).tracks
        if HPARAMS_TAG not in tracks:
            value = HParams(dict(sorted(values.items())), session)
            yield single(name, "hparams", HPARAMS_TAG, 0, time, value)
        if session.ended and SESSION_TAG not in tracks:
            yield single(name, "hparams", SESSION_TAG, 0, time, session)


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


def _figures(runs: Runs) -> Iterator[Points]:
    for name, run in sorted(runs.runs.items()):
        if run.sketch.drawn != run.sketch.mark(run.tracks):
            for tag, step, image in run.sketch.figures(name, run.tracks):
                yield single(name, "image", tag, step, run.time, image)
