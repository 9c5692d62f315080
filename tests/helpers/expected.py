"""What the sample logs should show, as the scripts that made them noted it."""

from __future__ import annotations

import sys
from typing import Any

from helpers.places import SAMPLES

sys.path.append(str(SAMPLES))

import expectation


def expected_of_samples() -> dict[str, dict[str, Any]]:
    """All their `expected.json` together: `runs` and `files`."""
    return expectation.load(SAMPLES)
