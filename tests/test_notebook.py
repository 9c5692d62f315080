"""Notebooks: a magic that converts and shows, and tables of what was read."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import LOG

import tbingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Shell:
    """What of IPython the extension uses."""

    def __init__(self) -> None:
        self.magics: dict[str, Callable[[str], None]] = {}
        self.ran: list[tuple[str, str]] = []

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        assert kind == "line"
        self.magics[name] = function

    def run_line_magic(self, name: str, line: str) -> None:
        self.ran.append((name, line))


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "<b>.jsonl").write_text(LOG + '{"step": 3, "loss": 0.1}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_magic_converts_and_shows_the_logdir(logs: Path) -> None:
    """`%load_ext tbingest`, then `%tbingest logs/`; the kernel's signal handlers stay."""
    shell, before = Shell(), signal.getsignal(signal.SIGTERM)
    tbingest.load_ipython_extension(shell)
    shell.magics["tbingest"]("logs --logdir 'my runs' --no-plots")
    assert list((logs / "my runs").rglob("*tfevents*"))
    assert shell.ran == [("load_ext", "tensorboard"), ("tensorboard", "--logdir 'my runs'")]
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_magic_shows_nothing_after_a_mistake(logs: Path) -> None:
    """The message says what to type."""
    shell = Shell()
    tbingest.load_ipython_extension(shell)
    shell.magics["tbingest"]("nowhere")
    assert shell.ran == []


def test_a_report_is_a_table_of_runs(logs: Path) -> None:
    """With the points of each; names are data."""
    report = tbingest.convert("logs", "runs", tbingest.Options(plots=tbingest.Plots.NONE))
    shown = report._repr_html_()
    assert "5 points" in shown
    assert "<td>logs</td><td>5</td>" in shown


def test_a_reading_is_a_table_of_tags_with_curves(logs: Path) -> None:
    """Last, lowest and highest value, and a line."""
    (logs / "logs" / "more.jsonl").write_text('{"step": 1, "<i>x": 1}\n{"step": 2, "<i>x": 2}\n')
    shown = tbingest.read("logs")._repr_html_()
    assert "&lt;i&gt;x" in shown
    assert "<i>" not in shown
    assert re.search(r"<td>loss</td><td>3</td><td>0.1</td><td>0.1</td><td>0.5</td><td><svg", shown)
