"""Sacred's file observer: `metrics.json`, the steps, values and times of each metric.

{"training.loss": {"steps": [0, 1], "values": [1.0, 0.9],
                   "timestamps": ["2026-11-23T03:04:54.588280", "2026-11-23T03:04:55.588280"]}}

Often `{}`. The times are UTC, though they have no zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import is_number, number_column
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = frozenset({"steps", "values"})


@dataclass
class Sacred(JsonDocumentReader):
    """Reads one series for each metric."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The series by their names."""
        for name, metric in value.items() if isinstance(value, dict) else ():
            yield from _series(str(name), metric)


def _series(name: str, metric: Any) -> Iterator[tuple[str, Rows | Problem]]:
    if not isinstance(metric, dict) or not metric.keys() >= _KEYS:
        yield "", Problem("", None, None, f"{name!r} has no steps and values", values=1)
        return
    steps, values = (part if isinstance(part, list) else [] for part in map(metric.get, _ORDER))
    times = metric.get("timestamps")
    count = min(len(steps), len(values))
    if len(steps) != len(values):
        what = f"{name!r} has {plural(len(steps), 'step')} and {plural(len(values), 'value')}"
        lost = max(len(values) - count, 0)
        yield "", Problem("", None, None, what, "the rest is left out", values=lost)
    usable = [at for at in range(count) if is_number(steps[at]) and is_number(values[at])]
    if len(usable) < count:
        what = f"{name!r} holds what is not a number"
        yield "", Problem("", None, None, what, values=count - len(usable))
    if usable:
        columns: dict[str, Any] = {
            "steps": number_column([steps[at] for at in usable]),
            name: number_column([values[at] for at in usable]),
        }
        if isinstance(times, list) and len(times) >= count:
            columns["timestamps"] = [_utc(str(times[at])) for at in usable]
        yield name, Rows(columns, np.arange(1, len(usable) + 1, dtype=np.int64))


_ORDER = ("steps", "values")


def _utc(stamp: str) -> str:
    return stamp if stamp[-6:-5] in {"+", "-"} or stamp.endswith("Z") else f"{stamp}+00:00"


def detect(head: Head) -> Evidence:
    """Metrics with steps and values."""
    value = document(head)
    if not isinstance(value, dict) or not value:
        return Evidence(0.0, "no JSON object")
    first = next(iter(value.values()))
    if not isinstance(first, dict) or "steps" not in first or "values" not in first:
        cut = not head.complete and isinstance(first, dict) and "steps" in first
        if not cut:
            return Evidence(0.0, "no steps and values")
    sure = 0.96 if "timestamps" in first or not head.complete else 0.85
    return Evidence(sure, f"{plural(len(value), 'metric')} with steps and values")


FORMAT = Format(
    name="sacred",
    about="Sacred's metrics.json",
    sample='{"loss": {"steps": [0], "values": [0.9], "timestamps": ["2026-11-23T03:04:54"]}}',
    detect=detect,
    reader=lambda _: Sacred(),
    rewritten=True,
    fields=Fields(step=("steps",), time=("timestamps",)),
)
