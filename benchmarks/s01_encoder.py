"""S1: 200,000 scalars (10 tags x 20,000 rows) to a file, against `add_scalar` of tensorboardX.

Every repetition is a fresh process, which times its work alone: imports are done before, the
encoder's look-up tables are built within. `add_scalar`'s time ends when the writer is closed and
the file is complete.

    python benchmarks/s01_encoder.py [repetitions]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import machine_line, median_of

ROWS = 20_000
TAGS = tuple(
    f"{split}/{name}"
    for split in ("train", "valid")
    for name in ("loss", "accuracy", "recall", "learning_rate", "grad_norm")
)
POINTS = ROWS * len(TAGS)
GOAL_AT_FIRST, GOAL = 200, 400


def table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps, wall times and values (rows, tags), as a training run would log them."""
    rng = np.random.default_rng(0)
    times = 1.7e9 + np.cumsum(rng.random(ROWS))
    return np.arange(ROWS), times, rng.standard_normal((len(TAGS), ROWS)).T


def time_encoder(folder: Path) -> float:
    """Seconds for encoding and writing the event file."""
    import crc32c  # noqa: F401

    from tbingest.events import encode, file_version
    from tbingest.model.points import Points

    steps, times, values = table()
    points = Points("run", "scalar", TAGS, steps, times, values, np.arange(ROWS))
    begin = time.perf_counter()
    with (folder / "events.out.tfevents.1700000000").open("wb") as file:
        file.write(file_version(float(times[0])))
        file.write(encode([points], [None], lambda *_: b""))
    return time.perf_counter() - begin


def time_add_scalar(folder: Path) -> float:
    """Seconds for one `add_scalar` per point, and for closing the writer."""
    from tensorboardX import SummaryWriter

    steps, times, values = (array.tolist() for array in table())
    begin = time.perf_counter()
    writer = SummaryWriter(str(folder))
    for step, wall, row in zip(steps, times, values, strict=True):
        for tag, value in zip(TAGS, row, strict=True):
            writer.add_scalar(tag, value, step, walltime=wall)
    writer.close()
    return time.perf_counter() - begin


WORK = {"encoder": time_encoder, "add_scalar": time_add_scalar}


def in_child(name: str) -> float:
    """Seconds that a fresh process measured for its work."""
    command = [sys.executable, __file__, "--child", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        with tempfile.TemporaryDirectory() as folder:
            print(WORK[sys.argv[2]](Path(folder)))
        return
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(machine_line())
    seconds = median_of(repetitions, {name: lambda name=name: in_child(name) for name in WORK})
    for name, taken in seconds.items():
        print(f"{name:12} {taken * 1e3:10.1f} ms {POINTS / taken:14,.0f} points/s")
    ratio = seconds["add_scalar"] / seconds["encoder"]
    verdict = (
        "reached" if ratio >= GOAL else "first reached" if ratio >= GOAL_AT_FIRST else "missed"
    )
    print(f"ratio {ratio:.0f}x, goal {GOAL}x ({GOAL_AT_FIRST}x at first): {verdict}")


if __name__ == "__main__":
    main()
