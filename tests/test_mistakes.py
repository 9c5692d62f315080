"""Mistakes that people make: each is answered with what is wrong and what to type next."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.command import LOG, started, tbingest_

if TYPE_CHECKING:
    from subprocess import CompletedProcess

UNSET = "hint: is a variable of the command line not set?\n"
MISTAKES: list[tuple[list[str], int, str]] = [
    (
        ["logs/"],
        2,
        "logs/: is not a command\nhint: to see it in TensorBoard: tbingest serve logs/\n",
    ),
    (["convrt", "logs"], 2, "convrt: no such command\nhint: did you mean convert?\n"),
    (
        ["xyz"],
        2,
        (
            "xyz: no such command\n"
            "hint: the commands are convert, serve, inspect, export, compare, plot, "
            "check, formats\n"
        ),
    ),
    (["convert"], 2, "PATH is missing\nhint: tbingest convert --help shows examples\n"),
    (
        ["convert", "logs", "--logdri", "x"],
        2,
        "--logdri: no such option\nhint: did you mean --logdir?\n",
    ),
    (
        ["convert", "logs", "--tagmap", "x"],
        2,
        "--tagmap: no such option\nhint: did you mean --tag-map?\n",
    ),
    (
        ["convert", "logs", "--logdir"],
        2,
        "--logdir: needs an argument\nhint: tbingest convert --help shows what there is\n",
    ),
    (
        ["convert", "logs", "--every", "0"],
        2,
        "--every 0: is not a whole number, 1 or more\nhint: as in --every 5\n",
    ),
    (
        ["serve", "runs", "--port", "99999"],
        2,
        "--port 99999: is not a whole number, 0 to 65535\nhint: as in --port 6006\n",
    ),
    (
        ["serve", "--port", "http"],
        2,
        "--port http: is not a whole number, 0 to 65535\nhint: as in --port 6006\n",
    ),
    (["convert", "logs", "--logdir", ""], 2, "--logdir is empty\n" + UNSET),
    (["convert", ""], 2, "a path is empty\n" + UNSET),
    (["inspect", ""], 2, "a path is empty\n" + UNSET),
    (["serve", "--logdir", ""], 2, "--logdir is empty\n" + UNSET),
    (
        ["convert", "logs", "--logdir", "s3://bucket/runs"],
        2,
        (
            "--logdir s3://bucket/runs: only a local folder can be written\n"
            "hint: convert into a folder, and copy that: event files are plain files\n"
        ),
    ),
    (
        ["convert", "https://example.org/train.csv"],
        2,
        (
            "https://example.org/train.csv: is an address, and only files and folders are read\n"
            "hint: download it first, and name the file\n"
        ),
    ),
    (["convert", "nowhere"], 2, "nowhere: no such file or folder\nhint: check the path\n"),
    (
        ["convert", "logs", "out"],
        2,
        "out: no such file or folder\nhint: check it; to write there: --logdir out\n",
    ),
    (
        ["nowhere/"],
        2,
        (
            "nowhere/: no such file or folder, and no command\n"
            "hint: to see a folder in TensorBoard: tbingest serve FOLDER\n"
        ),
    ),
    (
        ["serve", "nowhere"],
        2,
        "nowhere: no such logdir\nhint: convert logs first: tbingest convert logs/ --logdir runs\n",
    ),
    (
        ["convert", "logs", "--as", "tabel"],
        2,
        "--as tabel: no such format\nhint: did you mean table?\n",
    ),
    (
        ["convert", "logs", "--as", "qqqq"],
        2,
        "--as qqqq: no such format\nhint: tbingest formats lists them\n",
    ),
    (
        ["convert", "logs", "--step", "stp"],
        2,
        "--step stp: no log has this field\nhint: did you mean step?\n",
    ),
    (
        ["convert", "logs", "--on-restart", "lst"],
        2,
        "--on-restart lst: no such choice\nhint: did you mean last?\n",
    ),
    (
        ["convert", "logs", "--plots", "some"],
        2,
        "--plots some: no such choice\nhint: one of auto, all, none\n",
    ),
    (
        ["convert", "logs", "--color", "sometimes"],
        2,
        "--color sometimes: no such choice\nhint: one of auto, always, never\n",
    ),
    (
        ["convert", "logs", "--wall-time", "yesterday"],
        2,
        (
            "--wall-time yesterday: is not a time\n"
            "hint: use mtime, unix seconds or 2026-11-23T04:14:00+00:00\n"
        ),
    ),
    (
        ["convert", "logs", "--tag-map", "loss"],
        2,
        "--tag-map loss: not PATTERN=REPLACEMENT\nhint: write it as 'val_(.*)=val/\\1'\n",
    ),
    (
        ["convert", "logs", "--report", "out.pdf"],
        2,
        "--report out.pdf: unknown report type\nhint: name it .json, .md or .html\n",
    ),
    (
        ["convert", "logs", "--interval", "5s"],
        2,
        "--interval goes with --follow\nhint: add --follow, or leave it out\n",
    ),
    (
        ["convert", "logs", "--config", "no.toml"],
        2,
        "no.toml: cannot be read: No such file or directory\nhint: see --config\n",
    ),
    (
        ["convert", "logs", "--config", "broken.toml"],
        2,
        "broken.toml:1:11: not valid TOML: Invalid value\nhint: see toml.io\n",
    ),
    (
        ["convert", "logs", "--config", "odd.toml"],
        2,
        "odd.toml:1: logdri: unknown key\nhint: did you mean logdir?\n",
    ),
    (
        ["check", "logs", "--max", "loss"],
        2,
        "--max loss: is not a bound\nhint: write it as --max 'val/loss=0.35'\n",
    ),
    (
        ["convert", "logs", "--follow", "--interval", "soon"],
        2,
        "--interval soon: is not a duration\nhint: write it as 30s, 10m or 2h\n",
    ),
    (
        ["formats", "tabel"],
        2,
        "tabel: no such format, file or folder\nhint: did you mean table?\n",
    ),
    (
        ["convert", "empty"],
        1,
        "nothing was read\nhint: tbingest inspect says of every file what it is taken for\n",
    ),
    (
        ["convert", "logs", "--logdir", "afile"],
        3,
        "afile: cannot be written: Not a directory\nhint: name a folder with --logdir\n",
    ),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with one log, an empty one, a file and two configs that are wrong."""
    for name in ("logs", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "logs" / "train.jsonl").write_text(LOG)
    (tmp_path / "afile").write_text("a file")
    (tmp_path / "broken.toml").write_text("logdir =  \n")
    (tmp_path / "odd.toml").write_text('logdri = "runs"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "message"), MISTAKES, ids=[" ".join(one[0]) for one in MISTAKES]
)
def test_a_mistake_is_answered_with_the_next_step(
    arguments: list[str], code: int, message: str, place: Path
) -> None:
    """Word for word, on stderr, with the exit code of the README; nothing is written."""
    done = tbingest_(*arguments, cwd=place)
    assert (done.returncode, done.stderr) == (code, f"error: {message}")
    assert "Traceback" not in done.stdout
    assert not (place / "runs").exists()
    assert not (place / "s3:").exists()


