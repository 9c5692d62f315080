"""CatBoost's `catboost_training.json`: the metrics of every iteration, and when it was done.

{"meta": {"learn_metrics": [{"name": "RMSE"}], "test_metrics": [{"name": "RMSE"}], ...},
"iterations": [
{"learn": [0.66], "iteration": 0, "passed_time": 0.04, "remaining_time": 1.1, "test": [1.09]},

The metrics' names stand in `meta`, in the order of the values. While CatBoost trains, and after it
was killed, the document has no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.axis.shapes import numbers_in
from tbingest.formats.catboost.names import column, tag
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.json_documents import load_document
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import group_records, is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tbingest.model.rows import Rows

STEP, PASSED, LEFT = "iteration", "passed_time", "remaining_time"


@dataclass
class CatBoostTraining(DocumentReader):
    """Reads the iterations."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The records of all sets, a record for each iteration."""
        value, problem = _load(data)
        if problem:
            yield "", problem
        iterations = value.get("iterations") if isinstance(value, dict) else None
        if not isinstance(iterations, list):
            if not problem:
                yield "", Problem("", None, None, "has no list 'iterations'", "try --as json")
            return
        names = metric_names(value.get("meta"))
        self.set_aside("meta", numbers_in(value.get("meta")), "describes the metrics")
        records, places = [], []
        for place, iteration in enumerate(iterations, 1):
            if isinstance(iteration, dict):
                records.append(_record(iteration, names))
                self.set_aside(LEFT, int(is_number(iteration.get(LEFT))), "foretells the end")
                places.append(place)
            else:
                what = f"iteration {place}: expected an object, got {type(iteration).__name__}"
                yield "", Problem("", None, None, what, values=1)
        yield from group_records(records, places)


def _load(data: bytes) -> tuple[Any, Problem | None]:
    """The document; one that lacks just its end is whole."""
    try:
        return parse_json(data.rstrip().removesuffix(b",") + b"]}"), None
    except JsonError:
        return load_document(data)


def metric_names(meta: Any) -> dict[str, list[str]]:
    """By set the names of its metrics, those that the events have."""
    if not isinstance(meta, dict):
        return {}
    learn, test = _names(meta.get("learn_metrics")), _names(meta.get("test_metrics"))
    found = {str(name): learn for name in _list(meta.get("learn_sets"))}
    sets = [str(name) for name in _list(meta.get("test_sets"))]
    for place, name in enumerate(sets):
        last = place == len(sets) - 1
        found[name] = test if last else [f"{metric}:{place}" for metric in test]
    return found


def _names(metrics: Any) -> list[str]:
    return [str(one.get("name")) if isinstance(one, dict) else str(one) for one in _list(metrics)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _record(iteration: Mapping[str, Any], names: Mapping[str, list[str]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, value in iteration.items():
        if isinstance(value, list):
            known = names.get(key, [])
            for place, item in enumerate(value):
                metric = known[place] if place < len(known) else f"metric {place}"
                record[column(key, metric)] = item
        elif key in {STEP, PASSED} and is_number(value):
            record[key] = value
    return record


def detect(head: Head) -> Evidence:
    """`meta` with metrics, then `iterations`."""
    data = head.data.lstrip()
    if head.binary or not data.startswith(b"{"):
        return Evidence(0.0, "no JSON object")
    if b'"learn_metrics"' in data and b'"iterations"' in data:
        return Evidence(0.97, "has learn_metrics and iterations")
    return Evidence(0.0, "has no learn_metrics and iterations")


FORMAT = Format(
    name="catboost-json",
    about="CatBoost's catboost_training.json",
    sample=(
        '{"meta": {"learn_metrics": [{"name": "RMSE"}], "learn_sets": ["learn"]},\n'
        '"iterations": [\n{"learn": [0.66], "iteration": 0, "passed_time": 0.04}]}'
    ),
    detect=detect,
    reader=lambda _: CatBoostTraining(),
    rewritten=True,
    fields=Fields(step=(STEP,), elapsed=(PASSED,), rename=tag),
)
