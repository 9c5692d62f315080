"""Tables and JSON that one pass over named columns would misread: judged by what survives.

run,lr,loss             rows that are trainings, classes or thresholds, and no steps
algo,seed,epoch,loss    several runs in one table, whatever their columns are called
epoch,batch_idx,loss    a counter within another one
{"lr": 0.1, "acc": [0.5, 0.6], "best": 0.61}   numbers beside lists, lists of several lengths

Read whole, by `tbingest.axis`; what a plain table or JSON lines say right is left to their readers,
which stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isinf
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tbingest.axis.document import read_document
from tbingest.axis.numbers import number
from tbingest.axis.outcome import Curve, Outcome, Shape
from tbingest.axis.parts import are_trainings
from tbingest.axis.shapes import as_table, points_of
from tbingest.axis.sparse import by_record
from tbingest.axis.table import read_table
from tbingest.axis.words import words
from tbingest.formats.generic.config import load_yaml
from tbingest.formats.generic.loose import documents_of, tables_of, yaml_documents
from tbingest.formats.generic.table import has_numeric_column, sniff
from tbingest.formats.generic.tidy import shape_of
from tbingest.formats.readers.documents import DocumentReader, together
from tbingest.formats.readers.json_values import (
    LOOKED_AT,
    is_too_large,
    said_twice,
    too_large,
    twice,
)
from tbingest.formats.readers.records import BEYOND, HUGE, RUN, is_number, plain
from tbingest.formats.readers.table_layout import CONSOLE, has_values
from tbingest.formats.readers.vocabulary import (
    NAMED_LIKE_A_LOG,
    NO_TRAINING,
    is_ranking,
    tells_of_training,
)
from tbingest.model.contracts import Evidence, Fields, Head
from tbingest.model.points import HParams, Table
from tbingest.model.rows import Problem, Rows
from tbingest.names.files import stem_of
from tbingest.names.times import parse_time
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Kind: TypeAlias = Literal["table", "json", "yaml"]
STEP = ":step"
TIME = ":time"
_MOST_ROWS = 200


@dataclass
class Structured(DocumentReader):
    """Reads a table, JSON or YAML of any shape. stem: the file's, which names a list that has no
    name.
    """

    kind: Kind = "table"
    stem: str = ""

    def fresh(self, series: Iterable[tuple[str, Rows | Problem]]) -> Iterator[Rows | Problem]:
        """What is new of each series; series that tell of the same records are one, as a point of
        each of 100,000 tags takes as long as 100,000 points of one.
        """
        return together(super().fresh(series), (RUN, STEP, TIME))

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The curves, a series each, with texts and hyperparameters."""
        outcome = understood(data, self.kind, self.stem)
        if outcome is None:
            no_json = Problem("", None, None, "is neither a table nor JSON")
            yield "", too_large() if is_too_large(data) else no_json
            return
        yield from (("", problem) for problem in _faults(data, self.kind, outcome))
        for _, listing in outcome.listings:
            if listing.tag == "table" and self.stem:
                listing.tag = self.stem
            left = listing.rows[_MOST_ROWS:]
            count = sum(number(cell) is not None for row in left for cell in row)
            self.set_aside(listing.tag, count, f"rows beyond the first {_MOST_ROWS}")
        yield from series_of(outcome)


def _faults(data: bytes, kind: Kind, outcome: Outcome) -> Iterator[Problem]:
    """Keys that stand twice, numbers beyond all floats."""
    again: list[str] = []
    if kind == "yaml" and len(data) <= LOOKED_AT:
        load_yaml(data, again)
    problem = said_twice(again[0]) if again else twice(data) if kind == "json" else None
    if problem:
        yield problem
    values = (v for tags in outcome.curves.values() for one in tags.values() for v in one.values)
    if HUGE.search(data) and any(map(isinf, values)):
        yield Problem("", None, None, BEYOND)


def understood(data: bytes, kind: Kind, stem: str = "") -> Outcome | None:
    """What a file says; None where it is no such file."""
    if kind == "table":
        outcome = Outcome()
        tables, left = tables_of(data)
        for table in tables:
            outcome.join(read_table(table, title=stem))
        outcome.unread += left
        return outcome
    documents, lost = documents_of(data) if kind == "json" else (yaml_documents(data), 0)
    if not documents:
        return None
    outcome = _of_documents(documents, stem)
    outcome.documents = len(documents)
    if lost:
        outcome.unread.append((f"{plural(lost, 'line')} that are not valid JSON", lost))
    return outcome


def _of_documents(documents: list[Any], stem: str) -> Outcome:
    if len(documents) == 1:
        return _of_document(documents[0], stem)
    records = [one for one in documents if isinstance(one, dict)]
    curves = [_curve_in(one) for one in records]
    if all(curves):
        outcome = Outcome()
        for one in curves:  # each line a curve, named by its texts
            outcome.join(read_document(one))
        return outcome
    if are_trainings(records):
        outcome = read_document(records)
        outcome.shapes.insert(0, Shape(things=("trainings",), odd=True))
        return outcome
    outcome = Outcome()
    if by_record(records, outcome):
        return outcome
    table, left = as_table(records)
    outcome = read_table(table, title=stem)
    if left:
        outcome.unread.append(("long lists", left))
    return outcome