# Encodings, streams, terminals


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437", "utf-8"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "logs"],
        ["convert", "logs", "--dry-run", "--output-format", "markdown"],
        ["check", "logs", "-v"],
        ["check", "logs", "--max", "loss=0.1"],
        ["check", "logs", "--output-format", "html"],
        ["inspect", "logs"],
        ["formats"],
        ["convert", "--help"],
    ],
    ids=" ".join,
)
def test_any_encoding_of_stdout_will_do(arguments: list[str], encoding: str, place: Path) -> None:
    """A pipe on Windows takes cp1252; a name that it lacks is shown as an escape."""
    (place / "logs" / "训练").mkdir()
    (place / "logs" / "训练" / "é✓.jsonl").write_text(LOG)
    done = tbingest_(*arguments, cwd=place, encoding=encoding)
    assert done.returncode == int("--max" in arguments)
    assert "bug" not in done.stderr


def test_marks_are_ascii_where_the_encoding_lacks_them(place: Path) -> None:
    """As a process, with the encoding that Python is told."""
    done = started("convert", "logs", cwd=place, env={"PYTHONIOENCODING": "latin-1"})
    assert done.returncode == 0
    assert done.stderr == "next: tbingest serve\n"
    assert re.search(r"^ok 4 points, 1 run -> runs/  \(", done.stdout, re.MULTILINE)
    done = started("check", "logs", cwd=place, env={"PYTHONIOENCODING": "cp1252:strict"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok all checks passed: 1 run, 2 curves")


def test_the_c_locale_without_utf8_will_do(place: Path) -> None:
    """`LC_ALL=C` with Python's own remedies turned off: a name is bytes, and is shown escaped."""
    (place / "logs" / "é.jsonl").write_text(LOG)
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    done = started("convert", "logs", cwd=place, env=env)
    assert (done.returncode, done.stderr) == (0, "next: tbingest serve\n")
    assert "ok 8 points" in done.stdout or "ok 4 points" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
@pytest.mark.parametrize("command", [["convert"], ["inspect"], ["check"], ["export", "--last"]])
def test_a_full_disk_behind_stdout_is_said(command: list[str], place: Path) -> None:
    """`tbingest check logs > report.txt`: it is no bug of ours."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tbingest", *command, "logs"],
            cwd=place,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.endswith(
        "error: the output cannot be written: No space left on device\n"
        "hint: check free space and permissions\n"
    )


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_bug(closed: int, place: Path) -> None:
    """`tbingest convert logs >&-`: there is no stdout at all."""
    done = started(
        *("convert", "logs"), cwd=place, preexec_fn=lambda: os.close(closed), pass_fds=()
    )
    assert done.returncode in {0, 1}
    assert "Traceback" not in done.stderr


# What is forgiven


@pytest.mark.parametrize(
    ("arguments", "same"),
    [
        (["-q", "convert", "logs"], ["convert", "logs", "-q"]),
        (["--color", "never", "formats"], ["formats", "--color", "never"]),
        (["--debug", "-vv", "inspect", "logs"], ["inspect", "logs", "--debug", "-vv"]),
        (["--config=good.toml", "inspect", "logs"], ["inspect", "logs", "--config", "good.toml"]),
        (["help"], ["--help"]),
        (["help", "convert"], ["convert", "--help"]),
        (["convert", "-h"], ["convert", "--help"]),
        (["version"], ["--version"]),
        (["-V"], ["--version"]),
        (["inspect", "logs", "--as", "csv"], ["inspect", "logs", "--as", "table"]),
        (["inspect", "logs", "--as", "tsv"], ["inspect", "logs", "--as", "table"]),
    ],
    ids=" ".join,
)
def test_two_ways_to_say_the_same(arguments: list[str], same: list[str], place: Path) -> None:
    """Options of every command stand before it or after it; formats have their common names."""
    (place / "good.toml").write_text('step = "step"\n')

    def plain(done: CompletedProcess[str]) -> tuple[int, str, str]:
        return done.returncode, re.sub(r"\(\d+\.\d s\)", "", done.stdout), done.stderr

    assert plain(tbingest_(*arguments, cwd=place)) == plain(tbingest_(*same, cwd=place))


def test_the_help_has_a_section_for_each_group_and_examples_as_typed(place: Path) -> None:
    """Comments begin with `#`, so that a whole line can be pasted."""
    text = tbingest_("convert", "--help", cwd=place).stdout
    for heading in ("Arguments:", "What is read, and how:", "TensorBoard:", "Examples:"):
        assert f"\n{heading}\n" in text
    assert "\n  tbingest convert logs/ --logdir runs\n" in text
    assert "--follow --serve            # beside a running training\n" in text
