"""What users import is typed, as their own checker sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import tbingest

ROOT = Path(__file__).resolve().parent.parent


def test_a_users_script_passes_mypy_strict() -> None:
    """With `to_pandas` as a DataFrame, and the enums of the options by name."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typed_user.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_script_of_a_user_has_every_public_name() -> None:
    """Else the checker would be content with what it never saw."""
    text = (ROOT / "tests" / "typed_user.py").read_text()
    assert set(re.findall(r"\btbingest\.(\w+)", text)) == set(tbingest.__all__)
