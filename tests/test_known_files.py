"""Files that are known and not read say what they are, and what to do."""

from __future__ import annotations

import json

import pytest
from helpers.readers import head_of

from tbingest.formats.readers.refusals import refusal

CELL = {"cell_type": "code", "outputs": [{"text": ["epoch 1 loss 0.5\n"]}], "source": ["x"]}
NOTEBOOK = {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
PARQUET = "a table in columns (Parquet), which is not read: save it as CSV"
FEATHER = "a table in columns (Feather), which is not read: save it as CSV"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("run.parquet", b"PAR1\x15\x04\0\0rest", PARQUET),
        ("run.feather", b"ARROW1\0\0rest", FEATHER),
        ("run.feather", b"FEA1\0\0\0rest", FEATHER),
        (
            "train.ipynb",
            json.dumps(NOTEBOOK).encode(),
            "a notebook, whose outputs are not read: let its cells write a log",
        ),
        ("cells.json", json.dumps({"cells": [1, 2], "step": 3}).encode(), ""),
        ("PAR1.txt", b"PAR 1\n", ""),
    ],
)
def test_what_is_known_and_not_read_is_named(name: str, data: bytes, said: str) -> None:
    """A notebook by its name, too: any document may have cells."""
    assert refusal(head_of(data, name)) == said
