"""Hugging Face Trainer: `trainer_state.json` with its `log_history`.

{"global_step": 20, "log_history": [{"epoch": 0.5, "loss": 0.7, "step": 10},
                                    {"epoch": 1.0, "eval_loss": 0.6, "step": 20}]}

Tags are those of the Trainer's own TensorBoard callback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.base import DocumentReader
from tbingest.formats.jsondoc import load_document, read_records
from tbingest.model import Evidence, Fields, Format, Head, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model import Rows


@dataclass
class TrainerState(DocumentReader):
    """Reads the log history of a trainer state."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The records of `log_history`."""
        value, problem = load_document(data)
        if problem:
            yield "", problem
        history = value.get("log_history") if isinstance(value, dict) else None
        if isinstance(history, list):
            yield from read_records(history)
        else:
            yield "", Problem("", None, None, "has no list 'log_history'", "try --as json")


def tag(name: str) -> tuple[str, str] | None:
    """(run suffix, tag), as `TensorBoardCallback` names it."""
    for split in ("eval", "test"):
        if name.startswith(f"{split}_"):
            return "", f"{split}/{name[len(split) + 1 :]}"
    return "", f"train/{name}"


def detect(head: Head) -> Evidence:
    """A JSON object with a `log_history`."""
    if head.binary or not head.data.lstrip().startswith(b"{"):
        return Evidence(0.0, "no JSON object")
    if b'"log_history"' in head.data:
        return Evidence(0.98, "has a log_history")
    if head.basename == "trainer_state.json" and not head.complete:
        return Evidence(0.9, "is called trainer_state.json")
    return Evidence(0.0, "has no log_history")


FORMAT = Format(
    name="hf-trainer",
    about="Hugging Face Trainer's trainer_state.json",
    sample='{"log_history": [{"loss": 0.7, "step": 10}, {"eval_loss": 0.6, "step": 20}]}',
    detect=detect,
    reader=lambda _: TrainerState(),
    rewritten=True,
    fields=Fields(step=("step",), rename=tag),
)
