"""What `convert --report` and `--output-format` say: the pages that a check has, too."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from helpers.page import ATTRIBUTES, ELEMENTS, Elements
from markdown_it import MarkdownIt
from tensorboardX import SummaryWriter
from tensorboardX.proto.summary_pb2 import Summary

from tbingest.cli import run
from tbingest.names.escape import RAW as RAW_CONTROLS
from tbingest.report.github import SHOWN
from tbingest.report.markdown import COMMENT_CHARACTERS, SUMMARY_BYTES

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
    page = Path(f"r.{suffix}").read_text().replace("<wbr>", "")
    said = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), page)
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
    assert "train/loss" in Path(f"again.{suffix}").read_text().replace("<wbr>", "")


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


def test_github_is_told_of_a_conversion_by_itself(
    logs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where its variables are set: a file by its path in the repository, wherever the step runs."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(logs))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(logs / "summary.md"))
    monkeypatch.chdir(logs / "logs")
    (logs / "logs" / "junk.bin").write_bytes(bytes(range(256)) * 40)
    assert run(["convert", "exp", "junk.bin", "--no-plots"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    warned = "file=logs/exp/a.csv,line=5,title=tbingest::exp/a.csv:5: expected 2 fields, got 1"
    assert lines == [
        "::error file=logs/junk.bin,title=tbingest input::junk.bin: binary, of no known kind",
        f"::warning {warned}",
    ]
    assert (logs / "summary.md").read_text().startswith("### ✗ 4 points of 1 run in runs")
    assert run(["convert", "exp", "--no-plots", "--output-format", "json"]) == 0
    json.loads(capsys.readouterr().out)


RAW = "\x1b[31mred\x07\u202e%0A::error::x\r\n::error::y"


def test_annotations_hold_no_raw_controls_and_no_more_than_github_takes(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tag may be of any length and hold anything, in an event file of others."""
    for folder, tag in (("raw", RAW), ("long", "x" * 100_000)):
        with SummaryWriter(f"events/{folder}") as writer:
            writer.file_writer.add_summary(
                Summary(value=[Summary.Value(tag=tag, simple_value=float("nan"))]), 1
            )
    assert run(["check", "events", "--output-format", "github"]) == 1
    lines = capsys.readouterr().out.split("\n")
    assert len(lines) == 3
    assert [line.startswith("::error file=events/") for line in lines[:2]] == [True, True]
    assert not RAW_CONTROLS.search("".join(lines))
    assert max(map(len, lines)) < 10_000
    assert run(["check", "events", "--output-format", "markdown"]) == 1
    said = capsys.readouterr().out
    assert said.count("nan is not a number") == 2
    assert "and more" not in said


NAMES = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[red]x[/red]", "[/]"),
    *("[a](http://example.org)", "![a](b)", "http://example.org", "www.example.org", "WWW.a.org"),
    *("=cmd|' /C calc'!A0", "+1", "-1+2", "@octocat", "to @octocat", "a/b#12", "#12", ":smile:"),
    *("a|b", "`tick`", "``", "new\nline", "*x*", "__x__", "~~x~~", "# x", "- x", "1. x", "> x"),
    *("\\", "&lt;b&gt;", "&amp;", "]]>", "<!--", "${{ x }}", RAW, "x" * 9999),
]
FORMS = ["text", "json", "markdown", "github", "html"]


@pytest.fixture
def hostile(logs: Path) -> Path:
    """Event files of others, whose tags are anything."""
    for number, name in enumerate(NAMES):
        with SummaryWriter(f"events/{number:02}") as writer:
            for step, value in ((1, 2.0), (2, float("nan"))):
                one = Summary(value=[Summary.Value(tag=name, simple_value=value)])
                writer.file_writer.add_summary(one, step)
    return logs / "events"


