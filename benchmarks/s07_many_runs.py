"""S7: many runs: 200 logs of 1,000 rows x 10, converted, and converted again with nothing changed.

CPU and wall of each run beyond start-up, which is that of one such log. Goals: 8 ms of CPU and 5 ms
of wall a run with two processes, 1 ms of CPU where nothing has changed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

import numpy as np
from common import machine_line
from inputs import FOLDER
from processes import Cost, run

if TYPE_CHECKING:
    from pathlib import Path

RUNS, ROWS, COLUMNS = 200, 1_000, 10


def logs(runs: int) -> Path:
    """A folder for each run, with its log."""
    folder = FOLDER / f"many-{runs}"
    if not folder.exists():
        rng = np.random.default_rng(0)
        for number in range(runs):
            path = folder / f"run{number:04}" / "log.csv"
            path.parent.mkdir(parents=True)
            values = rng.standard_normal((ROWS, COLUMNS)).round(9)
            table = np.hstack([np.arange(ROWS)[:, None], values])
            header = "step," + ",".join(f"metric_{place}" for place in range(COLUMNS))
            np.savetxt(path, table, "%.10g", ",", header=header, comments="")
    return folder


def twice(source: Path, jobs: int) -> tuple[Cost, Cost]:
    """(the first conversion, another with nothing changed)."""
    folder = tempfile.mkdtemp(prefix="tbingest-bench-")
    command = [sys.executable, "-m", "tbingest", "convert", str(source), "--no-plots", "-q"]
    command += ["-j", str(jobs), "--logdir", f"{folder}/runs"]
    try:
        return run(command), run(command)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    print(machine_line())
    one = twice(logs(1), 1)
    for jobs in (1, 2):
        found = twice(logs(RUNS), jobs)
        for what, cost, begun in zip(("first", "again"), found, one, strict=True):
            cpu, wall = cost.cpu - begun.cpu, cost.wall - begun.wall
            print(
                f"S7 -j {jobs} {what}: {1e3 * cpu / RUNS:.1f} ms of CPU, "
                f"{1e3 * wall / RUNS:.1f} ms of wall a run, {cost.peak:.0f} MB "
                f"(goals {'8 and 5' if what == 'first' else '1'} ms)"
            )


if __name__ == "__main__":
    main()
