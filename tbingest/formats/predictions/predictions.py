"""Predictions beside the truth: one record a line, of classes or of numbers.

epoch,y_true,y_pred,prob_cat,prob_dog
1,cat,dog,0.41,0.59
1,dog,dog,0.08,0.92

Also as JSON lines, a JSON document and an `.npz`. What a document says beside its predictions is
read, too, and a score that it says itself goes before the one that is worked out. A step stands in
a column or in the file's name: `predictions_epoch_3.csv`. Whole numbers are classes while they are
few; a score of one class alone is that of the one that sorts last, or that its column names. The
numbers are scikit-learn's; what else stands in the table, such as names of files, is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.outcome import Outcome
from tbingest.axis.shapes import has_curves, is_curve
from tbingest.formats.baselines.evaluations import ArrayError, load
from tbingest.formats.generic.json_document import read_records
from tbingest.formats.predictions.beside import rows_beside, singles_in, told_beside
from tbingest.formats.predictions.classes import are_numbers, classify
from tbingest.formats.predictions.columns import STEPS, Columns, choose, outputs_of
from tbingest.formats.predictions.table import Gathered, as_texts, gather
from tbingest.formats.predictions.values import regressed
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import document, first_objects
from tbingest.formats.readers.json_documents import load_document
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.formats.readers.records import is_number, number_column
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Confusion, Curves
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tbingest.formats.readers.lines import LineReader
    from tbingest.model.rows import Column

_PIECE = 4 << 20
_MAX_BYTES = 128 << 20
_MAX_RECORDS = 2_000_000
_MAX_DRAWN = 50
_FEW_TEXTS = 20
_ARRAYS = ("y_true", "y_pred", "y_score", "y_prob", "y_proba", "epoch", "step")
_SURE = 0.93
_ERRORS = re.compile(r"error|fail|wrong|mistake|misclass|incorrect")


@dataclass
class Predictions(DocumentReader):
    """Reads the whole table, and gives what its predictions are worth, step by step.

    form: `table`, `lines`, `document` or `arrays`; layout: of a table, as `TableReader` has it;
    outputs: the columns of each number, by its name, where several were predicted.
    """

    form: str = ""
    columns: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    layout: dict[str, Any] | None = None

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """Scores and curves as one series, figures as another."""
        if not self.columns:
            what = "holds no truth beside what was predicted"
            hint = "call the columns y_true and y_pred"
            yield "", Problem("", None, None, what, hint, values=1)
            return
        if len(data) > _MAX_BYTES:
            what = f"predictions of over {_MAX_BYTES >> 20} MiB are too large"
            hint = "part them by steps: predictions_epoch_1.csv and so on"
            yield "", Problem("", None, None, what, hint, values=data.count(b"\n"))
            return
        for name, columns in (self.outputs or {"": self.columns}).items():
            for key, item in self._worth(data, Columns(**columns)):
                if name and isinstance(item, Rows):
                    yield f"{name}\n{key}", _under(name, item, columns)
                else:
                    yield key, item

    def _worth(self, data: bytes, columns: Columns) -> Iterator[tuple[str, Rows | Problem]]:
        """What the predictions of one quantity are worth."""
        found, problems = self.gathered(data, columns)
        for problem in problems:
            yield "", problem
        if not len(found):
            return
        beside = told_beside(data, columns) if self.form == "document" else Outcome()
        yield from rows_beside(beside)
        said = singles_in(beside)
        drawn: list[dict[str, Any]] = []
        plain: list[dict[str, Any]] = []
        values, why = _values(found, columns)
        for record in values:
            plain.append({})
            drawn.append({})
            for name, value in record.items():
                figure = isinstance(value, Confusion | Curves)
                if name not in said:
                    (drawn if figure else plain)[-1][name] = value
        if why:
            yield "", Problem("", None, None, why)
        steps = [] if found.step is None else np.unique(found.step).tolist()
        yield from _series("plain", columns.step, steps, plain)
        if len(drawn) > _MAX_DRAWN:
            what = f"the figures of {_MAX_DRAWN} of {len(drawn):,} steps are drawn"
            yield "", Problem("", None, None, what)
            kept = np.linspace(0, len(drawn) - 1, _MAX_DRAWN).round().astype(int).tolist()
            drawn, steps = [drawn[place] for place in kept], [steps[place] for place in kept]
        yield from _series("drawn", columns.step, steps, drawn)

    def gathered(self, data: bytes, columns: Columns) -> tuple[Gathered, list[Problem]]:
        """The records that have what they need, and what could not be read."""
        items = list(self._items(data, columns))
        problems = [item for item in items if isinstance(item, Problem)]
        decimal = (self.layout or {}).get("decimal", ".")
        rows = (item for item in items if isinstance(item, Rows))
        found, lacking = gather(rows, columns, decimal)
        return found, problems + lacking

    def _items(self, data: bytes, columns: Columns) -> Iterator[Rows | Problem]:
        if self.form == "document":
            yield from _from_document(data, columns)
        elif self.form == "arrays":
            yield from _from_arrays(data)
        elif self.form == "lines":
            yield from _first(JsonLines(), data)
        else:
            labels = [name for name in (columns.true, columns.pred, columns.split) if name]
            items = list(_first(TableReader(layout=self.layout), data))
            if any(isinstance(item, Problem) and _names_one(item, labels) for item in items):
                kinds = dict.fromkeys(labels, "text")
                items = list(_first(TableReader(layout=self.layout, kinds=kinds), data))
            yield from items


def _under(name: str, rows: Rows, columns: Mapping[str, Any]) -> Rows:
    """The same, each value but the step under a name."""
    step = columns["step"]
    values = {key if key == step else f"{name}/{key}": one for key, one in rows.columns.items()}
    return Rows(values, rows.order)


def _names_one(problem: Problem, labels: Sequence[str]) -> bool:
    """True where a column of labels was taken for numbers, until a name stood in it."""
    return any(problem.what.startswith(f"column {label!r} holds numbers") for label in labels)


def _first(reader: LineReader, data: bytes) -> Iterator[Rows | Problem]:
    """The first two million records; how many are left out is reported."""
    read = 0
    for start in range(0, len(data), _PIECE):
        if read > _MAX_RECORDS:
            lost = data.count(b"\n", start)
            what = f"after {read:,} records, {lost:,} are left out"
            hint = "part the table by steps: predictions_epoch_1.csv and so on"
            yield Problem("", None, None, what, hint, values=lost)
            return
        for item in reader.feed(data[start : start + _PIECE]):
            read += len(item.order) if isinstance(item, Rows) else 0
            yield item
    yield from reader.close()


def _values(found: Gathered, columns: Columns) -> tuple[Iterable[dict[str, Any]], str]:
    """What the records of each step give, steps rising; and what the scores could not tell."""
    groups = _groups(found)
    if are_numbers(found, classes=columns.classes):
        true = np.asarray(found.true)
        pred = found.scores[:, 0] if found.pred is None and found.scores is not None else found.pred
        pred = np.asarray(pred)
        return (
            _under_splits({name: regressed(true[part], pred[part]) for name, part in group.items()})
            for group in groups
        ), ""
    classes, why = classify(found, logits=columns.logits)
    return (
        _under_splits({name: classes.part(part).values() for name, part in group.items()})
        for group in groups
    ), why


def _groups(found: Gathered) -> list[dict[str, Any]]:
    """Of each step, rising, the places of its records by their split."""
    everything = np.arange(len(found))
    parts = [everything]
    if found.step is not None:
        by_step = np.argsort(found.step, kind="stable")
        starts = np.flatnonzero(np.diff(found.step[by_step])) + 1
        parts = np.split(by_step, starts)
    if found.split is None:
        return [{"": part} for part in parts]
    splits = np.asarray(found.split)
    names = sorted(set(found.split))
    return [
        {name: chosen for name in names if len(chosen := part[splits[part] == name])}
        for part in parts
    ]


def _under_splits(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{split}/{name}" if split else name: value
        for split, values in groups.items()
        for name, value in values.items()
    }


def _series(
    kind: str, step: str, steps: Sequence[int], records: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Rows]]:
    """Records with the same names as one series."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, record in enumerate(records):
        groups.setdefault(tuple(record), []).append(place)
    for names, places in groups.items():
        if not names:
            continue
        columns: dict[str, Column] = {}
        if step:
            columns[step] = np.asarray([steps[place] for place in places], np.int64)
        for name in names:
            cells = [records[place][name] for place in places]
            columns[name] = np.asarray(cells) if isinstance(cells[0], float) else cells
        order = np.asarray(places, np.int64) + 1
        yield "\n".join((kind, *names)), Rows(columns, order)


