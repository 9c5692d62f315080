"""A parameter or a tag of MLflow's file store: a file whose content is the value.

params/lr        0.01
params/layers    [16, 8]

All of a run's parameters are its hyperparameters. Only the store knows such a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.mlflow.metric import below
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.records import typed
from tbingest.model.contracts import Fields, Format
from tbingest.model.points import HParams
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.model.rows import Problem


@dataclass
class MlflowParam(DocumentReader):
    """Gives one hyperparameter."""

    key: str = ""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record."""
        text = data.decode("utf-8", "replace").strip()
        yield "param", Rows({"": [HParams(given([(self.key, text)]))]}, np.ones(1, np.int64))


def given(params: Iterable[tuple[str, str]]) -> dict[str, bool | float | str]:
    """Parameters, but for those that were not set: MLflow writes every value as a text.

    TensorBoard's HParams tab fails to sort a column that holds numbers and "None".
    """
    return {key: typed(text) for key, text in params if text not in {"", "None"}}


FORMAT = Format(
    name="mlflow-param",
    about="a parameter of MLflow's file store",
    sample="0.01",
    reader=lambda head: MlflowParam(key=below(head.name, "params")),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
