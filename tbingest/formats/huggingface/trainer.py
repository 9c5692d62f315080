"""Hugging Face Trainer: `trainer_state.json` with its `log_history`.

{"global_step": 20, "log_history": [{"epoch": 0.5, "loss": 0.7, "step": 10},
                                    {"epoch": 1.0, "eval_loss": 0.6, "step": 20}]}

Tags are those of the Trainer's own TensorBoard callback. `log_history.json` is that list alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tbingest.formats.generic.json_document import read_records
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import load_document
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Rows


_STAMPS = {"epoch", "step"}
_TRAINING = ("loss", "learning_rate")


@dataclass
class TrainerState(DocumentReader):
    """Reads the log history of a trainer state."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The records of `log_history`."""
        value, problem = load_document(data)
        if problem:
            yield "", problem
        history = value.get("log_history") if isinstance(value, dict) else value
        if isinstance(value, dict):
            self.set_aside_but({"log_history"}, value, "the state of the Trainer")
        if isinstance(history, list):
            if not history and not problem:
                what = "its log_history is empty: nothing had been logged when it was saved"
                yield "", Problem("", None, None, what, "see logging_steps of the Trainer")
            yield from read_records(history)
        elif value is not None:  # else it was not read
            yield "", Problem("", None, None, "has no list 'log_history'", "try --as json")


def tag(name: str) -> tuple[str, str] | None:
    """(run suffix, tag), as `TensorBoardCallback` names it."""
    for split in ("eval", "test"):
        if name.startswith(f"{split}_"):
            return "", f"{split}/{name[len(split) + 1 :]}"
    return "", f"train/{name}"


def detect(head: Head) -> Evidence:
    """A JSON object with a `log_history`, or the list itself."""
    start = head.data.lstrip()[:1]
    if head.binary or start not in {b"{", b"["}:
        return Evidence(0.0, "no JSON object or list")
    if start == b"[":
        return _detect_list(head)
    if b'"log_history"' in head.data:
        return Evidence(0.98, "has a log_history")
    if head.basename == "trainer_state.json" and not head.complete:
        return Evidence(0.9, "is called trainer_state.json")
    return Evidence(0.0, "has no log_history")


def _detect_list(head: Head) -> Evidence:
    if not all(f'"{name}"'.encode() in head.data for name in ("epoch", "step", *_TRAINING[:1])):
        return Evidence(0.0, "a list, but not of a Trainer's records")
    records = document(head)
    known = [item for item in records or () if isinstance(item, dict) and item.keys() >= _STAMPS]
    training = [item for item in known if set(_TRAINING) <= item.keys()]
    if not known or len(known) < len(records) or not training:
        return Evidence(0.0, "a list, but not of a Trainer's records")
    named = head.basename == "log_history.json"
    return Evidence(0.97 if named else 0.91, "a list of a Trainer's records")


FORMAT = Format(
    name="hf-trainer",
    about="Hugging Face Trainer's trainer_state.json",
    sample='{"log_history": [{"loss": 0.7, "step": 10}, {"eval_loss": 0.6, "step": 20}]}',
    detect=detect,
    reader=lambda _: TrainerState(),
    rewritten=True,
    fields=Fields(step=("step",), rename=tag),
)
