"""A logdir of every kind of value, and what TensorBoard's own reader gives of one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter

if TYPE_CHECKING:
    from pathlib import Path


def logdir(folder: Path) -> Path:
    """A run of every kind of value, as tensorboardX writes them."""
    writer = SummaryWriter(str(folder / "run"), write_to_disk=True)
    rng = np.random.default_rng(3)
    for step in range(-2, 40):
        writer.add_scalar("train/loss", 1 / (step + 3), step, walltime=1.5e9 + step / 7)
        writer.add_scalars("both", {"a": float(step), "b": -1.0}, step)
        writer.add_text("note", "the same text", step)
    writer.add_scalar("odd", float("nan"), 1)
    writer.add_histogram("weights", rng.standard_normal(500), 1)
    writer.add_histogram("weights", np.zeros(3), 2)
    writer.add_image("picture", rng.random((3, 4, 5)), 1)
    writer.add_pr_curve("curve", rng.integers(0, 2, 50), rng.random(50), 1)
    writer.add_audio("tone", rng.random(100), 1, sample_rate=8000)
    writer.add_hparams({"lr": 0.1, "name": "adam", "fast": True}, {"best": 0.5}, name="hp")
    writer.close()
    return folder


def shown(folder: Path) -> dict[str, dict[tuple[str, int], Any]]:
    """By run, the values of each (tag, step) as TensorBoard's reader gives them."""
    runs: dict[str, dict[tuple[str, int], Any]] = defaultdict(dict)
    for file in sorted(folder.rglob("*tfevents*")):
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                array = tensor_util.make_ndarray(value.tensor) if value.HasField("tensor") else None
                if value.tag.startswith("_hparams_"):
                    array = value.metadata.plugin_data.content
                runs[file.parent.relative_to(folder).as_posix()][value.tag, event.step] = array
    return runs
