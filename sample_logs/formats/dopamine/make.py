"""Sample logs of dopamine: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def dopamine(root: Path, expected: Expected) -> None:
    """Two seeds of one agent and one of another: seeds repeat the iterations."""
    path = root / "formats" / "dopamine" / "ant.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    curves = []
    for seed, (agent, run) in enumerate(
        (("SAC", "SAC/seed 1"), ("SAC", "SAC/seed 2"), ("PPO", "PPO")), 30
    ):
        for number, record in enumerate(Training(Config(seed=seed, steps=40)).records[3::4]):
            value = 5000 * record.acc
            curves.append({"Iteration": 10 * number, "Value": value, "Agent": agent})
            expected.scalar(f"formats/dopamine/{run}", "Value", 10 * number, value)
    path.write_text(json.dumps(curves, indent=1), encoding="utf-8", newline="\n")
    expected.file(path, len(curves))


MAKERS = (dopamine,)
