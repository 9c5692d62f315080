"""AllenNLP's `metrics_epoch_N.json`, one file for each epoch, and the `metrics.json` of the end.

{"epoch": 0, "training_duration": "0:00:10", "training_loss": 0.7, "validation_loss": 0.6,
 "best_validation_loss": 0.6}

Runs and tags are those of AllenNLP's TensorBoard writer: runs `train` and `validation`, and the
step is the epoch from 1. Durations and counters are no metrics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import group_records, is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem, Rows

FILE = re.compile(r"metrics(?:_epoch_(\d{1,9}))?\.json")
_COUNTERS = frozenset({"epoch", "training_start_epoch", "training_epochs", "best_epoch"})


@dataclass
class AllenNlp(JsonDocumentReader):
    """Reads one epoch; `epoch` is that of the file's name, -1 where that has none."""

    epoch: int = -1

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """One record."""
        if not isinstance(value, dict):
            return
        epoch = value.get("epoch", value.get("training_epochs", self.epoch))
        step = self.epoch if self.epoch >= 0 or not isinstance(epoch, int) else epoch
        record: dict[str, Any] = {
            name: item for name, item in value.items() if is_number(item) and name not in _COUNTERS
        }
        for name in sorted(_COUNTERS - {"epoch"}):
            self.set_aside(name, int(is_number(value.get(name))), "counts epochs")
        yield from group_records([{"@step": step + 1, **record}], [1])


def tag(name: str) -> tuple[str, str] | None:
    """(run suffix, tag), as the TensorBoard writer names it."""
    for prefix, run in (("training_", "train"), ("validation_", "validation")):
        if name.startswith(prefix):
            return run, f"{run}/{name.removeprefix(prefix)}"
    return "", name


def detect(head: Head) -> Evidence:
    """The name, and metrics of training and validation."""
    value = document(head)
    if not isinstance(value, dict) or not {"training_loss", "training_epochs"} & value.keys():
        return Evidence(0.0, "no training_loss")
    named = bool(FILE.fullmatch(head.basename))
    if named and any(name.startswith("training_") for name in value):
        return Evidence(0.95, f"{head.basename} with metrics of training and validation")
    return Evidence(0.4, "has a training_loss")


def _epoch(head: Head) -> int:
    match = FILE.fullmatch(head.basename)
    return int(match[1]) if match and match[1] else -1


FORMAT = Format(
    name="allennlp",
    about="AllenNLP's metrics_epoch_N.json and metrics.json",
    sample='{"epoch": 0, "training_loss": 0.7, "training_epochs": 0, "validation_loss": 0.6}',
    detect=detect,
    reader=lambda head: AllenNlp(epoch=_epoch(head)),
    rewritten=True,
    joins=True,
    fields=Fields(step=("@step",), time=("@time",), elapsed=("@elapsed",), rename=tag),
)
