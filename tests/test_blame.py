"""What a format raises is a problem of that file, named with the format; all others are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers.command import tbingest_

import tbingest
from tbingest import Evidence, Fields, Format, Rows
from tbingest.errors import SourceError
from tbingest.formats import blame
from tbingest.formats.registry import formats, stores
from tbingest.model.contracts import Store
from tbingest.testing import check_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tbingest.model.contracts import Head

PLUGIN = """\
from dataclasses import dataclass
import numpy as np
from tbingest import Evidence, Fields, Format, Rows, SourceError
from tbingest.formats.readers import LineReader

WHERE = {where!r}

def fail(here):
    if here == WHERE:
        raise KeyError("boom")

@dataclass
class Reader(LineReader):
    def __post_init__(self):
        fail("reader")

    def lines(self, block, *, final):
        fail("late" if self.line or b"late" in block else "feed")
        count = block.count(b"\\n")
        yield Rows({{"volts": np.arange(count) / 4}}, np.arange(count) + self.line + 1)

    def close(self):
        fail("close")
        yield from super().close()

def detect(head):
    if head.data.startswith(b"%%"):
        fail("detect")
        return Evidence(0.99, "begins with %%")
    return Evidence(0.0, "does not begin with %%")

def rename(name):
    fail("rename")
    return "", name

FORMAT = Format("bad", "x", "%%", detect, lambda _: Reader(), fields=Fields(rename=rename))
"""

CONFIG = ("--config", "tbingest.toml")
SAID = "the plug-in 'bad' failed: KeyError: 'boom'"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.bad").write_text("%%\n" * 40)
    (tmp_path / "logs" / "b.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    (tmp_path / "tbingest.toml").write_text('plugins = ["bad.py"]\nplots = "none"\n')
    return tmp_path


@pytest.mark.parametrize("where", ["detect", "reader", "feed", "close", "rename"])
def test_a_plug_in_that_raises_costs_its_own_file_only(logs: Path, where: str) -> None:
    """Wherever it does: the file beside it is written, and exit code 1 says that one is not."""
    (logs / "bad.py").write_text(PLUGIN.format(where=where))
    done = tbingest_("convert", "logs", *CONFIG, cwd=logs)
    assert done.returncode == 1, done.stdout + done.stderr
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert f"logs/a.bad: {SAID}" in said
    assert "Traceback" not in said
    assert [points.tags for points in tbingest.read(logs / "logs" / "b.csv")] == [("loss",)]
    assert list((logs / "runs").rglob("*tfevents*"))
    shown = tbingest_("--debug", "convert", "logs", "--force", *CONFIG, cwd=logs)
    assert "Traceback" in shown.stderr
    assert 'raise KeyError("boom")' in shown.stderr


@pytest.fixture
def added() -> Iterator[Callable[[Format | Store], None]]:
    """Adds a format or store for the length of a test."""
    known = dict(formats()), dict(stores())

    def add(entry: Format | Store) -> None:
        (formats() if isinstance(entry, Format) else stores())[entry.name] = entry  # type: ignore[index]

    yield add
    for all_, before in zip((formats(), stores()), known, strict=True):
        all_.clear()  # type: ignore[attr-defined]
        all_.update(before)  # type: ignore[attr-defined]


def test_a_file_that_another_format_reads_is_read_and_says_who_failed(
    logs: Path, added: Callable[[Format | Store], None]
) -> None:
    """A detection that raises on every file hides nothing."""

    def detect(_: Head) -> Evidence:
        raise ValueError("odd")

    added(Format("bad", "x", detect=detect))
    report = tbingest.convert(logs / "logs" / "b.csv", logs / "runs")
    [source] = report.sources
    assert source.read == 2
    assert [one.what for one in source.problems] == ["the plug-in 'bad' failed: ValueError: odd"]


def test_a_store_that_raises_claims_nothing(
    logs: Path, added: Callable[[Format | Store], None]
) -> None:
    """And the folder says so."""

    def claim(_: object) -> dict[str, str]:
        raise ValueError("odd")

    added(Store("bad", "x", "x", claim))
    report = tbingest.convert(logs / "logs", logs / "runs")
    assert report.points == 2
    [said] = [one.reason for one in report.ignored if "plug-in" in one.reason]
    assert said.startswith("the plug-in 'bad' failed: ValueError: odd; ")


def test_a_bug_of_a_format_of_ours_is_to_be_reported() -> None:
    """It is told apart from one of a plug-in."""
    said = "the format table failed: ValueError: odd"
    with pytest.raises(SourceError, match=said) as caught, blame.blamed(formats()["table"]):
        _odd()
    assert caught.value.hint.startswith("a bug in tbingest: please report it")


def _odd() -> list[Rows]:
    raise ValueError("odd")


def test_a_reader_that_raises_breaks_the_contract(tmp_path: Path) -> None:
    """As an AssertionError, with the log and what it raised."""
    (tmp_path / "log.at").write_text("@12 loss=0.5\n@2 loss=1\n")

    class Reader:
        consumed = 0

        def feed(self, data: bytes) -> list[Rows]:
            float(data.decode())
            return []

        def close(self) -> list[Rows]:
            return []

    def detect(head: Head) -> Evidence:
        return Evidence(0.95 if head.data.startswith(b"@") else 0.0, "begins with @")

    entry = Format("at", "x", "@12 loss=0.5", detect, lambda _: Reader(), fields=Fields())
    with pytest.raises(AssertionError, match=r"^log\.at: at raises ValueError: could not convert"):
        check_format(entry, tmp_path)
