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


def cost(*arguments: str) -> tuple[float, float]:
    """(seconds, MiB at the peak) of a command."""
    code = (
        "import sys; from tbingest.cli import run; code = run(sys.argv[1:]);"
        "peak = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0];"
        "print(peak); sys.exit(code)"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - began, int(done.stdout.split()[-1]) / 1024


def files(folder: str) -> int:
    return sum(1 for path in Path(folder).rglob("*") if path.is_file())


def main(scale: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        many, wide = Path(folder, "many"), Path(folder, "wide")
        wide.mkdir()
        table(wide / "wide.csv", int(1_000_000 * scale), 10)
        for n in range(int(1000 * scale)):
            (many / f"run{n:04}").mkdir(parents=True)
            table(many / f"run{n:04}" / "log.csv", 1000, 2)
        for logs in (many, wide):
            convert, peak = cost("convert", str(logs), "--no-plots", "--logdir", f"{logs}-runs")
            before = files(folder)
            check, used = cost("check", str(logs), "--max", "train/m0=2", "--min-steps", "1000")
            if files(folder) != before:
                raise AssertionError("check made a file")
            print(
                f"{logs.name}: convert {convert:.1f} s, {peak:.0f} MiB; "
                f"check {check:.1f} s, {used:.0f} MiB: {check / convert:.2f}"
            )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
