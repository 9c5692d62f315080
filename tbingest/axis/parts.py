"""Parts of a JSON document that stand beside each other: runs, settings that all share, grids."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tbingest.axis.counters import NAMED
from tbingest.axis.numbers import is_plain_number
from tbingest.axis.record_names import name_of
from tbingest.axis.results import is_config, is_result
from tbingest.axis.shapes import (
    are_points,
    are_samples,
    as_table,
    flat,
    has_curves,
    is_course,
    is_curve,
    series_in,
)
from tbingest.axis.vocabulary import CONTAINER, METRIC, SPLITS
from tbingest.axis.words import rank_of, split_of, word_set, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_MATRIX = frozenset("matrix confusion weights embeddings shape".split())
_SHORT = 16
_SHAPE = 6
_SIZED = frozenset("dims dim sizes size shape layers units channels seeds ids betas range".split())
_MOST_RUNS = 100
_STATES = frozenset(
    "best final last initial before after mean std min max overall average micro macro"
    " weighted".split()
)
"""What is said of one training, and no name of another."""


def without_settings(
    records: list[dict[str, Any]],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(the settings that all records share, the records without them): `{"config": {…}, …}`."""
    shared: dict[str, Any] = {}
    for key, value in records[0].items():
        same = all(record.get(key) == value for record in records)
        if isinstance(value, dict) and is_config(key) and same:
            shared[key] = value
    rest = [{k: v for k, v in one.items() if k not in shared} for one in records]
    return flat(shared), rest


def are_runs(keys: Sequence[str], node: Mapping[str, Any]) -> bool:
    """True where siblings hold curves of the same kind, and are no splits: runs."""
    if len(keys) < 2 or all(word_set(str(key)) & set(SPLITS) for key in keys):
        return False
    if all(str(key).lower() in CONTAINER or word_set(str(key)) & METRIC for key in keys):
        return False
    if all(word_set(str(key)) & _STATES for key in keys):
        return False
    if all(_is_series(node[key]) for key in keys):
        return False  # `{"Train/reward": [{"iter": 2, "value": 0.1}, …], "Loss/kl": […]}`: tags
    shapes = []
    for key in keys:
        value = node[key]
        inner = value if isinstance(value, dict) else value[0]
        shapes.append(frozenset(inner if isinstance(inner, dict) else ()))
    first = shapes[0]
    return bool(first) and all(2 * len(one & first) >= len(one | first) for one in shapes)


def _is_series(value: Any) -> bool:
    """True for a list of a step and one value in each record, or what has one such list."""
    if isinstance(value, dict):
        lists = [one for one in value.values() if isinstance(one, list)]
        return len(lists) == 1 and _is_series(lists[0])
    return isinstance(value, list) and series_in(value) is not None


def scored(node: Mapping[str, Any], *, configured: bool = False) -> list[str]:
    """The keys of a dict that holds single results of several models, and nothing else; with
    `configured` only where each of them has settings of its own.
    """
    parts = {
        key: value
        for key, value in node.items()
        if not (is_config(key) or isinstance(value, str | bool) or value is None)
    }
    alike = all(
        isinstance(value, dict) and _has_result(value, splits=True) for value in parts.values()
    )
    if configured and not all(any(map(is_config, value)) for value in parts.values() if alike):
        return []
    return list(parts) if alike and len(parts) <= _MOST_RUNS else []


def _has_result(node: Mapping[str, Any], *, splits: bool = False) -> bool:
    names = {word for key in node for word in words(str(key))}
    report = {"precision", "recall", "support"} <= names
    return not report and any(
        (is_plain_number(value) and is_result(str(key), [value]))
        or (splits and _is_side(str(key)) and isinstance(value, dict) and _has_result(value))
        for key, value in node.items()
    )


def _is_side(key: str) -> bool:
    """True for a part of a model's results: `test`, `metrics`."""
    return bool(split_of(key)) or key.lower() in {"metrics", "scores", "results", "performance"}


def shapes_of(node: Mapping[str, Any], lengths: Collection[int]) -> set[str]:
    """The short lists of a dict that are settings: `hidden_dims`, or any among numbers that are.

    None of those as long as a list of measures or of steps is one.
    """
    lists = {key: value for key, value in node.items() if is_curve(value)}
    taken = {len(v) for k, v in lists.items() if word_set(k) & METRIC or rank_of(k)} | {*lengths}
    plain = [key for key, value in node.items() if is_plain_number(value)]
    results = sum(is_result(key, [node[key]]) for key in plain)
    settings = len(plain) > 1 and 3 * results <= len(plain)
    return {
        key
        for key, value in lists.items()
        if 1 < len(value) not in taken and (len(value) <= _SHAPE and (settings or _sized(key)))
    }


def _sized(key: str) -> bool:
    return bool(word_set(key) & _SIZED)


def is_document(record: Mapping[str, Any]) -> bool:
    """True for a record that holds curves of its own."""
    return any(
        (is_curve(value) and len(value) > _SHORT)
        or is_course(str(key), value)
        or (isinstance(value, dict) and has_curves(value))
        or (_are_records(value) and any(map(_has_result, value)))
        for key, value in record.items()
    )


def are_documents(records: Sequence[Mapping[str, Any]]) -> bool:
    """True for records most of which hold curves of their own: trainings, and no steps of one."""
    return 2 * sum(map(is_document, records)) > len(records) > 1


def are_trainings(records: Sequence[Mapping[str, Any]]) -> bool:
    """True for lines of JSON each of which is a training: named, and most with a course in it, as
    its list is called. A line of a log may hold long lists, too; then a counter rises.
    """
    courses = sum(any(_is_said_course(str(k), v) for k, v in one.items()) for one in records)
    if 2 * courses <= len(records) or len(records) < 2 or are_counted(records, listed=True):
        return False
    names = [name_of(one) for one in records]
    return all(names) and len(set(names)) == len(names)


def _is_said_course(key: str, value: Any) -> bool:
    """True for `val_acc_per_epoch`, and for a long list of what is measured: `losses`."""
    if is_course(key, value):
        return True
    singular = {form for word in words(key) for form in (word, word[:-1], word[:-2])}
    return is_curve(value) and len(value) > _SHORT and bool(singular & METRIC)


def are_counted(records: Sequence[Mapping[str, Any]], *, listed: bool = False) -> bool:
    """True for records that a named counter numbers, each step once and rising, without long lists:
    `{"timesteps": 30, "levels": {"5": {…}, "6": {…}}}`; with `listed` also with such lists.
    """
    for key in (key for key in records[0] if rank_of(key) >= NAMED):
        steps = [step for one in records if type(step := one.get(key)) is int]
        if len(steps) == len(records) and all(a < b for a, b in pairwise(steps)):
            return listed or not as_table(records)[1]
    return False


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(v, dict) for v in value)


def grids_of(node: Mapping[str, Any], lengths: Collection[int] = ()) -> dict[str, list[list[Any]]]:
    """Lists of lists of one length that are curves: no squares, no matrices, no points, and none of
    a row for each sample.

    lengths: those of the lists of steps beside or above them: as many rows are one for each step.
    """
    found = {}
    for key, value in node.items():
        if not isinstance(value, list) or len(value) < 2 or not all(map(is_curve, value)):
            continue
        width = len(value[0])
        stepped = len(value) in lengths
        if width < 2 or any(len(row) != width for row in value) or are_samples(str(key)):
            continue
        if not stepped and (width == len(value) or are_points(value)):
            continue
        if min(len(value), width) > _SHORT or word_set(str(key)) & _MATRIX:
            continue
        found[key] = value
    return found