def _from_document(data: bytes, columns: Columns) -> Iterator[Rows | Problem]:
    """The records of a list of objects, or of an object of lists."""
    value, problem = load_document(data)
    if problem:
        yield problem
    if isinstance(value, list):
        for _, found in read_records(value):
            yield found
    if not isinstance(value, dict):
        return
    wanted = {*columns.needed, columns.step, columns.split} & value.keys()
    lists = {name: value[name] for name in wanted if isinstance(value[name], list)}
    count = min(map(len, lists.values()), default=0)
    if any(len(cells) != count for cells in lists.values()):
        what = f"lists of different lengths: the first {count:,} records are read"
        yield Problem("", None, None, what)
    if count:
        read = {name: _cells(cells[:count]) for name, cells in lists.items()}
        yield Rows(read, np.arange(1, count + 1, dtype=np.int64))


def _cells(cells: list[Any]) -> Column:
    if all(map(is_number, cells)):
        return number_column(cells)
    return cells if isinstance(cells[0], list) else list(map(str, cells))


def _from_arrays(data: bytes) -> Iterator[Rows | Problem]:
    try:
        arrays = load(data, set(_ARRAYS))
    except ArrayError as error:
        yield Problem("", None, None, f"no arrays of numbers: {error}", values=1)
        return
    count = min((len(array) for array in arrays.values() if array.ndim), default=0)
    columns: dict[str, Column] = {}
    for name, array in arrays.items():
        if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
            columns[name] = array[:count].reshape(-1).astype(np.float64)
        elif array.ndim == 2:
            columns[name] = array[:count].tolist()
    yield Rows(columns, np.arange(1, count + 1, dtype=np.int64))


