"""The judge of real logs (`score.py` beside the corpus), asked in this process."""

from __future__ import annotations

import importlib.util
import os
import types
from pathlib import Path
from typing import Any

import pytest

import tbingest

REAL = Path(os.environ.get("TBINGEST_CORPUS") or "/nonexistent").parent / "real"
PLAIN = tbingest.Options(plots="none")


def needs_real_logs(test: Any) -> Any:
    """Skip a test where no real logs lie beside the corpus; the judge leaves its files open."""
    for mark in (
        pytest.mark.filterwarnings("ignore::ResourceWarning"),
        pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
        pytest.mark.skipif(not (REAL / "score.py").exists(), reason="no real logs"),
    ):
        test = mark(test)
    return test


def judge() -> Any:
    """The judge's own module, which converts in this process instead of calling the command."""
    spec = importlib.util.spec_from_file_location("score", REAL / "score.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(command: list[str], **_: object) -> types.SimpleNamespace:
        code = 0
        try:
            tbingest.convert(command[2], command[4], PLAIN)
        except tbingest.SourceError:
            code = 1
        return types.SimpleNamespace(stderr="", returncode=code)

    vars(module)["subprocess"] = types.SimpleNamespace(run=run, TimeoutExpired=TimeoutError)
    return module


def verdicts(root: Path, most: int | None = None) -> dict[str, str]:
    """What the judge says of each item of a folder, of those of at most so many bytes."""
    score = judge()
    return {
        item.name: score.score(item, root / "truth" / f"{item.name}.tsv")[1]
        for item in sorted((root / "in").iterdir())
        if most is None or size_of(item) <= most
    }


def size_of(item: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    files = item.rglob("*") if item.is_dir() else [item]
    return sum(one.stat().st_size for one in files if one.is_file())
