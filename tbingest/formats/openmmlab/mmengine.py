"""MMEngine's `scalars.json` and `<time>.json`: JSON lines of OpenMMLab's newer libraries.

{"lr": 0.01, "data_time": 0.004, "loss": 0.71, "time": 0.2, "epoch": 1, "iter": 96, "step": 96}
{"accuracy/top1": 81.2, "data_time": 0.001, "time": 0.05, "step": 1}
{"lr": 0.01, "data_time": 0.003, "loss": 0.52, "time": 0.2, "epoch": 2, "iter": 192, "step": 192}

Where it trains by epochs, rows of training have their iteration as step, those of validation their
epoch. Steps are kept, as in its own TensorBoard events; but what both kinds of rows have, `time`,
becomes `val/time` in rows that count otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.tags import as_is

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP = "step"
_TRAINING = frozenset({"lr", "base_lr", "iter", "epoch"})
_TIMES = frozenset({"time", "data_time", STEP})


@dataclass
class MmengineLog(JsonLines):
    """Reads the lines; `last` is the last step of training, `shared` the names of its fields."""

    last: int = -1
    shared: list[str] = field(default_factory=list)

    def record(self, found: dict[str, Any]) -> dict[str, Any]:
        """The object; what counts in epochs has tags of its own."""
        step = found.get(STEP)
        if not isinstance(step, int):
            return found
        if is_training(found):
            self.last = step
            self.shared += sorted(found.keys() - {STEP, *self.shared})
            return found
        if step >= self.last:
            return found
        return {f"val/{name}" if name in self.shared else name: found[name] for name in found}


def is_training(found: Mapping[str, Any]) -> bool:
    """True for a row of training: validation has neither a learning rate nor counters."""
    return not _TRAINING.isdisjoint(found)


def detect(head: Head) -> Evidence:
    """JSON lines with `step`, `time` and `data_time` in nearly all of them."""
    objects = first_objects(head)
    own = [found for found in objects if found.keys() >= _TIMES]
    if own and 2 * len(own) > len(objects):
        return Evidence(0.93, "JSON lines with step, time and data_time")
    return Evidence(0.0, "no JSON lines with step, time and data_time")


FORMAT = Format(
    name="mmengine",
    about="MMEngine's vis_data/scalars.json (MMDetection 3, MMSegmentation 1, ...)",
    sample='{"lr": 0.01, "data_time": 0.004, "loss": 0.71, "time": 0.2, "iter": 96, "step": 96}',
    detect=detect,
    reader=lambda _: MmengineLog(),
    fields=Fields(step=(STEP,), rename=as_is),
)
