"""Text logs as people have them: a floor under how many are read right, what is none of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.judged import REAL, needs_real_logs, verdicts

from tbingest.formats.generic.text import detect
from tbingest.formats.registry import ENOUGH
from tbingest.model.contracts import Head

FLOORS = {"text": 64, "drawn": 38}
"""Of the 70 logs of `real/text` and the 40 files of `real/drawn`, so many must be right.

They are raised as the scores rise.
"""


@needs_real_logs
@pytest.mark.parametrize("kind", FLOORS)
def test_real_logs_are_read_as_their_users_would_expect(kind: str) -> None:
    """At least so many as the floor says, without any flag."""
    found = verdicts(REAL / kind)
    right = [name for name, verdict in found.items() if verdict == "right"]
    assert len(right) >= FLOORS[kind], sorted(set(found) - set(right))


def sources() -> list[Path]:
    """Forty files of Python's own library: source code with numbers, prose and settings."""
    return sorted(Path(os.__file__).parent.glob("*.py"))[::4][:40]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_source_code_and_prose_give_nothing(path: Path) -> None:
    """Though it is called like a log."""
    data = path.read_bytes()
    head = Head("train.log", data[: 64 << 10], len(data), complete=len(data) <= 64 << 10)
    assert detect(head).confidence < ENOUGH


PROSE = {
    "a readme": (
        "Install it with pip. Version 2.1 needs Python 3.11.\n\nWe trained for 300 epochs on 8 GPUs"
        " and reached 81.2 % top-1 accuracy, 0.4 % above the baseline of 2021.\n"
    ),
    "a licence": "Copyright (c) 2019, 2021 The authors.\n\n1. Redistributions of source code\n",
    "settings": "seed: 1\nname: small\nlr: 0.001\nepochs: 30\nmodel: cnn\nsteps: 1000\n",
    "a listing": "total 12\n-rw-r--r-- 1 u u 4096 Jan 2 10:00 a.txt\n-rw-r--r-- 1 u u 12 b\n",
    "a model's print": (
        "Net(\n  (conv1): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))\n"
        "  (dropout): Dropout(p=0.25, inplace=False)\n)\n"
    ),
}


@pytest.mark.parametrize("kind", PROSE)
def test_what_tells_of_no_training_gives_nothing(kind: str) -> None:
    """Prose, licences, settings, listings and models that print themselves."""
    data = PROSE[kind].encode()
    assert detect(Head("notes.log", data, len(data))).confidence < ENOUGH
