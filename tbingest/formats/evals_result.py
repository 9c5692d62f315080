"""`evals_result` of XGBoost, LightGBM and CatBoost as JSON: by set and metric, round by round.

{"train": {"logloss": [0.59, 0.52, 0.48], "auc": [0.87, 0.88, 0.90]},
 "eval": {"logloss": [0.59, 0.54, 0.51], "auc": [0.86, 0.86, 0.88]}}

The step is the round, from 0. CatBoost may leave rounds out of one metric and not of another: then
its list is shorter, and nothing says which rounds those are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import NON_FINITE, group_records, is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.names.tags import as_is
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tbingest.model.rows import Rows

STEP = "iteration"
_SET = re.compile(r"d?(train|learn|valid|val|eval|test|dev)", re.IGNORECASE)


@dataclass
class EvalsResult(JsonDocumentReader):
    """Reads the lists of every set, round by round."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The rounds, with the values that they have."""
        lists: dict[str, list[Any]] = {}
        for name, metrics in value.items() if isinstance(value, dict) else ():
            for metric, items in metrics.items() if isinstance(metrics, dict) else ():
                if isinstance(items, list) and all(map(_is_value, items)):
                    lists[f"{name}/{metric}"] = items
                else:
                    what = f"'{name}/{metric}' is not a list of numbers"
                    yield "", Problem("", None, None, what, values=1)
        records = _rounds(lists)
        yield from group_records(records, range(1, len(records) + 1))


def _rounds(lists: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    longest = max(map(len, lists.values()), default=0)
    records: list[dict[str, Any]] = [{STEP: place} for place in range(longest)]
    for name, items in lists.items():
        for record, item in zip(records, items, strict=False):
            record[name] = item
    return records


def _is_value(item: Any) -> bool:
    return item is None or is_number(item) or str(item).lower() in NON_FINITE


def detect(head: Head) -> Evidence:
    """Two levels of names, one of them of a set of data, above lists of numbers."""
    value = document(head)
    if not isinstance(value, dict) or not value:
        return Evidence(0.0, "no JSON object")
    sets = [one for one in value.values() if one is not None]
    if not all(isinstance(one, dict) and one for one in sets):
        return Evidence(0.0, "no sets with metrics in them")
    lists = [items for one in sets for items in one.values() if items is not None]
    if not all(isinstance(items, list) and items and all(map(_is_value, items)) for items in lists):
        return Evidence(0.0, "no lists of numbers for each metric of each set")
    if lists and any(_SET.match(str(name)) for name in value):
        return Evidence(0.92, f"{plural(len(lists), 'list')} of numbers, by set and metric")
    return Evidence(0.0, "no set is called train, valid, eval or test")


FORMAT = Format(
    name="evals-result",
    about="evals_result of XGBoost, LightGBM and CatBoost as JSON",
    sample='{"train": {"logloss": [0.59, 0.52]}, "eval": {"logloss": [0.59, 0.54]}}',
    detect=detect,
    reader=lambda _: EvalsResult(),
    rewritten=True,
    fields=Fields(step=(STEP,), rename=as_is),
)
