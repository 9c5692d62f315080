"""MLflow's `meta.yaml` of a run: how it went, and when.

run_id: cb0096518b0e4c66a94428555f05420b
status: 3
start_time: 1664364007025
end_time: 1664364011120

Statuses are numbers, or words in some versions; times are milliseconds. Only the store knows such
a file. What it says stands beside the run's hyperparameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.generic.config import ConfigError, load_yaml
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.records import is_number, session
from tbingest.model.contracts import Fields, Format
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


@dataclass
class MlflowRun(DocumentReader):
    """Gives the session of a run, without hyperparameters."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record."""
        try:
            value = load_yaml(data)
        except ConfigError as error:
            yield "", Problem("", error.line, error.column, f"no YAML: {error}")
            return
        if isinstance(value, dict):
            status: Any = value.get("status")
            times: list[Any] = [value.get(name) for name in ("start_time", "end_time")]
            seconds = [one / 1000 if is_number(one) else None for one in times]
            known = _STATUS.get(status, status)
            yield "run", Rows({"": [HParams({}, session(known, *seconds))]}, np.ones(1, np.int64))


def called_by(name: str, run: str) -> str:
    """What a run is called: its name with the start of its id, as several may have one name, and a
    run keeps its own when another comes. Empty where it has no name.
    """
    given = name.strip().replace("/", "_")
    return f"{given}-{run[:6]}" if given and given != run else ""


FORMAT = Format(
    name="mlflow-run",
    about="how a run of MLflow's file store went",
    sample="run_id: 0a1b\nstatus: 3\nstart_time: 1664364007025\nend_time: 1664364011120",
    reader=lambda _: MlflowRun(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
