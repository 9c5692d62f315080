"""A real browser, and what it showed."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def keep(page: Any, name: str, tmp_path: Path) -> None:
    """A screenshot of a page, which shows something."""
    folder = Path(os.environ.get("TBINGEST_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000


@contextmanager
def launched() -> Iterator[Any]:
    """Chromium without a window."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.fail("chromium is not installed: `make test-browser` as root installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
