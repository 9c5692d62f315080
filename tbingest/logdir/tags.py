"""Which tags a logdir shows, and whose logs, as the state of our conversions has it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tbingest.logdir.saved import states

if TYPE_CHECKING:
    from collections.abc import Iterator


def scalar_tags(logdir: str) -> Counter[str]:
    """How many runs have each tag with more than one point; all tags where none has."""
    curves, points = Counter[str](), Counter[str]()
    for tag, shown in _tracks(logdir):
        points[tag] += 1
        curves[tag] += shown > 1
    return Counter({tag: count for tag, count in curves.items() if count}) or points


def run_names(logdir: str) -> set[str]:
    """The runs of a logdir."""
    return {name for data in states(logdir) for name in data["runs"]}


def roots(logdir: str) -> set[str]:
    """The folders and files whose logs stand in a logdir, as whole paths."""
    return {
        saved["root"]
        for data in states(logdir)
        for saved in data["sources"].values()
        if saved["root"]
    }


def _tracks(logdir: str) -> Iterator[tuple[str, int]]:
    for data in states(logdir):
        for run in data["runs"].values():
            for tag, (kind, shown, *_) in run["tracks"].items():
                if kind == "scalar" and shown:
                    yield tag, shown
