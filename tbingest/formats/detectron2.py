"""Detectron2's `metrics.json`: JSON lines, though its name says otherwise.

{"data_time": 0.005, "eta_seconds": 37.1, "iteration": 19, "lr": 0.008, "total_loss": 1.70}
{"data_time": 0.002, "eta_seconds": 32.9, "iteration": 39, "lr": 0.016, "total_loss": 1.14}
{"bbox/AP": 31.2, "bbox/AP50": 55.7, "iteration": 39}

Rows of an evaluation have other keys. Tags are the keys as they are, as in its own TensorBoard
events, whose values are smoothed over the same window.
"""

from __future__ import annotations

from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.tags import as_is

_OWN = ("eta_seconds", "data_time", "total_loss", "rank_data_time")
_ENOUGH = 2


def detect(head: Head) -> Evidence:
    """Objects with `iteration` and times as the hooks of its trainer write them."""
    for found in first_objects(head):
        own = [name for name in _OWN if name in found]
        if "iteration" in found and len(own) >= _ENOUGH:
            return Evidence(0.95, f"JSON lines with iteration, {' and '.join(own)}")
    return Evidence(0.0, "no JSON lines with iteration, eta_seconds and data_time")


FORMAT = Format(
    name="detectron2",
    about="Detectron2's metrics.json, which is JSON lines",
    sample='{"data_time": 0.005, "eta_seconds": 37.1, "iteration": 19, "total_loss": 1.70}',
    detect=detect,
    reader=lambda _: JsonLines(),
    fields=Fields(step=("iteration",), rename=as_is),
)
