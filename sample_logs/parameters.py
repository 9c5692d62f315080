"""Dumps of weights beside the loss that they were trained to: safetensors, JSON, bare numbers."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import numpy as np
from training import Config, Training

if TYPE_CHECKING:
    from pathlib import Path

    from expectation import Expected

_DTYPES = {"float16": "F16", "float32": "F32", "float64": "F64"}
_STEPS = (100, 200)


def safetensors(root: Path, expected: Expected) -> None:
    """Two checkpoints, one tensor of them as bfloat16; the step stands in the folder's name."""
    run = "formats/safetensors"
    for step, arrays in _dumps().items():
        path = root / run / f"checkpoint-{step}" / "model.safetensors"
        path.parent.mkdir(parents=True)
        entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
        data = b""
        for place, (name, array) in enumerate(arrays.items()):
            found = array.astype(np.float32)
            dtype = _DTYPES[found.dtype.name]
            if place == 0:
                codes = (found.view(np.uint32) >> 16).astype(np.uint16)
                found = (codes.astype(np.uint32) << 16).view(np.float32)
                dtype, raw = "BF16", codes.tobytes()
            else:
                raw = found.tobytes()
            offsets = [len(data), len(data) + len(raw)]
            entries[name] = {"dtype": dtype, "shape": found.shape, "data_offsets": offsets}
            data += raw
            _histogram(run, name, step, found, expected)
        header = json.dumps(entries).encode()
        header += b" " * (-len(header) % 8)
        path.write_bytes(struct.pack("<Q", len(header)) + header + data)
        expected.file(path, len(arrays))


def json_weights(root: Path, expected: Expected) -> None:
    """The same as nested lists."""
    run = "formats/json-weights"
    (root / run).mkdir(parents=True)
    for step, arrays in _dumps().items():
        path = root / run / f"params_step_{step:06d}.json"
        lists = {name: array.round(6).tolist() for name, array in arrays.items()}
        path.write_text(json.dumps(lists) + "\n", encoding="utf-8", newline="\n")
        for name, array in arrays.items():
            _histogram(run, name, step, array.round(6), expected)
        expected.file(path, len(arrays))


def matrix(root: Path, expected: Expected) -> None:
    """One of them as `numpy.savetxt` writes it."""
    run = "formats/matrix"
    (root / run).mkdir(parents=True)
    for step, arrays in _dumps().items():
        path = root / run / f"params_step_{step:06d}.txt"
        array = next(iter(arrays.values()))
        lines = [",".join(f"{number:.18e}" for number in row) for row in array.tolist()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        _histogram(run, "params", step, array, expected)
        expected.file(path, 1)


def _dumps() -> dict[int, dict[str, np.ndarray]]:
    dumps = Training(Config(seed=13, steps=200)).dumps
    return {step: dumps[step] for step in _STEPS}


def _histogram(run: str, name: str, step: int, array: np.ndarray, expected: Expected) -> None:
    value = {"count": int(array.size), "min": float(array.min()), "max": float(array.max())}
    expected.point(run, f"weights/{name.replace('.', '/')}", "histogram", step, value)


MAKERS = (
    (safetensors, "formats/safetensors"),
    (json_weights, "formats/json-weights"),
    (matrix, "formats/matrix"),
)
