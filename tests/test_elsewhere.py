"""Windows and macOS, as Linux can play them: `helpers/elsewhere.py` says what it takes away."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import tbhttp
from helpers.command import LOG, _plain_environment, tbingest_, tree
from helpers.growing import lines, once, values
from helpers.places import SAMPLES

from tbingest.formats.checkpoints import hdf5_child

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE = Path(__file__).parent / "helpers" / "elsewhere.py"


@contextmanager
def beginning(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A tbingest elsewhere; it is killed if it still runs at the end."""
    with subprocess.Popen(
        [sys.executable, str(ELSEWHERE), *arguments],
        cwd=cwd,
        env=_plain_environment({"PYTHONIOENCODING": "cp1252"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="cp1252",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def elsewhere(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """The exit code, and what was said."""
    with beginning(*arguments, cwd=cwd) as process:
        out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Files of many kinds: texts, tables, documents, a database, dumps, pictures, event files."""
    chosen = "delimited event_files json_records jsonl_run formats/optuna formats/checkpoints"
    for name in [*chosen.split(), "formats/text", "formats/ultralytics"]:
        shutil.copytree(SAMPLES / name, tmp_path / "logs" / name)
    (tmp_path / "logs" / "größer").mkdir()
    (tmp_path / "logs" / "größer" / "a?.jsonl").write_text(LOG.replace("\n", "\r\n"))
    return tmp_path


def test_logs_become_the_same_event_files(logs: Path) -> None:
    """Byte for byte, twice, with processes beside the first; and what is written is verified."""
    asked = ("convert", "logs", "--no-plots")
    code, out, err = elsewhere(*asked, "--verify", "-j", "2", cwd=logs)
    here = tbingest_(*asked, "--logdir", "here", cwd=logs)
    assert (code, err) == (here.returncode, "next: tbingest serve\n")
    assert " are there" in out
    assert events(logs / "runs") == events(logs / "here")
    code, out, err = elsewhere(*asked, cwd=logs)
    assert (code, "nothing new" in out) == (here.returncode, True), err


def events(logdir: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in tree(logdir).items() if "tfevents" in name}


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["check", "logs", "--junit", "o.xml", "--output-format", "markdown"], "o.xml"),
        (["export", "logs", "--to", "o.csv"], "o.csv"),
        (["convert", "logs", "--dry-run", "--report", "o.html"], "o.html"),
    ],
    ids=" ".join,
)
def test_a_command_does_what_it_does_here(arguments: list[str], made: str, tmp_path: Path) -> None:
    """The same exit code, and documents of the same bytes."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "größer.jsonl").write_text(lines(*range(9)), encoding="utf-8")
    code, _, err = elsewhere(*arguments, cwd=tmp_path)
    written = (tmp_path / made).read_bytes()
    here = tbingest_(*arguments, cwd=tmp_path)
    assert (code, "Traceback" in err) == (here.returncode, False), err
    assert b"\r\n" not in written
    assert not made.endswith(".csv") or written == (tmp_path / made).read_bytes()


def test_a_log_is_followed_through_a_rename(tmp_path: Path) -> None:
    """Looks at a log that grows, is renamed and begins anew, until Ctrl-C."""
    log = tmp_path / "logs" / "train.jsonl"
    log.parent.mkdir()
    log.write_text(lines(*range(5)))

    def stand(*numbers: int) -> None:
        runs = tmp_path / "runs"
        tbhttp.wait_for(lambda: runs.exists() and values(runs) == once(*numbers), 120)

    with beginning("convert", "logs", "--follow", "--interval", "0.2", cwd=tmp_path) as process:
        stand(*range(5))
        with log.open("a") as stream:
            stream.write(lines(5, 6))
        stand(*range(7))
        log.rename(log.with_name("train.jsonl.1"))
        log.write_text(lines(7, 8))
        stand(*range(9))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False), err


def test_tensorboard_is_started_and_stopped(tmp_path: Path) -> None:
    """Without a signal that would ask it to end."""
    (tmp_path / "train.jsonl").write_text(LOG)
    assert tbingest_("convert", "train.jsonl", cwd=tmp_path).returncode == 0
    with beginning("serve", "runs", "--port", "0", cwd=tmp_path) as process:
        assert process.stdout
        assert any("http://" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (0, False), err


def test_one_at_a_time_writes(tmp_path: Path) -> None:
    """Who holds the lock is said."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "train.jsonl").write_text(lines(1))
    with beginning("convert", "logs", "--follow", cwd=tmp_path) as process:
        tbhttp.wait_for(lambda: any((tmp_path / "runs").rglob("*tfevents*")), 120)
        code, _, err = elsewhere("convert", "logs", cwd=tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    said = f"error: runs: another tbingest is writing here: process {process.pid} on "
    assert (code, err[: len(said)]) == (3, said)


def test_a_process_is_confined_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS tells nowhere how much memory is in use: all other limits are set."""
    import resource

    kinds = []

    def missing(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", missing)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, _: kinds.append(kind))
    hdf5_child._confine()
    assert resource.RLIMIT_NOFILE in kinds
    assert resource.RLIMIT_AS not in kinds


def test_a_link_is_not_followed_where_the_system_would(tmp_path: Path) -> None:
    """In a logdir; nor is anything written through it."""
    (tmp_path / "train.jsonl").write_text(LOG)
    assert tbingest_("convert", "train.jsonl", "--no-plots", cwd=tmp_path).returncode == 0
    (file,) = (tmp_path / "runs").rglob("*tfevents*")
    file.replace(tmp_path / "moved")
    file.symlink_to(tmp_path / "moved")
    before = (tmp_path / "moved").read_bytes()
    with (tmp_path / "train.jsonl").open("a") as stream:
        stream.write('{"step": 3, "loss": 0.125}\n')
    code, _, err = elsewhere("convert", "train.jsonl", "--no-plots", cwd=tmp_path)
    assert "Traceback" not in err
    assert (tmp_path / "moved").read_bytes() == before
    assert code == tbingest_("convert", "train.jsonl", "--no-plots", cwd=tmp_path).returncode
