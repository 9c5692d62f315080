"""Every pattern of the package is linear in the text: no line of a log takes it long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from helpers.adversarial import fills, patterns

if TYPE_CHECKING:
    import re

KIB = 1 << 10
_LITTLE = 0.0004
"""Seconds of CPU for 1 KiB: what is linear takes a fifth of it, what is quadratic five times."""


def work(pattern: re.Pattern[Any], method: str, text: Any) -> float:
    """Seconds of CPU that a pattern works on a text."""
    began = time.thread_time()
    if method in {"match", "fullmatch", "search"}:
        getattr(pattern, method)(text)
    else:
        for _found in pattern.finditer(text):
            pass
    return time.thread_time() - began


def is_linear(pattern: re.Pattern[Any], method: str, number: int) -> bool:
    """Whether four times the text takes about four times the work, where a square takes sixteen."""
    little, much = (work(pattern, method, fills(pattern, size * KIB)[number]) for size in (2, 8))
    return much < max(16 * _LITTLE, 8 * little)


def test_every_pattern_of_the_package_is_linear() -> None:
    """On fills of 1, 2 and 8 KiB made from the pattern itself; by CPU ratio, not by the clock."""
    slow = []
    used = {(one, how): place for place, (one, hows) in patterns().items() for how in hows}
    for (pattern, method), place in used.items():
        if number := first_slow(pattern, method):
            text = fills(pattern, 40)[number - 1]
            slow.append(f"{place}.{method} on {text!r}: {pattern.pattern[:80]!r}")
    assert slow == []


def first_slow(pattern: re.Pattern[Any], method: str) -> int:
    """Which fill, counted from 1, takes too much work; 0 where none does."""
    for number, text in enumerate(fills(pattern, KIB)):
        if work(pattern, method, text) < _LITTLE:
            continue
        # What else the machine does may spoil one look, never all.
        if not any(is_linear(pattern, method, number) for _ in range(4)):
            return number + 1
    return 0
