"""EleutherAI's lm-evaluation-harness: one JSON document of results by task.

{"results": {"arc_easy": {"acc": 0.56, "acc_stderr": 0.01}, "boolq": {"acc,none": 0.61}},
 "config": {"model": "hf", "num_fewshot": 0}, "versions": {"arc_easy": 0}}

Newer files name the filter behind a comma; `none` is left out. The step is that of the file's name
(`global_step340500`), else 0. `versions` are no metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.base import DocumentReader, is_number, plain_hparams
from tbingest.formats.jsondoc import load_document
from tbingest.formats.looking import document
from tbingest.model import Evidence, Fields, Format, Head, HParams, Problem, Rows
from tbingest.naming import step_of_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model import Column


@dataclass
class LmEval(DocumentReader):
    """Reads the results of every task, all of one step."""

    step: int = 0

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record."""
        value, problem = load_document(data)
        if problem:
            yield "", problem
        columns: dict[str, Column] = {"step": np.asarray([self.step], np.int64)}
        for name, number in _results(value):
            columns[name] = np.asarray([float(number)])
        config = value.get("config") if isinstance(value, dict) else None
        if isinstance(config, dict) and (known := plain_hparams(config)):
            columns["config"] = [HParams(known)]
        if len(columns) > 1:
            yield "results", Rows(columns, np.ones(1, np.int64))


def _results(value: Any) -> Iterator[tuple[str, float]]:
    results = value.get("results") if isinstance(value, dict) else None
    for task, metrics in results.items() if isinstance(results, dict) else ():
        for metric, number in metrics.items() if isinstance(metrics, dict) else ():
            if is_number(number):
                name, _, chosen = str(metric).partition(",")
                shown = name if chosen in {"", "none"} else f"{name} ({chosen})"
                yield f"{task}/{shown}", number


def detect(head: Head) -> Evidence:
    """Results by task, beside versions."""
    value = document(head)
    if not isinstance(value, dict) or not isinstance(value.get("results"), dict):
        return Evidence(0.0, "no results by task")
    known = {"versions", "config", "configs", "n-shot", "group_subtasks"} & value.keys()
    count = sum(1 for _ in _results(value))
    if count and (known or not head.complete):
        return Evidence(0.93, f"{count} results of {len(value['results'])} tasks")
    return Evidence(0.3 if count else 0.0, f"{count} results, but no versions or config")


FORMAT = Format(
    name="lm-eval",
    about="lm-evaluation-harness results",
    sample='{"results": {"arc_easy": {"acc": 0.56}}, "versions": {"arc_easy": 0}}',
    detect=detect,
    reader=lambda head: LmEval(step=step_of_name(head.name)[0] or 0),
    rewritten=True,
    fields=Fields(step=("step",), rename=lambda name: ("", name)),
)
