"""How much work something is, told without a clock on the wall: a busy machine is no failure."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

FACTOR = 8
"""How much larger the larger of two inputs is."""

_TRIES = 4
_LEAST = 0.004
"""Seconds of CPU: what takes less cannot be told from the noise of the clock."""


def cpu(job: Callable[[], object]) -> float:
    """The seconds of CPU that a job takes in this process, but for collecting its garbage.

    That would walk over all that the tests before it have left, the more often the larger it is.
    """
    gc.disable()
    try:
        began = time.process_time()
        job()
        return max(time.process_time() - began, _LEAST)
    finally:
        gc.enable()


def assert_linear(make: Callable[[int], Any], run: Callable[[Any], object], size: int) -> None:
    """An input of `size` takes about `FACTOR` times the CPU of one that is so much smaller.

    Quadratic work takes `FACTOR` times that once more. Half of it is the bound, as caches and
    other processes may double what a job takes.
    """
    small, large = make(size // FACTOR), make(size)
    ratios = []
    for _ in range(_TRIES):
        ratios.append(cpu(lambda: run(large)) / cpu(lambda: run(small)))
        if ratios[-1] < FACTOR * FACTOR / 2:
            return
    pytest.fail(f"{FACTOR} times the input is {ratios} times the work")


def calls(job: Callable[[], object]) -> int:
    """How many functions of Python a job calls."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        job()
    finally:
        sys.setprofile(before)
    return count


def peak(job: Callable[[], object]) -> int:
    """The most bytes that Python and numpy held for a job at once, beside what there was."""
    tracemalloc.start()
    try:
        job()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
