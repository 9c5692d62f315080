"""Predictions beside their truth."""

from __future__ import annotations

from typing import Any

from helpers.readers import read

PETS = """y_true,y_pred,prob_cat,prob_dog
cat,cat,0.9,0.1
cat,dog,0.4,0.6
dog,dog,0.2,0.8
dog,dog,0.3,0.7
dog,cat,0.75,0.25
"""


def values(text: str | bytes, name: str = "predictions.csv") -> dict[str, Any]:
    """What the predictions of one step give."""
    records, problems = read("predictions", text, name)
    assert problems == []
    return {key: value for _, record in records for key, value in record.items()}


def table(**columns: Any) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(map(str, row)) for row in [tuple(columns), *rows]]
    return "\n".join(lines) + "\n"
