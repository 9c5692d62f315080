"""Confusion matrices and curves of predictions that someone worked out already.

{"roc": [{"fpr": 0.0, "tpr": 0.0, "threshold": Infinity}, {"fpr": 0.0, "tpr": 0.5, ...}]}
{"confusion_matrix": [[26, 51], [47, 26]], "labels": ["cat", "dog"]}
confusion_matrix.csv: 26,51
confusion_matrix.json: [[26, 51], [47, 26]]

As DVCLive and scripts around scikit-learn write them: lists, or a list of points; curves of several
classes under their names. Keras has histories of lists called precision and recall too: only those
beside thresholds make a curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.results import is_result
from tbingest.formats.predictions.columns import STEPS
from tbingest.formats.predictions.scores import PerClass
from tbingest.formats.predictions.values import decided, matrices, thinned
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import load_document
from tbingest.formats.readers.lines import one_line_end
from tbingest.formats.readers.records import MAX_TAGS_DEPTH, as_float, is_number, number_column
from tbingest.formats.readers.table_layout import split_rows, to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Curves, Line
from tbingest.model.rows import Problem, Rows
from tbingest.names.files import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

_MATRICES = ("confusion_matrix", "confusion", "matrix", "cm")
_LABELS = ("labels", "classes", "class_names", "names", "target_names")
_FORMS: tuple[tuple[Any, str, str], ...] = (
    ("roc", "fpr", "tpr"),
    ("roc", "fpr", "fnr"),
    ("precision-recall", "recall", "precision"),
    ("calibration", "prob_pred", "prob_true"),
)
_WRAPPERS = frozenset({"roc", "roc_curve", "precision_recall", "pr_curve", "calibration"})
_THRESHOLDS = ("threshold", "thresholds")
_MAX_CLASSES = 2_000
_MAX_LINES = 6
_LOOKED_AT = 100
_SEVERAL = 2


@dataclass
class EvaluationPlots(DocumentReader):
    """Reads matrices and curves, and what can be said of them in numbers."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record: scores, and figures yet to be drawn."""
        if data.lstrip()[:1] in {b"{", b"["}:
            value, problem = load_document(data)
        else:
            value, problem = {_MATRICES[0]: _of_table(data)}, None
        if problem:
            yield "", problem
        if _square(value) is not None:
            value = {_MATRICES[0]: value}
        found = {**_matrix_values(value), **_curve_values(value)}
        if found:
            found |= _numbers_beside(value)
        else:
            what = "holds no confusion matrix of whole numbers and no curve"
            yield "", Problem("", None, None, what, values=1)
            return
        columns = {n: number_column([v]) if is_number(v) else [v] for n, v in found.items()}
        yield "plots", Rows(columns, np.ones(1, np.int64))


def _matrix_values(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    name = next((name for name in _MATRICES if name in value), "")
    cells = _square(value.get(name)) if name else None
    if cells is None or not cells.any():
        return {}
    lists = (value[one] for one in _LABELS if isinstance(value.get(one), list))
    told = next((one for one in lists if len(one) == len(cells)), range(len(cells)))
    labels = list(map(str, told))
    counts = PerClass(cells.sum(axis=1), cells.sum(axis=0), np.diagonal(cells))
    return {**decided(labels, counts), **matrices(labels, cells)}


def _numbers_beside(value: Any) -> dict[str, float]:
    """What else is said in single numbers: scores go before ours, an epoch is the step."""
    plain = value.items() if isinstance(value, dict) else ()
    return {name: one if name in STEPS else as_float(one) for name, one in plain if is_number(one)}


def _square(value: Any) -> NDArray[np.int64] | None:
    """A confusion matrix: as many rows as columns, whole numbers from 0; else None."""
    if not isinstance(value, list) or not 1 < len(value) <= _MAX_CLASSES:
        return None
    if not all(isinstance(row, list) and len(row) == len(value) for row in value):
        return None
    if not all(is_number(cell) for row in value for cell in row):
        return None
    try:
        cells = np.asarray(value, np.float64)
    except OverflowError:
        return None
    if not np.isfinite(cells).all() or (cells % 1 != 0).any():
        return None
    return cells.astype(np.int64) if cells.min() >= 0 and cells.sum() < 2.0**53 else None


def _of_table(data: bytes) -> list[list[Any]]:
    """The numbers of a table, without a row and a column of names; empty where it is none."""
    text = one_line_end(data).decode("utf-8", "replace").removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    delimiter = next((mark for mark in (",", "\t", ";") if mark in first), " ")
    rows: list[list[Any]] = [row for row in split_rows(text, delimiter) if any(row)]
    numbers = [[to_number(cell, ".") for cell in row] for row in rows]
    if numbers and any(cell is None for cell in numbers[0]):
        numbers = numbers[1:]
    if numbers and all(len(row) == len(numbers) + 1 for row in numbers):
        numbers = [row[1:] for row in numbers]
    return numbers


def _curve_values(value: Any) -> dict[str, Any]:
    """A figure of each form with the curves that the document holds, and their areas."""
    groups: dict[Any, list[Line]] = {}
    found: dict[str, Any] = {}
    for path, (form, x, y) in _curves(value):
        line = _line(path, form, x, y)
        groups.setdefault(form, []).append(line)
        area = _area(form, x, y)
        if area:
            name = f"{area[0]}/{path}" if path else area[0]
            found[name] = area[1]
    for form, lines in groups.items():
        more = len(lines) - _MAX_LINES
        note = f"+ {more} more" if more > 0 else ""
        found[form.replace("-", "_")] = Curves(form, tuple(lines[:_MAX_LINES]), note)
    return found


_Curve = tuple[Any, "NDArray[np.float64]", "NDArray[np.float64]"]


def _curves(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, _Curve]]:
    """(path, curve) of all that the document holds, at any depth."""
    if isinstance(value, list):
        value = _turned(value)
    if not isinstance(value, dict) or depth > MAX_TAGS_DEPTH:
        return
    curve = _curve(value)
    if curve:
        yield path, curve
        return
    for name, item in value.items():
        yield from _curves(item, join(path, "" if name in _WRAPPERS else name), depth + 1)


