"""Which field of a log is the step, which the time, which the split: decided once per source."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.choice import KEPT, share_kept
from tbingest.axis.columns import columns_of
from tbingest.axis.counters import NAMED, against, candidates, numbers_rows, trainings
from tbingest.axis.shapes import MANY_CELLS, is_mostly_empty
from tbingest.axis.vocabulary import WITHIN
from tbingest.names.times import UNITS, elapsed_seconds, parse_time
from tbingest.series.epochs import begin_anew

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.axis.columns import Column as Judged
    from tbingest.axis.counters import Axis
    from tbingest.model.contracts import Fields
    from tbingest.model.rows import Column, Rows

_STEPS = (
    "global_step",
    "step",
    "steps",
    "_step",
    "current_steps",
    "total_timesteps",
    "time_total_timesteps",
    "timesteps_total",
    "timesteps",
    "timestep",
    "num_updates",
    "iteration",
    "iterations",
    "training_iteration",
    "iter",
    "itr",
    "update",
    "batch",
    "time_batch",
    "epoch",
    "epochs",
    "generation",
    "episode",
    "episodes",
    "round",
    "trial",
    "index",
)
_TIMES = (
    "wall_time",
    "walltime",
    "timestamp",
    "_timestamp",
    "datetime",
    "date_time",
    "created_at",
    "logged_at",
    "time",
    "date",
    "ts",
)
_ELAPSED = (
    "total_time",
    "elapsed",
    "elapsed_time",
    "time_elapsed",
    "elapsed_seconds",
    "relative_time",
    "_runtime",
    "wall_time",
    "walltime",
)
_SPLITS = ("split", "phase", "mode", "subset", "stage", "set", "dataset", "type", "kind", "event")
_ENOUGH = 4
"""Of fewer records nothing can be told but by names."""
_TOLD = 4
_FEW = 16
_LABELS = frozenset({"train", "training", "val", "valid", "validation", "eval", "test", "dev"})


@dataclass(frozen=True)
class Roles:
    """What the fields are for, empty where the log has none. Plain data, kept in the state.

    `unit` is `iso`, `s`, `ms`, `us`, `ns` for absolute times, `elapsed` for seconds since the
    start. `run` names the field that says which run, below the source's own, a record belongs to.
    `first_time` is the first absolute time, unix seconds. `epoch` names the field with which steps
    may begin anew. `why` says it in words; `fields` are all names that were seen.
    """

    step: str = ""
    time: str = ""
    unit: str = ""
    split: str = ""
    run: str = ""
    first_time: float | None = None
    unused: tuple[str, ...] = ()
    why: dict[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    epoch: str = ""


def choose_roles(
    sample: Sequence[Rows], fields: Fields, step: str | None = None, time: str | None = None
) -> Roles:
    """The roles of a source's fields, from its first rows; `step` and `time` are the user's."""
    if fields.fixed:
        return _with_first_time(fixed_roles(fields), sample)
    columns: dict[str, list[Column]] = {}
    for rows in sample:
        for name, column in rows.columns.items():
            columns.setdefault(name, []).append(column)
    if fields.step_from_name:
        said: dict[str, str] = {}
        own = _choose_step(columns, fields, step, said) if fields.step else ""
        return Roles(own, why=said if own else {"step": "from the name"})
    if not columns and fields.step:
        return fixed_roles(fields)  # the first record is longer than what is looked at
    why: dict[str, str] = {}
    found_step = _choose_step(columns, fields, step, why)
    within = _choose_epoch(columns, found_step)
    counted_on = bool(within) and begin_anew(sample, within, found_step)
    asked = bool(step) and step == found_step
    if not (fields.step or asked or counted_on):
        found_step = _survives(sample, found_step, why)
    found_time, unit, first = _choose_time(columns, fields, time, found_step)
    split = "" if fields.rename else _choose_split(columns, fields)
    run = next(iter(_ranked(columns, fields.run)), "")
    unused = ("index",) if "index" in columns and found_step != "index" else ()
    epoch = "" if fields.step or asked else _choose_epoch(columns, found_step)
    if epoch and begin_anew(sample, epoch, found_step):
        why["step"] = f"{found_step!r}, counted on over every {epoch!r}"
    names = tuple(columns)
    return Roles(found_step, found_time, unit, split, run, first, unused, why, names, epoch)


def fixed_roles(fields: Fields) -> Roles:
    """The roles as a format names them, of a database or of a log whose records are not seen yet.

    Times are in unix seconds.
    """
    step, time, run = (next(iter(names), "") for names in (fields.step, fields.time, fields.run))
    why = {"step": f"{step!r}" if step else "the record's number"}
    return Roles(step=step, time=time, unit="s" if time else "", run=run, why=why)


def _with_first_time(roles: Roles, sample: Sequence[Rows]) -> Roles:
    found = [float(times[0]) for rows in sample if len(times := rows.columns.get(roles.time, ()))]
    return replace(roles, first_time=next(filter(math.isfinite, found), None))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip(" ")


def _ranked(columns: dict[str, list[Column]], names: Sequence[str]) -> list[str]:
    """The columns that have one of the names, in the order of the names."""
    plain = {name: _plain(name) for name in columns}
    return [name for wanted in names for name in columns if wanted in {plain[name], name}]


def _choose_step(
    columns: dict[str, list[Column]], fields: Fields, asked: str | None, why: dict[str, str]
) -> str:
    if asked and asked in columns:
        why["step"] = f"{asked!r}, as asked"
        return asked
    for name in _ranked(columns, fields.step or _STEPS):
        parts = columns[name]
        if all(isinstance(part, np.ndarray) for part in parts):
            first = next((part[0] for part in parts if len(part)), 0)
            if float(first).is_integer():
                why["step"] = f"{name!r}"
                return name
    why["step"] = "the record's number: no field is called step, iteration or epoch"
    return ""


def _survives(sample: Sequence[Rows], named: str, why: dict[str, str]) -> str:
    """The step by what survives: the named one, unless another column keeps the values apart that
    it does not.
    """
    table = as_table(sample)
    columns = columns_of(table)
    count = max((len(column.cells) for column in columns), default=0)
    places = {place for rows in sample for place in rows.order.tolist()}
    if len(places) < count:  # each tag may have its own records
        return named
    found, kept = _shares_kept(columns, count)
    if count >= _ENOUGH:
        why["tried"] = "; ".join(f"{name!r} keeps {share:.0%}" for name, share in _best_first(kept))
    good = [name for name, share in kept.items() if share >= KEPT]
    rising = [name for name in good if not found[name].unordered and found[name].rank >= NAMED]
    unordered = named in found and found[named].unordered and bool(rising)
    row = named in found and numbers_rows(found[named]) and bool(rising)
    if named and kept.get(named, 1.0) >= KEPT and not (unordered or row):
        return named
    if count < _ENOUGH and not (named and rising and kept.get(named) == 0.0):
        return named
    best = max(rising or good, key=lambda name: _merit(found[name], kept[name]), default="")
    lost = not named or kept.get(named, 1.0) < 1 - KEPT / 2
    if best and (found[best].rank >= NAMED or lost):
        odd = named in found and found[named].unordered
        why_not = "in no order" if odd else f"{kept.get(named, 0):.0%}"
        why_not = "the row's number" if row else why_not
        instead = f", not {named!r}: {why_not}" if named else ""
        why["step"] = f"{best!r}: {kept[best]:.0%} of the values keep a step of their own{instead}"
        return best
    if named and kept.get(named, 1.0) == 0.0 and not good:
        why["step"] = f"the record's number: {named!r} is not a counter"
        return ""
    return named


def _merit(axis: Axis, kept: float) -> tuple[object, ...]:
    """What makes one step better than another that keeps the values apart, too."""
    return (not axis.unordered, axis.first, axis.rank, kept)


def _shares_kept(columns: Sequence[Judged], count: int) -> tuple[dict[str, Axis], dict[str, float]]:
    """The columns that may be the step, and the share of the values that each keeps apart."""
    numbers = [column for column in columns if column.kind == "number"]
    measured = [column for column in numbers if not column.rank] or numbers
    zero = np.zeros(count, np.int64)
    found = {axis.names[0]: axis for axis in candidates(columns)}
    kept: dict[str, float] = {}
    for name, axis in found.items():
        reason = against(axis, zero)
        kept[name] = 0.0 if reason else share_kept(axis, zero, measured, trainings(axis, zero))
    return found, kept


def _best_first(kept: dict[str, float]) -> list[tuple[str, float]]:
    """The candidates that keep most, with the share of the values that they keep apart."""
    return sorted(kept.items(), key=lambda one: -one[1])[:_TOLD]


def as_table(sample: Sequence[Rows]) -> dict[str, list[Any]]:
    """Rows woven into columns of cells, in their order; None where a record has no such field.

    Of thousands of names that each stand in few of the records, the most frequent ones: the others
    hold too little to say what a step is.
    """
    held: Counter[str] = Counter()
    for rows in sample:
        held.update(dict.fromkeys(rows.columns, len(rows.order)))
    count = sum(len(rows.order) for rows in sample)
    sparse = is_mostly_empty(count, len(held), held.total())
    most = max(_FEW, MANY_CELLS // count) if sparse else None
    kept = {name for name, _ in held.most_common(most)}
    order = np.concatenate([rows.order for rows in sample]) if sample else np.empty(0, np.int64)
    place = np.empty(len(order), np.int64)
    place[np.argsort(order, kind="stable")] = np.arange(len(order))
    table: dict[str, list[Any]] = {}
    start = 0
    for rows in sample:
        mine = place[start : start + len(rows.order)].tolist()
        start += len(rows.order)
        for name, column in rows.columns.items():
            if name not in kept:
                continue
            cells = table.setdefault(name, [None] * len(order))
            given = column.tolist() if isinstance(column, np.ndarray) else column
            for at, cell in zip(mine, given, strict=True):
                cells[at] = cell
    return table


def _choose_epoch(columns: dict[str, list[Column]], step: str) -> str:
    """The field that counts whole epochs beside a step that may begin anew with each of them."""
    if _plain(step) not in WITHIN:
        return ""
    for name in _ranked(columns, ("epoch", "epochs")):
        parts = columns[name]
        if all(isinstance(part, np.ndarray) and bool((part % 1 == 0).all()) for part in parts):
            return name
    return ""


def _choose_time(
    columns: dict[str, list[Column]], fields: Fields, asked: str | None, step: str
) -> tuple[str, str, float | None]:
    names = [asked] if asked and asked in columns else []
    for name in names or _ranked(columns, fields.time or _TIMES):
        unit, first = _absolute(columns[name][0])
        if unit and name != step:
            return name, unit, first
    for name in names or _ranked(columns, fields.elapsed or _ELAPSED):
        if name != step and all(_rises(part) for part in columns[name]):
            return name, "elapsed", None
    return "", "", None


def _absolute(column: Column) -> tuple[str, float | None]:
    """(unit, first time) of a column of absolute times; an empty unit where it is none."""
    first = column[0] if len(column) else None
    if isinstance(first, str):
        seconds = parse_time(first)
        return ("iso", seconds) if seconds is not None else ("", None)
    if not isinstance(column, np.ndarray) or first is None:
        return "", None
    value = float(first)
    for least, unit, scale in UNITS:
        if least < value < least * 1e5:
            return unit, value / scale
    return "", None


def _rises(column: Column) -> bool:
    seconds = elapsed_seconds(column)
    if not len(seconds):
        return False
    return bool(np.isfinite(seconds).all() and seconds[0] >= 0 and (np.diff(seconds) >= 0).all())


def _choose_split(columns: dict[str, list[Column]], fields: Fields) -> str:
    for name in _ranked(columns, fields.split or _SPLITS):
        parts = columns[name]
        if all(str(value).strip().lower() in _LABELS for part in parts for value in part):
            return name
    return ""
