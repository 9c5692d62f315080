"""The steps of `action.yml`, run as GitHub runs them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from helpers.action import STEPS, ran

if TYPE_CHECKING:
    from pathlib import Path


def test_inputs_reach_scripts_by_variables_only() -> None:
    """An input in a script's text would be run."""
    assert all("${{" not in step.get("run", "") for step in STEPS.values())


@pytest.mark.parametrize(
    ("asked", "code"),
    [("", 0), ("--max loss=0.5", 0), ("--max loss=0.1", 1), ("--max 'x y=1'", 1),
     ("$(touch no)", 1)],
)  # fmt: skip
def test_the_steps_convert_and_check(tmp_path: Path, asked: str, code: int) -> None:
    """And take no input for a command."""
    (tmp_path / "my logs").mkdir()
    (tmp_path / "my logs" / "a.jsonl").write_text('{"step": 1, "loss": 0.5}\n' * 2)
    inputs = {"path": "my logs", "check": asked}
    assert ran("Convert", inputs, tmp_path).returncode == 0
    assert list((tmp_path / "runs").rglob("*tfevents*"))
    done = ran("Check", inputs, tmp_path)
    assert done.returncode in ({code} if "$" not in asked else {1, 2}), done.stderr
    assert not (tmp_path / "no").exists()
    assert (tmp_path / "tbingest-report.html").exists() == ("$" not in asked)


def test_a_check_says_why_nothing_could_be_converted(tmp_path: Path) -> None:
    """Its step is run nevertheless, and what there is is kept; the summary is written once."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "core.bin").write_bytes(bytes(range(256)) * 40)
    summary = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    inputs = {"path": "logs", "report": "page of logs.html"}
    assert ran("Convert", inputs, tmp_path, github).returncode == 1
    assert not summary.exists()
    done = ran("Check", inputs, tmp_path, github)
    assert done.returncode == 1
    assert "::error file=logs/core.bin,title=tbingest input::" in done.stdout
    assert summary.read_text().startswith("### ✗ 2 checks failed")
    assert (tmp_path / "page of logs.html").exists()
    for name in ("Check", "Keep"):
        assert "!cancelled()" in STEPS[name]["if"]
    assert list(STEPS) == ["Install", "Convert", "Check", "Keep"]


def test_no_report_is_written_where_none_is_wanted(tmp_path: Path) -> None:
    """An input may be empty."""
    (tmp_path / "a.jsonl").write_text('{"step": 1, "loss": 0.5}\n' * 2)
    inputs = {"path": "a.jsonl", "check": "--max loss=1", "report": ""}
    assert ran("Check", inputs, tmp_path).returncode == 0
    assert not list(tmp_path.rglob("*.html"))


@pytest.mark.parametrize(("version", "installed"), [("", "/the/action"), ("x==1", "x==1")])
def test_the_action_installs_itself(tmp_path: Path, version: str, installed: str) -> None:
    """From where it lies, unless it is told what to install."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf "%s " "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", STEPS["Install"]["run"]],
        env={
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "TB_VERSION": version,
            "GITHUB_ACTION_PATH": "/the/action",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["-m", "pip", "install", "--quiet", "--", installed]
