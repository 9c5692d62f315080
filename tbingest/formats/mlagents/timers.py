"""Unity ML-Agents' `timers.json`: the last value of each of a behaviour's statistics.

{"name": "root", "total": 3870.7, "count": 1, "self": 0.6, "children": {},
 "gauges": {"Huggy.Policy.Entropy.mean": {"value": 1.4, "min": 1.3, "max": 1.5, "count": 40},
            "Huggy.Step.mean": {"value": 1999958.0, "min": 49907.0, "max": 1999958.0, "count": 40}}}

Each behaviour is a run, and its own `Step` the step. The statistics' extremes and the profile of
the program's functions are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.axis.shapes import numbers_in
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import RUN, group_records, is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP, _TIME = ":step", ":time"
_PARTS = 3


@dataclass
class Timers(JsonDocumentReader):
    """Reads the statistics, a record for each behaviour."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """One series for each behaviour."""
        if not isinstance(value, dict):
            yield "", Problem("", None, None, "is not a JSON object")
            return
        runs: dict[str, dict[str, Any]] = {}
        gauges = dict(_gauges(value.get("gauges")))
        left = numbers_in(value.get("gauges")) - len(gauges)
        self.set_aside("gauges", left, "of a statistic, its last value is shown")
        self.set_aside_but({"gauges", "metadata"}, value, "the profile of the program")
        for name, number in gauges.items():
            run, _, tag = name.partition(".") if name.count(".") >= _PARTS - 1 else ("", "", name)
            runs.setdefault(run, {})[tag.replace(".", "/")] = number
        metadata = value.get("metadata")
        ended = _seconds(metadata) if isinstance(metadata, dict) else {}
        for place, (run, numbers) in enumerate(runs.items(), 1):
            step = numbers.get("Step/mean")
            stamps = {_STEP: step} if step is not None else {}
            record = {RUN: run, **stamps, **ended, **numbers}
            for series, found in group_records([record], [place]):
                yield f"{run}\n{series}", found


def _gauges(gauges: Any) -> Iterator[tuple[str, int | float]]:
    """(name, last value) of each statistic; early versions have a list of them."""
    if isinstance(gauges, list):
        found = [(one.get("name"), one) for one in gauges if isinstance(one, dict)]
    else:
        found = list(gauges.items()) if isinstance(gauges, dict) else []
    for name, one in found:
        number = one.get("value") if isinstance(one, dict) else None
        if isinstance(name, str) and is_number(number):
            yield name, number  # type: ignore[misc]


def _seconds(metadata: dict[str, Any]) -> dict[str, float]:
    text = str(metadata.get("end_time_seconds", ""))
    return {_TIME: float(text)} if text.isascii() and text.isdigit() and len(text) < 13 else {}


def detect(head: Head) -> Evidence:
    """Gauges, and the root of a profile."""
    if b'"gauges"' not in head.data:
        return Evidence(0.0, "has no gauges")
    value = document(head)
    gauges = value.get("gauges") if isinstance(value, dict) else None
    if isinstance(gauges, dict | list) and value.get("name") == "root":
        return Evidence(0.97, "gauges, and the root of a profile")
    return Evidence(0.0, "is not a profile with gauges")


FORMAT = Format(
    name="mlagents-timers",
    about="Unity ML-Agents' timers.json, the last value of each statistic",
    sample='{"name": "root", "gauges": {"Huggy.Policy.Entropy.mean": {"value": 1.4, "count": 40}}}',
    detect=detect,
    reader=lambda _: Timers(),
    rewritten=True,
    joins=True,
    fields=Fields(step=(_STEP,), time=(_TIME,), run=(RUN,), rename=as_is),
)
