"""Sample logs of spinup: the curves are those of a small network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def spinning_up(root: Path, expected: Expected) -> None:
    """`progress.txt` of one seed, and the config that was saved beside it."""
    folder = root / "formats" / "spinup" / "ppo_s0"
    folder.mkdir(parents=True, exist_ok=True)
    names = ("Epoch", "AverageEpRet", "StdEpRet", "EpLen", "TotalEnvInteracts", "LossPi", "Time")
    lines = ["\t".join(names)]
    for epoch, record in enumerate(Training(Config(seed=24, steps=30)).records[2::3]):
        steps = 1000 * (epoch + 1)
        cells = (epoch, 250 * record.acc, record.grad_norm, 100.5, steps, record.loss)
        row = dict(zip(names, (*cells, 2.5 * (epoch + 1)), strict=True))
        lines.append("\t".join(map(str, row.values())))
        for name, value in row.items():
            if name != "TotalEnvInteracts":
                expected.scalar("formats/spinup/ppo_s0", name, steps, value)
    path = folder / "progress.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 6 * (len(lines) - 1))
    config = {"exp_name": "ppo", "ac_kwargs": {"hidden_sizes": [64, 64]}, "seed": 0}
    (folder / "config.json").write_text(json.dumps(config, indent=4), encoding="utf-8")
    flat = {"exp_name": "ppo", "ac_kwargs/hidden_sizes": "[64, 64]", "seed": 0.0}
    run = "formats/spinup/ppo_s0"
    expected.point(run, "_hparams_/session_start_info", "hparams", 0, flat)


MAKERS = (spinning_up,)
