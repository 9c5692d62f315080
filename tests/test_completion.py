"""What a shell is told that may follow, by Typer's own protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.command import LOG, started, tbingest_

from tbingest.formats.registry import formats

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    for name, value in (("warm", "0.25"), ("cold", "0.75")):
        (tmp_path / "logs" / f"{name}.jsonl").write_text(LOG.replace("0.5", value))
    for logdir in ("runs", "others"):
        named = ["--run", "other"] if logdir == "others" else []
        done = tbingest_("convert", "logs", "--no-plots", "--logdir", logdir, *named, cwd=tmp_path)
        assert done.returncode == 0
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("convert logs --as light", {one for one in formats() if one.startswith("light")}),
        ("inspect logs --as csv", {one for one in formats() if one.startswith("csv")}),
        ("convert logs --on-restart re", {"renumber"}),
        ("export runs --what h", {"hparams", "histograms"}),
        ("export runs --tags va", {"val/loss"}),
        ("check --require tr", set()),
        ("check runs --require lo", {"loss"}),
        ("compare --runs lo", {"logs/cold", "logs/warm"}),
        ("compare others --runs o", {"other/cold", "other/warm"}),
        ("plot --tags lo", {"loss"}),
    ],
)
def test_values_are_offered(typed: str, offered: set[str], place: Path) -> None:
    """Of a fixed list, or of what stands in the logdir that was named, else in `runs`."""
    words = f"tbingest {typed}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(typed.count(" ") + 1)}
    done = started(cwd=place, env={"_TBINGEST_COMPLETE": "complete_bash", **asked})
    assert "Traceback" not in done.stderr
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_be_taught(shell: str, place: Path) -> None:
    """The script that it is to read."""
    done = started(cwd=place, env={"_TBINGEST_COMPLETE": f"source_{shell}"})
    assert "_TBINGEST_COMPLETE" in done.stdout