def reader_of(head: Head) -> Predictions:
    """The reader, with the columns that the head shows."""
    if head.data.startswith(b"PK\x03\x04"):
        listed = [name for name in _ARRAYS if f"{name}.npy".encode() in head.data]
        return _with_columns("arrays", choose(listed))
    objects = first_objects(head)
    if len(objects) > 1:
        names = dict.fromkeys(name for one in objects for name in one)
        lists = [name for name in names if isinstance(objects[0].get(name), list)]
        return _with_columns("lines", choose(list(names), lists))
    value = document(head)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        lists = [name for name, cell in value[0].items() if isinstance(cell, list)]
        return _with_columns("document", choose(list(value[0]), lists))
    if isinstance(value, dict):
        whole = {name: cells for name, cells in value.items() if isinstance(cells, list) and cells}
        lists = [name for name, cells in whole.items() if isinstance(cells[0], list)]
        return _with_columns("document", choose(list(whole), lists))
    layout = sniff(head)
    if not layout or not layout.has_header:
        return Predictions()
    chosen, outputs = choose(layout.names), outputs_of(layout.names)
    found = _with_columns("table", chosen, outputs if len(outputs) > 1 or not chosen else {})
    found.layout = {**asdict(layout), "first_row": ()}
    return found


def _with_columns(
    form: str, columns: Columns | None, outputs: Mapping[str, Columns] | None = None
) -> Predictions:
    each = {name: asdict(one) for name, one in (outputs or {}).items()}
    first = next(iter(each.values()), asdict(columns) if columns else {})
    return Predictions(form=form, columns=first, outputs=each)


def detect(head: Head) -> Evidence:
    """The truth beside what was predicted of it, in many records of a step."""
    reader = reader_of(head)
    if not reader.columns:
        return Evidence(0.0, "no truth beside what was predicted")
    columns = Columns(**reader.columns)
    if reader.form == "arrays":
        return Evidence(0.995, f"a zip archive of arrays: {columns.said}")
    found, _ = reader.gathered(head.data, columns)
    if len(found) < 2:
        return Evidence(0.2, f"{columns.said}, but there are not a records")
    if reader.form == "document" and _holds_a_history(document(head), columns):
        return Evidence(0.3, f"{columns.said}, but the curves of a training beside them")
    if _ERRORS.search(head.basename.lower()) and _is_all_wrong(found):
        return Evidence(0.3, f"{columns.said}, but errors only: what it got wrong")
    if doubt := _doubt(found, columns):
        return Evidence(0.3, f"{columns.said}, but {doubt}")
    return Evidence(_SURE, columns.said)


def _is_all_wrong(found: Gathered) -> bool:
    """True where no record's class is the one that was predicted: samples of errors."""
    if found.pred is None:
        return False
    pairs = zip(as_texts(found.true), as_texts(found.pred), strict=True)
    return not any(true == pred for true, pred in pairs)


def _doubt(found: Gathered, columns: Columns) -> str:
    """Why records that have a truth and what was predicted are no predictions, or nothing."""
    if found.step is not None and 2 * len(np.unique(found.step)) > len(found):
        return "one record a step: curves"
    if isinstance(found.true, list) or isinstance(found.pred, list):
        true = set(as_texts(found.true))
        if len(true) > max(_FEW_TEXTS, len(found) / 2):
            return "these are texts, no classes"
        if found.pred is not None and not true & set(as_texts(found.pred)):
            return "by no name of the truth"
    if not columns.pred and not are_numbers(found, classes=columns.classes):
        classes, why = classify(found, logits=columns.logits)
        return "" if classes.said else why
    return ""


def _holds_a_history(value: Any, columns: Columns) -> bool:
    """True where records or lists of another length stand beside the predictions."""
    if not isinstance(value, dict):
        return False
    count = len(value[columns.needed[0]])
    others = [item for name, item in value.items() if name not in columns.needed]
    return any(has_curves(one) and not (is_curve(one) and len(one) == count) for one in others)


FORMAT = Format(
    name="predictions",
    about="predictions beside the truth: scores, PR curves, confusion matrix and the like",
    sample="epoch,y_true,y_pred,prob_cat,prob_dog\n1,cat,dog,0.41,0.59\n1,dog,dog,0.08,0.92",
    detect=detect,
    reader=reader_of,
    rewritten=True,
    fields=Fields(step=STEPS, step_from_name=True),
)