def _of_document(document: Any, stem: str) -> Outcome:
    """A list of numbers alone is a curve that the file's name names: `losses.json`."""
    if stem and isinstance(document, list) and document and all(map(is_number, document)):
        document = {stem: document}
    return read_document(document)


def _curve_in(record: dict[str, Any]) -> dict[str, Any] | None:
    for one in (record, *record.values()):
        if isinstance(one, dict) and points_of(one):
            return {**record, **one} if one is not record else record
    return None


def series_of(outcome: Outcome) -> Iterator[tuple[str, Rows | Problem]]:
    """Everything as rows; order is the number of the record, from 1."""
    for run, tags in outcome.curves.items():
        for tag, curve in tags.items():
            values = np.asarray(curve.values, np.float64)
            yield f"{run}\n{tag}", _rows(run, tag, curve, values)
    for run, tags in outcome.texts.items():
        for tag, curve in tags.items():
            yield f"{run}\n{tag}", _rows(run, tag, curve, curve.values)
    for run, settings in outcome.hparams.items():
        given = {key: plain(value) for key, value in settings.items() if value is not None}
        if given:
            yield f"{run}\n:settings", _single(run, "hparams", HParams(given))
    for run, listing in outcome.listings:
        shown = tuple(listing.rows[:_MOST_ROWS])
        table = Table(listing.header, shown, len(listing.rows) - len(shown))
        yield f"{run}\n{listing.tag}", _single(run, listing.tag, table)
    if outcome.averaged:
        what = "values of one step were averaged: workers, samples or the like"
        yield "", Problem("", None, None, f"{outcome.averaged:,} {what}", values=outcome.averaged)
    for what, count in outcome.unread:
        yield "", Problem("", None, None, f"not shown: {what}", values=count)


def _rows(run: str, tag: str, curve: Curve, values: Any) -> Rows:
    order = np.asarray(curve.order, np.int64)
    steps = np.asarray(curve.steps, np.int64)
    columns: dict[str, Any] = {RUN: [run] * len(order), STEP: steps}
    times = [parse_time(one) if isinstance(one, str) else one for one in curve.times]
    if all(time is not None for time in times):
        columns[TIME] = np.asarray(times, np.float64)
    return Rows({**columns, tag: values}, order)


def _single(run: str, tag: str, value: Any) -> Rows:
    columns: dict[str, Any] = {RUN: [run], STEP: np.zeros(1, np.int64), tag: [value]}
    return Rows(columns, np.ones(1, np.int64))


_MOST_BYTES = 64 << 20
_MOST_YAML = 8 << 20
_SURE = 0.905


@lru_cache(maxsize=8)
def _begins(head: Head, kind: Kind) -> Outcome | None:
    document = kind == "yaml" or (kind == "json" and b"\n{" not in head.data)
    whole = head.whole if document or head.complete else None
    data = head.data[: head.data.rfind(b"\n") + 1] if whole is None else whole
    if kind == "json" and document and whole is None:
        from tbingest.formats.readers.json_values import JsonError, parse_json

        try:
            return _of_document(parse_json(head.data, partial=True), stem_of(head.basename))
        except JsonError:
            return None
    return understood(data, kind, stem_of(head.basename))


def detect_table(head: Head) -> Evidence:
    """A table that its plain reader would misread."""
    bad = head.binary or head.size > _MOST_BYTES or CONSOLE in head.data
    layout = None if bad else sniff(head)
    if not layout or len(layout.names) < 2 or has_values(layout.names):
        return Evidence(0.0, "no table")
    if not has_numeric_column(head, layout):
        return Evidence(0.0, "no table")
    named = layout.has_header and any(not name.isdigit() for name in layout.names[1:])
    known = tells_of_training(layout.names)
    if named and not (known or is_ranking(head.basename, layout.names)):
        return Evidence(0.0, NO_TRAINING)
    outcome = _begins(head, "table")
    if outcome is None or not outcome.shapes:
        return Evidence(0.0, "no numbers")
    if not named:
        counted = bool(outcome.shapes[0].step)
        return Evidence(0.82 * counted, "numbers without a header, the first of which counts")
    odd = len(outcome.shapes) > 1 or any(shape.odd for shape in outcome.shapes)
    odd = odd or bool(outcome.hparams)
    if not odd or _is_tidy(head, outcome) or not (known or outcome.curves):
        return Evidence(0.0, "a plain table")
    return Evidence(_SURE, _said(outcome), tried=tuple(outcome.why[:8]))


