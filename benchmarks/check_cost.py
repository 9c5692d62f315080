"""What a check costs beside `convert --no-plots`: 1,000 runs x 1,000 rows, and 1M rows x 10."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def table(path: Path, rows: int, width: int) -> None:
    values = np.random.default_rng(0).random((rows, width))
    names = ",".join(f"train/m{n}" for n in range(width))
    steps = np.arange(rows)[:, None]
    np.savetxt(path, np.hstack([steps, values]), "%.6g", ",", header=f"step,{names}", comments="")


def seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tbingest", *arguments], check=True, capture_output=True)
    return time.perf_counter() - began


def main(scale: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        many, wide = Path(folder, "many"), Path(folder, "wide")
        wide.mkdir()
        table(wide / "wide.csv", int(1_000_000 * scale), 10)
        for n in range(int(1000 * scale)):
            (many / f"run{n:04}").mkdir(parents=True)
            table(many / f"run{n:04}" / "log.csv", 1000, 2)
        for logs in (many, wide):
            convert = seconds("convert", str(logs), "--no-plots", "--logdir", f"{logs}-runs")
            check = seconds("check", str(logs), "--max", "train/m0=2", "--min-steps", "1000")
            print(
                f"{logs.name}: convert {convert:.1f} s, check {check:.1f} s: {check / convert:.2f}"
            )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
