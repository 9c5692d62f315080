"""What `convert --report` and `--output-format` say: the pages that a check has, too."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_gates import Elements

from tbingest.check.github import SHOWN
from tbingest.cli import run

LOG = "step,train/loss\n1,0.5\n2,0.4\n3,nan\n4\n5,0.2\n"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one log that has a short line, as the working directory."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TBINGEST_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs" / "exp").mkdir(parents=True)
    (tmp_path / "logs" / "exp" / "a.csv").write_text(LOG)
    return tmp_path


def converted(*arguments: str) -> int:
    return run(["convert", "logs", "--no-plots", *arguments])


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_a_page_of_a_conversion_has_its_sources_problems_and_curves(
    logs: Path, suffix: str
) -> None:
    """The last value is the curve's, and the problem has its line."""
    assert converted("--report", f"r.{suffix}", "-q") == 0
    said = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), Path(f"r.{suffix}").read_text())
    assert "4 points of 1 run in runs, 1 problem" in said
    for words in (
        "logs/exp/a.csv:5",
        "train/loss",
        "4 scalars",
        "0.2",
        "svg" if suffix == "html" else "█",
    ):
        assert words in said, words
    assert "checks passed" not in said
    converted("--report", f"again.{suffix}", "-q")
    assert "train/loss" in Path(f"again.{suffix}").read_text().replace("&#45;", "-")


def test_markdown_and_json_of_a_conversion_go_to_stdout(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing else does."""
    assert converted("--output-format", "markdown") == 0
    assert capsys.readouterr().out.startswith("### ✓ 4 points of 1 run in runs, 1 problem\n")
    assert converted("--output-format", "json") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "tbingest.report/1"


def test_github_gets_a_warning_for_each_problem(
    logs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten at most, and a step summary."""
    (logs / "logs" / "exp" / "a.csv").write_text(
        LOG + "".join(f"{step},0.1\n" for step in range(6, 66)) + "70\n" * 20
    )
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert converted("--output-format", "github") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert len(lines) == SHOWN
    assert lines[0].startswith("::warning file=logs/exp/a.csv,line=5,title=tbingest::")
    assert (
        Path("summary.md").read_text().startswith("### ✓ 64 points of 1 run in runs, 21 problems")
    )


def test_a_report_of_an_unknown_kind_is_refused_before_anything_is_written(logs: Path) -> None:
    """Exit code 2."""
    assert converted("--report", "r.pdf") == 2
    assert not (logs / "runs").exists()


def test_nothing_read_is_the_headline(logs: Path) -> None:
    """With a line for the file."""
    (logs / "logs" / "exp" / "a.csv").write_text("hello\n")
    assert converted("--report", "r.md", "-q") == 1
    said = Path("r.md").read_text()
    assert said.startswith("### ✗ Nothing was read\n")
    assert "a.csv" in said


HOSTILE = "<img src=x onerror=alert(1)>&quot;'|`@x"


@pytest.mark.parametrize("kind", ["html", "md"])
def test_no_page_of_a_conversion_takes_names_for_markup(logs: Path, kind: str) -> None:
    """Of files, runs, tags and values: a real parser finds our elements only."""
    folder = logs / "logs" / HOSTILE.replace("/", "")
    folder.mkdir()
    (folder / f"{HOSTILE}.jsonl").write_text(
        "".join(f'{{"step": {n}, "{HOSTILE}": {n}, "loss": "{HOSTILE}"}}\n' for n in range(3))
        + f"{HOSTILE}\n"
    )
    (logs / "logs" / f"{HOSTILE}.bin").write_bytes(bytes(range(256)) * 20)
    assert converted("--report", f"r.{kind}", "-q") == 0
    page = Elements()
    page.feed(Path(f"r.{kind}").read_text())
    assert "onerror" in Path(f"r.{kind}").read_text()
    known = "html head meta title style body h1 p table thead tbody tr th td svg path"
    assert page.tags <= (set(known.split()) if kind == "html" else set())
    assert page.names <= set("lang charset name content class width height viewbox role d".split())
