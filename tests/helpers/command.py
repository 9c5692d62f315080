"""The command line as a process, and what stands in the folders that it wrote."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


LOG = (  # JSON lines, as they need no pandas: each test starts processes
    '{"step": 1, "loss": 0.5, "val_loss": 0.75}\n{"step": 2, "loss": 0.25, "val_loss": 0.5}\n'
)


RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def tbingest_(*arguments: str | Path, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """`python -m tbingest ARGUMENTS`, not on a terminal."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("TBINGEST_")}
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "PY_COLORS", "CLICOLOR_FORCE"):
        env.pop(name, None)
    env |= {"PYTHONIOENCODING": "utf-8", **more.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "tbingest", *map(str, arguments)],
        cwd=cwd,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **more,
    )


def tree(path: Path) -> dict[str, bytes | None]:
    """Every file below a path and what it holds; folders hold None."""
    return {
        str(entry.relative_to(path)): entry.read_bytes() if entry.is_file() else None
        for entry in sorted(path.rglob("*"))
    }


def tags_of(logdir: Path) -> set[str]:
    """Every tag's bytes that stand in event files, found through their lengths."""
    found = set()
    for path in logdir.rglob("*tfevents*"):
        for match in re.finditer(rb"\x0a([\x01-\x7f])([\x20-\x7e]+)", path.read_bytes()):
            found.add(match[2][: match[1][0]].decode("ascii"))
    return found
