"""The user's card: convert, serve, convert --serve, and a step in CI."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import tbhttp
from helpers.command import tbingest_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TBINGEST = [sys.executable, "-m", "tbingest"]
URL = re.compile(r"http://127\.0\.0\.1:\d+")


@contextlib.contextmanager
def served(*arguments: str, cwd: Path) -> Iterator[str]:
    """The URL that a tbingest that goes on serving prints; Ctrl-C ends it with exit code 0."""
    with subprocess.Popen(
        [*TBINGEST, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            found = None
            for line in process.stdout or ():
                found = URL.search(line)
                if found:
                    break
            assert found, process.stderr and process.stderr.read()
            yield found[0]
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


@pytest.fixture(scope="module")
def logs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in a folder: every run's figure takes its time."""
    folder = tmp_path_factory.mktemp("card") / "logs"
    shutil.copytree(samples / "pytorch_loop", folder / "pytorch_loop")
    return folder


def shows_the_run(url: str) -> None:
    """One scalar, one histogram, one text and one plot, by value."""
    tbhttp.wait_for(lambda: "pytorch_loop" in tbhttp.runs(url))
    scalars = tbhttp.wait_for(lambda: tbhttp.scalars(url, "pytorch_loop", "lr"))
    assert scalars[299][1] == 300
    assert scalars[0][2] == pytest.approx(0.019999452)
    found = tbhttp.histograms(url, "pytorch_loop", "weights/layer1/weight")
    assert [step for _, step, _ in found] == [0, 50, 100, 150, 200, 250, 300]
    assert sum(count for *_, count in found[-1][2]) == 48
    (note,) = tbhttp.texts(url, "pytorch_loop", "notes")
    assert "<strong>halving the learning rate</strong>" in note["text"]
    (plot,) = tbhttp.images(url, "pytorch_loop", "overview")
    assert plot["step"] == 300
    assert tbhttp.image_bytes(url, plot["query"]).startswith(b"\x89PNG")


def test_convert_then_serve(logs: Path, tmp_path: Path) -> None:
    """`tbingest convert logs/ --logdir runs`, then `tbingest serve`."""
    done = tbingest_("convert", logs, "--logdir", "runs", cwd=tmp_path)
    assert done.returncode == 0
    assert "→ runs/" in done.stdout
    assert "next: tbingest serve" in done.stderr
    with served("serve", cwd=tmp_path) as url:
        shows_the_run(url)


def test_convert_and_serve_at_once(logs: Path, tmp_path: Path) -> None:
    """`tbingest convert logs/ --serve` goes on until Ctrl-C."""
    with served("convert", str(logs), "--serve", cwd=tmp_path) as url:
        shows_the_run(url)


def test_serve_takes_raw_logs(logs: Path, tmp_path: Path) -> None:
    """`tbingest serve logs/` goes from logs to the browser in one command."""
    with served("serve", str(logs), cwd=tmp_path) as url:
        shows_the_run(url)
    assert (tmp_path / "runs" / "pytorch_loop").is_dir()


def test_a_step_in_ci_writes_a_report_and_fails_on_no_data(logs: Path, tmp_path: Path) -> None:
    """Exit code 0 and a JSON report for logs; exit code 1 for a folder without any."""
    done = tbingest_("convert", logs, "--logdir", "runs", "--report", "report.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    totals = report["totals"]
    assert report["schema"] == "tbingest.report/1"
    assert totals["read"] == sum(
        totals[part] for part in ("written", "superseded", "reported", "repeated")
    )
    (tmp_path / "empty").mkdir()
    done = tbingest_("convert", "empty", "--logdir", "none", cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing was read" in done.stderr
    assert not (tmp_path / "none").exists()
