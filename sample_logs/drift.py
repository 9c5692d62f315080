"""A training of which ten checkpoints are left: how the distributions of the weights drift."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dumps import note_dump, write_safetensors
from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

_EVERY = 60


def drift(root: Path, expected: Expected) -> None:
    """`metrics.jsonl` and ten checkpoints, each with the step in its metadata."""
    run = "drift"
    (root / run / "checkpoints").mkdir(parents=True)
    training = Training(Config(seed=21, hidden=48, lr=0.03, steps=9 * _EVERY), dump_every=_EVERY)
    lines = []
    for record in training.records[9::10]:
        lines.append(json.dumps({"step": record.step, "loss": record.loss, "lr": record.lr}))
        expected.scalar(run, "loss", record.step, record.loss)
        expected.scalar(run, "lr", record.step, record.lr)
    path = root / run / "metrics.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    expected.file(path, 2 * len(lines))
    before = None
    for number, (step, arrays) in enumerate(training.dumps.items()):
        path = root / run / "checkpoints" / f"{number:02d}.safetensors"
        write_safetensors(path, arrays, {"global_step": str(step)})
        named = {name.replace(".", "/"): array for name, array in arrays.items()}
        note_dump(expected, path, run, step, named, before)
        before = named


MAKERS = ((drift, "drift"),)
