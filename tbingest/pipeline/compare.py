"""`compare()`: runs beside each other: which settings differ, and the last and best value of tags.

The first run is what the others are held against, as `check --baseline` does: a delta is the last
value less its last value.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.check.rules import rises
from tbingest.errors import UsageError
from tbingest.model.points import HParams
from tbingest.options import Options
from tbingest.pipeline.export import best_of, shortened, wanted_names
from tbingest.plan.planner import plan
from tbingest.reading.points import Reading
from tbingest.series.metrics import ranked_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.check.rules import Rule
    from tbingest.model.points import Points
    from tbingest.model.rows import Problem

SCHEMA = "tbingest.compare/1"


@dataclass(frozen=True)
class At:
    """A value and its step."""

    value: float
    step: int


@dataclass(frozen=True)
class Row:
    """A tag of one run: last and best value; delta and better against the first run that has it.

    better: True where the last value is, None where that is not known, or both are equal.
    """

    run: str
    tag: str
    last: At
    best: At | None = None
    delta: float | None = None
    better: bool | None = None


@dataclass
class Comparison:
    """Runs in the order of their paths; settings: (name, value of each run or None) that differ."""

    runs: list[str] = field(default_factory=list)
    settings: list[tuple[str, tuple[str | None, ...]]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON holds it."""
        return {
            "schema": SCHEMA,
            "runs": self.runs,
            "settings": [
                {"name": name, "values": dict(zip(self.runs, values, strict=True))}
                for name, values in self.settings
            ],
            "tags": [asdict(row) for row in self.rows],
        }


@dataclass
class _Run:
    """What is known of a run."""

    tags: dict[str, tuple[At, At | None]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


def compare(
    paths: Sequence[str],
    options: Options | None = None,
    *,
    tags: Sequence[str] = (),
    runs: Sequence[str] = (),
    rules: Sequence[Rule] = (),
) -> Comparison:
    """Every run of the logs and logdirs at `paths` beside the others.

    `tags` and `runs` are globs; `rules` say which way is better. Raises UsageError where there is
    but one run, or a path that cannot be right.
    """
    options = replace(options or Options(), events=True)
    found: list[tuple[str, str, _Run]] = []
    done = Comparison()
    for path in paths:
        reading = Reading(plan([path], "", options), options)
        held: dict[str, _Run] = {}
        for planned, batch in reading.owned():
            for points in batch:
                if wanted_names(points.run, runs):
                    _take(held.setdefault(points.run, _Run()), points, planned.format, tags, rules)
        found += [(path, name, run) for name, run in held.items() if run.tags or run.settings]
        done.problems += reading.problems
    found = [(path, name, run) for path, name, run in _with_settings(found) if run.tags]
    if len(found) < 2:
        said = f"only run {found[0][1]}" if found else "no run with curves"
        raise UsageError(f"{said} is there to compare", "name two logs, or a folder of runs")
    done.runs = _labels([(path, name) for path, name, _ in found])
    held_runs = [run for _, _, run in found]
    done.settings = list(_settings(held_runs))
    done.rows = list(_rows(done.runs, held_runs, rules))
    return done


def _take(
    run: _Run, points: Points, owner: str, tags: Sequence[str], rules: Sequence[Rule]
) -> None:
    if points.kind == "hparams":
        for (value,) in points.values:
            if isinstance(value, HParams):
                run.settings.update(value.texts())
    if points.kind != "scalar":
        return
    for place, tag in enumerate(points.tags):
        if not wanted_names(tag, tags):
            continue
        values = np.asarray(points.values, np.float64)[:, place]
        values = _decimals(values, single=owner == "tensorboard")
        up = rises(points.run, tag, rules)
        last, best = run.tags.get(tag, (None, None))
        at = int(np.argmax(points.steps))
        if last is None or points.steps[at] >= last.step:
            last = At(float(values[at]), int(points.steps[at]))
        place_ = best_of(points.steps, values, up=up) if up is not None else None
        if place_ is not None:
            new = At(float(values[place_]), int(points.steps[place_]))
            better = best is None or (new.value > best.value if up else new.value < best.value)
            best = new if better else best
        run.tags[tag] = last, best


def _decimals(values: Any, *, single: bool) -> Any:
    small = shortened(values, single=single)
    return small.astype("U").astype(np.float64) if small.dtype == np.float32 else values


def _with_settings(found: Sequence[tuple[str, str, _Run]]) -> list[tuple[str, str, _Run]]:
    """A run without curves hands its settings to those below it, and to the one above it."""
    for path, name, run in found:
        if run.tags or not run.settings:
            continue
        for other_path, other, held in found:
            near = other.startswith(f"{name}/") or name.startswith(f"{other}/")
            if other_path == path and near:
                held.settings = {**run.settings, **held.settings}
    return list(found)


def _labels(found: Sequence[tuple[str, str]]) -> list[str]:
    """The names of the runs, their paths before those that are called alike."""
    names = [name for _, name in found]
    if len(set(names)) == len(names):
        return names
    return [path if Path(path).name == name else f"{path}:{name}" for path, name in found]


def _settings(runs: Sequence[_Run]) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    for name in sorted({name for run in runs for name in run.settings}):
        values = tuple(run.settings.get(name) for run in runs)
        if len(set(values)) > 1:
            yield name, values


def _rows(labels: Sequence[str], runs: Sequence[_Run], rules: Sequence[Rule]) -> Iterator[Row]:
    """Tags of two runs or more first, as people look for them; of each the runs in their order."""
    tags = {tag for run in runs for tag in run.tags}
    shared = {tag: sum(tag in run.tags for run in runs) for tag in tags}
    for tag in sorted(ranked_tags(tags), key=lambda one: shared[one] < 2):
        first: At | None = None
        for label, run in zip(labels, runs, strict=True):
            if tag not in run.tags:
                continue
            last, best = run.tags[tag]
            delta = better = None
            if first is None:
                first = last
            else:
                delta = last.value - first.value
                up = rises(label, tag, rules)
                better = None if up is None or not delta or np.isnan(delta) else (delta > 0) == up
            yield Row(label, tag, last, best, delta, better)
