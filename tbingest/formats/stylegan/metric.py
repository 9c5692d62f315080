"""`metric-fid50k_full.jsonl` of StyleGAN2 and StyleGAN3: what a snapshot scored.

{"results": {"fid50k_full": 258.0}, "metric": "fid50k_full", "total_time": 502.2,
"snapshot_pkl": "network-snapshot-000016.pkl", "timestamp": 1795408189.6}

The step is that of the snapshot, in thousands of images; tags are those of the native log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tbingest.formats.readers.head import first_object
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.model.contracts import Evidence, Fields, Format, Head

STEP, TIME = "kimg of the snapshot", "timestamp"
_KIMG = re.compile(r"snapshot-(\d{1,15})")
_TOLD = frozenset({"metric", "snapshot_pkl", "total_time_str"})


@dataclass
class Metrics(JsonLines):
    """Reads scores."""

    def record(self, found: dict[str, Any]) -> dict[str, Any]:
        """One line with its step; what is no score stands under the name of the metric."""
        metric = str(found.get("metric", "metric"))
        values: dict[str, Any] = {}
        for name, item in found.items():
            if name not in _TOLD:
                values[name if name in {"results", TIME} else f"{metric}/{name}"] = item
        kimg = _KIMG.search(str(found.get("snapshot_pkl", "")))
        return {**values, STEP: int(kimg[1])} if kimg else values


def tag(name: str) -> tuple[str, str] | None:
    """As the native TensorBoard log names it."""
    score = name.removeprefix("results/")
    return "", f"Metrics/{score}" if score != name else name


def detect(head: Head) -> Evidence:
    """Objects with results and the snapshot that they are of."""
    first = first_object(head)
    if isinstance(first.get("results"), dict) and {"metric", "snapshot_pkl"} & set(first):
        return Evidence(0.95, "results of a metric, and the snapshot that was scored")
    return Evidence(0.0, "no results of a metric")


FORMAT = Format(
    name="stylegan-metric",
    about="metric-*.jsonl of StyleGAN2 and StyleGAN3",
    sample='{"results": {"fid50k_full": 258.0}, "snapshot_pkl": "network-snapshot-000016.pkl"}',
    detect=detect,
    reader=lambda _: Metrics(),
    joins=True,
    fields=Fields(step=(STEP,), time=(TIME,), rename=tag),
)
