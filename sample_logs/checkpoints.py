"""Folders in which one training left several logs that tell the same history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


def hf_checkpoints(root: Path, expected: Expected) -> None:
    """A Trainer's output folder: each checkpoint's state holds the whole history so far."""
    folder = root / "formats" / "hf-checkpoints"
    records = Training(Config(seed=12, steps=90)).records[9::10]
    history = [{"epoch": r.epoch, "loss": r.loss, "step": r.step} for r in records]
    for step in (30, 60, 90):
        state = folder / f"checkpoint-{step}" / "trainer_state.json"
        state.parent.mkdir(parents=True)
        told = [entry for entry in history if entry["step"] <= step]
        state.write_text(json.dumps({"global_step": step, "log_history": told}), encoding="utf-8")
        expected.file(state, 2 * len(told))
    last = {"epoch": records[-1].epoch, "step": 90, "train_loss": records[-1].loss}
    whole = json.dumps({"global_step": 90, "log_history": [*history, last]})
    (folder / "trainer_state.json").write_text(whole, encoding="utf-8")
    expected.file(folder / "trainer_state.json", 2 * len(history) + 2)
    run = "formats/hf-checkpoints"
    for entry in history:
        expected.scalar(run, "train/epoch", entry["step"], entry["epoch"])
        expected.scalar(run, "train/loss", entry["step"], entry["loss"])
    expected.scalar(run, "train/train_loss", 90, records[-1].loss)


MAKERS = ((hf_checkpoints, "formats/hf-checkpoints"),)
