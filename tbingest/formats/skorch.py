"""skorch's `history.json`: a list of epochs, each with its batches.

[{"batches": [{"train_loss": 0.70, "train_batch_size": 128}, {"valid_loss": 0.71}], "epoch": 1,
  "dur": 0.03, "train_loss": 0.70, "train_loss_best": true, "valid_loss": 0.71, "valid_acc": 0.4},
 {"batches": [{"train_loss": 0.69, "train_batch_size": 128}, {"valid_loss": 0.70}], "epoch": 2}]

Tags of epochs are those of its own TensorBoard callback, which knows no batches: those stand below
`batch/`, at the number of the batch, for training and validation each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import group_records
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Rows

STEP, BATCH = "step", "batch/"
_COUNTS = ("train_batch_count", "valid_batch_count")


@dataclass
class SkorchHistory(JsonDocumentReader):
    """Reads the epochs, and the batches of all epochs."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The series of epochs and those of batches."""
        epochs: list[dict[str, Any]] = []
        batches: list[dict[str, Any]] = []
        seen: Counter[str] = Counter()
        for place, epoch in enumerate(value if isinstance(value, list) else (), 1):
            if not isinstance(epoch, dict):
                what = f"epoch {place}: expected an object, got {type(epoch).__name__}"
                yield "", Problem("", None, None, what, values=1)
                continue
            epochs.append(_epoch(epoch, place))
            batches += _batches(epoch.get("batches"), seen)
        yield from group_records(epochs, range(1, len(epochs) + 1))
        yield from group_records(batches, range(1, len(batches) + 1))


def _epoch(epoch: dict[str, Any], place: int) -> dict[str, Any]:
    number = epoch.get("epoch")
    kept = {
        name: value
        for name, value in epoch.items()
        if name not in {"batches", "epoch"} and not name.startswith("event_")
        if not name.endswith("_best")
    }
    return {STEP: number if isinstance(number, int) else place, **kept}


def _batches(found: Any, seen: Counter[str]) -> Iterator[dict[str, Any]]:
    """The batches of an epoch; `seen` counts those of each split over all epochs."""
    for batch in found if isinstance(found, list) else ():
        if isinstance(batch, dict) and batch:
            split = next(iter(batch)).partition("_")[0]
            seen[split] += 1
            yield {STEP: seen[split], **{f"{BATCH}{name}": batch[name] for name in batch}}


def tag(name: str) -> tuple[str, str] | None:
    """(run, tag) as skorch's TensorBoard callback names it."""
    loss = name.startswith(("train", "valid")) and name not in _COUNTS
    return "", f"Loss/{name}" if loss else name


def detect(head: Head) -> Evidence:
    """A list of epochs with `batches`, or with `dur` beside a loss."""
    if head.data.lstrip().startswith(b'[{"batches":'):
        return Evidence(0.97, "a list of epochs with batches")
    value = document(head)
    first = value[0] if isinstance(value, list) and value else None
    if not isinstance(first, dict) or "epoch" not in first:
        return Evidence(0.0, "no list of epochs")
    if isinstance(first.get("batches"), list):
        return Evidence(0.97, "a list of epochs with batches")
    if "dur" in first and "train_loss" in first:
        return Evidence(0.9, "a list of epochs with dur and train_loss")
    return Evidence(0.0, "epochs without batches")


FORMAT = Format(
    name="skorch",
    about="skorch's history.json",
    sample='[{"batches": [{"train_loss": 0.7}], "epoch": 1, "dur": 0.03, "train_loss": 0.7}]',
    detect=detect,
    reader=lambda _: SkorchHistory(),
    rewritten=True,
    fields=Fields(step=(STEP,), rename=tag),
)
