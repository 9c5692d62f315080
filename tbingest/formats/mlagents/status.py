"""Unity ML-Agents' `training_status.json`: the checkpoints of each behaviour, with their rewards.

{"Huggy": {"checkpoints": [{"steps": 199828, "reward": 3.73, "creation_time": 1711207725.3},
                           {"steps": 399919, "reward": null, "creation_time": 1711208101.4}],
           "final_checkpoint": {"steps": 399919, "reward": null}, "elo": 1213.5},
 "metadata": {"stats_format_version": "0.3.0"}}

Each behaviour is a run. The final checkpoint says what the last one said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import RUN, group_records, is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem, Rows

_STEP, _TIME = "steps", "creation_time"
_CHECKPOINTS = "checkpoints"
_SINGLE = ("elo", "lesson_num")


@dataclass
class TrainingStatus(JsonDocumentReader):
    """Reads the checkpoints of all behaviours."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """A series for each behaviour."""
        for name, status in value.items() if isinstance(value, dict) else ():
            records = list(_records(name, status)) if isinstance(status, dict) else []
            for record in records:
                if record.keys() <= {_STEP, _TIME, RUN}:
                    self.set_aside(_CHECKPOINTS, len(record) - 1, "of one without a reward")
            for series, found in group_records(records, range(1, len(records) + 1)):
                yield f"{name}\n{series}", found


def _records(name: str, status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = status.get(_CHECKPOINTS)
    checkpoints = found if isinstance(found, list) else []
    last: dict[str, Any] = {_STEP: 0}
    for one in [*checkpoints, status.get("final_checkpoint")]:
        if not isinstance(one, dict) or not is_number(one.get(_STEP)):
            continue
        record = {key: one[key] for key in (_STEP, _TIME, "reward") if is_number(one.get(key))}
        if {**record, _TIME: 0} != {**last, _TIME: 0}:
            yield {**record, RUN: name}
        last = record
    single = {key: status[key] for key in _SINGLE if is_number(status.get(key))}
    if single:
        stamps = {key: last[key] for key in (_STEP, _TIME) if key in last}
        yield {**stamps, **single, RUN: name}


def detect(head: Head) -> Evidence:
    """Behaviours with checkpoints that have steps and rewards."""
    if b'"steps"' not in head.data or b'"reward"' not in head.data:
        return Evidence(0.0, "has no steps and rewards")
    value = document(head)
    behaviours = value.values() if isinstance(value, dict) else ()
    lists = [one.get(_CHECKPOINTS) for one in behaviours if isinstance(one, dict)]
    first = [one[0] for one in lists if isinstance(one, list) and one]
    if any(isinstance(one, dict) and {_STEP, "reward"} <= one.keys() for one in first):
        return Evidence(0.97, "behaviours with checkpoints")
    return Evidence(0.0, "has no behaviours with checkpoints")


FORMAT = Format(
    name="mlagents-status",
    about="Unity ML-Agents' training_status.json",
    sample='{"Huggy": {"checkpoints": [{"steps": 199828, "reward": 3.73}]}}',
    detect=detect,
    reader=lambda _: TrainingStatus(),
    rewritten=True,
    joins=True,
    fields=Fields(step=(_STEP,), time=(_TIME,), run=(RUN,)),
)
