"""How JSON documents hold curves: lists, pairs, keys that count, pandas' orients."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tbingest.axis.numbers import Number, is_plain_number, number
from tbingest.axis.vocabulary import CLASS, METRIC, RANKS
from tbingest.axis.words import rank_of, word_set, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEYED = re.compile(r"([^\W\d]{0,24}?)[_\- ]?(\d{1,15})")
_MATRIX = re.compile(r"confusion|matrix|(?:^|/)cm$", re.IGNORECASE)
_SHORT = 16
MANY_CELLS = 1 << 20
"""A table of more cells is only made where most of them hold something."""
_SPARSE = 0.1
_INTERVAL = re.compile(r"(?<![A-Za-z])(?:ci|conf)(?![A-Za-z])|interval|bounds", re.IGNORECASE)
_NOT_CURVES = frozenset(
    "weights weight bias biases shape matrix embedding embeddings seeds ids".split()
)
_SAMPLES = frozenset(
    "true truth gt gold golds pred prob probs preds labels predictions targets logits"
    " confusion".split()
)
_BINS = frozenset(
    "bin bins threshold thresholds fpr fprs tpr tprs quantile quantiles percentile".split()
)
"""What stands beside the values of a figure that is no course: reliability, ROC, histogram."""
_LISTED = frozenset(
    "names classes labels categories targets features models methods tasks datasets languages"
    " algorithms layers clients".split()
)
_NAMES = ("name", "id", "agent", "player", "class", "label", "layer", "client")
_COURSES = frozenset("history curve curves trace".split())
_MEANS = frozenset({"mean", "avg", "average"})


def is_curve(value: Any) -> bool:
    """True for a list of numbers, in which some may be missing."""
    return (
        isinstance(value, list)
        and any(map(is_plain_number, value))
        and all(item is None or is_plain_number(item) for item in value)
    )


def keyed(node: Mapping[str, Any]) -> tuple[str, list[int]] | None:
    """(the counter's word, the steps) where keys count: `{"1": …}`, `{"epoch_10": …}`."""
    if len(node) < 2:
        return None
    found = [_KEYED.fullmatch(str(key)) for key in node]
    whole = [match for match in found if match]
    if len(whole) < len(found) or len({match[1] for match in whole}) != 1:
        return None
    if not all(isinstance(item, dict) or is_plain_number(item) for item in node.values()):
        return None
    word = whole[0][1].lower()
    if word and RANKS.get(word.strip("_"), 0) < 10:
        return None
    return word.strip("_"), [int(match[2]) for match in whole]


def row_keys(columns: Sequence[Mapping[str, Any]]) -> list[int]:
    """The keys of the rows of columns that all have the same ones; else nothing.

    `{"epoch": {"0": 1, "1": 2}, "note": {"0": "a", "1": null}}`, as pandas writes it, whose rows
    are numbered. Under keys that count otherwise there are numbers alone.
    """
    if len({tuple(one) for one in columns}) != 1:
        return []
    cells = [cell for one in columns for cell in one.values()]
    if len(columns[0]) > 1 and all(key == str(at) for at, key in enumerate(columns[0])):
        plain = not any(isinstance(cell, dict | list) for cell in cells)
        return list(range(len(columns[0]))) if plain and any(map(is_plain_number, cells)) else []
    counted = keyed(columns[0])
    return counted[1] if counted and all(map(is_plain_number, cells)) else []


def flat(record: Mapping[str, Any], above: str = "", depth: int = 0) -> dict[str, Any]:
    """A record as one level; short lists of numbers element by element, other lists left out."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{above}/{key}" if above else str(key)
        if isinstance(value, dict) and depth < 64:
            found |= flat(value, name, depth + 1)
        elif isinstance(value, list):
            if len(value) <= _SHORT and is_curve(value):
                found |= {f"{name}/{place}": item for place, item in enumerate(value)}
            elif below := few_records(value):
                found |= flat(below, name, depth + 1)
            elif value:
                found[name] = value
        else:
            found[name] = value
    return found


def few_records(value: Any) -> dict[str, Any]:
    """A short list of records with numbers as one, by their names or places; else nothing.

    Such as one of agents or layers in each record: `[{"id": 0, "loss": 0.7}, {"id": 1, …}]`.
    """
    if not (isinstance(value, list) and 0 < len(value) <= _SHORT):
        return {}
    if not all(isinstance(item, dict) for item in value) or not numbers_in(value):
        return {}
    for key in _NAMES:
        names = [item.get(key) for item in value]
        if all(isinstance(one, str | int) for one in names) and len(set(names)) == len(names):
            rest = [{k: v for k, v in item.items() if k != key} for item in value]
            return {str(name): one for name, one in zip(names, rest, strict=True)}
    return {str(place): item for place, item in enumerate(value)}


def is_sparse(rows: Sequence[Mapping[str, Any]]) -> bool:
    """True where most of what a table of them would hold is nothing: each has other names."""
    names = {name for row in rows for name in row}
    return is_mostly_empty(len(rows), len(names), sum(map(len, rows)))


def is_mostly_empty(rows: int, names: int, held: int) -> bool:
    """True where a table of so many cells, of which so many are `held`, is better not made."""
    cells = rows * names
    return cells > MANY_CELLS and held < _SPARSE * cells


def as_table(records: Sequence[Mapping[str, Any]]) -> tuple[dict[str, list[Any]], int]:
    """Records as columns, and how many numbers stand in lists that no column can hold."""
    rows = [flat(record) for record in records]
    names = dict.fromkeys(name for row in rows for name in row)
    left = 0
    table: dict[str, list[Any]] = {}
    for name in names:
        cells = [row.get(name) for row in rows]
        lists = [cell for cell in cells if isinstance(cell, list)]
        left += sum(numbers_in(cell) for cell in lists)
        table[name] = [None if isinstance(cell, list) else cell for cell in cells]
    return table, left


def numbers_in(node: Any, depth: int = 0) -> int:
    """How many numbers stand in a document or a part of it."""
    if isinstance(node, dict) and depth < 200:
        return sum(numbers_in(item, depth + 1) for item in node.values())
    if isinstance(node, list) and depth < 200:
        return sum(numbers_in(item, depth + 1) for item in node)
    return int(is_plain_number(node))


def points_of(node: Mapping[str, Any]) -> list[tuple[int, float]] | None:
    """The curve of a dict that holds a list of steps and one of values; None for others."""
    steps = next((node[k] for k in ("steps", "step", "x", "epochs") if _is_list(node, k)), None)
    values = next((node[k] for k in ("values", "value", "y") if _is_list(node, k)), None)
    if not steps or not values or len(steps) != len(values):
        return None
    found = []
    for step, value in zip(steps, values, strict=True):
        at, said = number(step), number(value)
        if at is None or not float(at.value).is_integer():
            return None
        if said is not None:
            found.append((int(at.value), said.value))
    return found or None


def series_in(records: Sequence[Any]) -> list[tuple[int, float]] | None:
    """The curve of records that hold a counter and a `value`, and perhaps a time; else None."""
    if not records or not all(isinstance(one, dict) for one in records):
        return None
    keys = list(records[0])
    counters = [key for key in keys if rank_of(key) >= 10]
    others = set(keys) - {*counters, "value", "wall_time", "timestamp", "time"}
    if len(counters) != 1 or "value" not in keys or others:
        return None
    found = []
    for one in records:
        step, value = one.get(counters[0]), one.get("value")
        if not is_plain_number(step) or not float(step).is_integer() or one.keys() - set(keys):
            return None
        if is_plain_number(value):
            found.append((int(step), float(value)))
    return found if _counts([step for step, _ in found]) else None


def _is_list(node: Mapping[str, Any], key: str) -> bool:
    return isinstance(node.get(key), list)


def is_matrix(name: str) -> bool:
    """Whether a list is called a matrix: its two rows of two numbers are no pairs."""
    return bool(_MATRIX.search(name))


def pairs_of(rows: Sequence[Any]) -> list[tuple[int, float]] | None:
    """(step, value) of lists of two or three numbers, `[step, value]` or `[time, step, value]`, of
    which one of the first counts upwards; None for others.
    """
    if len(rows) < 2 or not all(isinstance(row, list) for row in rows):
        return None
    width = len(rows[0])
    if not 2 <= width <= 3 or any(len(row) != width for row in rows):
        return None
    found = [[number(item) for item in row[:-1]] for row in rows]
    values = [number(row[-1]) if row[-1] is not None else Number(math.nan) for row in rows]
    if any(item is None for row in found for item in row) or any(one is None for one in values):
        return None
    for at in range(width - 2, -1, -1):
        steps = [item.value for row in found if (item := row[at]) is not None]
        if _counts(steps):
            return [
                (int(step), value.value)
                for step, value, row in zip(steps, values, rows, strict=True)
                if value is not None and row[-1] is not None
            ]
    return None


def are_points(rows: Sequence[Any]) -> bool:
    """True for a list of such pairs."""
    return pairs_of(rows) is not None


def _counts(values: Sequence[float]) -> bool:
    whole = all(float(value).is_integer() for value in values)
    return whole and all(a < b for a, b in pairwise(values))


def are_samples(key: str) -> bool:
    """Whether a list is called what a model said of each sample, or what is true of it."""
    return bool(word_set(key) & _SAMPLES) and not word_set(key) & METRIC


def is_course(key: str, value: Any) -> bool:
    """True for a list of numbers, however short, that is called a course: `val_acc_per_epoch`,
    `loss_history`.
    """
    said = words(key)
    per = said[said.index("per") + 1 :][:1] if "per" in said else ()
    called = bool(per and RANKS.get(per[0], 0) >= 10) or set(said[-1:]) & _COURSES
    return bool(called) and is_curve(value) and len(value) > 1


def with_flags(node: Mapping[str, Any]) -> dict[str, Any]:
    """A dict whose lists of true and false are lists of 1 and 0, where they are as long as a list
    of steps beside them: `{"round": [1, 2], "accepted": [true, false]}`.
    """
    steps = {
        len(value) for key, value in node.items() if rank_of(str(key)) >= 10 and is_curve(value)
    }
    return {
        key: [one if one is None else int(one) for one in value]
        if isinstance(value, list) and len(value) in steps and _are_flags(value)
        else value
        for key, value in node.items()
    }


def _are_flags(value: Sequence[Any]) -> bool:
    return any(type(one) is bool for one in value) and all(
        one is None or type(one) is bool for one in value
    )


def samples(node: Mapping[str, Any], above: str = "") -> set[str]:
    """The lists of a dict that are no curves: weights, predictions, those whose mean is beside.

    above: the keys above it, the last of which may say so of all.
    """
    weights = bool(set(words(above.rpartition("/")[2])[-1:]) & _NOT_CURVES)
    means = [
        value for key, value in node.items() if is_plain_number(value) and _MEANS & word_set(key)
    ]
    found = set()
    for key, value in node.items():
        if not is_curve(value):
            continue
        measured = word_set(key) & METRIC
        if ((weights or word_set(key) & (_NOT_CURVES | _SAMPLES)) and not measured) or (
            len(value) > 1 and any(_near(_mean(value), mean) for mean in means)
        ):
            found.add(key)
    return found


def named_lists(node: Mapping[str, Any]) -> dict[str, list[str]]:
    """The lists of a dict that hold one value for each name of another list beside them.

    `{"class_names": ["cat", "dog"], "per_class_f1": [0.9, 0.8]}`. Without such names, one for each
    class where a key says so, under their places, and the ends of an interval: `acc_ci95`.
    """
    lists = {key: value for key, value in node.items() if is_curve(value) and len(value) > 1}
    counted = {len(value) for key, value in lists.items() if _counts_steps(str(key))}
    lists = {key: value for key, value in lists.items() if len(value) not in counted}
    found: dict[str, list[str]] = {}
    for names in (value for key, value in node.items() if _are_names(key, value)):
        found |= {key: names for key, value in lists.items() if len(value) == len(names)}
    for key, value in lists.items():
        if key not in found and _is_per_class(words(str(key))):
            found[key] = [str(at) for at in range(len(value))]
        elif len(value) == 2 and _INTERVAL.search(str(key)):
            found[key] = ["lower", "upper"]
    return found


def _are_names(key: str, value: Any) -> bool:
    """True for a list of names, each once, that is called like one."""
    if not isinstance(value, list) or len(value) < 2 or not set(words(str(key))[-1:]) & _LISTED:
        return False
    return all(isinstance(one, str) for one in value) and len(set(value)) == len(value)


def _is_per_class(said: Sequence[str]) -> bool:
    if "per" not in said:
        return False
    told = said[said.index("per") + 1 :][:1]
    return bool(set(told) & (CLASS | {"seed", "fold", "run", "trial"}))


def _counts_steps(key: str) -> bool:
    return rank_of(key) >= 10


def binned(node: Mapping[str, Any]) -> list[list[str]]:
    """The lists of a dict that are no courses but columns of a figure: over bins or thresholds.

    By length; edges, of which there is one more, with the bins that lie between them.
    """
    lists = {key: value for key, value in node.items() if is_curve(value) and len(value) > 2}
    if any(map(_counts_steps, map(str, lists))):
        return []
    sizes: dict[int, list[str]] = {}
    for key, value in lists.items():
        sizes.setdefault(len(value), []).append(key)
    told = {size for size, keys in sizes.items() if any(word_set(key) & _BINS for key in keys)}
    return [keys for size, keys in sizes.items() if size in told or size + 1 in told]


def _mean(values: Sequence[float | None]) -> float:
    given = [value for value in values if value is not None]
    return sum(given) / len(given)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(other))


def has_curves(node: Any, depth: int = 0) -> bool:
    """True where a list of numbers or records, or keys that count, stand somewhere below."""
    if depth > 64:
        return False
    if isinstance(node, dict):
        dull = samples(node)
        counted = keyed(node) is not None and all(isinstance(one, dict) for one in node.values())
        return counted or any(
            key not in dull and ((is_curve(one) and len(one) > 1) or has_curves(one, depth + 1))
            for key, one in node.items()
        )
    if not isinstance(node, list) or len(node) < 2:
        return False
    return is_curve(node) or all(isinstance(one, dict) for one in node)


def totals_in(node: Any, depth: int = 0) -> set[float]:
    """The lengths of the lists of a document, and the totals that it states."""
    found: set[float] = set()
    if isinstance(node, dict) and depth < 64:
        for key, value in node.items():
            if is_plain_number(value) and "total" in words(str(key)):
                found.add(float(value))
            elif is_curve(value):
                found.add(float(len(value)))
            else:
                found |= totals_in(value, depth + 1)
    return found
