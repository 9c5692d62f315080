"""Where the logs for tests lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
SAMPLES = ROOT / "sample_logs"
CORPUS = Path(os.environ.get("TBINGEST_CORPUS") or "/nonexistent")
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="TBINGEST_CORPUS names no corpus")


def parity_folder(framework: str) -> Path:
    """The pair of a framework, which stands beside the corpus."""
    folder = CORPUS.resolve().parent / "parity" / framework
    if not folder.is_dir():
        pytest.skip(f"there is no parity pair for {framework} beside TBINGEST_CORPUS")
    return folder