def _turned(points: list[Any]) -> dict[str, list[Any]]:
    """A list of points as lists."""
    if not points or not all(isinstance(point, dict) for point in points):
        return {}
    return {name: [point.get(name) for point in points] for name in points[0]}


def _curve(value: Mapping[str, Any]) -> _Curve | None:
    for form, x, y in _FORMS:
        if form == "precision-recall" and not any(name in value for name in _THRESHOLDS):
            continue
        if isinstance(value.get(x), list) and isinstance(value.get(y), list):
            along, up = _numbers(value[x]), _numbers(value[y])
            if len(along) == len(up) > 1 and np.isfinite(along).all() and np.isfinite(up).all():
                return form, along, 1 - up if y == "fnr" else up
    return None


def _numbers(cells: list[Any]) -> NDArray[np.float64]:
    return np.asarray([as_float(one) if is_number(one) else np.nan for one in cells], np.float64)


def _area(form: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[str, float] | None:
    """The area under a ROC curve, or the average precision."""
    if form == "roc":
        return "roc_auc", float(abs(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)))
    if form == "precision-recall":
        falls = x[0] > x[-1]  # as scikit-learn writes it: recall falls to 0
        steps = np.diff(x[::-1] if falls else x)
        return "average_precision", float(np.sum(steps * (y[::-1] if falls else y)[1:]))
    return None


def _line(path: str, form: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> Line:
    area = _area(form, x, y)
    word = {"roc": "AUC", "precision-recall": "AP"}.get(form, "")
    points = thinned(x, y)
    return Line(path, *points, f"{word} {area[1]:.3f}" if area else "")


def detect(head: Head) -> Evidence:
    """A document of matrices or curves alone, or a square table that is called confusion."""
    value = document(head)
    if "confusion" in head.basename.lower() and head.complete and not head.binary:
        cells = _square(value if isinstance(value, list) else _of_table(head.data))
        if cells is not None:
            return Evidence(0.95, f"{len(cells)} rows of as many counts, and named confusion")
    if isinstance(value, list):
        value = _turned(value[:_LOOKED_AT])
    if isinstance(value, dict):
        return _detect_document(value)
    return Evidence(0.0, "no confusion matrix and no curve of predictions")


def _detect_document(value: dict[str, Any]) -> Evidence:
    name = next((name for name in _MATRICES if name in value), "")
    others = [item for one, item in value.items() if one not in {name, *_LABELS}]
    if name and _square(value[name]) is not None:
        if any(isinstance(item, list | dict) for item in others):
            return Evidence(0.4, "a confusion matrix among other things")
        said = [one for one in value if is_number(value[one]) and is_result(one, [value[one]])]
        if len(said) >= _SEVERAL:
            return Evidence(0.6, "a confusion matrix beside scores that are said")
        return Evidence(0.95, f"{name}: as many rows as columns")
    found = next(_curves(value), None)
    if found:
        return Evidence(0.95, f"{found[1][0]}: a curve of predictions")
    return Evidence(0.0, "no confusion matrix and no curve of predictions")


FORMAT = Format(
    name="evaluation-plots",
    about="confusion matrices, ROC and other curves of predictions, as DVCLive and scripts write",
    sample='{"roc": [{"fpr": 0.0, "tpr": 0.0}, {"fpr": 0.0, "tpr": 0.5}, {"fpr": 1, "tpr": 1}]}',
    detect=detect,
    reader=lambda _: EvaluationPlots(),
    rewritten=True,
    fields=Fields(step=STEPS, step_from_name=True),
)
