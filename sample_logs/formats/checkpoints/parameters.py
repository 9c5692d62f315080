"""Dumps of weights beside the loss that they were trained to: safetensors, JSON, bare numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from dumps import note_dump, write_safetensors
from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected


_STEPS = (100, 200)


def safetensors(root: Path, expected: Expected) -> None:
    """Two checkpoints, one tensor of them as bfloat16; the step stands in the folder's name."""
    run = "formats/checkpoints/safetensors"
    before = None
    for step, arrays in _dumps().items():
        path = root / run / f"checkpoint-{step}" / "model.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        held = {name: array.astype(np.float32) for name, array in arrays.items()}
        first = next(iter(held))
        codes = (held[first].view(np.uint32) >> 16).astype(np.uint16)
        write_safetensors(path, {**held, first: codes}, {"format": "pt"})
        held[first] = (codes.astype(np.uint32) << 16).view(np.float32)
        held = {name.replace(".", "/"): array for name, array in held.items()}
        note_dump(expected, path, run, step, held, before)
        before = held


def json_weights(root: Path, expected: Expected) -> None:
    """The same as nested lists."""
    run = "formats/checkpoints/json-weights"
    (root / run).mkdir(parents=True, exist_ok=True)
    before = None
    for step, arrays in _dumps().items():
        path = root / run / f"params_step_{step:06d}.json"
        lists = {name: array.round(6).tolist() for name, array in arrays.items()}
        path.write_text(json.dumps(lists) + "\n", encoding="utf-8", newline="\n")
        held = {name.replace(".", "/"): array.round(6) for name, array in arrays.items()}
        note_dump(expected, path, run, step, held, before)
        before = held


def matrix(root: Path, expected: Expected) -> None:
    """One of them as `numpy.savetxt` writes it."""
    run = "formats/checkpoints/matrix"
    (root / run).mkdir(parents=True, exist_ok=True)
    before = None
    for step, arrays in _dumps().items():
        path = root / run / f"params_step_{step:06d}.txt"
        array = next(iter(arrays.values()))
        lines = [",".join(f"{number:.18e}" for number in row) for row in array.tolist()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        note_dump(expected, path, run, step, {"params": array}, before)
        before = {"params": array}


def _dumps() -> dict[int, dict[str, np.ndarray]]:
    dumps = Training(Config(seed=13, steps=200)).dumps
    return {step: dumps[step] for step in _STEPS}
