"""Every pattern of the package is linear in the text: no line of a log takes it long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from helpers.adversarial import fills, patterns

if TYPE_CHECKING:
    import re

KIB = 1 << 10
_LITTLE, _MUCH = 0.004, 0.05
"""Seconds of CPU for 4 KiB: what is linear takes a tenth of it, what is quadratic ten times."""


def work(pattern: re.Pattern[Any], method: str, text: Any) -> float:
    """Seconds of CPU that a pattern works on a text: the least of a few."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        if method in {"match", "fullmatch", "search"}:
            getattr(pattern, method)(text)
        else:
            for _found in pattern.finditer(text):
                pass
        best = min(best, time.thread_time() - began)
        if not _LITTLE < best < _MUCH:
            break
    return best


def is_linear(pattern: re.Pattern[Any], method: str, number: int) -> bool:
    """Whether twice the text takes about twice the work: that of a square is four times as much."""
    sizes = (4 * KIB, 8 * KIB, 16 * KIB)
    before = work(pattern, method, fills(pattern, sizes[0])[number])
    for size in sizes[1:]:
        if before < _LITTLE:
            return True
        now = work(pattern, method, fills(pattern, size)[number])
        if now > 3 * before:
            return False
        before = now
    return True


def test_every_pattern_of_the_package_is_linear() -> None:
    """On fills of 4, 8 and 16 KiB made from the pattern itself; by CPU ratio, not by the clock."""
    slow = []
    for place, (pattern, methods) in patterns().items():
        for method in sorted(methods):
            if number := first_slow(pattern, method):
                text = fills(pattern, 40)[number - 1]
                slow.append(f"{place}.{method} on {text!r}: {pattern.pattern[:80]!r}")
    assert slow == []


def first_slow(pattern: re.Pattern[Any], method: str) -> int:
    """Which fill, counted from 1, takes too much work; 0 where none does."""
    for number, text in enumerate(fills(pattern, 4 * KIB)):
        if work(pattern, method, text) < _LITTLE:
            continue
        # What else the machine does may spoil one look, never all.
        if not any(is_linear(pattern, method, number) for _ in range(4)):
            return number + 1
    return 0
