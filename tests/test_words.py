"""Words that are said: of one thing in the singular, of what is known and no more."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from helpers.command import tbingest_
from helpers.places import SAMPLES

from tbingest.formats.optuna.db import read as read_optuna
from tbingest.model.rows import Problem
from tbingest.names.words import plural

if TYPE_CHECKING:
    from pathlib import Path

LATE = "step,loss\n" + "".join(f"{n},{1 / n}\n" for n in [1, 2, 3, 5, 4, 6, 7, 8, 9, 10, 11, 12])
CSV = "step,loss\n1,0.5\n2,0.4\n"

SAID = {
    "one tag stands": (
        {"logs/training.log": "epoch,loss\n0,0.5\n", "logs/history.json": '{"loss": [0.5]}'},
        ["convert", "logs", "--no-plots"],
        "1 tag stands in table's log already",
    ),
    "one late record": (
        {"a.csv": LATE},
        ["convert", "a.csv", "--no-plots"],
        "1 late or unordered record is sorted in by its step",
    ),
    "one number": (
        {"history.json": '{"loss": [0.5]}'},
        ["inspect", "history.json"],
        "1 tag, 0 of them curves",
    ),
    "one column": ({"a.csv": "loss\n1\n2\n"}, ["inspect", "a.csv"], "1 column separated by"),
    "the head of a list": (
        {"a.json": json.dumps([{"a": n} for n in range(20_000)])},
        ["inspect", "a.json"],
        "a list that begins with",
    ),
    "no TOML": (
        {"tbingest.toml": "[[source]\n", "a.csv": CSV},
        ["convert", "a.csv"],
        "error: tbingest.toml:1:9: not valid TOML: ",
    ),
    "a choice in a config": (
        {"tbingest.toml": '\nplots = "sometimes"\n', "a.csv": CSV},
        ["convert", "a.csv"],
        "error: tbingest.toml:2: plots: sometimes: no such choice\nhint: one of auto, all, none\n",
    ),
    "an unknown report": (
        {"a.csv": CSV},
        ["convert", "a.csv", "--report", "x.pdf"],
        "error: --report x.pdf: unknown report type\nhint: name it .json, .md or .html\n",
    ),
    "no time": (
        {"a.csv": CSV},
        ["convert", "a.csv", "--wall-time", "yesterday"],
        "error: --wall-time yesterday: is not a time\n",
    ),
    "an address": (
        {},
        ["convert", "https://host/a.csv"],
        "https://host/a.csv: is an address, and only files and folders are read\nhint: download",
    ),
    "no port": (
        {"a.csv": CSV},
        ["serve", "a.csv", "--port", "99999"],
        "error: --port 99999: is not a whole number, 0 to 65535\n",
    ),
    "too large a number": (
        {"a.csv": "step,loss\n1,1e300\n2,0.5\n"},
        ["convert", "a.csv", "--no-plots"],
        "1 too large for float32, shown as infinite",
    ),
    "a folder that is none": (
        {"a.csv": CSV, "runs/x": ""},
        ["export", "a.csv", "--to", "runs/x/out.csv"],
        "hint: check free space and permissions\n",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_it_is_said_so(name: str, tmp_path: Path) -> None:
    """Word for word."""
    files, arguments, said = SAID[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = tbingest_(*arguments, cwd=tmp_path)
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("count", "word", "said"),
    [(1, "run", "1 run"), (2_000, "run", "2,000 runs"), (0, "study", "0 studies")],
)
def test_a_count_in_words(count: int, word: str, said: str) -> None:
    """Its word is in the plural unless it is one."""
    assert plural(count, word) == said


def test_a_study_without_a_trial_is_one() -> None:
    """And none is none."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE studies (study_id, study_name)")
    columns = "trial_id, number, study_id, state, datetime_start, datetime_complete"
    connection.execute(f"CREATE TABLE trials ({columns})")
    connection.execute("INSERT INTO studies VALUES (1, 'a')")
    (found,) = (one for _, one in read_optuna(connection))
    assert isinstance(found, Problem)
    assert found.what == "1 study without a trial"
    connection.execute("DELETE FROM studies")
    (found,) = (one for _, one in read_optuna(connection))
    assert isinstance(found, Problem)
    assert found.what == "holds no study"


def test_an_empty_json_report_has_every_total(tmp_path: Path) -> None:
    """What read nothing says so."""
    (tmp_path / "logs").mkdir()
    done = tbingest_("convert", "logs", "--output-format", "json", cwd=tmp_path)
    totals = json.loads(done.stdout)["totals"]
    assert totals["read"] == totals["left_out"] == 0


def test_what_a_store_says_of_a_run_is_one_line(tmp_path: Path) -> None:
    """Named by the run; its book-keeping is counted, and shown with -v."""
    shutil.copytree(SAMPLES / "formats" / "mlflow" / "files" / "mlruns", tmp_path / "mlruns")
    done = tbingest_("convert", "mlruns", "--no-plots", cwd=tmp_path)
    (run,) = {path.parent.name for path in (tmp_path / "runs").rglob("*tfevents*")}
    lines = done.stdout.splitlines()
    assert lines[0].startswith("  mlflow  ")
    assert lines[0].endswith(f"{run} (7 files)  8 scalars  2 tags  1 text  3 hparams")
    assert lines[1] == "  ignored  2 files, all book-keeping"
    assert len(lines) == 3
    assert "mlflow.user" in tbingest_("convert", "mlruns", "-v", "--dry-run", cwd=tmp_path).stdout


def test_thousands_of_runs_are_a_few_lines(tmp_path: Path) -> None:
    """By format and the folder that was given; -v shows all."""
    for n in range(60):
        (tmp_path / "logs" / f"run{n}").mkdir(parents=True)
        (tmp_path / "logs" / f"run{n}" / "log.jsonl").write_text('{"step": 1, "loss": 0.5}\n')
    asked = ("convert", "logs", "--dry-run", "--no-plots")
    plain = tbingest_(*asked, cwd=tmp_path).stdout.splitlines()
    assert plain[0] == "  jsonl  logs (60 files, 60 runs)  60 scalars  1 tag"
    assert len(plain) == 2
    verbose = tbingest_(*asked, "-v", cwd=tmp_path).stdout.splitlines()
    assert len(verbose) == 61


def test_what_looks_like_a_log_is_listed_first_among_what_is_ignored(tmp_path: Path) -> None:
    """What was excluded is counted, and not listed."""
    (tmp_path / "logs").mkdir()
    for name in ("a.bin", "b.xyz", "z.log", "out.txt.tmp"):
        (tmp_path / "logs" / name).write_bytes(bytes(range(256)))
    (tmp_path / "logs" / "good.csv").write_text(CSV)
    asked = ("convert", "logs", "--dry-run", "--exclude", "b.xyz")
    lines = tbingest_(*asked, cwd=tmp_path).stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if "ignored" in line)
    assert lines[at].strip() == "ignored  4 files, 1 of them as you asked"
    assert lines[at + 1].strip().startswith("logs/z.log: ")
    assert not any("b.xyz" in line for line in lines)
