"""Kinds of text logs: reading them and deciding of them, in CPU time, against `finditer`.

Of each kind some 200,000 lines of three values. What is read is compared with one compiled pattern
with groups over the same lines (goal: 5x; `many templates` within 10x of the plain kind), deciding
with 0.3 s for a sample of 1 MiB.
"""

from __future__ import annotations

import gc
import random
import re
import sys
import time
from typing import TYPE_CHECKING

from common import machine_line, median_of

from tbingest.formats.textlog.reader import TextLogReader, plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = 200_000
BLOCK = 2 << 20
NUMBER = r"([-+\d.e]+)"
PREFIX = "[2024-01-02 {h:02}:{m:02}:{s:02},123] INFO trainer: "


def _lines(form: str, count: int = LINES) -> str:
    """Lines of one form: the step `n`, an epoch `e`, a batch `b`, falling values `x`, `y`, `z`."""
    draw = random.Random(0)
    said = []
    for n in range(count):
        x, y, z = 1 + 3 * draw.random(), 300 * draw.random(), draw.random() / 1000
        h, m, s = n // 3600 % 24, n // 60 % 60, n % 60
        said.append(form.format(n=n, e=n // 1000, b=n % 1000, x=x, y=y, z=z, h=h, m=m, s=s))
    return "\n".join([*said, ""])


def _templates(count: int = LINES, kinds: int = 10_000) -> str:
    """Lines between which one of many other kinds stands: `loading shard ab12cd: 17 files`."""
    draw = random.Random(0)
    words = ["".join(draw.choices("bcdfghklmnprstvw", k=6)) for _ in range(kinds)]
    said = []
    for n in range(count // 2):
        said.append(f"step {n} loss {1 + draw.random():.4f} acc {draw.random():.4f}")
        said.append(f"loading {words[n % kinds]}: {draw.randrange(100)} files, {draw.random():.2f}")
    return "\n".join([*said, ""])


def _settings(count: int = LINES) -> str:
    """900 KB of settings before the training."""
    draw = random.Random(0)
    head = [f"  option_{n}.name_{n % 7}: {draw.random():.5f}" for n in range(28_000)]
    return "\n".join([*head, _lines("step {n} loss {x:.4f} lr {z:.3e} acc {y:.3f}", count)])


STEP = r"step (\d+)"
KINDS: dict[str, tuple[Callable[[], str], str]] = {
    "nanogpt": (
        lambda: _lines("iter {n}: loss {x:.4f}, time {y:.2f}ms, mfu {z:.6f}%"),
        rf"iter (\d+): loss {NUMBER}, time {NUMBER}ms, mfu {NUMBER}%",
    ),
    "prefixed": (
        lambda: _lines(PREFIX + "Epoch {e}, step {b} loss {x:.4f} lr {z:.2e}"),
        rf"^\[(.{{23}})\] INFO trainer: Epoch (\d+), step (\d+) loss {NUMBER} lr {NUMBER}",
    ),
    "key=value": (
        lambda: _lines("step={n} loss={x:.4f} grad_norm={y:.3f} lr={z:.3e}"),
        rf"step=(\d+) loss={NUMBER} grad_norm={NUMBER} lr={NUMBER}",
    ),
    "tqdm": (
        lambda: "".join(
            ("\r" if n % 1000 else "\n") + bar
            for n, bar in enumerate(
                _lines(
                    "Epoch {e}:  45%|####      | {b}/1000 [00:{s:02}<00:20, 2.5it/s, loss={x:.4f}]"
                ).split("\n")
            )
        ),
        rf"Epoch (\d+):.*?(\d+)/1000 \[(.{{5}})<00:20, 2.5it/s, loss={NUMBER}\]",
    ),
    "lightning": (
        lambda: _lines(
            "Epoch {e}:  50%|█████     | {b}/1000 [00:{s:02}<00:20, 35.48it/s, v_num=0, "
            "train_loss={x:.3f}, val_acc={z:.5f}]"
        ),
        rf"Epoch (\d+): .* (\d+)/1000 \[(.{{5}})<.*train_loss={NUMBER}, val_acc={NUMBER}",
    ),
    "json-ish": (
        lambda: _lines('INFO log: {{"step": {n}, "loss": {x:.4f}, "lr": {z:.3e}, "t": {y:.3f}}}'),
        rf'"step": (\d+), "loss": {NUMBER}, "lr": {NUMBER}, "t": {NUMBER}',
    ),
    "hf dicts": (
        lambda: _lines(
            "{{'loss': {x:.4f}, 'grad_norm': {y:.4f}, 'learning_rate': {z:.4e}, "
            "'epoch': {e}.{b:03}}}"
        ),
        rf"'loss': {NUMBER}, 'grad_norm': {NUMBER}, 'learning_rate': {NUMBER}, 'epoch': {NUMBER}",
    ),
    "table": (
        lambda: "epoch   loss   acc   lr\n" + _lines("{n}   {x:.4f}   {y:.3f}   {z:.3e}"),
        rf"^(\d+) +{NUMBER} +{NUMBER} +{NUMBER}",
    ),
    "below": (
        lambda: _lines("step {n} loss {x:.4f} lr {z:.3e}\nval acc: {y:.3f}", LINES // 2),
        rf"^(?:step (\d+) loss {NUMBER} lr {NUMBER}|val acc: {NUMBER})",
    ),
    "settings": (_settings, rf"step (\d+) loss {NUMBER} lr {NUMBER} acc {NUMBER}"),
    "templates": (_templates, rf"step (\d+) loss {NUMBER} acc {NUMBER}"),
}


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _read(plan: dict[str, object], data: bytes) -> None:
    reader = TextLogReader(plan=plan)
    for start in range(0, len(data), BLOCK):
        for _ in reader.feed(data[start : start + BLOCK]):
            pass
    for _ in reader.close():
        pass
    for _ in reader.account():
        pass


def _searched(pattern: str, text: str) -> None:
    for _ in re.compile(pattern, re.MULTILINE).finditer(text):
        pass


def measured(name: str, repetitions: int) -> str:
    """What a kind costs, in a line."""
    make, pattern = KINDS[name]
    text = make()
    data = text.encode()
    plan = plan_of([data[: 1 << 20]]).saved()
    found = median_of(
        repetitions,
        {
            "finditer": lambda: _cpu(lambda: _searched(pattern, text)),
            "deciding": lambda: _cpu(lambda: plan_of([data[: 1 << 20]])),
            "text": lambda: _cpu(lambda: _read(plan, data)),
        },
    )
    return (
        f"{name:10} {len(data) / 1e6:5.1f} MB: finditer {found['finditer']:.3f} s, "
        f"reading {found['text']:.2f} s, {found['text'] / found['finditer']:5.1f}x; "
        f"deciding {found['deciding']:.2f} s"
    )


def main(names: list[str], repetitions: int = 5) -> None:
    gc.set_threshold(200_000, 20, 20)  # as the command sets it
    print(machine_line())
    for name in names or list(KINDS):
        print(measured(name, repetitions), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
