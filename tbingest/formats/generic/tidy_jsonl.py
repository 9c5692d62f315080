"""Tidy JSON lines: one value a line, and which metric it is.

{"step": 1, "metric": "loss", "value": 0.5, "timestamp": 1780000000.5}
{"step": 1, "metric": "acc", "value": 0.1, "timestamp": 1780000000.5}
{"run": "b", "step": 1, "key": "loss", "value": 0.7}

Each name is a tag. A field that names a run makes runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.formats.readers.records import beside
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = ("metric", "metric_name", "key", "name", "tag", "variable")
_VALUES = ("value", "metric_value", "val", "score")
_RUNS = ("run", "run_id", "run_name", "experiment", "exp_name", "trial", "seed")
_PLACES = frozenset(
    {"step", "global_step", "epoch", "iteration", "iter", "timestamp", "time", "wall_time"}
)
_SURE = 0.8


@dataclass
class TidyLines(JsonLines):
    """Reads the lines; a value takes the name that stands beside it."""

    def record(self, found: dict[str, Any]) -> dict[str, Any]:
        """The object, with the value under its name."""
        pair = pair_of(found)
        if not pair:
            return found
        name, value = pair
        rest = {key: item for key, item in found.items() if key not in pair}
        return {**rest, beside(found[name], *rest): found[value]}


def pair_of(found: Mapping[str, Any]) -> tuple[str, str] | None:
    """The fields that hold a metric's name and its value; None where there are none."""
    name = next((key for key in _NAMES if isinstance(found.get(key), str)), None)
    value = next((key for key in _VALUES if key in found), None)
    return (name, value) if name and value and found[name].strip() else None


def detect(head: Head) -> Evidence:
    """Nearly all lines hold a name and a number for it, and names repeat or have a step."""
    objects = first_objects(head)
    pairs = [(found, pair) for found in objects if (pair := pair_of(found))]
    numbers = [pair for found, pair in pairs if isinstance(found[pair[1]], int | float)]
    names = {found[pair[0]] for found, pair in pairs}
    placed = len(names) < len(pairs) or any(not _PLACES.isdisjoint(found) for found in objects)
    if objects and placed and len(numbers) >= _SURE * len(objects):
        name, value = numbers[0]
        return Evidence(0.93, f"JSON lines with a name in {name!r} and its number in {value!r}")
    return Evidence(0.0, "no JSON lines with a name and its value")


FORMAT = Format(
    name="tidy-jsonl",
    about="tidy JSON lines: a name and its value on each line",
    sample='{"step": 1, "metric": "loss", "value": 0.5}',
    detect=detect,
    reader=lambda _: TidyLines(),
    fields=Fields(run=_RUNS),
)
