"""Whether two logs of one folder tell of the same training: only their values say so.

A console log and the CSV beside it often hold the same numbers, the one with fewer digits; two
trainings whose logs were put into one folder have the same tags, too, and other values.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tbingest.axis.words import words
from tbingest.errors import SourceError
from tbingest.formats.readers.records import RUN
from tbingest.formats.registry import format_of
from tbingest.model.points import HParams
from tbingest.names.files import stem_of
from tbingest.plan.detect import sample
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tbingest.model.rows import Rows
    from tbingest.plan.planned import Planned
    from tbingest.sources.discover import Source

_MOST = 400
"""Points of a tag that are compared with those of another."""
_KEPT = 4_000
"""Points of a tag among which a final value is looked for."""
_LARGEST_COPY = 64 << 20
_HEAD = 64 << 10
_LARGEST_DOCUMENT = 1 << 20
_NAMES = frozenset("run run_name run_id name experiment experiment_name exp exp_name model".split())
"""Hyperparameters that say whose results these are."""
_REPORTS = frozenset("report results result metrics summary evaluation scores".split())
_SPLITS = {"training": "train", "valid": "val", "validation": "val"}

Beginning = dict[str, dict[int, float]]
"""{tag: {step: value}} of a log's first records."""
Told = dict[tuple[str, str], dict[int, float]]
"""The same by run and tag."""


class Alike(Enum):
    """What the values of two logs say of each other."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"
    """They share no tag at any step."""


def alike(one: Planned, other: Planned) -> Alike:
    """Whether two logs hold the same values where both have a tag and a step.

    The one may count from 0, the other from 1.
    """
    mine, theirs = beginning(one), beginning(other)
    shared = mine.keys() & theirs.keys()
    found = [compared(mine, theirs, shared, shift) for shift in (0, 1, -1)]
    if not found[0][1]:
        return Alike.UNKNOWN
    same = any(2 * equal >= count > 0 for equal, count in found)
    return Alike.SAME if same else Alike.OTHER


def is_result(entry: Planned) -> bool:
    """Whether a document holds no course, but single values: what came of a training.

    A log that grows line by line may have but one record yet, and is none, unless it is called a
    report.
    """
    called = _REPORTS & set(words(stem_of(entry.source.name.rpartition("/")[2])))
    whole = format_of(entry.format).rewritten or called
    return bool(whole) and all(len(points) < 2 for points in told(entry).values())


class Finals(NamedTuple):
    """The fields of a document of finals that courses of its run have, too, and the last step at
    which they hold such a value, if one does.
    """

    names: tuple[str, ...] = ()
    step: int | None = None


def finals_in(entry: Planned, courses: Sequence[Planned]) -> Finals:
    """What a document of single values says of what are courses beside it."""
    finals = {tag: points for tag, points in beginning(entry).items() if set(points) == {0}}
    if not finals or not is_result(entry):
        return Finals()
    found = [
        (tag, course)
        for one in courses
        for tag, course in beginning(one).items()
        if tag in finals and len(course) > 1
    ]
    steps = [
        step
        for tag, course in found
        for step, value in course.items()
        if is_same(value, finals[tag][0])
    ]
    again = {tag for tag, _ in found}
    fields = dict.fromkeys(name for rows in _rows(_log_of(entry)) for name in rows.columns)
    names = tuple(name for name in fields if bare(name) in again)
    return Finals(names, max(steps, default=None))


def agree(entries: Sequence[Planned]) -> bool:
    """Whether logs can be one run: no tag that two of them have has a value of its own in one.

    A format that renames its tags shares none with others. Of a course that goes on behind what is
    looked at, nobody knows which values it has not.
    """
    known: Told = {}
    longer: set[tuple[str, str]] = set()
    for entry in sorted(entries, key=is_result):
        renamed = format_of(entry.format).fields.rename
        for (run, tag), points in told(entry).items():
            key = (run, f"{entry.format}:{tag}" if renamed else tag)
            others = known.setdefault(key, {})
            if others and key not in longer and not _is_among(points, others):
                return False
            others |= points
            if len(points) >= _KEPT or (len(points) > 1 and not _is_seen(entry)):
                longer.add(key)
    return True


def _is_among(points: Mapping[int, float], others: Mapping[int, float]) -> bool:
    return all(any(is_same(value, one) for one in others.values()) for value in points.values())


def _is_seen(entry: Planned) -> bool:
    """Whether what is compared of a log is all of it: a log of lines is by its first 64 KiB."""
    whole = format_of(entry.format).rewritten
    return entry.source.size <= (_LARGEST_DOCUMENT if whole else _HEAD)


def are_of_one_run(entries: Sequence[Planned]) -> bool:
    """Whether documents of results say by the same name whose they are, and none what another says.

    `{"run": "a", "f1": 0.9}` beside `{"run": "a", "mmlu": 0.5}`.
    """
    keys = [set(told(entry)) for entry in entries]
    if sum(map(len, keys)) > len(set().union(*keys)):
        return False
    return bool(set.intersection(*map(_names_in, entries)))


def _names_in(entry: Planned) -> set[tuple[str, str]]:
    """The hyperparameters of a log that name its run."""
    roles = entry.roles
    found = _rows(_Log((entry.source.path, entry.head, entry.format, roles.step, ""), entry.source))
    given = [
        value
        for rows in found
        for column in rows.columns.values()
        if not isinstance(column, np.ndarray)
        for value in column
        if isinstance(value, HParams)
    ]
    return {
        (key, value)
        for one in given
        for key, value in one.values.items()
        if isinstance(value, str) and value and key.lower() in _NAMES
    }


def is_copy(one: Planned, other: Planned) -> bool:
    """Whether two logs are one file twice, byte for byte, with a curve in it."""
    alike_so_far = one.format == other.format and one.source.size == other.source.size
    if not alike_so_far or one.source.size > _LARGEST_COPY:
        return False
    return _digest(*_stamped(one)) == _digest(*_stamped(other)) and any(
        len(points) > 1 for points in beginning(one).values()
    )


def gathered_in(one: Planned, others: Sequence[Planned]) -> list[Planned]:
    """The logs of which a document gathers the values, a run each, where it holds no others: what
    a sweep writes at its end beside the results of each of its trainings.
    """
    if not format_of(one.format).rewritten:
        return []
    runs: dict[str, Beginning] = {}
    for (run, tag), points in told(one).items():
        runs.setdefault(run, {})[tag] = points
    found: list[Planned] = []
    for mine in runs.values():
        curved = len(runs) > 1 and any(len(points) > 1 for points in mine.values())
        twin = next((entry for entry in others if curved and _holds(entry, mine)), None)
        if twin is None:
            return []
        found.append(twin)
    return found


def _holds(entry: Planned, wanted: Beginning) -> bool:
    theirs = told(entry)
    return all(theirs.get(("", tag)) == points for tag, points in wanted.items())


def _stamped(entry: Planned) -> tuple[tuple[str, int, int], _Log]:
    source = entry.source
    return (source.path, source.mtime_ns, source.ctime_ns), _Log(
        ("", entry.head, "", "", ""), source
    )


@lru_cache(maxsize=256)
def _digest(stamp: tuple[str, int, int], log: _Log) -> str:
    """Of a file's bytes; of one that cannot be read its path."""
    found = hashlib.sha256()
    try:
        with Opened(log.source) as opened:
            while piece := opened.read(1 << 20):
                found.update(piece)
    except SourceError:
        return stamp[0]
    return found.hexdigest()


