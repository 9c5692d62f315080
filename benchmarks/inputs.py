"""The logs that the benchmarks read, made once and kept in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(os.environ.get("TBINGEST_BENCH", tempfile.gettempdir())) / "tbingest-bench"


def dense_csv(rows: int, columns: int) -> Path:
    """A table of `rows` steps with `columns` float columns, as pandas writes float64."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"dense-{rows}-{columns}.csv"
    if path.exists():
        return path
    rng = np.random.default_rng(0)
    with path.with_suffix(".new").open("w") as stream:
        stream.write("step," + ",".join(f"metric_{n}" for n in range(columns)) + "\n")
        for start in range(0, rows, 50_000):
            count = min(50_000, rows - start)
            values = rng.standard_normal((count, columns)).round(9)
            frame = pd.DataFrame(values, index=range(start, start + count))
            frame.to_csv(stream, header=False)
    path.with_suffix(".new").rename(path)
    return path
