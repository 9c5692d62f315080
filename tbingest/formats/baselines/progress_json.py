"""`progress.json` of Stable-Baselines3 and OpenAI Baselines: one object a line.

{"time/total_timesteps": 2048, "rollout/ep_rew_mean": -20.2, "time/time_elapsed": 0}
{"time/total_timesteps": 4096, "rollout/ep_rew_mean": -18.1, "train/loss": 0.41}

Steps and tags are those of `progress.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.formats.baselines.fields import CLOCKS, FIELDS, numbered, step_of, sureness
from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.formats.readers.running import clocked
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem


@dataclass
class ProgressLines(JsonLines):
    """Reads the lines. `counted` says that no field is the step; `clock` is what `never_falling`
    remembers.
    """

    counted: bool = False
    clock: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The rows of one block, with the seconds since the start."""
        for item in clocked(list(super().lines(block, final=final)), CLOCKS, self.clock):
            yield numbered(item, 0) if self.counted and isinstance(item, Rows) else item


def names_of(head: Head) -> list[str]:
    """The fields of the first objects that hold one value each, as no table in one object does."""
    fields = (one for found in first_objects(head) for one in found.items())
    return list(dict.fromkeys(name for name, one in fields if not isinstance(one, dict | list)))


def detect(head: Head) -> Evidence:
    """Objects with the loggers' fields."""
    return Evidence(*sureness(names_of(head), head.basename))


FORMAT = Format(
    name="baselines-jsonl",
    about="progress.json of Stable-Baselines3 and OpenAI Baselines",
    sample='{"time/total_timesteps": 2048, "rollout/ep_rew_mean": -20.2}',
    detect=detect,
    reader=lambda head: ProgressLines(counted=not step_of(names_of(head))),
    fields=FIELDS,
)
