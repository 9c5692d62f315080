"""`stats.jsonl` of StyleGAN2, StyleGAN3 and EDM: the number, mean and deviation of each statistic.

{"Loss/G/loss": {"num": 16, "mean": 0.84, "std": 0.68}, "Progress/kimg": {"num": 1, "mean": 4.0,
"std": 0.0}, "timestamp": 1795408189.6}

The step is `Progress/kimg`, rounded down, and the tag shows the mean, as in the native TensorBoard
log; deviations and numbers of samples have groups of their own, `std/<tag>` and `num/<tag>`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tbingest.formats.readers.head import first_object
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.tags import as_is
from tbingest.names.words import plural

STEP, KIMG, TIME = "kimg", "Progress/kimg", "timestamp"


@dataclass
class Stats(JsonLines):
    """Reads statistics."""

    def record(self, found: dict[str, Any]) -> dict[str, Any]:
        """One line with the mean of each statistic, and its deviation beside it."""
        values: dict[str, Any] = {}
        beside: dict[str, Any] = {}
        for name, item in found.items():
            if _is_statistic(item):
                values[name] = item["mean"]
                beside |= {f"{part}/{name}": item.get(part) for part in ("std", "num")}
            else:
                values[name] = item
        kimg = values.get(KIMG)
        if isinstance(kimg, int | float) and math.isfinite(kimg):
            beside[STEP] = math.floor(kimg)
        return {**values, **beside}


def _is_statistic(item: Any) -> bool:
    return isinstance(item, dict) and {"num", "mean", "std"} >= set(item) >= {"mean"}


def detect(head: Head) -> Evidence:
    """Objects whose values are means and deviations."""
    first = first_object(head)
    statistics = sum(map(_is_statistic, first.values()))
    if statistics and (KIMG in first or statistics >= len(first) - 1):
        return Evidence(0.95, f"{plural(statistics, 'statistic')} with num, mean and std")
    return Evidence(0.0, "no statistics with num, mean and std")


FORMAT = Format(
    name="stylegan-stats",
    about="stats.jsonl of StyleGAN2, StyleGAN3 and EDM",
    sample='{"Progress/kimg": {"num": 1, "mean": 4.0, "std": 0.0}, "timestamp": 1795408189.6}',
    detect=detect,
    reader=lambda _: Stats(),
    joins=True,
    fields=Fields(step=(STEP,), time=(TIME,), rename=as_is),
)
