"""`plot()`: curves of logs and logdirs as a figure to keep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tbingest.errors import OutputError, UsageError
from tbingest.figures.paper import FORMS, WIDTHS, Look, figure
from tbingest.options import Options
from tbingest.pipeline.export import wanted_names
from tbingest.plan.planner import plan
from tbingest.reading.points import Reading, as_list
from tbingest.series.bundles import Steps, bundles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tbingest.model.rows import Problem
    from tbingest.reading.points import Paths

MOST_PANELS = 24


@dataclass
class Plotted:
    """What was drawn: tags, of which runs; what could not be read; tags without room."""

    tags: list[str] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def plot(
    paths: Paths,
    to: str,
    options: Options | None = None,
    *,
    tags: Sequence[str] = (),
    runs: Sequence[str] = (),
    look: Look | None = None,
    together: bool = True,
) -> Plotted:
    """Draw the curves that `tags` and `runs` (globs) name into the file `to`, a panel for each tag.

    Seeds of a training are one line `together`: their mean in a band of a standard deviation.
    Raises UsageError for what cannot be right, OutputError where the file cannot be written.
    """
    look = look or Look()
    form = Path(to).suffix.lower().removeprefix(".")
    _check(to, form, look)
    options = replace(options or Options(), events=True)
    reading = Reading(plan(as_list(paths), "", options), options)
    found: dict[str, dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]]] = {}
    for points in reading:
        if points.kind != "scalar" or not wanted_names(points.run, runs):
            continue
        for place, tag in enumerate(points.tags):
            if wanted_names(tag, tags):
                values = np.asarray(points.values, np.float64)[:, place]
                parts = found.setdefault(tag, {}).setdefault(points.run, [])
                parts.append((points.steps.copy(), values.copy()))
    if not found:
        raise UsageError("no curve is called so", "tbingest inspect -v names the tags")
    shown = sorted(found)[:MOST_PANELS]
    panels = {
        tag: bundles({run: _steps(parts) for run, parts in found[tag].items()}, together=together)
        for tag in shown
    }
    _write(to, figure(panels, look, form))
    named = {run for tag in shown for run in found[tag]}
    return Plotted(shown, named, reading.problems, sorted(found)[MOST_PANELS:])


def _check(to: str, form: str, look: Look) -> None:
    if form not in FORMS:
        raise UsageError(f"-o {to}: no known kind of figure", f"one of .{', .'.join(FORMS)}")
    if look.width not in WIDTHS:
        raise UsageError(f"--size {look.width}: no such size", f"one of {', '.join(WIDTHS)}")
    if not 0 <= look.smooth < 1:
        raise UsageError(f"--smooth {look.smooth:g}: no weight", "from 0 up to, not with, 1")


def _steps(parts: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> Steps:
    steps = np.concatenate([one for one, _ in parts]).astype(np.float64)
    values = np.concatenate([one for _, one in parts])
    order = np.argsort(steps, kind="stable")
    return Steps(steps[order], values[order])


def _write(to: str, data: bytes) -> None:
    target = Path(to)
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    except OSError as error:
        what = f"{to}: cannot be written: {error.strerror}"
        raise OutputError(what, "check free space and permissions") from error
