"""docs/text-logs.md: every log that it shows is read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from helpers.command import tbingest_
from helpers.places import SAMPLES

import tbingest
from tbingest.formats.textlog.reader import STEP, TextLogReader, plan_of
from tbingest.model.rows import Rows

PAGE = (Path(__file__).parents[1] / "docs" / "text-logs.md").read_text(encoding="utf-8")
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


def test_inspect_says_of_the_pages_log_what_the_page_shows(tmp_path: Path) -> None:
    """The kinds of lines, and what is not taken of them."""
    ((log, said),) = re.findall(r"```inspect\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "train.log").write_text(log)
    done = tbingest_("inspect", "train.log", cwd=tmp_path)
    shown = "".join(f"    {line}\n" for line in said.splitlines())
    assert shown in done.stdout
    assert "[[source]]" in done.stdout


def test_every_kind_of_sample_is_understood(tmp_path: Path) -> None:
    """Nothing of a sample log of this page's kinds is missed."""
    reports = tbingest.convert(SAMPLES / "formats" / "text", tmp_path, dry_run=True).sources
    assert len(reports) == 11
    assert [one.source for one in reports if one.account.missed or one.superseded] == []
