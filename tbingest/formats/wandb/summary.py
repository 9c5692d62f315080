"""W&B's `wandb-summary.json`: the last values of a run.

{"_step": 1534, "_timestamp": 1780000000.25, "_runtime": 95.5, "val": {"acc": 0.91},
 "train/loss": 0.03, "weights": {"_type": "histogram", "bins": [0, 0.5, 1], "values": [4, 2]},
 "_wandb": {"runtime": 95}}

Beside the run's history it repeats what that says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.shapes import numbers_in
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import group_records, is_number, number_column
from tbingest.formats.wandb.values import ELAPSED, OWN, STEP, TIME, sorted_out
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Column


@dataclass
class Summary(JsonDocumentReader):
    """Reads the last values as one record."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The record."""
        if isinstance(value, dict):
            for name in sorted(OWN & value.keys()):
                self.set_aside(name, numbers_in(value[name]), "W&B's own")
            yield from series([value], [1])
        else:
            yield "", Problem("", None, None, "is not a summary: it is not a JSON object")


def series(
    records: Sequence[dict[str, Any]], places: Sequence[int]
) -> Iterator[tuple[str, Rows | Problem]]:
    """Records of W&B, those of numbers and texts and those of histograms apart."""
    plain, pictured = [], []
    for record, place in zip(records, places, strict=True):
        kept, histograms, problems = sorted_out(record, place)
        yield from (("", problem) for problem in problems)
        plain.append(kept)
        if histograms:
            pictured.append((place, kept, histograms))
    yield from group_records(plain, places)
    for place, kept, histograms in pictured:
        columns: dict[str, Column] = {name: [made] for name, made in histograms.items()}
        columns |= {
            name: number_column([kept[name]]) for name in (STEP, TIME) if is_number(kept.get(name))
        }
        yield f"histograms {place}", Rows(columns, np.asarray([place], np.int64))


def detect(head: Head) -> Evidence:
    """By name, or by the fields that W&B adds."""
    value = document(head)
    if not isinstance(value, dict):
        return Evidence(0.0, "no JSON object")
    if head.basename == "wandb-summary.json":
        return Evidence(0.98, "is called wandb-summary.json")
    if STEP in value and (TIME in value or ELAPSED in value):
        return Evidence(0.93, "an object with W&B's _step and _timestamp")
    return Evidence(0.0, "has not W&B's _step and _timestamp")


FIELDS = Fields(step=(STEP,), time=(TIME,), elapsed=())

FORMAT = Format(
    name="wandb-summary",
    about="W&B's wandb-summary.json, the last values of a run",
    sample='{"_step": 1534, "_timestamp": 1780000000.25, "train/loss": 0.03}',
    detect=detect,
    reader=lambda _: Summary(),
    rewritten=True,
    summary=True,
    joins=True,
    fields=FIELDS,
)
