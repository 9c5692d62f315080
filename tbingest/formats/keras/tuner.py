"""Keras Tuner's `trial_*/trial.json`: a trial's hyperparameters, and its metrics at the best step.

{"trial_id": "0000", "hyperparameters": {"values": {"units": 5}}, "score": 0.71,
 "metrics": {"metrics": {"val_loss": {"observations": [{"value": [0.57], "step": 2}]}}}}

A folder of trials is a run for each. Several executions of a trial give several values for a step:
their mean is what Keras Tuner itself compares. `oracle.json` is the state of the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import group_records, is_number, plain_hparams, session
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Column


@dataclass
class KerasTuner(JsonDocumentReader):
    """Reads one trial."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """A record for each step, and the hyperparameters."""
        if not isinstance(value, dict):
            return
        records: dict[int, dict[str, Any]] = {}
        for name, observations in _metrics(value):
            for entry in observations:
                step, values = _observed(entry)
                if values:
                    records.setdefault(step, {"step": step})[name] = sum(values) / len(values)
                else:
                    what = f"{name!r} has an observation without a number"
                    yield "", Problem("", None, None, what, values=1)
        steps = sorted(records)
        yield from group_records([records[step] for step in steps], range(1, len(steps) + 1))
        chosen = value.get("hyperparameters")
        if isinstance(chosen, dict):
            self.set_aside_but({"values"}, chosen, "between what a setting was sought")
        settings = chosen.get("values") if isinstance(chosen, dict) else None
        known = plain_hparams(settings) if isinstance(settings, dict) else {}
        if is_number(value.get("score")):
            known["score"] = float(value["score"])
        if known:
            columns: dict[str, Column] = {
                "step": np.zeros(1, np.int64),
                "hparams": [HParams(known, session(value.get("status")))],
            }
            yield "hparams", Rows(columns, np.ones(1, np.int64))


def _metrics(value: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    outer = value.get("metrics")
    inner = outer.get("metrics") if isinstance(outer, dict) else None
    for name, metric in inner.items() if isinstance(inner, dict) else ():
        observations = metric.get("observations") if isinstance(metric, dict) else None
        if isinstance(observations, list):
            yield str(name), observations


def _observed(entry: Any) -> tuple[int, list[float]]:
    if not isinstance(entry, dict) or not is_number(entry.get("step")):
        return 0, []
    values = entry.get("value")
    values = values if isinstance(values, list) else [values]
    step = entry["step"]
    return (int(step) if abs(step) < 1e15 else 0), [one for one in values if is_number(one)]


def detect(head: Head) -> Evidence:
    """A trial with hyperparameters and metrics."""
    value = document(head)
    if not isinstance(value, dict) or "trial_id" not in value:
        return Evidence(0.0, "no trial")
    if {"hyperparameters", "metrics"} & value.keys():
        return Evidence(0.96, "a trial with hyperparameters and metrics")
    return Evidence(0.2, "a trial_id, but neither hyperparameters nor metrics")


FORMAT = Format(
    name="keras-tuner",
    about="Keras Tuner's trial.json",
    sample='{"trial_id": "0", "hyperparameters": {"values": {"units": 5}}, "metrics": {}}',
    detect=detect,
    reader=lambda _: KerasTuner(),
    rewritten=True,
    fields=Fields(step=("step",)),
)
