"""LLaMA-Factory's `trainer_log.jsonl`.

{"current_steps": 10, "total_steps": 8660, "loss": 2.49, "lr": 5.7e-07, "epoch": 0.004,
 "percentage": 0.12, "elapsed_time": "0:00:24", "remaining_time": "5:58:33"}      (one line)
{"current_steps": 20, "total_steps": 8660, "eval_loss": 2.31, "epoch": 0.009, ...}

A prediction has no metrics, just its progress. What the Trainer's own TensorBoard callback writes
too has its tags, so that a `trainer_state.json` beside it, which has more digits, tells it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tbingest.formats.huggingface import trainer as hf_trainer
from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.model.contracts import Evidence, Fields, Format, Head

STEP = "current_steps"
_COUNTDOWN = "remaining_time"
_PROGRESS = frozenset(
    {"percentage", "total_steps", "total_tokens", "throughput", "elapsed_time", "predict_loss"}
)
_OF_TRAINER = {
    "lr": "train/learning_rate",
    "reward": "train/reward",
    "accuracy": "train/rewards/accuracies",
}


@dataclass
class LlamaFactoryLog(JsonLines):
    """Reads the lines; the countdown is no value."""

    def record(self, found: dict[str, Any]) -> dict[str, Any]:
        """The object without the time that remains."""
        return {name: found[name] for name in found if name != _COUNTDOWN}


def tag(name: str) -> tuple[str, str] | None:
    """(run, tag) as the Trainer's TensorBoard callback names it; progress as it is."""
    if name in _PROGRESS:
        return "", name
    return ("", _OF_TRAINER[name]) if name in _OF_TRAINER else hf_trainer.tag(name)


def detect(head: Head) -> Evidence:
    """JSON lines with `current_steps` and `total_steps`."""
    objects = first_objects(head)
    if objects and all(found.keys() >= {STEP, "total_steps"} for found in objects[:5]):
        return Evidence(0.95, "JSON lines with current_steps and total_steps")
    return Evidence(0.0, "no JSON lines with current_steps and total_steps")


FORMAT = Format(
    name="llamafactory",
    about="LLaMA-Factory's trainer_log.jsonl",
    sample='{"current_steps": 10, "total_steps": 8660, "loss": 2.49, "elapsed_time": "0:00:24"}',
    detect=detect,
    reader=lambda _: LlamaFactoryLog(),
    rounded=True,
    fields=Fields(step=(STEP,), elapsed=("elapsed_time",), rename=tag),
)
