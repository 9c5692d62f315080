"""How far a conversion is: shown on a terminal, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from helpers.command import LOG, tbingest_

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
