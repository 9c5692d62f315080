"""Whole processes, measured by the operating system: CPU and wall seconds, peak memory."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Cost(NamedTuple):
    """CPU and wall seconds, and peak memory in MB, of one process."""

    cpu: float
    wall: float
    peak: float


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end; it must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    wall = time.perf_counter() - began
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def python(code: str) -> Cost:
    """Run a line of Python."""
    return run([sys.executable, "-c", code])


def tbingest(source: Path, *more: str) -> Cost:
    """Convert into a fresh logdir."""
    folder = tempfile.mkdtemp(prefix="tbingest-bench-")
    try:
        command = [sys.executable, "-m", "tbingest", "convert", str(source), "--logdir"]
        return run([*command, f"{folder}/runs", "-q", *more])
    finally:
        shutil.rmtree(folder)


def medians(repetitions: int, work: dict[str, Callable[[], Cost]]) -> dict[str, Cost]:
    """Each piece of work in turn, `repetitions` times, after one that does not count."""
    found: dict[str, list[Cost]] = {name: [] for name in work}
    for repetition in range(repetitions + 1):
        for name, call in work.items():
            cost = call()
            if repetition:
                found[name].append(cost)
    return {
        name: Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        for name, costs in found.items()
    }
