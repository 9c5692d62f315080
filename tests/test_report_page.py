"""The page of a check in a real Chromium: it asks for nothing, and its curves are drawn."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from test_browser import browser, keep

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["browser"]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: Any) -> Path:
    """The page of a check of 50 runs of ten tags, against another training."""
    folder = tmp_path_factory.mktemp("report")
    random = np.random.default_rng(3)
    for logs, rate in (("logs", 60.0), ("before", 80.0)):
        for run in range(50):
            falls = np.exp(-np.arange(400)[:, None] / rate) + random.random((400, 10)) / 20
            rows = [",".join(f"{x:.4g}" for x in row) for row in falls]
            (folder / logs / f"run{run:02}").mkdir(parents=True)
            table = ["step," + ",".join(f"part{n}/loss" for n in range(10))]
            table += [f"{step},{row}" for step, row in enumerate(rows)]
            (folder / logs / f"run{run:02}" / "log.csv").write_text("\n".join(table) + "\n")
    asked = ["--max", "part3/loss=0.03", "--baseline", "before", "--max-regression", "0.04"]
    command = [sys.executable, "-m", "tbingest", "check", "logs", *asked, "--report", "r.html"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 1
    return folder / "r.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_one_page_that_asks_for_nothing(
    browser: Any,
    report: Path,
    scheme: str,
    tmp_path: Path,
) -> None:
    """Under 2 MB for 50 runs; its curves are drawn, in light and dark, and it can be printed."""
    assert report.stat().st_size < 2_000_000
    requests: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    assert requests == [report.as_uri()]
    assert page.locator("svg path").count() == 520
    box = page.locator("svg path").first.bounding_box()
    assert box["width"] > 90
    assert box["height"] > 10
    [back, ink] = page.evaluate(
        """() => ["background-color", "color"].map((name) =>
            getComputedStyle(document.body).getPropertyValue(name).match(/\\d+/g).map(Number)[0])"""
    )
    assert (back < 60 < ink) if scheme == "dark" else (ink < 60 < back)
    keep(page, "report" if scheme == "light" else "report-dark", tmp_path)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400
    context.close()
