"""`export()`: what stands of logs and logdirs as a table, or its pictures and sounds as files.

A scalar of an event file is written as the shortest decimal of its float32, so that a log and its
run give the same table as far as float32 goes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.check.rules import matches, rises
from tbingest.errors import UsageError
from tbingest.events.values import texts_of
from tbingest.model.markdown import markdown
from tbingest.model.points import Histogram, HParams, Recorded, Table
from tbingest.options import Options
from tbingest.pipeline.media import MediaFolder
from tbingest.pipeline.tables import Column, form_of, open_table
from tbingest.pipeline.wide import Wide
from tbingest.plan.planner import plan
from tbingest.reading.points import Reading, as_list
from tbingest.series.slicing import take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tbingest.model.points import Points
    from tbingest.model.rows import Problem
    from tbingest.pipeline.tables import Table as Writer
    from tbingest.reading.points import Paths, Progress


class What(StrEnum):
    """What is exported."""

    SCALARS = "scalars"
    HPARAMS = "hparams"
    HISTOGRAMS = "histograms"
    TEXTS = "texts"
    IMAGES = "images"
    AUDIO = "audio"


KINDS = {
    What.SCALARS: "scalar",
    What.HPARAMS: "hparams",
    What.HISTOGRAMS: "histogram",
    What.TEXTS: "text",
    What.IMAGES: "image",
    What.AUDIO: "audio",
}


class Pick(StrEnum):
    """Which points of a tag are exported."""

    ALL = "all"
    LAST = "last"
    BEST = "best"


@dataclass(frozen=True)
class Asked:
    """What is wanted. tags, runs: globs, all where there are none; wide: a column for each tag."""

    what: What = What.SCALARS
    pick: Pick = Pick.ALL
    wide: bool = False
    tags: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    def wants(self, run: str, tag: str) -> bool:
        """True for a tag of a run that is wanted."""
        return wanted_names(run, self.runs) and wanted_names(tag, self.tags)


def wanted_names(name: str, globs: Sequence[str]) -> bool:
    """True where a glob matches, or there is none."""
    return not globs or any(matches(name, glob) for glob in globs)


@dataclass
class Exported:
    """What was written: values, of how many tags and runs, and what could not be read.

    `undirected` are tags of which no best value is known.
    """

    to: str
    values: int = 0
    runs: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    undirected: set[str] = field(default_factory=set)

    def count(self, run: str, tags: Sequence[str], values: int) -> None:
        """Take what was written."""
        self.runs.add(run)
        self.tags.update(tags)
        self.values += values


_PLACE = (Column("run", "text"), Column("tag", "text"), Column("step", "int"))
_TIME = Column("wall_time", "real")
_COLUMNS = {
    What.SCALARS: (*_PLACE, _TIME, Column("value", "real")),
    What.TEXTS: (*_PLACE, _TIME, Column("text", "text")),
    What.HISTOGRAMS: (
        *(*_PLACE, _TIME),
        *(Column("left", "real"), Column("right", "real"), Column("count", "real")),
    ),
    What.HPARAMS: (Column("run", "text"), Column("name", "text"), Column("value", "text")),
}


def export(
    paths: Paths,
    to: str,
    asked: Asked | None = None,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    expect: Callable[[int], object] | None = None,
) -> Exported:
    """Write what stands of the logs and logdirs at `paths` to the table `to`, or `-` for stdout.

    Pictures and sounds go to the folder `to`. `expect` is told how many bytes there are to read,
    `progress` (bytes, values) read since its last call. Raises UsageError for what cannot
    be right, OutputError where it cannot be written.
    """
    asked = asked or Asked()
    _check(asked, to)
    options = replace(options or Options(), events=True)
    reading = Reading(plan(as_list(paths), "", options), options, progress=progress)
    done = Exported(to)
    if expect:
        expect(reading.size)
    _write(reading, asked, to, done)
    done.problems = reading.problems
    return done


def _write(reading: Reading, asked: Asked, to: str, done: Exported) -> None:
    if asked.what in {What.IMAGES, What.AUDIO}:
        folder = MediaFolder(to)
        for points, _ in _wanted(reading, asked):
            done.count(points.run, points.tags, folder.put(points))
    elif asked.wide:
        _wide(reading, asked, to, done)
    else:
        with open_table(to, _COLUMNS[asked.what]) as table:
            _tidy(reading, asked, table, done)


def _check(asked: Asked, to: str) -> None:
    if asked.what in {What.IMAGES, What.AUDIO}:
        if to == "-":
            raise UsageError(f"--to -: {asked.what} go to a folder", "as in --to pictures/")
    else:
        form_of(to)
    if asked.wide and asked.what not in {What.SCALARS, What.HPARAMS}:
        raise UsageError(f"--wide is for scalars and hparams, not for {asked.what}", "leave it out")
    if asked.pick != Pick.ALL and (asked.what != What.SCALARS or asked.wide):
        raise UsageError(f"--{asked.pick} is for scalars, and not --wide", "leave one out")


def _batches(reading: Reading, asked: Asked) -> Iterator[tuple[list[Points], bool]]:
    """The points of the kind and names that are wanted, and whether their values are float32."""
    kind = KINDS[asked.what]
    for planned, batch in reading.owned():
        found = []
        for points in batch:
            if points.kind != kind:
                continue
            keep = [n for n, tag in enumerate(points.tags) if asked.wants(points.run, tag)]
            if len(keep) == len(points.tags):
                found.append(points)
            elif keep:
                rows = np.arange(len(points))
                found.append(take(points, rows, np.asarray(keep, np.int64)))
        yield found, planned.format == "tensorboard"


def _wanted(reading: Reading, asked: Asked) -> Iterator[tuple[Points, bool]]:
    """The same, one after the other."""
    for found, single in _batches(reading, asked):
        yield from ((points, single) for points in found)


def _tidy(reading: Reading, asked: Asked, table: Writer, done: Exported) -> None:
    if asked.pick != Pick.ALL:
        _picked(reading, asked, table, done)
        return
    for found, single in _batches(reading, asked):
        for points in found:
            if asked.what == What.HPARAMS:
                rows = list(_hparam_rows(points))
                done.count(points.run, [name for _, name, _ in rows], len(rows))
                table.write([list(cells) for cells in zip(*rows, strict=True)] or [[], [], []])
                continue
            done.count(points.run, points.tags, len(points) * len(points.tags))
            if asked.what != What.SCALARS:
                _rows(points, table)
        if asked.what == What.SCALARS:
            _scalars(found, table, single=single)


def _scalars(found: Sequence[Points], table: Writer, *, single: bool) -> None:
    """The rows of a batch, tag by tag; the steps of each rise."""
    parts: dict[tuple[str, str], list[tuple[Points, int]]] = {}
    for points in found:
        for place, tag in enumerate(points.tags):
            parts.setdefault((points.run, tag), []).append((points, place))
    for (run, tag), held in parts.items():
        steps = np.concatenate([points.steps for points, _ in held])
        times = np.concatenate([points.times for points, _ in held])
        values = np.concatenate([np.asarray(points.values)[:, place] for points, place in held])
        order = np.argsort(steps, kind="stable")
        count = len(order)
        cells = shortened(values[order], single=single)
        table.write([[run] * count, [tag] * count, steps[order], times[order], cells])


def _rows(points: Points, table: Writer) -> None:
    """The rows of texts or histograms."""
    for row, step in enumerate(points.steps.tolist()):
        for tag, value in zip(points.tags, points.values[row], strict=True):
            where = (points.run, tag, step, float(points.times[row]))
            if isinstance(value, Histogram):
                buckets = value.buckets
                table.write([*([one] * len(buckets) for one in where), *buckets.T])
            else:
                table.write([*([one] for one in where), [text_of(value)]])


def shortened(values: Any, *, single: bool) -> Any:
    """Values as float32 where they are such, so that a table shows 0.3 and not 0.30000001192."""
    if not single:
        return values
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    same = (small == values) | np.isnan(values)
    return small if same.all() else values


def text_of(value: Any) -> str:
    """A text as Markdown."""
    if isinstance(value, Recorded):
        return "\n".join(texts_of(value.data))
    return markdown(value) if isinstance(value, Table) else str(value)


def _hparam_rows(points: Points) -> Iterator[tuple[str, str, str]]:
    """(run, name, value) of each setting."""
    for (value,) in points.values:
        if isinstance(value, HParams):
            yield from ((points.run, name, text) for name, text in value.texts().items())


class _Point(NamedTuple):
    step: int
    time: float
    value: float
    single: bool


def _picked(reading: Reading, asked: Asked, table: Writer, done: Exported) -> None:
    """One row for each tag of each run."""
    found: dict[tuple[str, str], _Point] = {}
    for points, single in _wanted(reading, asked):
        for place, tag in enumerate(points.tags):
            values = np.asarray(points.values, np.float64)[:, place]
            up = rises(points.run, tag) if asked.pick == Pick.BEST else None
            if asked.pick == Pick.BEST and up is None:
                done.undirected.add(tag)
                continue
            at = best_of(points.steps, values, up=up)
            if at is not None:
                new = _Point(
                    int(points.steps[at]), float(points.times[at]), float(values[at]), single
                )
                key = points.run, tag
                if key not in found or _beats(new, found[key], up=up):
                    found[key] = new
    for (run, tag), one in sorted(found.items()):
        value = shortened(np.array([one.value]), single=one.single)
        table.write([[run], [tag], [one.step], [one.time], value])
        done.count(run, [tag], 1)


def best_of(steps: Any, values: Any, *, up: bool | None) -> int | None:
    """The place of the best value, the first where several are; of the last step without `up`."""
    if up is None:
        return int(np.argmax(steps)) if len(steps) else None
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return None
    return int(known[np.argmax(values[known] if up else -values[known])])


def _beats(new: _Point, old: _Point, *, up: bool | None) -> bool:
    if up is None:
        return new.step >= old.step
    if math.isclose(new.value, old.value, rel_tol=0, abs_tol=0):
        return new.step < old.step
    return new.value > old.value if up else new.value < old.value


def _wide(reading: Reading, asked: Asked, to: str, done: Exported) -> None:
    """A row for each step of a run, a column for each tag; of hparams a row for each run."""
    wide = Wide()
    if asked.what == What.HPARAMS:
        runs: dict[str, dict[str, Any]] = {}
        for points, _ in _wanted(reading, asked):
            for run, name, value in _hparam_rows(points):
                runs.setdefault(run, {})[name] = value
        names = sorted({name for held in runs.values() for name in held})
        columns = [Column("run", "text"), *(Column(name, "text") for name in names)]
        with open_table(to, columns) as table:
            for run, held in sorted(runs.items()):
                table.write([[run], *([held.get(name, "")] for name in names)])
                done.count(run, list(held), len(held))
        return
    for points, single in _wanted(reading, asked):
        for place, tag in enumerate(points.tags):
            values = np.asarray(points.values, np.float64)[:, place]
            wide.add(points.run, tag, points.steps, shortened(values, single=single))
        done.count(points.run, points.tags, len(points) * len(points.tags))
    columns = [Column("run", "text"), Column("step", "int")]
    columns += [Column(tag, "real") for tag in wide.tags]
    with open_table(to, columns) as table:
        for cells in wide.rows():
            table.write(cells)
