"""Where the logs for tests lie."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")

for _name in (
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "TBINGEST_OUTPUT_FORMAT",
):
    os.environ.pop(_name, None)  # the commands speak to GitHub where these are set

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """What the sample logs should show, as the script that made them noted."""
    return json.loads((SAMPLES / "expected.json").read_text())


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real logs, where there are any."""
    folder = os.environ.get("TBINGEST_CORPUS", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TBINGEST_CORPUS names no folder")
    return Path(folder)