def compared(mine: Beginning, theirs: Beginning, shared: set[str], shift: int) -> tuple[int, int]:
    """(values that are equal, values that both have)."""
    equal = count = 0
    for tag in shared:
        for step, value in islice(mine[tag].items(), _MOST):
            other = theirs[tag].get(step + shift)
            if other is not None:
                count += 1
                equal += is_same(value, other)
    return equal, count


def is_same(one: float, other: float) -> bool:
    """True where two values are equal to the digits that the coarser one shows."""
    if one == other:
        return True
    places = min(_places(one), _places(other))
    return abs(one - other) <= 0.51 * 10.0**-places


def _places(value: float) -> int:
    """Digits behind the point, at least one: `0.50` is not known from `0.5`."""
    exponent = Decimal(repr(value)).as_tuple().exponent
    return max(1, -exponent) if isinstance(exponent, int) else 1


def beginning(entry: Planned) -> Beginning:
    """The first points of a log, of all its runs; nothing where it cannot be read."""
    points: Beginning = {}
    for (_, tag), found in told(entry).items():
        points.setdefault(tag, {}).update(found)
    return points


def told(entry: Planned) -> Told:
    """The first points of a log, by run; nothing where it cannot be read."""
    return _beginning(_log_of(entry))


def _log_of(entry: Planned) -> _Log:
    roles = entry.roles
    known = (entry.source.path, entry.head, entry.format, roles.step, roles.split)
    return _Log(known, entry.source)


@dataclass(frozen=True)
class _Log:
    """A log by what its beginning is known by: one that only grew is the same."""

    known: tuple[str, tuple[int, str], str, str, str]
    source: Source = field(compare=False)


@lru_cache(maxsize=64)
def _beginning(log: _Log) -> Told:
    _, _, _, step, split = log.known
    points: Told = {}
    for rows in _rows(log):
        _take(points, rows, step, split)
    return points


def _rows(log: _Log) -> list[Rows]:
    try:
        with Opened(log.source) as opened:
            return sample(format_of(log.known[2]), opened.head(log.source))
    except SourceError:
        return []


def _take(points: Told, rows: Rows, step: str, split: str) -> None:
    """Add what one batch holds, under the words of its columns' names: where a step falls, another
    training begins, and its values are none of the first records.
    """
    counted = rows.columns.get(step)
    steps = counted if isinstance(counted, np.ndarray) else rows.order - 1
    labels = rows.columns.get(split) if split else None
    named = rows.columns.get(RUN)
    runs = [""] * len(rows.order) if named is None else named
    for name, column in rows.columns.items():
        if name == step or not isinstance(column, np.ndarray):
            continue
        for at, (count, value) in enumerate(zip(steps.tolist(), column.tolist(), strict=True)):
            if not (isfinite(count) and isfinite(value)):
                continue
            tag = bare(name if labels is None else f"{labels[at]} {name}")
            known = points.setdefault((str(runs[at]), tag), {})
            if known and int(count) < next(reversed(known)):
                continue
            if len(known) < _KEPT or int(count) in known:
                known[int(count)] = float(value)


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """The words of a tag, in an order of their own."""
    return " ".join(sorted(_SPLITS.get(word, word) for word in words(name)))
