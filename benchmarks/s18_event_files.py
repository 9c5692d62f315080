"""S18: the scalars of an event file into numbers, against the other tools that read event files.

All are whole processes that read the same file and count its values; the time that their imports
take is taken off. EventAccumulator is TensorBoard's own, and what tensorboard-reducer reads with;
tbparse is measured where it is installed. With --pictures: a file of that many megabytes, most of
them pictures, thinned to its scalars.

python benchmarks/s18_event_files.py [--full] [--pictures MB]
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from typing import TYPE_CHECKING

import numpy as np
from common import machine_line, median_of
from inputs import FOLDER
from processes import python, run
from tensorboardX import SummaryWriter

if TYPE_CHECKING:
    from pathlib import Path

GOAL = 20.0
TAGS = 10
IMPORTS = """
import pandas, tbingest, tbingest.reading.points
tbingest.formats.registry.formats()
"""
OURS = """
print(sum(one.values.size for one in tbingest.read({folder!r}) if hasattr(one, "values")))
"""
TENSORBOARDS = """
loaded = EventAccumulator({folder!r}, size_guidance={{"scalars": 0, "tensors": 0}}).Reload()
print(sum(len(loaded.Scalars(tag)) for tag in loaded.Tags()["scalars"]))
"""
TBPARSE = """
print(len(SummaryReader({folder!r}).scalars))
"""
_LOADER = "tensorboard.backend.event_processing.event_accumulator"
READERS = {
    "tbingest": (IMPORTS, OURS),
    "EventAccumulator": (f"from {_LOADER} import EventAccumulator", TENSORBOARDS),
    "tbparse": ("from tbparse import SummaryReader", TBPARSE),
}


def scalars(rows: int) -> Path:
    """A run of `rows` steps with ten tags, as `add_scalar` writes it: an event for each value."""
    folder = FOLDER / f"scalars-{rows}"
    if not folder.exists():
        values = np.random.default_rng(0).standard_normal((rows, TAGS))
        with SummaryWriter(str(folder)) as writer:
            for step, row in enumerate(values.tolist()):
                for number, value in enumerate(row):
                    writer.add_scalar(f"group/metric_{number}", value, step)
    return folder


def cpu(imports: str, work: str) -> float:
    """CPU seconds of the work, without those of the imports."""
    return max(python(f"{imports}\n{work}").cpu - python(imports).cpu, 1e-3)


def pictures(size: int) -> None:
    """Thin a file of `size` megabytes, nearly all of it pictures, to its scalars."""
    folder = FOLDER / f"pictures-{size}"
    if not folder.exists():
        rng = np.random.default_rng(0)
        with SummaryWriter(str(folder)) as writer:
            for step in range(size * 4):
                writer.add_scalar("loss", 1 / (step + 1), step)
                writer.add_image("sample", rng.integers(0, 255, (3, 290, 290), np.uint8), step)
    held = sum(path.stat().st_size for path in folder.iterdir())
    with tempfile.TemporaryDirectory() as target:
        tool = [sys.executable, "-m", "tbingest", "convert", str(folder)]
        cost = run([*tool, "--logdir", target, "--only", "scalars"])
    print(
        f"{held / 1e6:,.0f} MB of pictures thinned to scalars: {cost.wall:.1f} s, "
        f"{cost.peak:.0f} MB of memory (goal 60 s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="5 million scalars, not 1")
    parser.add_argument("--pictures", type=int, default=0, metavar="MB")
    arguments = parser.parse_args()
    print(machine_line())
    folder = str(scalars(500_000 if arguments.full else 100_000))
    there = dict(READERS)
    if not importlib.util.find_spec("tbparse"):
        del there["tbparse"]
    runs = {
        name: (lambda imports=imports, work=work: cpu(imports, work.format(folder=folder)))
        for name, (imports, work) in there.items()
    }
    found = median_of(1 if arguments.full else 5, runs)
    for name, seconds in found.items():
        ratio = "" if name == "tbingest" else f"  {seconds / found['tbingest']:6.1f}x"
        print(f"{name:20} {seconds:8.2f} s of CPU{ratio}")
    worst = min(seconds for name, seconds in found.items() if name != "tbingest")
    reached = worst / found["tbingest"] >= GOAL
    print(f"goal {GOAL:.0f}x: {'reached' if reached else 'missed'}")
    if arguments.pictures:
        pictures(arguments.pictures)


if __name__ == "__main__":
    main()
