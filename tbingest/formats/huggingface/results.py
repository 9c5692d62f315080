"""Hugging Face's `all_results.json` and its like: the last values, without a step.

{"epoch": 3.0, "eval_loss": 0.55, "train_runtime": 0.7}

Beside a `trainer_state.json` they repeat what it says, and its values are the ones that are shown;
what is in them only stands at its last step. Alone they stand at step 0: no step is in them, and
the epoch, cut to a whole number, would be none.
"""

from __future__ import annotations

import re
from typing import Any

from tbingest.formats.generic.json_document import JsonDocument
from tbingest.formats.huggingface.trainer import tag
from tbingest.formats.readers.head import document
from tbingest.model.contracts import Evidence, Fields, Format, Head

_NAME = re.compile(r"(all|train|eval|test|predict)_results\.json")
_KEY = re.compile(r"(?:train|eval|test|predict)_\w|epoch$|total_flos$")


def detect(head: Head) -> Evidence:
    """By its name, which others give to results of their own, and its keys."""
    if head.binary or not _NAME.fullmatch(head.basename):
        return Evidence(0.0, "not called all_results.json or the like")
    value = document(head)
    if value is not None and not _is_the_trainers(value):
        return Evidence(0.1, f"called {head.basename}, but not as the Trainer writes it")
    return Evidence(0.9, "the Trainer's last values")


def _is_the_trainers(value: Any) -> bool:
    """True for one level, some of whose keys are the Trainer's."""
    return isinstance(value, dict) and (
        not any(isinstance(one, dict | list) for one in value.values())
        and any(map(_KEY.match, value))
    )


FORMAT = Format(
    name="hf-results",
    about="Hugging Face's all_results.json, train_results.json, eval_results.json",
    sample='{"epoch": 3.0, "eval_loss": 0.55, "train_runtime": 0.7}',
    detect=detect,
    reader=lambda _: JsonDocument(),
    rewritten=True,
    summary=True,
    joins=True,
    fields=Fields(step=("step",), rename=tag),
)
