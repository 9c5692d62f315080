"""Sample logs with their bytes changed: no reader raises, runs away, or lets anything be run.

`TBINGEST_FUZZ=N` sets how many are tried by the long round (`make fuzz`); each says its seed.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from helpers.places import SAMPLES
from helpers.watched import watched

import tbingest
from tbingest.formats import blame

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = tbingest.Options(plots="none", processes=1)
MOST_SECONDS = 10.0
ROUNDS = int(os.environ.get("TBINGEST_FUZZ", "5000"))
ODD = (
    b"\0",
    b"\xff\xfe",
    b'"',
    b"\n",
    b"[" * 200,
    b"9" * 400,
    b"-",
    b"1e999",
    b"{",
    b",",
    b"\x1b[",
)
BLOCK = 50


def files() -> list[Path]:
    """The sample logs, in an order that is always the same."""
    found = (SAMPLES / name for name in ("formats", "broken", "delimited", "jsonl_run", "resumed"))
    there = [path for folder in found for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in there if path.stat().st_size < 64 << 10 and path.suffix != ".py"]


FILES = files()


def mutated(data: bytes, dice: random.Random, other: bytes) -> bytes:
    """Flipped bits, cut off, pieces repeated, moved, or of another file."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        at = dice.randrange(len(changed) + 1)
        end = min(len(changed), at + dice.choice((1, 4, 30, 400)))
        act = dice.randrange(6)
        if act == 0 and at < len(changed):
            changed[at] ^= 1 << dice.randrange(8)
        elif act == 1:
            del changed[at:end]
        elif act == 2:
            changed[at:at] = changed[at:end] * dice.choice((1, 2, 50))
        elif act == 3:
            start = dice.randrange(len(other) + 1)
            changed[at:end] = other[start : start + dice.choice((1, 30, 400))]
        elif act == 4:
            changed[at:at] = dice.choice(ODD)
        else:
            del changed[at:]
    return bytes(changed[: 1 << 20])


def tried(seed: int, raised: list[BaseException]) -> None:
    """Change one file of a sample folder, and convert that folder."""
    dice = random.Random(seed)
    chosen, other = dice.choice(FILES), dice.choice(FILES)
    with TemporaryDirectory() as folder:
        logs = Path(folder, "logs")
        shutil.copytree(chosen.parent, logs, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        changed = mutated(chosen.read_bytes(), dice, other.read_bytes())
        (logs / chosen.name).write_bytes(changed)
        begun = time.process_time()
        with watched() as seen:
            tbingest.convert(logs, Path(folder, "runs"), OPTIONS)
        spent = time.process_time() - begun
    where = f"seed {seed}, {chosen.relative_to(SAMPLES)}"
    assert not raised, f"{where}: {raised[0]!r}"
    assert not seen, f"{where}: {seen}"
    assert spent < MOST_SECONDS, f"{where}: {spent:.0f} s"


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """What formats raise, though it becomes a problem of their file."""
    found: list[BaseException] = []
    failure = blame.failure

    def noted(entry: object, error: Exception) -> object:
        found.append(error)
        return failure(entry, error)  # type: ignore[arg-type]

    monkeypatch.setattr("tbingest.formats.blame.failure", noted)
    logging.disable(logging.WARNING)
    yield found
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore")
def test_no_reader_raises_on_changed_bytes(raised: list[BaseException]) -> None:
    for seed in range(60):
        tried(seed, raised)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("block", range(60 // BLOCK + 1, 1 + ROUNDS // BLOCK))
def test_no_reader_raises_on_any_bytes(raised: list[BaseException], block: int) -> None:
    for seed in range(block * BLOCK, block * BLOCK + BLOCK):
        tried(seed, raised)
