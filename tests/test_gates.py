"""What `tbingest check` asks, rule by rule: exact text and exit code."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from helpers.command import tbingest_
from helpers.page import ATTRIBUTES, ELEMENTS, Elements

from tbingest.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = "step,train/loss,val/acc\n1,0.5,0.1\n2,0.4,0.6\n3,0.3,0.5\n"
NAN = "step,train/loss\n1,0.5\n2,nan\n3,0.3\n"
INF = "step,train/loss\n1,0.5\n2,inf\n"
LAST_NAN = "step,train/loss\n1,0.5\n2,nan\n"
ONE = "step,train/loss\n1,0.5\n"
RESTART = "step,train/loss\n1,0.5\n2,0.4\n2,0.3\n3,0.2\n"
WORSE = "step,train/loss,val/acc\n1,0.5,0.1\n2,0.4,0.6\n3,0.4,0.5\n"
SPIKE = "step,train/loss\n" + "".join(
    f"{n},{9 if n == 25 else 1 + n % 2 / 10}\n" for n in range(30)
)
FLAT = "step,train/loss\n" + "".join(f"{n},{1 + n % 2 / 10}\n" for n in range(30))
AT = "logs/a.csv:4: a train/loss at step 3: "

CASES: list[tuple[str, str, list[str]]] = [
    (PLAIN, "", []),
    (PLAIN, "--max train/loss=0.3", []),
    (PLAIN, "--max train/loss=0.2", [AT + "last 0.3 is above 0.2"]),
    (PLAIN, "--max train/loss=0.2@last", [AT + "last 0.3 is above 0.2"]),
    (
        PLAIN,
        "--max train/loss=0.4@first",
        ["logs/a.csv:2: a train/loss at step 1: first 0.5 is above 0.4"],
    ),
    (PLAIN, "--max train/loss=0.5@first", []),
    (PLAIN, "--max train/loss=0.35@mean(2)", []),
    (PLAIN, "--max train/loss=0.34@mean(2)", [AT + "mean of last 2 0.35 is above 0.34"]),
    (PLAIN, "--max train/loss=0.39@mean(9)", [AT + "mean of last 3 0.4 is above 0.39"]),
    (PLAIN, "--max train/loss=0.3@best", []),
    (PLAIN, "--max train/loss=0.29@best", [AT + "best 0.3 is above 0.29"]),
    (PLAIN, "--max train/loss=0.4@at(2)", []),
    (
        PLAIN,
        "--max train/loss=0.3@at(2)",
        ["logs/a.csv:3: a train/loss at step 2: value 0.4 is above 0.3"],
    ),
    (PLAIN, "--max train/loss=0.3@at(7)", [AT + "no value at step 7"]),
    (PLAIN, "--min val/acc=0.5", []),
    (PLAIN, "--min val/acc=0.55", ["logs/a.csv:4: a val/acc at step 3: last 0.5 is below 0.55"]),
    (PLAIN, "--min val/acc=0.6@best", []),
    (PLAIN, "--min val/acc=0.7@best", ["logs/a.csv:3: a val/acc at step 2: best 0.6 is below 0.7"]),
    (
        PLAIN,
        "--min val/acc=0.2@first",
        ["logs/a.csv:2: a val/acc at step 1: first 0.1 is below 0.2"],
    ),
    (PLAIN, "--max *=0.4", ["logs/a.csv:4: a val/acc at step 3: last 0.5 is above 0.4"]),
    (PLAIN, "--max train/*=0.2", [AT + "last 0.3 is above 0.2"]),
    (PLAIN, "--max test/*=0.2", ["no tag matches 'test/*'"]),
    (PLAIN, "--max train/los=0.2", ["no run has a tag 'train/los'"]),
    (PLAIN, "--min nothing=0.2", ["no run has a tag 'nothing'"]),
    (PLAIN, "--max train/loss=inf", []),
    (PLAIN, "--min train/loss=-inf", []),
    (PLAIN, "--require val/acc", []),
    (PLAIN, "--require val/*", []),
    (PLAIN, "--require val/f1", ["no run has a tag 'val/f1'"]),
    (PLAIN, "--require test/*", ["no tag matches 'test/*'"]),
    (PLAIN, "--min-steps 3", []),
    (PLAIN, "--min-steps 4", [AT + "3 points in its longest curve, expected 4"]),
    (ONE, "--min-steps 1", []),
    (
        ONE,
        "--min-steps 2",
        ["logs/a.csv:2: a train/loss at step 1: 1 point in its longest curve, expected 2"],
    ),
    (PLAIN, "--monotonic train/loss", []),
    (
        PLAIN,
        "--monotonic train/loss=up",
        ["logs/a.csv:3: a train/loss at step 2: falls from 0.5 to 0.4, and 1 more"],
    ),
    (PLAIN, "--monotonic train/loss=down", []),
    (PLAIN, "--monotonic val/acc", ["logs/a.csv:4: a val/acc at step 3: falls from 0.6 to 0.5"]),
    (PLAIN, "--monotonic nothing", ["no run has a tag 'nothing'"]),
    (ONE, "--monotonic train/loss", []),
    (PLAIN, "--no-restart", []),
    (RESTART, "--no-restart", ["logs/a.csv:4: a train/loss at step 2: steps go back from 2 to 2"]),
    (RESTART, "--max train/loss=0.3@at(2)", []),
    (
        RESTART,
        "--min-steps 4",
        ["logs/a.csv:5: a train/loss at step 3: 3 points in its longest curve, expected 4"],
    ),
    (NAN, "", ["logs/a.csv:3: a train/loss at step 2: nan is not a number"]),
    (NAN, "--allow-nan", []),
    (NAN, "--allow-nan --max train/loss=0.3", []),
    (NAN, "--allow-nan --max train/loss=0.3@best", []),
    (
        NAN,
        "--allow-nan --max train/loss=9@mean(2)",
        [AT + "mean of last 2 nan is not a number, against 9"],
    ),
    (
        LAST_NAN,
        "--allow-nan --max train/loss=9",
        ["logs/a.csv:3: a train/loss at step 2: last nan is not a number, against 9"],
    ),
    (INF, "", ["logs/a.csv:3: a train/loss at step 2: inf is not a number"]),
    (
        INF,
        "--allow-nan --max train/loss=9",
        ["logs/a.csv:3: a train/loss at step 2: last inf is above 9"],
    ),
    (ONE, "--max train/loss=0.5@mean(5)", []),
    (FLAT, "--no-spike train/loss", []),
    (SPIKE, "--no-spike train/loss=1e6", []),
    (SPIKE, "--no-spike nothing", ["no run has a tag 'nothing'"]),
    (ONE, "--no-spike train/loss", []),
    (PLAIN, "--no-divergence train/loss", []),
    (
        FLAT,
        "--no-divergence train/loss=1.05",
        [
            (
                "logs/a.csv:31: a train/loss at step 29: "
                "last 1.1 is more than 1.05 times worse than best 1"
            )
        ],
    ),
    (
        PLAIN,
        "--no-divergence val/acc=1.1",
        ["logs/a.csv:4: a val/acc at step 3: last 0.5 is more than 1.1 times worse than best 0.6"],
    ),
    (PLAIN, "--runs a", []),
    (PLAIN, "--runs b*", ["no run matches b*"]),
    (PLAIN, "--baseline base.csv", []),
    (WORSE, "--baseline base.csv", [AT + "0.4 is above 0.3: baseline 0.3, +33.33%"]),
    (WORSE, "--baseline base.csv --max-regression 50%", []),
    (
        WORSE,
        "--baseline base.csv --max-regression 0.05",
        [AT + "0.4 is above 0.35: baseline 0.3, +33.33%"],
    ),
    (WORSE, "--baseline base.csv --max-regression 0.2", []),
    (WORSE, "--baseline base.csv --direction train/*=up", []),
    (
        ONE,
        "--baseline base.csv --max-regression 99%",
        ["a: has no tag 'val/acc', which the baseline has"],
    ),
]


@pytest.fixture
def gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """`check logs` of a log, with more arguments: the exit code and what stdout holds."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TBINGEST_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "base.csv").write_text(PLAIN)

    def check(log: str, *arguments: str) -> tuple[int, str]:
        (tmp_path / "logs" / "a.csv").write_text(log)
        code = run(["check", "logs/a.csv", *arguments])
        return code, capsys.readouterr().out

    return check


