"""S17: bytes per point of an event file with ten tags a row, against one event per `add_scalar`.

The goal was set where `add_scalar` takes 53 bytes a point, which is at tags of 14 characters on
average, as here; every further character costs both of them one byte.

python benchmarks/s17_size.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from common import machine_line
from s01_encoder import POINTS, TAGS, time_add_scalar, time_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL = 27.0


def bytes_per_point(write: Callable[[Path], float]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return sum(path.stat().st_size for path in Path(folder).iterdir()) / POINTS


def main() -> None:
    print(machine_line())
    print(f"{POINTS:,} points, tags of {sum(map(len, TAGS)) / len(TAGS):.1f} characters on average")
    ours, theirs = bytes_per_point(time_encoder), bytes_per_point(time_add_scalar)
    print(f"encoder      {ours:6.2f} bytes/point")
    print(f"add_scalar   {theirs:6.2f} bytes/point")
    verdict = "reached" if ours <= GOAL else "missed"
    print(f"ratio {ours / theirs:.2f}, goal {GOAL:.0f} bytes/point: {verdict}")


if __name__ == "__main__":
    main()
