"""Ray Tune's and RLlib's `result.json`: one nested object for each result of a trial.

{"loss": 1.0, "nested": {"a": 0}, "training_iteration": 1, "time_total_s": 0.2, "config": {"lr": 1}}
{"loss": 0.9, "nested": {"a": 1}, "training_iteration": 2, "time_total_s": 0.4, "config": {"lr": 1}}

Book-keeping is left out as the native TensorBoard logger does; the config becomes hyperparameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.ray.fields import FIELDS, has_config, left_out, results, sureness
from tbingest.formats.readers.head import first_object
from tbingest.formats.readers.json_lines import JsonLines
from tbingest.model.contracts import Evidence, Format, Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.model.rows import Problem, Rows

_OF_RLLIB = frozenset({"custom_metrics", "env_runners", "episode_reward_mean", "hist_stats"})


@dataclass
class Results(JsonLines):
    """Reads results. `configured` says that the config was given."""

    configured: bool = False

    def records(
        self, objects: Sequence[dict[str, Any]], places: Sequence[int]
    ) -> Iterator[Rows | Problem]:
        """The values of the results."""
        for name, count in left_out(objects):
            self.set_aside(name, count, "Ray's own")
        yield from results(objects, places, configured=self.configured)
        self.configured = self.configured or has_config(objects)


def detect(head: Head) -> Evidence:
    """Objects with the entries of a result; the first may be longer than what is looked at."""
    names = set(first_object(head))
    sure, reason = sureness(names)
    if not sure and head.basename.startswith("result.json") and _OF_RLLIB & names:
        return Evidence(0.92, f"called result.json, with {min(_OF_RLLIB & names)}")
    return Evidence(sure, reason)


FORMAT = Format(
    name="ray-jsonl",
    about="result.json of Ray Tune and RLlib",
    sample='{"loss": 1.0, "nested": {"a": 0}, "training_iteration": 1, "time_total_s": 0.2}',
    detect=detect,
    reader=lambda _: Results(),
    fields=FIELDS,
)