def _is_tidy(head: Head, outcome: Outcome) -> bool:
    """True where the reader of tidy tables, which streams, says the same."""
    shape = shape_of(head)
    if not shape or len(outcome.shapes) > 1:
        return False
    if shape.kind == "long" and not any(outcome.curves.values()):
        return True  # A value a row is shown as one, rather than in a table of text.
    mine = outcome.shapes[0]
    if shape.kind == "sweep" or outcome.unread or outcome.hparams or shape.parts:
        return False
    if mine.tidy != (shape.kind == "long"):
        return False
    return not mine.things and mine.runs in {(shape.run,), ()} and mine.step in {(shape.step,), ()}


def _is_plain(outcome: Outcome, start: bytes) -> bool:
    """True where the plain reader of documents says the same."""
    if outcome.hparams or outcome.unread or len(outcome.curves) != 1 or "" not in outcome.curves:
        return False
    if start == b"[":
        return len(outcome.shapes) == 1 and not outcome.shapes[0].odd
    if outcome.nested or outcome.documents > 1:
        return False
    curves = outcome.curves[""]
    lengths = {len(curve.steps) for curve in curves.values()}
    odd = len(outcome.shapes) > 1 or any(shape.odd for shape in outcome.shapes)
    return len(lengths) == 1 and max(lengths) > 1 and not odd and not outcome.texts


def _said(outcome: Outcome) -> str:
    shape = outcome.shapes[0]
    if shape.things:
        return f"its rows are not steps but {' and '.join(shape.things)}"
    runs = f", runs by {' and '.join(shape.runs)}" if shape.runs else ""
    return f"steps by {' within '.join(reversed(shape.step)) or 'record'}{runs}"


def _tells(head: Head, outcome: Outcome, tags: list[str]) -> bool:
    """True for tags of a training, and for finals under a name such as `metrics.json`."""
    finals = any(map(_is_of_training, tags)) or (
        not outcome.shapes and bool(NAMED_LIKE_A_LOG.search(head.basename.lower()))
    )
    settings = [name for settings in outcome.hparams.values() for name in settings]
    known = finals or tells_of_training(tags) or is_ranking(head.basename, settings)
    return bool(tags) and known


def _is_of_training(tag: str) -> bool:
    """True for what a training came to, whatever it measures: `best_gap`, `final_x`, what was
    measured of each of its seeds, `per_seed/42`, and the deviation of several: `rank_4/std`.
    """
    above, _, last = tag.rpartition("/")
    said = words(last)
    several = bool(above) and said in {("std",), ("stdev",)}
    best = len(said) > 1 and said[0] in {"best", "final"}
    return best or several or "per_seed" in tag.lower()


def detect_json(head: Head) -> Evidence:
    """JSON that is neither plain lines nor a plain list of records."""
    start = head.data.lstrip(b"\xef\xbb\xbf \r\n\t\0")[:1]
    if head.binary or start not in {b"{", b"["} or head.size > _MOST_BYTES:
        return Evidence(0.0, "does not begin with { or [")
    lines = head.data.lstrip().count(b"\n{") > 0
    outcome = _begins(head, "json")
    named = head.basename.lower().endswith((".jsonl", ".ndjson"))
    first = start == b"{" and not lines and named
    if outcome is None or first:
        return Evidence(0.0, "the first of JSON lines, by its name" if first else "no JSON")
    tags = [tag for tags in outcome.curves.values() for tag in tags]
    printed = head.data.lstrip()[:2] == b"{'"  # as Python prints a dict
    if not printed and _is_plain(outcome, start):
        return Evidence(0.0, "a plain list of records, or lists of one length")
    if lines and not any(shape.odd for shape in outcome.shapes) and len(outcome.shapes) == 1:
        return Evidence(0.0, "plain JSON lines")
    if outcome.listings and not tags:
        known = any(tells_of_training(listing.header) for _, listing in outcome.listings)
        return Evidence(_SURE * known, _said(outcome) if known else NO_TRAINING)
    if not _tells(head, outcome, tags):
        return Evidence(0.0, NO_TRAINING)
    curves = sum(len(c.steps) > 1 for t in outcome.curves.values() for c in t.values())
    if outcome.shapes:
        # Dicts as Python prints them may be lines of a text log.
        sure = _SURE if lines and not printed else 0.8
        return Evidence(sure, _said(outcome), tried=tuple(outcome.why[:8]))
    sure = 0.8 if curves or start == b"[" else 0.7
    return Evidence(sure, f"{plural(len(tags), 'tag')}, {curves} of them curves")


def detect_yaml(head: Head) -> Evidence:
    """YAML, by its name, that holds results."""
    if head.binary or not head.basename.lower().endswith((".yaml", ".yml")):
        return Evidence(0.0, "not called .yaml")
    if head.size > _MOST_YAML or (outcome := _begins(head, "yaml")) is None:
        return Evidence(0.0, "no YAML, or too large")
    tags = [tag for tags in outcome.curves.values() for tag in tags]
    if not _tells(head, outcome, tags):
        return Evidence(0.0, NO_TRAINING)
    return Evidence(0.8, f"YAML with {plural(len(tags), 'tag')}")


FIELDS = Fields(step=(STEP,), time=(TIME,), run=(RUN,))
