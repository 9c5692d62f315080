"""The page of a check in a real Chromium: it asks for nothing, and its curves are drawn."""

from __future__ import annotations

import re
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
            name = f"run{run:02}" if run != 7 else "a-long-name-without-a-space_" * 6
            (folder / logs / name).mkdir(parents=True)
            table = ["step," + ",".join(f"part{n}/loss" for n in range(10))]
            table += [f"{step},{row}" for step, row in enumerate(rows)]
            (folder / logs / name / "log.csv").write_text("\n".join(table) + "\n")
    steps = "".join(f"{step},{9 if step == 2001 else step % 5 / 10}\n" for step in range(4000))
    (folder / "logs" / "spiky.csv").write_text(f"step,spiky/loss\n{steps}")
    asked = [
        "--no-spike",
        "spiky/loss=50",
        "--max",
        "part3/loss=0.03",
        "--baseline",
        "before",
        "--max-regression",
        "0.04",
    ]
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
    """Under 2 MB for 50 runs; its curves are drawn, in light and dark."""
    assert report.stat().st_size < 2_000_000
    requests: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    assert requests == [report.as_uri()]
    assert page.locator("svg path").count() == 521
    box = page.locator("svg path").first.bounding_box()
    assert box["width"] > 90
    assert box["height"] > 10
    [back, ink] = page.evaluate(
        """() => ["background-color", "color"].map((name) =>
            getComputedStyle(document.body).getPropertyValue(name).match(/\\d+/g).map(Number)[0])"""
    )
    assert (back < 60 < ink) if scheme == "dark" else (ink < 60 < back)
    keep(page, "report" if scheme == "light" else "report-dark", tmp_path)
    context.close()


INK = """() => [...document.querySelectorAll("h1, p, th, td, path")].map((one) => {
    const style = getComputedStyle(one);
    return style.getPropertyValue(one.tagName == "path" ? "stroke" : "color");
})"""
CUT = """() => [...document.querySelectorAll("h1, p, th, td, svg")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.left < -0.5 || box.right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1
        && one.tagName != "svg";
}).map((one) => one.textContent)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_printed_dark_on_white_and_whole(
    browser: Any, report: Path, scheme: str
) -> None:
    """On A4, whatever colours the screen has: nothing is pale, and nothing is cut off."""
    context = browser.new_context(viewport={"width": 718, "height": 1000}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print", color_scheme=scheme)
    for ink in set(page.evaluate(INK)):
        red, green, blue = map(int, re.findall(r"\d+", ink)[:3])
        assert 0.3 * red + 0.59 * green + 0.11 * blue < 130, ink
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()


def test_a_spike_of_one_step_is_drawn(browser: Any, report: Path) -> None:
    """In a curve of 4,000 steps: its line reaches from the bottom to the top."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(report.as_uri())
    [row] = [
        row for row in page.locator("tr").all() if "--no-spike" in row.inner_text().split("\t")[0]
    ]
    heights = [float(y) for y in re.findall(r" ([\d.]+)", row.locator("path").get_attribute("d"))]
    assert min(heights) == 2.0
    assert sorted(heights)[1] > 20
    context.close()