@pytest.mark.parametrize(("log", "asked", "expected"), CASES)
def test_a_gate_says_what_is_wrong(
    gate: Callable[..., tuple[int, str]], log: str, asked: str, expected: list[str]
) -> None:
    """With the place, the run, the tag and the step; exit code 1 where anything is."""
    code, out = gate(log, *asked.split(), "--output-format", "json")
    texts = []
    for one in json.loads(out)["failures"]:
        place = f"{one['source']}:{one['line']}: " if one["source"] else ""
        step = f" at step {one['step']}" if one["step"] is not None else ""
        subject = f"{one['run']} {one['tag']}".strip() + step
        texts.append(place + (f"{subject}: " if subject else "") + one["what"])
    assert (code, texts) == (int(bool(expected)), expected)


def test_a_spike_is_found_where_it_is(gate: Callable[..., tuple[int, str]]) -> None:
    """By its distance from the median before it."""
    code, out = gate(SPIKE, "--no-spike", "train/loss")
    assert code == 1
    assert "logs/a.csv:27: a train/loss at step 25: 9 is " in out


@pytest.mark.parametrize(
    "asked",
    ["--max loss", "--max a=x", "--max a=nan", "--max a=1@worst", "--max a=1@mean",
     "--max a=1@mean(0)", "--direction a", "--no-spike a=0",
     "--max-regression x", "--max-regression 2%", "--report a.pdf"],
)  # fmt: skip
def test_a_rule_that_cannot_be_right_is_a_usage_error(
    gate: Callable[..., tuple[int, str]], asked: str
) -> None:
    """Exit code 2."""
    assert gate(PLAIN, *asked.split())[0] == 2


