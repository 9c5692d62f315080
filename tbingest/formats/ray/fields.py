"""What Ray Tune's and RLlib's two logs share: which entries of a result are shown, and how.

As Ray's own TensorBoard logger does it: `ray/tune/` before every tag, nested names joined with `/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.records import flatten, group_records, is_number, plain
from tbingest.model.contracts import Fields
from tbingest.model.points import HParams
from tbingest.model.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tbingest.model.rows import Problem

STEP, TIME, CONFIG = "step of the result", "timestamp", "config"
_BOOKS = frozenset(
    (
        *("pid", "date", "datetime", "hostname", "node_ip", "checkpoint_dir_name", "config"),
        *("trial_id", "experiment_id", "experiment_tag"),
        *("time_total_s", "training_iteration", "timesteps_total"),
    )
)
_MAX_KEYS = 5_000


def results(
    records: Sequence[Mapping[str, Any]], places: Sequence[int], *, configured: bool
) -> Iterator[Rows | Problem]:
    """The values of the results; their first config as hyperparameters, unless it was given."""
    if records and not configured:
        yield from _hyperparameters(records, places)
    for _, found in group_records([_shown(record) for record in records], places):
        yield found


def left_out(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """How many numbers of each name are Ray's own, and no step."""
    for record in records:
        total = record.get("timesteps_total")
        step = "timesteps_total" if is_number(total) and total else "training_iteration"
        for name in _BOOKS - {CONFIG, step}:
            if is_number(record.get(name)):
                yield name, 1


def has_config(records: Iterable[Mapping[str, Any]]) -> bool:
    """True where a result tells its config."""
    return any(isinstance(record.get(CONFIG), dict) for record in records)


def _hyperparameters(records: Sequence[Mapping[str, Any]], places: Sequence[int]) -> Iterator[Rows]:
    for record, place in zip(records, places, strict=True):
        config = record.get(CONFIG)
        if isinstance(config, dict):
            flat = {name: plain(value) for name, value in list(flatten(config))[:_MAX_KEYS]}
            if flat:
                yield Rows({"": [HParams(flat)]}, np.asarray([place], np.int64))
            return


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    total, number = record.get("timesteps_total"), record.get("training_iteration")
    shown = {name: value for name, value in record.items() if name not in _BOOKS}
    step = total if is_number(total) and total else number
    if is_number(step):
        shown[STEP] = step
    return shown


def sureness(names: Iterable[str]) -> tuple[float, str]:
    """How sure it is that these are the entries of a result, and why."""
    there = set(names)
    beside = there & {"time_total_s", "iterations_since_restore", "time_this_iter_s", "trial_id"}
    if "training_iteration" in there and beside:
        return 0.96, f"has training_iteration and {min(beside)}"
    return 0.0, "no results of Ray Tune"


def tag(name: str) -> tuple[str, str] | None:
    """As Ray's TensorBoard logger names it."""
    return "", f"ray/tune/{name}"


FIELDS = Fields(step=(STEP,), time=(TIME,), rename=tag)
