"""What a model wrote at each step: prompts beside completions, as JSON lines or CSV.

{"step": 100, "prompt": "2 + 2 =", "completion": "5", "reward": 0.0}
{"step": 100, "prompt": "3 + 1 =", "completion": "4", "reward": 1.0}

The samples of a step are one table, of which the first sixteen rows are shown; numbers beside them
are curves of their means. A step stands in a field or in the file's name,
`samples_step_100.jsonl`: without one, prompts beside completions are a data set.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.formats.readers.records import is_number
from tbingest.formats.readers.table import TableReader
from tbingest.formats.readers.table_layout import sniff
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Table
from tbingest.model.rows import Problem, Rows
from tbingest.names.steps import step_of_name
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tbingest.model.rows import Column

_STEPS = ("global_step", "step", "iteration", "iter", "epoch")
_ASKED = frozenset(
    "prompt prompts input inputs question instruction query source input_text".split()
)
_SAID = frozenset(
    "completion completions response output outputs generated generation generated_text answer "
    "prediction predicted output_text generated_output model_output hypothesis".split()
)
_MOST_ROWS = 16
_MOST_COLUMNS = 20
_MOST_STEPS = 10_000
_PIECE = 4 << 20
_TAG = "samples"


@dataclass
class _Step:
    """The first samples of a step, how many there are, and its numbers."""

    order: int
    count: int = 0
    shown: list[dict[str, str]] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Generations(DocumentReader):
    """Gives a table and means for each step. layout: of a CSV, as `TableReader` has it."""

    layout: dict[str, Any] | None = None

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """Each step is a series of its own: a table that grew is given again, the others not."""
        steps: dict[int | None, _Step] = {}
        names: dict[str, None] = {}
        late: list[int] = []
        crowd: list[int] = []
        for item in _items(self._lines(), data):
            if isinstance(item, Problem):
                yield "", item
                continue
            for order, record in _records(item):
                key = _step_of(record)
                if key not in steps and len(steps) >= _MOST_STEPS:
                    late.append(order)
                    continue
                left = _take(steps.setdefault(key, _Step(order)), record, names)
                crowd += [order] * left
        if late:
            what = f"after {_MOST_STEPS:,} steps, {plural(len(late), 'sample')} of others left out"
            yield "", Problem("", min(late), None, what, values=len(late))
        if crowd:
            what = f"beyond {_MOST_COLUMNS} fields, {plural(len(crowd), 'value')} left out"
            yield "", Problem("", min(crowd), None, what, values=len(crowd))
        for key, step in steps.items():
            columns: dict[str, Column] = {} if key is None else {"step": np.asarray([key])}
            for name, total in step.sums.items():
                columns[name] = np.asarray([total / step.counts[name]])
            header = tuple(name for name in names if any(name in row for row in step.shown))
            rows = tuple(tuple(row.get(name, "") for name in header) for row in step.shown)
            columns[_TAG] = [Table(header, rows, step.count - len(rows))]
            yield f"step {key}", Rows(columns, np.asarray([step.order]))

    def _lines(self) -> JsonLines | TableReader:
        if not self.layout:
            return JsonLines()
        asked, said, _ = _named(self.layout["names"])
        return TableReader(layout=self.layout, kinds=dict.fromkeys([*asked, *said], "text"))


def _items(reader: JsonLines | TableReader, data: bytes) -> Iterator[Rows | Problem]:
    for start in range(0, len(data), _PIECE):
        yield from reader.feed(data[start : start + _PIECE])
    yield from reader.close()


def _records(rows: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, fields) of each record, in the order of the lines."""
    for place in np.argsort(rows.order, kind="stable").tolist():
        found = {name: column[place] for name, column in rows.columns.items()}
        yield int(rows.order[place]), found


def _step_of(record: dict[str, Any]) -> int | None:
    for name in _STEPS:
        value = _plain(record.get(name))
        if is_number(value) and math.isfinite(value) and abs(value) < 2**53:
            return int(value)
    return None


def _take(step: _Step, record: dict[str, Any], names: dict[str, None]) -> int:
    """Put a record to those of its step; how many of its fields found no room."""
    step.count += 1
    left = 0
    texts: dict[str, str] = {}
    for name, cell in record.items():
        value = _plain(cell)
        if name in _STEPS or value is None:
            continue
        if len(names) >= _MOST_COLUMNS and name not in names:
            left += 1
            continue
        if is_number(value):
            step.sums[name] += value
            step.counts[name] += 1
            texts[name] = f"{value:g}"
        else:
            texts[name] = str(value)
        names.setdefault(name)
    if len(step.shown) < _MOST_ROWS:
        step.shown.append(texts)
    return left


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _named(names: Iterable[str]) -> tuple[list[str], list[str], bool]:
    """(fields of what was asked, of what was said, whether a step is among them)."""
    plain = {name: name.lower() for name in names}
    asked = [name for name, word in plain.items() if word in _ASKED]
    said = [name for name, word in plain.items() if word in _SAID]
    return asked, said, any(name in _STEPS for name in plain)


def detect(head: Head) -> Evidence:
    """A prompt beside what the model made of it, and a step."""
    objects: Sequence[dict[str, Any]] = first_objects(head)
    if objects:
        asked, said, has_step = _named(objects[0])
        texts = all(isinstance(objects[0].get(name), str) for name in [*asked, *said])
    else:
        layout = sniff(head)
        asked, said, has_step = _named(layout.names if layout and layout.has_header else ())
        texts = True
    if not asked or not said or not texts:
        return Evidence(0.0, "no prompt beside what a model made of it")
    if not has_step and step_of_name(head.basename)[0] is None:
        return Evidence(0.2, f"{asked[0]} and {said[0]}, but no step: a data set")
    return Evidence(0.95, f"{asked[0]} beside {said[0]} at each step")


def _reader(head: Head) -> Generations:
    layout = None if first_objects(head) else sniff(head)
    return Generations(layout={**asdict(layout), "first_row": ()} if layout else None)


FORMAT = Format(
    name="generations",
    about="what a model wrote at each step: prompts beside completions, as tables of text",
    sample='{"step": 100, "prompt": "2 + 2 =", "completion": "4", "reward": 1.0}',
    detect=detect,
    reader=_reader,
    rewritten=True,
    fields=Fields(step=("step",), step_from_name=True),
)
