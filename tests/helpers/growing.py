"""A log that grows by numbered lines, and how often each line was written."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def events(logdir: Path) -> Iterator[tuple[str, str, int, float]]:
    """Every scalar that stands in the event files, superseded or not: run, tag, step, value."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    for path in sorted(logdir.rglob("*tfevents*")):
        for raw in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(raw)
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    run = path.parent.relative_to(logdir).as_posix()
                    yield run, value.tag, event.step, value.simple_value


def values(logdir: Path, tag: str = "loss") -> Counter[float]:
    """How often each value of a tag stands in the event files of all runs."""
    return Counter(value for _, name, _, value in events(logdir) if name == tag)


def line(number: int) -> str:
    return json.dumps({"step": number, "loss": float(number), "note": "größer"}) + "\n"


def lines(*numbers: int) -> str:
    return "".join(map(line, numbers))


def once(*numbers: int) -> Counter[float]:
    """What `values` gives where each of these lines was written once."""
    return Counter(float(number) for number in numbers)
