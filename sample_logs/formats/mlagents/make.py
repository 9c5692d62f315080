"""Sample logs of mlagents: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def mlagents(root: Path, expected: Expected) -> None:
    """A behaviour with three checkpoints, one without a reward, and its statistics."""
    folder = root / "formats" / "mlagents" / "run_logs"
    folder.mkdir(parents=True, exist_ok=True)
    run = "formats/mlagents/run_logs/Huggy"
    records = Training(Config(seed=45, steps=30)).records[9::10]
    checkpoints = [
        {"steps": 1000 * r.step, "reward": r.acc if r.step != 20 else None, "creation_time": r.time}
        for r in records
    ]
    status = {"checkpoints": checkpoints, "final_checkpoint": checkpoints[-1]}
    document = {"Huggy": status, "metadata": {"stats_format_version": "0.3.0"}}
    (folder / "training_status.json").write_text(json.dumps(document), encoding="utf-8")
    expected.file(folder / "training_status.json", 2)
    for record in (records[0], records[2]):
        expected.scalar(run, "reward", 1000 * record.step, record.acc)
    names = ("Step.mean", "Policy.Entropy.mean")
    values = dict(zip(names, (29500.0, records[-1].loss), strict=True))
    gauges = {f"Huggy.{name}": {"value": value, "count": 3} for name, value in values.items()}
    timers = {"name": "root", "gauges": gauges, "total": 7.5, "children": {}}
    (folder / "timers.json").write_text(json.dumps(timers, indent=4), encoding="utf-8")
    expected.file(folder / "timers.json", 2)
    for name, value in values.items():
        expected.scalar(run, name.replace(".", "/"), 29500, value)


MAKERS = (mlagents,)
