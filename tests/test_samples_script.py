"""The sample logs are what their script writes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path) -> dict[str, bytes]:
    """The data files of a sample folder, without the script and its README."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path != folder / "README.md"
    }


def test_the_script_writes_the_same_bytes_each_time(samples: Path, tmp_path: Path) -> None:
    """Two runs agree with each other, file by file."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        script = str(samples / "make_samples.py")
        subprocess.run([sys.executable, script, str(tmp_path / name)], check=True)
    assert written(tmp_path / "one") == written(tmp_path / "two")
    # Trained numbers depend on the machine's BLAS: across machines only the names must agree.
    assert sorted(written(tmp_path / "one")) == sorted(written(samples))


def test_the_samples_are_small() -> None:
    """They are part of the repository: under 2 MB."""
    from helpers.places import SAMPLES

    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 2_000_000
