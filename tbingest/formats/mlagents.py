"""Unity ML-Agents: `training_status.json` with rewards at checkpoints, `timers.json` with gauges.

{"Huggy": {"checkpoints": [{"steps": 199828, "reward": 3.7, "creation_time": 1711207725.3}]}}
{"name": "root", "gauges": {"Huggy.Policy.Entropy.mean": {"value": 1.4, "min": 1.3, "count": 40}}}

A behaviour is a run. The reward is ML-Agents' own `Environment/Cumulative Reward`; the last
checkpoint stands there twice. Of a gauge the value is shown, at the behaviour's own step if it has
one; how long things took is no metric. The curves themselves are in ML-Agents' event files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.base import DocumentReader, group_records, is_number
from tbingest.formats.jsondoc import load_document
from tbingest.formats.looking import document
from tbingest.model import Evidence, Fields, Format, Head, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model import Rows

_REWARD = "Environment/Cumulative Reward"


@dataclass
class MlAgents(DocumentReader):
    """Reads checkpoints by behaviour, or gauges."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """A record for each checkpoint, or one for each behaviour."""
        value, problem = load_document(data)
        if problem:
            yield "", problem
        if isinstance(value, dict):
            records = list(_gauges(value) if "gauges" in value else _checkpoints(value))
            yield from group_records(records, range(1, len(records) + 1))


def _checkpoints(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for behaviour, status in value.items():
        listed = status.get("checkpoints") if isinstance(status, dict) else None
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict) and is_number(entry.get("reward")):
                record = {"run": behaviour, "step": entry.get("steps"), _REWARD: entry["reward"]}
                yield record | {"time": entry.get("creation_time")}


def _gauges(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, gauge in value["gauges"].items() if isinstance(value["gauges"], dict) else ():
        behaviour, _, stat = str(name).partition(".")
        number = gauge.get("value") if isinstance(gauge, dict) else None
        if is_number(number):
            found.setdefault(behaviour, {})[stat.replace(".", "/")] = number
    for behaviour, stats in found.items():
        yield {"run": behaviour, "step": int(stats.get("Step/mean", 0)), **stats}


def detect(head: Head) -> Evidence:
    """Behaviours with checkpoints, or gauges of a root timer."""
    value = document(head)
    if not isinstance(value, dict):
        return Evidence(0.0, "no JSON object")
    if value.get("name") == "root" and isinstance(value.get("gauges"), dict):
        return Evidence(0.95, f"a root timer with {len(value['gauges'])} gauges")
    listed = [one.get("checkpoints") for one in value.values() if isinstance(one, dict)]
    entries = [entry for part in listed if isinstance(part, list) for entry in part]
    if any(isinstance(entry, dict) and {"steps", "reward"} <= entry.keys() for entry in entries):
        return Evidence(0.95, f"{len(entries)} checkpoints with steps and rewards")
    return Evidence(0.0, "neither checkpoints nor gauges")


FORMAT = Format(
    name="mlagents",
    about="Unity ML-Agents' training_status.json and timers.json",
    sample='{"Huggy": {"checkpoints": [{"steps": 199828, "reward": 3.7}]}}',
    detect=detect,
    reader=lambda _: MlAgents(),
    rewritten=True,
    fields=Fields(step=("step",), time=("time",), run=("run",), rename=lambda name: ("", name)),
)
