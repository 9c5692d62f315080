"""W&B's `files/config.yaml`: each hyperparameter with a description, and W&B's own notes.

_wandb: {value: {cli_version: 0.18.3}}
batch_size: {desc: null, value: 12}
optimizer: {value: {name: adam, lr: 1e-3}}

`_wandb` and `wandb_version` are W&B's own and no hyperparameters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.generic.config import ConfigError, load_yaml
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.wandb.values import hyperparameters
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = re.compile(rb"^(?:_wandb|wandb_version):", re.MULTILINE)
_VALUE = re.compile(rb"^ +value:|[{,] *value:", re.MULTILINE)


@dataclass
class WandbConfig(DocumentReader):
    """Gives the values of all hyperparameters as one value."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the hyperparameters."""
        try:
            config = load_yaml(data)
        except ConfigError as error:
            yield "", Problem("", error.line, error.column, f"no YAML: {error}")
            return
        entries = config.items() if isinstance(config, dict) else ()
        values = {
            str(key): entry["value"]
            for key, entry in entries
            if isinstance(entry, dict) and "value" in entry
        }
        made = hyperparameters(values)
        if made:
            yield "config", Rows({"": [made]}, np.ones(1, np.int64))
        else:
            yield "", Problem("", None, None, "holds no hyperparameters")


def detect(head: Head) -> Evidence:
    """A YAML file with W&B's own entry, and values that stand below their names."""
    if head.binary or not head.basename.lower().endswith((".yaml", ".yml")):
        return Evidence(0.0, "not called .yaml")
    if _OWN.search(head.data) and _VALUE.search(head.data):
        return Evidence(0.98, "hyperparameters as W&B keeps them")
    return Evidence(0.0, "has no entry _wandb")


FORMAT = Format(
    name="wandb-config",
    about="W&B's config.yaml, the hyperparameters of a run",
    sample="_wandb: {value: {cli_version: 0.18.3}}\nbatch_size: {desc: null, value: 12}",
    detect=detect,
    reader=lambda _: WandbConfig(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
