"""S8: converting 1,000 runs again when nothing has changed, against the first conversion.

Goal: at most 0.15x its time, and nothing written.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import machine_line
from processes import run

RUNS = 1_000


def digest(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file but the lock."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def main() -> None:
    print(machine_line())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(RUNS):
            log = folder / "logs" / f"run{number:04d}" / "metrics.csv"
            log.parent.mkdir(parents=True)
            rows = "".join(f"{step},{1 / (step + 1):.6f},{step * 0.1:.3f}\n" for step in range(100))
            log.write_text(f"step,loss,accuracy\n{rows}")
        command = [sys.executable, "-m", "tbingest", "convert", str(folder / "logs"), "-q"]
        command += ["--logdir", str(folder / "runs"), "--no-plots"]
        first = run(command)
        before = digest(folder / "runs")
        again = [run(command) for _ in range(3)]
        same = digest(folder / "runs") == before
        wall = sorted(cost.wall for cost in again)[1]
        print(
            f"S8 {RUNS:,} runs: first {first.wall:.2f} s, again {wall:.2f} s: "
            f"{wall / first.wall:.2f}x (goal 0.15x), files {'untouched' if same else 'CHANGED'}"
        )


if __name__ == "__main__":
    main()
