"""What is to be seen of a parameter dump: of every tensor a histogram and its scalars."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from expectation import Expected


_DTYPES = {"float16": "F16", "float32": "F32", "float64": "F64", "uint16": "BF16"}


def note_histogram(expected: Expected, run: str, tag: str, step: int, array: np.ndarray) -> None:
    """A histogram: how many numbers, and their range."""
    low, high = float(array.min()), float(array.max())
    value = {"count": int(array.size), "min": low, "max": high}
    expected.point(run, tag, "histogram", step, value)


def note_dump(
    expected: Expected,
    path: Path,
    run: str,
    step: int,
    arrays: Mapping[str, np.ndarray],
    before: Mapping[str, np.ndarray] | None = None,
    more: int = 0,
) -> None:
    """All that a dump at `path` shows: `arrays` by the tensors' paths below `weights`, or whole
    ones below `optimizer`.

    `before` is the dump before it, for the relative change; `more` counts values of other kinds.
    """
    values = 1 + more  # the summary
    for name, array in arrays.items():
        group, _, below = (
            name.partition("/") if name.startswith("optimizer/") else ("weights", "", name)
        )
        note_histogram(expected, run, f"{group}/{below}", step, array)
        found = _scalars(array, before[name] if before and name in before else None)
        for scalar, value in found.items():
            expected.scalar(run, f"{group}_{scalar}/{below}", step, value)
        values += 1 + len(found)
    expected.file(path, values)


def write_safetensors(
    path: Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """As the library does; an array of uint16 holds the codes of bfloat16."""
    entries: dict[str, object] = {"__metadata__": dict(metadata)}
    data = b""
    for name, array in arrays.items():
        raw = array.tobytes()
        offsets = [len(data), len(data) + len(raw)]
        dtype = _DTYPES[array.dtype.name]
        entries[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": offsets}
        data += raw
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def _scalars(array: np.ndarray, before: np.ndarray | None) -> dict[str, float]:
    numbers = array.astype(np.float64)
    found = {
        "norm": math.sqrt(math.fsum((numbers * numbers).ravel())),
    }
    last = numbers if before is None else before.astype(np.float64)
    if (numbers == 0).any() or (last == 0).any():
        found["zeros"] = float((numbers == 0).mean())
    if not np.isfinite(numbers).all() or not np.isfinite(last).all():
        found["nonfinite"] = float((~np.isfinite(numbers)).sum())
    if before is not None:
        earlier = before.astype(np.float64)
        size = np.sqrt((earlier * earlier).sum())
        if size > 0:
            found["update"] = float(np.sqrt(((numbers - earlier) ** 2).sum()) / size)
    return found
