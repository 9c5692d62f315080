"""DVCLive's `metrics.json`: the last values, nested by the parts of their names.

{"train": {"loss": 0.085},
 "val": {"acc": 0.889},
 "step": 11}

Beside the TSV of a metric it says that one's last value again. Its `step` is a value like any other
to DVCLive, and stays one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import NON_FINITE, flatten, group_records
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP = ":step"


@dataclass
class LiveSummary(JsonDocumentReader):
    """Reads the last values as one record."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The record."""
        if not isinstance(value, dict):
            yield "", Problem("", None, None, "is not a summary: it is not a JSON object")
            return
        record = {name: _number(one) for name, one in flatten(value)}
        step = record.get("step")
        if type(step) is int:
            record[_STEP] = step
        yield from group_records([record], [1])


def _number(value: Any) -> Any:
    return NON_FINITE.get(value.lower(), value) if isinstance(value, str) else value


def detect(head: Head) -> Evidence:
    """Called `metrics.json`, with a step and nothing but single values."""
    if head.basename != "metrics.json":
        return Evidence(0.0, "not called metrics.json")
    value = document(head)
    if not isinstance(value, dict) or type(value.get("step")) is not int:
        return Evidence(0.0, "no JSON object with a whole number called step")
    if all(isinstance(one, int | float | str) for _, one in flatten(value)):
        return Evidence(0.86, "metrics.json with a step and last values")
    return Evidence(0.0, "holds more than single values")


FORMAT = Format(
    name="dvclive-summary",
    about="DVCLive's metrics.json, the last values of a run",
    sample='{"train": {"loss": 0.085}, "step": 11}',
    detect=detect,
    reader=lambda _: LiveSummary(),
    rewritten=True,
    summary=True,
    joins=True,
    fields=Fields(step=(_STEP,), rename=as_is),
)
