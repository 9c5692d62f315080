"""Results of scikit-learn estimators as JSON: learning curves by attribute, classification reports.

{"loss_curve_": [1.16, 1.15], "validation_scores_": [0.4, 0.41], "params": {"alpha": 1}}
{"0": {"precision": 0.35, "recall": 0.33, "f1-score": 0.34, "support": 77.0}, "accuracy": 0.34}

Attributes that are lists of numbers are curves, one value an iteration; single values and `params`
are hyperparameters. A report has no step: all of it stands at step 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import flatten, is_number, number_column, plain_hparams
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tbingest.model.rows import Column

_CURVES = (
    *("loss_curve_", "validation_scores_", "train_score_", "validation_score_", "oob_scores_"),
    *("oob_improvement_", "losses_", "estimator_errors_"),
)
_REPORT = frozenset({"precision", "recall", "f1-score", "support"})


@dataclass
class SklearnResults(JsonDocumentReader):
    """Reads curves and what belongs to them, or a report."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The series that the document holds."""
        if not isinstance(value, dict):
            return
        rest = {}
        for name, item in value.items():
            if name in _CURVES and isinstance(item, list) and item and all(map(is_number, item)):
                places = np.arange(len(item), dtype=np.int64)
                yield name, Rows({"step": places, name: number_column(item)}, places + 1)
            else:
                rest[name] = item
        if len(rest) < len(value):
            found = plain_hparams(rest)
            columns: dict[str, Column] = {"params": [HParams(found)]} if found else {}
        else:
            columns = {
                name: np.asarray([float(number)])
                for name, number in flatten(value)
                if is_number(number)
            }
        if columns:
            yield "", Rows({"step": np.zeros(1, np.int64), **columns}, np.ones(1, np.int64))


def tag(name: str) -> tuple[str, str] | None:
    """The attribute without its underscore."""
    return "", name.rstrip("_")


def _is_report(value: Mapping[str, Any]) -> bool:
    return sum(isinstance(part, dict) and part.keys() >= _REPORT for part in value.values()) > 1


def detect(head: Head) -> Evidence:
    """Attributes of a fitted estimator, or a report."""
    value = document(head)
    if not isinstance(value, dict):
        return Evidence(0.0, "no JSON object")
    curves = [name for name in _CURVES if isinstance(value.get(name), list)]
    if curves:
        return Evidence(0.95, f"attributes of a fitted estimator: {', '.join(curves)}")
    if _is_report(value):
        return Evidence(0.95, "precision, recall, f1-score and support by class")
    return Evidence(0.0, "neither curves of an estimator nor a report")


FORMAT = Format(
    name="sklearn",
    about="learning curves and classification reports of scikit-learn, as JSON",
    sample='{"loss_curve_": [1.16, 1.15], "validation_scores_": [0.4, 0.41], "n_iter_": 2}',
    detect=detect,
    reader=lambda _: SklearnResults(),
    rewritten=True,
    fields=Fields(step=("step",), rename=tag),
)
