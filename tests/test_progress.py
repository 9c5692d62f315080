"""How far a conversion is: shown on a terminal, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from helpers.command import LOG, tbingest_

from tbingest.names.shorten import shortened

if TYPE_CHECKING:
    from pathlib import Path


def test_a_terminal_shows_how_many_runs_are_drawn(tmp_path: Path) -> None:
    """Reading is over long before; a pipe is told nothing."""
    (tmp_path / "logs").mkdir()
    for name in "ab":
        (tmp_path / "logs" / f"{name}.jsonl").write_text(LOG.replace("0.5", f"0.{ord(name)}"))
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "tbingest", "convert", "logs", "--color", "never"]
    wide = {**os.environ, "COLUMNS": "120"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=wide, stdout=subprocess.DEVNULL, stderr=end
    ) as process:
        os.close(end)
        shown = b"".join(iter(partial(read_terminal, terminal), b"")).decode("utf-8", "replace")
        assert process.wait(60) == 0
    os.close(terminal)
    assert "drawing" in shown
    assert "2 of 2 runs" in shown
    done = tbingest_("convert", "logs", "--logdir", "other", "--color", "never", cwd=tmp_path)
    assert "drawing" not in done.stdout + done.stderr


def read_terminal(terminal: int) -> bytes:
    """What is shown; empty once nobody has it open any more."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def on_terminal(*arguments: str, cwd: Path, columns: int) -> str:
    """What a command shows on a terminal of so many columns, as its stdout."""
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "tbingest", *arguments, "--color", "never"]
    env = {**os.environ, "COLUMNS": str(columns)}
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=end, stderr=subprocess.DEVNULL
    ) as process:
        os.close(end)
        shown = b"".join(iter(partial(read_terminal, terminal), b"")).decode("utf-8", "replace")
        assert process.wait(60) == 0
    os.close(terminal)
    return shown


def test_paths_that_are_too_long_for_a_terminal_lose_what_most_of_them_share(
    tmp_path: Path,
) -> None:
    """A log is a line; in a pipe, and with -v, it has its whole name."""
    for name in ("camels", "birds"):
        folder = tmp_path / "the_logs_of_a_long_project" / name / "lightning_logs" / "version_0"
        folder.mkdir(parents=True)
        (folder / "a_long_name_of_metrics.jsonl").write_text(LOG)
    command = ("convert", "the_logs_of_a_long_project", "--dry-run")
    shown = on_terminal(*command, cwd=tmp_path, columns=80)
    rows = [line for line in shown.splitlines() if "scalars" in line]
    assert [row.split("  ")[2].rstrip() for row in rows] == [
        "…/birds/…/version_0/a_long_name_of_metrics.jsonl",
        "…/camels/…/version_0/a_long_name_of_metrics.jsonl",
    ]
    assert max(map(len, rows)) <= 80
    whole = "the_logs_of_a_long_project/birds/lightning_logs/version_0/a_long_name"
    assert whole in on_terminal(*command, "-v", cwd=tmp_path, columns=80)
    assert whole in tbingest_(*command, cwd=tmp_path).stdout


def test_a_name_that_is_too_long_by_itself_keeps_its_end() -> None:
    """It tells most."""
    assert shortened(["abcdefgh.csv", "a/b/abcdefgh.csv"], 8) == ["…fgh.csv", "…fgh.csv"]
    assert shortened(["a/b/c.csv", "c.csv"], 9) == ["a/b/c.csv", "c.csv"]
    assert shortened([], 9) == []
