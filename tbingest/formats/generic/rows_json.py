"""JSON of any shape: lists of several lengths, numbers beside them, keys that count, nested runs.

{"lr": 0.1, "loss": [0.9, 0.7], "val_acc": [0.5], "best_acc": 0.5}

Lists are curves, numbers beside them final scores or hyperparameters; what is left out is said.
"""

from __future__ import annotations

from tbingest.formats.generic.structured import FIELDS, Structured, detect_json
from tbingest.model.contracts import Format
from tbingest.names.files import stem_of

FORMAT = Format(
    name="json-tree",
    about="JSON of any shape: lists, records, keys that count, finals and settings beside them",
    sample='{"lr": 0.1, "loss": [0.9, 0.7], "val_acc": [0.5], "best_acc": 0.5}',
    detect=detect_json,
    reader=lambda head: Structured(kind="json", stem=stem_of(head.basename)),
    rewritten=True,
    fields=FIELDS,
)
