"""What all tests ask for: the logs, real ones where there are any, and a browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.register_assert_rewrite("helpers")
# A busy machine is no failure; what is submitted is tried with the same examples each time.
settings.register_profile("patient", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("patient")

for _name in (
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "TBINGEST_OUTPUT_FORMAT",
):
    os.environ.pop(_name, None)  # the commands speak to GitHub where these are set


@pytest.fixture(autouse=True)
def _no_plugin_stays() -> Iterator[None]:
    """A format that one test adds is not there for the next."""
    yield
    from tbingest.formats import registry

    if registry._from_file.cache_info().currsize:
        for found in (registry._from_file, registry.formats, registry.stores):
            found.cache_clear()


@pytest.fixture(scope="session")
def samples() -> Path:
    from helpers.places import SAMPLES

    return SAMPLES


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """What the sample logs should show, as the script that made them noted."""
    from helpers.expected import expected_of_samples

    return expected_of_samples()


@pytest.fixture(scope="session")
def converted(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The logdir of all sample logs, converted at once, without plots: to be read only."""
    import tbingest

    logdir = tmp_path_factory.mktemp("converted") / "runs"
    tbingest.convert(samples, logdir, tbingest.Options(plots="none"))
    return logdir


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real logs, where there are any."""
    from helpers.places import CORPUS

    if not CORPUS.is_dir():
        pytest.skip("TBINGEST_CORPUS names no folder")
    return CORPUS


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser."""
    from helpers.chromium import launched

    with launched() as found:
        yield found
