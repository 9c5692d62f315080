"""The page of a check in a real Chromium: it asks for nothing, and its curves are drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.chromium import keep
from helpers.command import tbingest_

if TYPE_CHECKING:
    from pathlib import Path

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
    done = tbingest_("check", "logs", *asked, "--report", "r.html", cwd=folder)
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
    assert page.locator("td svg path").count() == 521
    assert page.locator("figure > svg").count() == 11
    assert (
        page.locator("figure > svg path:not(.axis)").count() == 91
    )  # ten runs in each, one with a tag of its own
    box = page.locator("td svg path").first.bounding_box()
    assert box["width"] > 90
    assert box["height"] > 10
    [back, ink] = page.evaluate(
        """() => ["background-color", "color"].map((name) =>
            getComputedStyle(document.body).getPropertyValue(name).match(/\\d+/g).map(Number)[0])"""
    )
    assert (back < 60 < ink) if scheme == "dark" else (ink < 60 < back)
    keep(page, "report" if scheme == "light" else "report-dark", tmp_path)
    context.close()


INK = """() => [...document.querySelectorAll("h1, p, th, td, figcaption, path")].map((one) => {
    const style = getComputedStyle(one);
    return style.getPropertyValue(one.tagName == "path" ? "stroke" : "color");
})"""
CUT = """() => [...document.querySelectorAll("h1, p, th, td, figcaption, svg")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.left < -0.5 || box.right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1
        && one.tagName != "svg";
}).map((one) => one.textContent)"""


BOXES = """() => [...document.querySelectorAll("figure > svg")].map((one) =>
    one.getBoundingClientRect().width)"""
COLUMNS = """() => [...document.querySelectorAll("td:not(.n)")].map((one) =>
    one.getBoundingClientRect().width)"""
STROKES = """() => [...document.querySelectorAll("figure > svg path:not(.axis)")].map((one) =>
    getComputedStyle(one).stroke)"""


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


@pytest.mark.parametrize("width", [320, 390])
def test_a_report_fits_a_phone(browser: Any, report: Path, width: int, tmp_path: Path) -> None:
    """Charts as wide as the screen; a table is moved by itself, and no word stands upright."""
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for box in page.evaluate(BOXES):
        assert 250 < box < width
    assert min(page.evaluate(COLUMNS)) > 50
    context.close()


def test_a_chart_has_a_line_for_each_run_at_its_steps(browser: Any, tmp_path: Path) -> None:
    """Of different lengths, on axes that say from where to where, in colours with names."""
    for name, steps in (("long", range(0, 1000, 100)), ("short", (0, 10, 500))):
        (tmp_path / "logs" / name).mkdir(parents=True)
        rows = "".join(f"{step},{1 - step / 1000}\n" for step in steps)
        (tmp_path / "logs" / name / "log.csv").write_text("step,loss\n" + rows)
    assert tbingest_("check", "logs", "--report", "r.html", cwd=tmp_path).returncode == 0
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "r.html").as_uri())
    figure = page.locator("figure")
    assert figure.locator("text").all_text_contents() == ["1", "0.1", "0", "900"]
    assert figure.locator("p").inner_text().split() == ["long,", "short"]
    ends = [
        re.findall(r"([\d.]+) [\d.]+", path.get_attribute("d"))
        for path in figure.locator("> svg path:not(.axis)").all()
    ]
    [long, short] = [[float(x) for x in xs] for xs in ends]
    assert (long[0], long[-1]) == (66.0, 438.0)
    assert short == pytest.approx([66.0, 66 + 372 / 90, 66 + 372 * 5 / 9], abs=0.1)
    colours = page.evaluate(STROKES)
    assert len(set(colours)) == 2
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
