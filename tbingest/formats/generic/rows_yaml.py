"""Results in YAML of any shape, read as JSON of the same shape is.

cnn:
  accuracy: 0.91
  loss: 0.31
mlp:
  accuracy: 0.84
  loss: 0.52

What is called like a config is one; aliases must not make a document longer than a million values.
"""

from __future__ import annotations

from tbingest.formats.generic.structured import FIELDS, Structured, detect_yaml
from tbingest.model.contracts import Format
from tbingest.names.files import stem_of

FORMAT = Format(
    name="yaml-tree",
    about="results in YAML: lists, records, finals and settings beside them",
    sample="cnn:\n  accuracy: 0.91\n  loss: 0.31",
    detect=detect_yaml,
    reader=lambda head: Structured(kind="yaml", stem=stem_of(head.basename)),
    rewritten=True,
    fields=FIELDS,
)
