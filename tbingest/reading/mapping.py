"""Rows to points: which step, time, run and tag a value has. No I/O, no clock."""

from __future__ import annotations

import hashlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tbingest.model.points import (
    Audio,
    Confusion,
    Curves,
    Graph,
    Histogram,
    HParams,
    Image,
    Kind,
    Mesh,
    Points,
    PrCurve,
    Recorded,
    Table,
)
from tbingest.model.rows import Problem, Rows
from tbingest.names.files import join
from tbingest.names.runs import safe_run
from tbingest.names.tags import clean_tag, media_tag, tag_of
from tbingest.reading.placement import labels_of, place_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from tbingest.model.contracts import Fields
    from tbingest.model.points import Value
    from tbingest.model.rows import Column
    from tbingest.plan.roles import Roles
    from tbingest.reading.memory import Memory, Naming

_MAX_TEXTS = 10_000
_MAX_TEXT = 200_000
HPARAMS_TAG = "_hparams_/session_start_info"
GRAPH_TAG = "__run_graph__"
SESSION_TAG = "_hparams_/session_end_info"


class Mapping:
    """Maps the rows of one source. `read` and `repeated` count values since it was made."""

    def __init__(self, fields: Fields, roles: Roles, naming: Naming, memory: Memory) -> None:
        self.fields = fields
        self.roles = roles
        self.naming = naming
        self.memory = memory
        self.read = 0
        self.repeated = 0
        self._rules = [(re.compile(pattern), to) for pattern, to in naming.tag_map]
        self._marking = {roles.step, roles.time, roles.epoch, roles.run} - {""}
        self._known: dict[tuple[str, _Label], tuple[str, str] | None] = {}

    def state(self) -> dict[str, Any]:
        """The memory as JSON; no copy."""
        return vars(self.memory)

    def points(self, batch: Sequence[Rows]) -> Iterator[Points | Problem]:
        """The points of the rows that one `feed` gave."""
        batch = [rows for rows in batch if len(rows.order)]
        if not batch:
            return
        marks = [_only(rows, self._marking) for rows in batch]
        places = place_all(marks, self.roles, self.naming, self.memory)
        for rows, place in zip(batch, places, strict=True):
            if place.usable.all():
                yield from self._split(rows, place.steps, place.times)
                continue
            yield from self._without_step(rows, place.usable)
            chosen = np.flatnonzero(place.usable)
            if len(chosen):
                part = _select(rows, chosen)
                yield from self._split(part, place.steps[chosen], place.times[chosen])

    def _without_step(self, rows: Rows, usable: NDArray[np.bool_]) -> Iterator[Problem]:
        values = len(self._value_names(rows))
        self.read += values * int((~usable).sum())
        for line in rows.order[~usable].tolist():
            what = f"{self.roles.step!r} is not a step: its values have no place"
            yield Problem("", line, None, what, "name another field with --step", values)

    def _value_names(self, rows: Rows) -> list[str]:
        roles = self.roles
        taken = {roles.step, roles.time, roles.split, roles.run, *roles.unused} - {""}
        return [name for name in rows.columns if name not in taken]

    def _split(
        self, rows: Rows, steps: NDArray[np.int64], times: NDArray[np.float64]
    ) -> Iterator[Points | Problem]:
        """The points of each run and split that the records name."""
        run, split = self.roles.run, self.roles.split
        runs = labels_of(rows.columns.get(run), run) if run else []
        splits = labels_of(rows.columns.get(split), split) if split else []
        if not runs and not splits:
            yield from self._map(rows, steps, times, _Label())
            return
        count = len(rows.order)
        labels = list(map(_Label, runs or [""] * count, splits or [""] * count))
        places: dict[_Label, list[int]] = {}
        for place, label in enumerate(labels):
            places.setdefault(label, []).append(place)
        for label, found in places.items():
            chosen = np.asarray(found, np.int64)
            yield from self._map(_select(rows, chosen), steps[chosen], times[chosen], label)

    def _map(
        self, rows: Rows, steps: NDArray[np.int64], times: NDArray[np.float64], label: _Label
    ) -> Iterator[Points | Problem]:
        scalars: dict[str, tuple[list[str], list[NDArray[Any]]]] = {}
        histograms: dict[str, tuple[list[str], list[Sequence[Any]]]] = {}
        for name in self._value_names(rows):
            column = rows.columns[name]
            self.read += len(column)
            place = self._place(name, label)
            if place is None:
                yield Problem("", None, None, f"{name!r} is not shown", values=len(column))
                continue
            run, tag = place
            if isinstance(column, np.ndarray):
                tags, columns = scalars.setdefault(run, ([], []))
                tags.append(tag)
                columns.append(column)
            elif isinstance(column[0], Histogram):
                names, cells = histograms.setdefault(run, ([], []))
                names.append(tag)
                cells.append(column)
            else:
                yield from self._others(run, tag, column, _Stamps(steps, times, rows.order))
        for run, (tags, columns) in scalars.items():
            values = np.empty((len(columns), len(steps)))
            for place_, column in enumerate(columns):
                values[place_] = column
            yield Points(run, "scalar", tuple(tags), steps, times, values.T, rows.order)
        for run, (tags, cells) in histograms.items():
            each = list(zip(*cells, strict=True))
            yield Points(run, "histogram", tuple(tags), steps, times, each, rows.order)

    def _place(self, name: str, label: _Label) -> tuple[str, str] | None:
        """(run, tag) of a field; two fields never share one."""
        known = self._known.get((name, label), ())
        if known != ():
            return known or None
        place = self._named(name, label.split)
        if place:
            below, tag = place
            run = join(self.naming.run, label.run and safe_run(label.run), below)
            owner = join(label.split, name)
            key = f"{run}\n{tag}"
            holder = self.memory.names.setdefault(key, owner)
            place = (run, tag if holder == owner else clean_tag(f"{tag} ({name})"))
        self._known[name, label] = place
        return place

    def _named(self, name: str, label: str) -> tuple[str, str] | None:
        """(run below the record's own, tag) of a field."""
        naming = self.naming
        for pattern, to in self._rules:
            match = pattern.fullmatch(name)
            if match:
                return "", clean_tag(match.expand(to))
        if self.fields.rename:
            renamed = self.fields.rename(name)
            return renamed and (renamed[0], clean_tag(join(naming.prefix, renamed[1])))
        tag = name if self.fields.step_from_name else tag_of(name) if name else ""
        if label and not tag.startswith(f"{label}/"):
            tag = join(label, tag)
        return "", clean_tag(join(naming.prefix, tag))

    def _others(
        self, run: str, tag: str, column: Sequence[Any], stamps: _Stamps
    ) -> Iterator[Points | Problem]:
        """Points of texts, lists of numbers, pictures and hyperparameters."""

        def given(kind: Kind, tag: str, values: Sequence[Value], chosen: list[int]) -> Points:
            cells = [(values[place],) for place in chosen]
            steps, times, order = stamps.steps[chosen], stamps.times[chosen], stamps.order[chosen]
            return Points(run, kind, (tag,), steps, times, cells, order)

        everything = list(range(len(column)))
        first = column[0]
        if isinstance(first, str):
            chosen = self._new_texts(f"{run}\n{tag}", column)
            if chosen:
                yield from _cut(tag, column, chosen, stamps.order)
                yield given("text", tag, [text[:_MAX_TEXT] for text in column], chosen)
        elif isinstance(first, Recorded):
            yield given(first.kind, tag, column, everything)
        elif isinstance(first, Graph):
            yield given("graph", GRAPH_TAG, column, everything)
        elif type(first) in _AS_THEY_ARE:
            if isinstance(first, Confusion | Curves):
                self.read -= len(column)  # no value of the log: counted when it is drawn
            kind = _AS_THEY_ARE[type(first)]
            tag = media_tag(tag) if kind in {"image", "audio"} else tag
            yield given(kind, tag, column, everything)
        elif isinstance(first, HParams):
            self.read -= sum(not value.values for value in column)
            yield given("hparams", HPARAMS_TAG, column, everything)
            if self.naming.prefix:
                self.read += len(column)  # shown twice: as hyperparameters and as a table
                yield given("text", tag, [_table(value) for value in column], everything)
        else:
            made = [_histogram(value) for value in column]
            usable = [place for place, value in enumerate(made) if len(value.buckets)]
            yield from _not_finite(tag, made, stamps.order)
            if usable:
                yield given("histogram", tag, made, usable)

    def _new_texts(self, key: str, column: Sequence[str]) -> list[int]:
        """Which texts to write: those the tag has not shown yet."""
        shown = dict.fromkeys(self.memory.texts.get(key, ()))
        chosen = []
        for place, text in enumerate(column):
            digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
            if digest not in shown or len(shown) >= _MAX_TEXTS:
                chosen.append(place)
                if len(shown) < _MAX_TEXTS:
                    shown[digest] = None
        self.memory.texts[key] = list(shown)
        self.repeated += len(column) - len(chosen)
        return chosen


