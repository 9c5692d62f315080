"""The model card that Hugging Face's Trainer writes: README.md with a table of its results.

| Training Loss | Epoch | Step | Validation Loss | Accuracy |
|:-------------:|:-----:|:----:|:---------------:|:--------:|
| No log        | 1.0   | 90   | 0.4821          | 0.81     |

Values are rounded. Tags are those of the Trainer's own TensorBoard callback as far as the table
tells, which writes `eval_f1` as `F1`; the whole text is shown as a note, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.generic.notes import note
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.records import group_records
from tbingest.formats.readers.table_layout import MISSING, to_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.files import stem_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STEP, _EPOCH = "Step", "Epoch"
_NOTE = ":note/"
_NOTHING = MISSING | {"no log"}


@dataclass
class ModelCard(DocumentReader):
    """Reads the tables of results, and the text. `name` is the tag of the text."""

    name: str = "README"

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The text, then the rows of the tables, each at its line."""
        text, problem = note(data)
        if problem:
            yield "", problem
        yield "note", Rows({f"{_NOTE}{self.name}": [text]}, np.zeros(1, np.int64))
        header: list[str] = []
        records, places = [], []
        for line, content in enumerate(text.split("\n"), 1):
            row = cells(content)
            if is_header(row):
                header = row
            elif not row:
                header = []
            elif header and len(row) != len(header):
                what = f"expected {len(header)} cells, got {len(row)}"
                yield "", Problem("", line, None, what, values=len(row))
            elif header and not _is_rule(row):
                record, problems = _record(header, row, line)
                yield from (("", one) for one in problems)
                records.append(record)
                places.append(line)
        yield from group_records(records, places)


def _record(
    header: Sequence[str], row: Sequence[str], line: int
) -> tuple[dict[str, Any], list[Problem]]:
    record: dict[str, Any] = {}
    problems = []
    for name, cell in zip(header, row, strict=True):
        value = to_number(cell.strip("*"), ".")
        if value is not None:
            record[name] = value
        elif cell.lower() not in _NOTHING:
            what = f"column {name!r} holds numbers, here it is {cell[:40]!r}"
            problems.append(Problem("", line, None, what, values=1))
    return record, problems


def cells(line: str) -> list[str]:
    """The cells of a row of a Markdown table; none for any other line."""
    text = line.strip()
    if len(text) < 3 or not text.startswith("|") or not text.endswith("|"):
        return []
    return [" ".join(cell.split()) for cell in text[1:-1].split("|")]


def is_header(row: Sequence[str]) -> bool:
    """Losses over epochs, and mostly over steps."""
    return _EPOCH in row and any(cell.endswith("Loss") for cell in row)


def _is_rule(row: Sequence[str]) -> bool:
    return all(cell and not cell.strip("-:") for cell in row)


def tag(name: str) -> tuple[str, str] | None:
    """(run suffix, tag) of a column: what is not of the training is of the evaluation."""
    if name.startswith(_NOTE):
        return "", name.removeprefix(_NOTE)
    plain = name.lower().replace(" ", "_")
    for spelled, split in (("training_", "train"), ("train_", "train"), ("validation_", "eval")):
        if plain.startswith(spelled):
            return "", f"{split}/{plain.removeprefix(spelled)}"
    return "", "train/epoch" if name == _EPOCH else f"eval/{plain}"


def detect(head: Head) -> Evidence:
    """Markdown with a table of losses over epochs."""
    if not head.basename.lower().endswith((".md", ".markdown")) or b"Loss |" not in head.data:
        return Evidence(0.0, "no Markdown with a table of losses")
    if any(is_header(cells(line)) for line in text_lines(head)):
        return Evidence(0.95, "a table of losses over epochs in Markdown")
    return Evidence(0.0, "no table of losses over epochs")


FORMAT = Format(
    name="hf-model-card",
    about="the table of results in a model card of Hugging Face (README.md)",
    sample="| Training Loss | Epoch | Step | Validation Loss |\n"
    "|:---:|:---:|:---:|:---:|\n| No log | 1.0 | 90 | 0.4821 |",
    detect=detect,
    reader=lambda head: ModelCard(name=stem_of(head.basename)),
    rewritten=True,
    joins=True,
    fields=Fields(step=("step", "epoch"), rename=tag),
)
