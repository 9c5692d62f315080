"""S15: from the line in the log to the point in TensorBoard's API.

Goal: p95 within 0.5 s of the reload interval (1 s) plus the follow interval (1 s).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from common import machine_line

from tbingest.serve import ServeOptions, Server

POINTS = 60


def main() -> None:
    print(machine_line())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "logs" / "exp" / "train.jsonl"
        log.parent.mkdir(parents=True)
        log.write_text('{"step": 0, "loss": 1}\n{"step": 1, "loss": 1}\n')
        command = [sys.executable, "-m", "tbingest", "convert", "logs", "-f", "--no-plots", "-q"]
        with subprocess.Popen(command, cwd=folder) as process:
            while not list(folder.glob("runs/exp/*tfevents*")):
                time.sleep(0.1)
            with Server(folder / "runs", ServeOptions(reload_seconds=1)) as server:
                taken = [latency(server.url, log, step) for step in range(2, POINTS + 2)]
            process.terminate()
    taken.sort()
    print(
        f"S15 {POINTS} lines: median {statistics.median(taken):.2f} s, "
        f"p95 {taken[int(0.95 * len(taken))]:.2f} s, worst {taken[-1]:.2f} s (goal: p95 2.5 s)"
    )


def latency(url: str, log: Path, step: int) -> float:
    """Seconds until a new line's point is there."""
    time.sleep(0.37 * (step % 5))  # at any place of the intervals
    with log.open("a") as stream:
        stream.write(json.dumps({"step": step, "loss": 1 / step}) + "\n")
    began = time.monotonic()
    while time.monotonic() - began < 30:
        try:
            with urlopen(f"{url}data/plugin/scalars/scalars?run=exp&tag=loss", timeout=10) as got:
                if any(point[1] == step for point in json.load(got)):
                    return time.monotonic() - began
        except OSError:
            pass  # the run is not loaded yet
        time.sleep(0.05)
    raise SystemExit(f"step {step} was not seen within 30 s")


if __name__ == "__main__":
    main()
