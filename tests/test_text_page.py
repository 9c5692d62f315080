"""docs/text.md: every log that it shows is read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tbingest.formats.textlog.reader import STEP, TextLogReader, plan_of
from tbingest.model.rows import Rows

PAGE = (Path(__file__).parents[1] / "docs" / "text.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```log\n(.*?)```\n\ngives (.*?)\.\n", PAGE, re.DOTALL)
TAG = re.compile(r"`([^`]+)` ([^`]+)")
POINT = re.compile(r"([\d.]+) at (\d+)")


def points(log: str) -> dict[str, list[tuple[float, int]]]:
    """(value, step) of every tag."""
    data = log.encode()
    reader = TextLogReader(plan=plan_of([data]).saved())
    found: dict[str, list[tuple[float, int]]] = {}
    for rows in [*reader.feed(data), *reader.close()]:
        assert isinstance(rows, Rows)
        steps = np.asarray(rows.columns[STEP]).tolist()
        for name, column in rows.columns.items():
            if not name.startswith(("@", ":")):
                pairs = zip(np.asarray(column).tolist(), steps, strict=True)
                found.setdefault(name, []).extend(pairs)
    return found


@pytest.mark.parametrize(("log", "said"), EXAMPLES)
def test_the_page_says_what_is_read(log: str, said: str) -> None:
    """Tags, values and steps as the sentence behind the log has them."""
    got = points(log)
    told = TAG.findall(said)
    assert told
    for tag, text in told:
        assert got[tag] == [(float(value), int(step)) for value, step in POINT.findall(text)]


def test_the_page_has_examples() -> None:
    """The pattern that finds them is not broken."""
    assert len(EXAMPLES) >= 4