_AS_THEY_ARE: dict[type, Kind] = {
    Image: "image",
    Confusion: "image",
    Curves: "image",
    Audio: "audio",
    Mesh: "mesh",
    Table: "text",
    PrCurve: "pr_curve",
}


class _Label(NamedTuple):
    """Which run below the source's own, and which split, a record names."""

    run: str = ""
    split: str = ""


class _Stamps(NamedTuple):
    """Steps, times and places in the source of some records."""

    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    order: NDArray[np.int64]


def _only(rows: Rows, names: Collection[str]) -> Rows:
    """The records with those of their fields."""
    columns = {name: rows.columns[name] for name in names if name in rows.columns}
    return Rows(columns, rows.order)


def _select(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    columns: dict[str, Column] = {}
    for name, column in rows.columns.items():
        if isinstance(column, np.ndarray):
            columns[name] = column[chosen]
        else:
            columns[name] = [column[place] for place in chosen.tolist()]
    return Rows(columns, rows.order[chosen])


def _histogram(value: Any) -> Histogram:
    from tbingest.reading.histograms import histogram

    array = np.asarray(list(chain(*value)) if isinstance(value[0], list) else value, np.float64)
    return histogram(lambda: (array,))


def _cut(
    tag: str, column: Sequence[str], chosen: Sequence[int], order: NDArray[np.int64]
) -> Iterator[Problem]:
    """Which of the chosen texts are too long to be shown whole."""
    for place in chosen:
        if len(column[place]) > _MAX_TEXT:
            size = f"{_MAX_TEXT:,} of {len(column[place]):,}"
            what = f"{tag}: only the first {size} characters are shown"
            yield Problem("", int(order[place]), None, what)


def _not_finite(tag: str, made: list[Histogram], order: NDArray[np.int64]) -> Iterator[Problem]:
    for value, line in zip(made, order.tolist(), strict=True):
        odd = value.nan + value.neg_inf + value.pos_inf
        if odd:
            lost = int(not len(value.buckets))
            what = f"{tag}: {odd} of its numbers are not finite and stand in no bucket"
            yield Problem("", line, None, what, values=lost)


def _table(value: HParams) -> str:
    from tbingest.model.markdown import text_table

    return text_table(value.values)