@pytest.mark.parametrize("form", FORMS)
def test_no_form_takes_a_tag_for_anything_else(
    hostile: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """No control character is raw, and no document holds a thing from the data but text."""
    files = ("--junit", "j.xml", "--openmetrics", "o.txt", "--metrics", "m.json")
    assert run(["check", str(hostile), "--max", "*=1", "--output-format", form, *files]) == 1
    said = capsys.readouterr()
    texts = [said.out, *(Path(name).read_text() for name in files[1::2])]
    assert not [raw for text in texts for raw in RAW_CONTROLS.findall(text) if raw != "\n"]
    junit = ET.fromstring(texts[1])  # noqa: S314 - our own file
    known = {"testsuites", "testsuite", "testcase", "failure"}
    assert {one.tag for one in junit.iter()} == known
    assert set(json.loads(texts[3])) <= {f"{number:02}" for number in range(len(NAMES))}
    prometheus = pytest.importorskip("prometheus_client.openmetrics.parser")
    last = next(iter(prometheus.text_string_to_metric_families(texts[2])))
    assert len(last.samples) == len(NAMES)
    if form == "html":
        page = Elements()
        page.feed(said.out)
        assert page.tags <= ELEMENTS
        assert page.names <= ATTRIBUTES
        assert not re.search(r"<td>[=+@]|<td>-[^-]", said.out)
    if form == "markdown":
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(said.out)
        kinds = {part.type for one in tokens for part in [one, *(one.children or [])]}
        assert {kind.partition("_")[0] for kind in kinds} <= MARKDOWN
        shown = MarkdownIt("commonmark").enable("table").render(said.out)
        rows = re.findall(r"<tr>.*?</tr>", shown, re.DOTALL)
        assert {len(re.findall("<t[dh]", row)) for row in rows} == {6, 7}
        assert not re.search(r"://|www\.|@", said.out, re.IGNORECASE)
        assert not re.search(r"(?<!\w)@\w|#\d", unescape(shown))


MARKDOWN = set("heading paragraph table thead tbody tr th td text inline bullet list".split())


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
    assert page.tags <= (ELEMENTS if kind == "html" else set())
    assert page.names <= ATTRIBUTES


def test_markdown_is_cut_to_what_a_comment_takes(logs: Path) -> None:
    """At a whole line, and says so; the failures come first."""
    tags = [f"tag_{n:04}/loss" for n in range(2000)]
    table = "\n".join([",".join(["step", *tags]), "1" + ",2" * 2000, "2" + ",1" * 2000])
    (logs / "logs" / "exp" / "a.csv").write_text(table + "\n")
    assert run(["check", "logs", "--max", "*=0.5", "--report", "r.md", "-q"]) == 1
    said = Path("r.md").read_text()
    assert 60_000 < len(said.encode()) <= COMMENT_CHARACTERS
    assert said.startswith("### ✗ 2,000 checks failed\n")
    assert said.count("| last 1 is above 0.5 |") == SHOWN
    assert "\nand 1,990 more\n" in said
    assert said.endswith("█▁ |\n\n_and more: the whole list is in the JSON report_\n")


@pytest.mark.parametrize("held", [0, SUMMARY_BYTES - 2000, SUMMARY_BYTES - 20, SUMMARY_BYTES])
def test_a_step_summary_is_filled_no_further_than_github_takes(
    logs: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    """With what the step said before; a summary that is longer is not shown at all."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(logs / "summary.md"))
    (logs / "summary.md").write_text("x" * held)
    tags = ",".join(f"tag{n}" for n in range(100))
    (logs / "logs" / "exp" / "a.csv").write_text(f"step,{tags}\n1{',2' * 100}\n2{',1' * 100}\n")
    assert run(["check", "logs"]) == 0
    said = (logs / "summary.md").read_text()
    assert held <= len(said.encode()) <= SUMMARY_BYTES
    assert ("### ✓ checks passed" in said) == (held <= SUMMARY_BYTES - 2000)
    assert ("tag99" in said) == (held == 0)
