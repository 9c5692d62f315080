"""docs/ci.md is true: its snippets run as they stand, its links lead somewhere; so is the help."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helpers.action import ran

from tbingest.check.rules import KEYS, rules_of_table
from tbingest.cli import run
from tbingest.cli.check import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
GOOD = "step,val/loss,val/acc\n1,0.5,0.8\n2,0.3,0.95\n"
BAD = "step,val/loss,val/acc\n1,0.5,0.8\n2,0.6,0.85\n"


def snippet(kind: str, holding: str) -> str:
    """The one block of a kind that holds some words."""
    [found] = [
        text for text in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if holding in text
    ]
    return found


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """A folder with a log, and commands `tbingest` and `pip`; pip only says what it was asked."""
    for name, line in (
        ("tbingest", f'exec {shlex.quote(sys.executable)} -m tbingest "$@"'),
        ("pip", 'echo "$@" >> pip.txt'),
    ):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)

    def made(log: str) -> Path:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "log.csv").write_text(log)
        return tmp_path

    return made


def bash(script: str, folder: Path) -> int:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TBINGEST_OUTPUT_FORMAT"):
        env.pop(name, None)
    return subprocess.run(["bash", "-c", script], cwd=folder, env=env, check=False).returncode


@pytest.mark.parametrize(("log", "code"), [(GOOD, 0), (BAD, 1), ("hello\n", 1)])
def test_the_lines_for_a_shell_run(project: Callable[[str], Path], log: str, code: int) -> None:
    """They install what lies beside the logs, and leave the reports that they name."""
    folder = project(log)
    assert bash(snippet("sh", "pip install"), folder) == code
    assert (folder / "pip.txt").read_text() == "install ./tbingest\n"
    assert (folder / "check.html").exists()
    assert (folder / "check.xml").exists()
    assert (folder / "runs").exists() == (log != "hello\n")


@pytest.mark.parametrize(("log", "code"), [(BAD, 1), ("hello\n", 1)])
def test_the_lines_for_gitlab_run(project: Callable[[str], Path], log: str, code: int) -> None:
    """As its runner does, which stops at the first line that fails; the artifacts are there."""
    folder = project(log)
    job: dict[str, Any] = yaml.safe_load(snippet("yaml", "script:"))
    assert bash("set -eo pipefail\n" + "\n".join(job["script"]), folder) == code
    if log != "hello\n":
        for path in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
            assert (folder / path).exists()
    assert job["artifacts"]["when"] == "always"


@pytest.mark.parametrize(("log", "code"), [(BAD, 1)])
def test_the_step_for_github_runs(project: Callable[[str], Path], log: str, code: int) -> None:
    """By the action in this repository, with its inputs."""
    folder = project(log)
    [step] = yaml.safe_load(snippet("yaml", "uses:"))
    inputs = step["with"]
    assert ran("Convert", inputs, folder).returncode == 0
    assert list((folder / "runs").rglob("*tfevents*"))
    assert ran("Check", inputs, folder).returncode == code


def test_the_config_of_the_page_is_one() -> None:
    """And every key that a [[check]] may hold is named."""
    for table in tomllib.loads(snippet("toml", "[[check]]"))["check"]:
        assert rules_of_table(table)
    for key in KEYS:
        assert f"`{key}`" in PAGE


def test_every_link_of_the_page_leads_somewhere() -> None:
    """Pictures, too."""
    targets = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert targets
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target


def test_the_help_fits_a_terminal_and_its_examples_run(
    project: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No line is longer than 80 columns, no example is broken over two, none is a usage error."""
    folder = project(GOOD)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["check", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    (folder / "main-logs").symlink_to("logs")
    assert run(["convert", "logs", "--no-plots", "-q"]) == 0
    examples = [line for line in EXAMPLES.splitlines() if line.startswith("tbingest ")]
    assert len(examples) >= 5
    for example in examples:
        assert f"  {example}" in lines
        code = run(shlex.split(example)[1:])
        assert code == ("train/loss" in example), example