def test_a_quiet_check_says_what_failed_and_nothing_else(
    gate: Callable[..., tuple[int, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr: a red job without a word helps nobody."""
    assert gate(PLAIN, "-q") == (0, "")
    assert run(["check", "logs/a.csv", "--max", "train/los=1", "--max", "val/acc=0.4", "-q"]) == 1
    at = "logs/a.csv:4: a val/acc at step 3"
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()) == (
        "",
        [
            "error: no run has a tag 'train/los'  [--max train/los=1@last]",
            "hint: did you mean train/loss?",
            f"error: {at}: last 0.5 is above 0.4  [--max val/acc=0.4@last]",
        ],
    )


def test_rules_of_the_config_are_asked(gate: Callable[..., tuple[int, str]]) -> None:
    """By the same names; unknown keys are errors."""
    Path("tbingest.toml").write_text('[[check]]\ntag = "train/loss"\nmax = 0.2\nat = "best"\n')
    code, out = gate(PLAIN)
    assert (code, "best 0.3 is above 0.2" in out) == (1, True)
    Path("tbingest.toml").write_text('[[check]]\ntag = "train/loss"\nmaxx = 0.2\n')
    assert gate(PLAIN)[0] == 2
    Path("tbingest.toml").write_text('[[check]]\ntag = "train/loss"\n')
    assert gate(PLAIN)[0] == 2


def test_nothing_readable_fails_with_a_line_for_each_file(
    gate: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """A green CI on no data is the worst outcome."""
    code, out = gate("hello\n")
    assert code == 1
    assert "logs/a.csv: " in out
    assert not (tmp_path / "runs").exists()


HOSTILE = "<script>alert(1)</script>\"'|`@x"


def test_no_report_takes_names_for_markup(gate: Callable[..., tuple[int, str]]) -> None:
    """A page, JUnit, Markdown and annotations of a hostile tag."""
    log = f'{{"step": 1, "{HOSTILE.replace(chr(34), "")}": NaN}}\n' * 2
    files = ("--report", "r.html", "--junit", "j.xml", "--openmetrics", "o.txt", "--metrics", "m")
    code, out = gate(log, *files, "--output-format", "github")
    assert code == 1
    page = Elements()
    page.feed(Path("r.html").read_text())
    assert page.tags <= ELEMENTS
    assert page.names <= ATTRIBUTES
    suite = ET.fromstring(Path("j.xml").read_text())  # noqa: S314 - our own file
    assert suite.findall(".//failure")
    for line in out.splitlines():
        assert re.fullmatch(r"::error( [a-z]+=[^,:]*(,[a-z]+=[^,:]*)*)?::.*", line)
    json.loads(Path("m").read_text())


def test_other_programs_read_the_reports(gate: Callable[..., tuple[int, str]]) -> None:
    """junitparser and prometheus_client, where they are there."""
    gate(PLAIN, "--junit", "j.xml", "--openmetrics", "o.txt", "--max", "train/loss=0")
    prometheus = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = list(prometheus.text_string_to_metric_families(Path("o.txt").read_text()))
    last = {sample.labels["tag"]: sample.value for sample in families[0].samples}
    assert last["train/loss"] == 0.3
    junit = pytest.importorskip("junitparser").JUnitXml.fromfile("j.xml")
    assert junit.failures == 1


def test_github_gets_annotations_and_a_summary_by_itself(
    gate: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its variables are set."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    _, out = gate(PLAIN, "--max", "train/loss=0.2")
    assert "::error file=logs/a.csv,line=4,title=tbingest --max train/loss=0.2@last::" in out
    assert Path("summary.md").read_text().startswith("### ✗ 1 check failed\n")


def test_a_logdir_is_judged_as_its_logs_are(gate: Callable[..., tuple[int, str]]) -> None:
    """Event files are read back without TensorBoard, restarts as it shows them."""
    gate(RESTART)
    assert run(["convert", "logs", "--no-plots", "-q"]) == 0
    assert run(["check", "runs", "--max", "train/loss=0.21", "--min-steps", "3"]) == 0
    assert run(["check", "runs", "--max", "train/loss=0.1"]) == 1
    assert run(["check", "runs", "--no-restart"]) == 1


DVC_FOLDERS = ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "DVC_SITE_CACHE_DIR")


def test_dvc_shows_what_changed(gate: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """`dvc metrics diff` of two `metrics.json`, where dvc and git are there."""
    if not (shutil.which("dvc") and shutil.which("git")):
        pytest.skip("dvc is not installed")

    def ran(*command: str) -> str:
        home = {name: str(tmp_path / "dvc") for name in DVC_FOLDERS}
        env = {**os.environ, **home, "DVC_NO_ANALYTICS": "1"}
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
        )
        return done.stdout

    ran("git", "init", "-q")
    ran("dvc", "init", "-q")
    gate(PLAIN, "--metrics", "metrics.json")
    ran("git", "add", "metrics.json")
    ran("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    gate(WORSE, "--metrics", "metrics.json")
    said = json.loads(ran("dvc", "metrics", "diff", "--json", "--targets", "metrics.json"))
    assert list(said["metrics.json"]) == ["a.train/loss"]
    [changed] = said["metrics.json"].values()
    assert changed == {"old": 0.3, "new": 0.4, "diff": pytest.approx(0.1)}


SEEDS = "step,val/loss\n1,0.9\n2,{}\n"


def seeds(folder: str, values: list[float]) -> str:
    """Logs of several seeds of one training, whose last values these are."""
    for number, value in enumerate(values):
        path = Path(folder, f"{folder}-seed{number}")
        path.mkdir(parents=True)
        (path / "log.csv").write_text(SEEDS.format(value))
    return folder


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ([0.50, 0.52, 0.48], ""),
        ([0.54, 0.50, 0.58], ""),  # worse, by less than twice the standard error
        (
            [0.60, 0.62, 0.58],
            "mean of 3 0.6 ± 0.02 is above 0.53265986: baseline mean of 3 0.5 ± 0.02, +20%",
        ),
        ([0.60], "0.6 is above 0.52309401: baseline mean of 3 0.5 ± 0.02, +20%"),
    ],
)
def test_seeds_are_compared_by_mean_and_spread(
    gate: Callable[..., tuple[int, str]],
    capsys: pytest.CaptureFixture[str],
    new: list[float],
    expected: str,
) -> None:
    """A change within what the seeds differ by anyway is none."""
    base = seeds("old", [0.5, 0.52, 0.48])
    code = run(["check", seeds("new", new), "--baseline", base, "--output-format", "json"])
    failures = json.loads(capsys.readouterr().out)["failures"]
    assert code == bool(expected)
    assert [one["what"] for one in failures] == [expected] * bool(expected)


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("--max train/los=1", "did you mean train/loss?"),
        ("--require val/ac", "did you mean val/acc?"),
        ("--max zzz=1", "there are train/loss, val/acc"),
        ("--runs b", "there are a"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(
    gate: Callable[..., tuple[int, str]], asked: str, hint: str
) -> None:
    """The nearest, if one is near."""
    assert f"hint: {hint}" in gate(PLAIN, *asked.split())[1]


def test_a_run_that_is_not_there_is_answered_with_the_nearest(
    gate: Callable[..., tuple[int, str]],
) -> None:
    """In a flag, and in a rule of the config."""
    for name in ("exp-one", "exp-two"):
        Path("logs", name).mkdir()
        Path("logs", name, "x.csv").write_text(PLAIN)
    Path("tbingest.toml").write_text('[[check]]\nrun = "exp-onne"\ntag = "train/loss"\nmax = 1\n')
    code, out = gate(PLAIN, "logs", "--runs", "exp-twoo")
    assert (code, "did you mean exp-two?" in out) == (1, True)
    assert "did you mean exp-one?" in gate(PLAIN, "logs")[1]


USELESS = {
    "job.log": b"Collecting torch\nDone.\n",
    "empty.csv": b"",
    "core.bin": bytes(range(256)) * 40,
}


def served(folder: Path) -> tuple[int, str, str]:
    """`serve logs`, which waits for better logs until it is stopped."""
    with subprocess.Popen(
        [sys.executable, "-m", "tbingest", "serve", "logs"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = process.stderr.readline() if process.stderr else ""
        assert said.startswith("following logs")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(4)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    return process.returncode, out, errors


@pytest.mark.parametrize("command", ["convert", "serve", "inspect", "check", "formats"])
@pytest.mark.parametrize("names", [("job.log", "empty.csv", "core.bin"), ("empty.csv",), ()])
def test_every_command_says_why_each_file_of_a_log_gave_nothing(
    command: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    """Exit code 1, one line for each file or for the folder that has none, and no event file."""
    (tmp_path / "logs").mkdir()
    for name in names:
        (tmp_path / "logs" / name).write_bytes(USELESS[name])
    if command == "serve":
        code, out, errors = served(tmp_path)
    else:
        done = tbingest_(command, "logs", cwd=tmp_path)
        code, out, errors = done.returncode, done.stdout, done.stderr
    assert code == 1, errors
    for name in names or ("holds no files",):
        lines = [line for line in (out + errors).splitlines() if name in line]
        assert len(lines) == 1, (name, out, errors)
        assert lines[0].partition("logs")[2].partition(name)[2].strip(": ") or not names
    assert not list(tmp_path.rglob("*tfevents*"))
