"""Results of the Language Model Evaluation Harness: a dict of metrics for each task.

{"results": {"boolq": {"acc": 0.617, "acc_stderr": 0.008},
             "gsm8k": {"alias": "gsm8k", "exact_match,strict-match": 0.31,
                       "exact_match_stderr,strict-match": "N/A", "acc,none": 0.5}},
 "versions": {"boolq": 1, "gsm8k": 3}, "date": 1709049463.5}

Tags are those of the harness's own W&B logger: `<task>/<metric>`, the filter `none` left out. No
step is in the file; the file's name may have one (`global_step340500`). Groups of tasks stand among
the tasks, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import NON_FINITE, group_records, is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.steps import step_said
from tbingest.names.tags import as_is
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP, _TIME = ":step", ":time"
_BESIDE = {
    "versions",
    "config",
    "configs",
    "n-shot",
    "config_general",
    "config_tasks",
    "group_subtasks",
}
_NO_FILTER = re.compile(r",none$")
_UNIX_TIME = 1e8


@dataclass
class Evaluation(JsonDocumentReader):
    """Reads the metrics of all tasks as one record; `step` is what the file's name says."""

    step: int | None = None

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The record."""
        results = value.get("results") if isinstance(value, dict) else None
        if not isinstance(results, dict):
            yield "", Problem("", None, None, "has no dict 'results'", "try --as json")
            return
        record: dict[str, Any] = {}
        for task, metrics in results.items():
            for name, one in metrics.items() if isinstance(metrics, dict) else ():
                number = NON_FINITE.get(one.lower()) if isinstance(one, str) else one
                if is_number(number):
                    record[f"{task}/{_NO_FILTER.sub('', name)}"] = number
        if not record:
            yield "", Problem("", None, None, "its results hold no numbers")
            return
        date = value.get("date")
        stamps: dict[str, Any] = {} if self.step is None else {_STEP: self.step}
        if is_number(date) and date > _UNIX_TIME:
            stamps[_TIME] = date
        self.set_aside_but({"results", "date"}, value, "how it was evaluated")
        yield from group_records([{**stamps, **record}], [1])


def detect(head: Head) -> Evidence:
    """Results by task, and versions or configurations beside them."""
    if b'"results"' not in head.data:
        return Evidence(0.0, "has no results")
    value = document(head)
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(results, dict) or not results or not _BESIDE & value.keys():
        return Evidence(0.0, "has not results by task with versions or configurations beside them")
    tasks = [one for one in results.values() if isinstance(one, dict)]
    good = [one for one in tasks if any(is_number(number) for number in one.values())]
    if not good or len(tasks) < len(results):
        return Evidence(0.0, "its results are not metrics by task")
    return Evidence(0.95, f"results of {plural(len(tasks), 'task')}")


FORMAT = Format(
    name="lm-eval",
    about="results of the Language Model Evaluation Harness",
    sample='{"results": {"boolq": {"acc": 0.617, "acc_stderr": 0.008}}, "versions": {"boolq": 1}}',
    detect=detect,
    reader=lambda head: Evaluation(step=step_said(head.name)[0]),
    rewritten=True,
    fields=Fields(step=(_STEP,), time=(_TIME,), rename=as_is),
)
