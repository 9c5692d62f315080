"""Text logs: 200,000 lines of three values against one compiled pattern over the same lines.

By the engine and by the user's own pattern, in one process (goal: 5x). Then nanoGPT and
Keras consoles of 50 MB as whole processes: their memory does not grow with the log.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

from common import machine_line, median_of
from inputs import FOLDER
from processes import python, tbingest

from tbingest.formats.generic.pattern import PatternReader
from tbingest.formats.textlog.reader import TextLogReader, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tbingest.model.contracts import Reader

BLOCK = 2 << 20
LINE = (
    r"iter (?P<step>\d+): loss (?P<loss>[\d.]+), time (?P<time_ms>[\d.]+)ms, mfu (?P<mfu>[\d.]+)%"
)


def nanogpt_lines(count: int) -> Iterator[str]:
    """As nanoGPT's train.py prints them."""
    draw = random.Random(0)
    for step in range(count):
        loss, milliseconds, mfu = 1 + 3 * draw.random(), 300 * draw.random(), 100 * draw.random()
        yield f"iter {step}: loss {loss:.4f}, time {milliseconds:.2f}ms, mfu {mfu:.2f}%\n"


def keras_lines(epochs: int) -> Iterator[str]:
    """As Keras' fit prints them into a file: 50 states of a bar for each epoch, overwritten."""
    draw = random.Random(0)
    for epoch in range(epochs):
        loss = draw.random()
        bars = "".join(
            f"\r\x1b[1m{state}/50\x1b[0m \x1b[32m{'━' * 20}\x1b[0m 1s 4ms/step - loss: {loss:.4f}"
            for state in range(1, 51)
        )
        yield f"Epoch {epoch + 1}/{epochs}\n{bars} - val_loss: {loss + 1:.4f}\n"


def seconds(reader: Reader, data: bytes) -> float:
    """Feed everything, block by block."""
    began = time.perf_counter()
    for start in range(0, len(data), BLOCK):
        for _ in reader.feed(data[start : start + BLOCK]):
            pass
    for _ in reader.close():
        pass
    return time.perf_counter() - began


def decided(data: bytes) -> float:
    """Understand a log by its first MiB."""
    began = time.perf_counter()
    plan_of([data[: 1 << 20]])
    return time.perf_counter() - began


def searched(text: str) -> float:
    """One pattern over all lines."""
    pattern = re.compile(LINE)
    began = time.perf_counter()
    for _ in pattern.finditer(text):
        pass
    return time.perf_counter() - began


def large(name: str, lines: Iterator[str]) -> Path:
    """A log of 50 MB."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / name
    if not path.exists():
        size = 0
        with path.with_suffix(".new").open("w", encoding="utf-8", newline="") as stream:
            for line in lines:
                size += stream.write(line)
                if size > 50e6:
                    break
        path.with_suffix(".new").rename(path)
    return path


def main(repetitions: int = 7) -> None:
    text = "".join(nanogpt_lines(200_000))
    data = text.encode()
    plan = plan_of([data[: 1 << 20]]).saved()
    found = median_of(
        repetitions,
        {
            "finditer": lambda: searched(text),
            "deciding": lambda: decided(data),
            "text": lambda: seconds(TextLogReader(plan=plan), data),
            "pattern": lambda: seconds(PatternReader(patterns=[LINE]), data),
        },
    )
    print(machine_line())
    print(f"200,000 lines of three values: finditer {found['finditer']:.2f} s")
    print(f"  deciding by a sample of 1 MiB {found['deciding']:.2f} s (goal 0.3 s)")
    for name in ("text", "pattern"):
        print(f"  {name:8} {found[name]:.2f} s, {found[name] / found['finditer']:.1f}x (goal 5x)")
    idle = python("import typer, rich, pandas, numpy")
    for name, lines in (
        ("nanogpt.log", nanogpt_lines(10**7)),
        ("keras.log", keras_lines(10**6)),
    ):
        path = large(name, lines)
        cost = tbingest(path, "--no-plots")
        print(
            f"{name} of {path.stat().st_size / 1e6:.0f} MB: CPU {cost.cpu:.1f} s, "
            f"{cost.peak - idle.peak:+.0f} MB over the idle import"
        )


if __name__ == "__main__":
    main()
