"""A crash at any place loses and doubles nothing: the bytes are those of an undisturbed run.

Blocks of 4 KiB, so that every source takes several commits.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import tbingest

if TYPE_CHECKING:
    from pathlib import Path

DRIVER = """
import os, pathlib, signal, sys
import tbingest

source, logdir, place, kind = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
count = 0
real_write, real_replace = os.write, pathlib.Path.replace

def due(of):
    global count
    count += kind == of
    return kind == of and count == place

def write(handle, data):
    if due("write"):
        real_write(handle, bytes(data)[: max(1, len(data) // 2)])
        os.kill(os.getpid(), signal.SIGKILL)
    return real_write(handle, data)

def replace(path, target):
    if due("replace"):
        os.kill(os.getpid(), signal.SIGKILL)
    return real_replace(path, target)

os.write, pathlib.Path.replace = write, replace
tbingest.convert(source, logdir, tbingest.Options(block_bytes=4096))
"""
SMALL = tbingest.Options(block_bytes=4096)


def convert(source: Path, logdir: Path, place: int = 0, kind: str = "never") -> int:
    """The exit code of a conversion that is killed at its `place`-th write or replace."""
    command = [sys.executable, "-c", DRIVER, str(source), str(logdir), str(place), kind]
    return subprocess.run(command, capture_output=True, check=False).returncode


def event_files(logdir: Path) -> dict[str, str]:
    """Each event file and a digest of its bytes."""
    return {
        path.relative_to(logdir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in logdir.rglob("*tfevents*")
    }


@pytest.fixture(scope="module")
def logs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for name in ("jsonl_run", "pytorch_loop", "resumed", "spirals"):
        shutil.copytree(samples / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def undisturbed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    logdir = tmp_path_factory.mktemp("undisturbed") / "runs"
    assert convert(logs, logdir) == 0
    return event_files(logdir)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        *(("write", place) for place in (1, 2, 3, 4, 6, 9, 13, 18, 22, 26)),
        *(("replace", place) for place in (1, 2, 10, 40)),
    ],
)
def test_a_killed_conversion_is_taken_up(
    logs: Path, undisturbed: dict[str, str], tmp_path: Path, kind: str, place: int
) -> None:
    """Killed in the middle of a write, or before the state is replaced; twice; then not."""
    logdir = tmp_path / "runs"
    assert convert(logs, logdir, place, kind) == -signal.SIGKILL
    convert(logs, logdir, place // 2 + 2, kind)
    assert convert(logs, logdir) == 0
    assert event_files(logdir) == undisturbed
    assert tbingest.convert(logs, logdir, SMALL).bytes_written == 0


def test_without_its_state_a_conversion_recognises_its_files(
    logs: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """The bytes that stand there are those it would write, so nothing is doubled."""
    logdir = tmp_path / "runs"
    assert convert(logs, logdir) == 0
    shutil.rmtree(logdir / ".tbingest")
    report = tbingest.convert(logs, logdir, SMALL)
    assert report.bytes_written == 0
    assert event_files(logdir) == undisturbed


def test_a_run_that_was_deleted_is_written_anew(
    logs: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """And the report says so."""
    logdir = tmp_path / "runs"
    assert convert(logs, logdir) == 0
    shutil.rmtree(logdir / "resumed")
    report = tbingest.convert(logs, logdir, SMALL)
    assert report.notes == ["resumed: the event file is gone, so it is written anew"]
    assert event_files(logdir) == undisturbed


def test_a_source_rewritten_after_a_crash_begins_a_new_file(tmp_path: Path) -> None:
    """What stands in the first file is not what the source says now; nothing is rewritten."""
    log = tmp_path / "logs" / "a" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("step,loss\n" + "".join(f"{n},{n / 7}\n" for n in range(500)))
    os.utime(log, (1_780_000_000, 1_780_000_000))
    logdir = tmp_path / "runs"
    assert convert(tmp_path / "logs", logdir, 2, "write") == -signal.SIGKILL
    (first,) = logdir.glob("a/*tfevents*")
    before = first.read_bytes()
    log.write_text("step,loss\n" + "".join(f"{n},{n / 3}\n" for n in range(500)))
    os.utime(log, (1_780_000_000, 1_780_000_000))
    report = tbingest.convert(tmp_path / "logs", logdir, SMALL)
    assert any("a new event file was begun" in note for note in report.notes)
    names = sorted(path.name for path in logdir.glob("a/*tfevents*"))
    assert names == [first.name, first.name.replace(".000", ".001")]
    assert first.read_bytes()[: len(before)] == before


def test_an_event_file_of_others_is_never_touched(tmp_path: Path, samples: Path) -> None:
    """It may lie in the very run that is written, and `--force` leaves it too."""
    logdir = tmp_path / "runs"
    foreign = logdir / "resumed" / "events.out.tfevents.1.host"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"not ours")
    for options in (SMALL, tbingest.Options(force=True)):
        tbingest.convert(samples / "resumed", logdir, options)
        assert foreign.read_bytes() == b"not ours"


def test_a_damaged_state_is_refused_with_what_to_do(tmp_path: Path, samples: Path) -> None:
    """Deleting it is safe, and the message says so."""
    logdir = tmp_path / "runs"
    tbingest.convert(samples / "resumed", logdir, SMALL)
    (state,) = (logdir / ".tbingest").glob("*.json")
    state.write_text(state.read_text()[:100])
    with pytest.raises(tbingest.OutputError) as caught:
        tbingest.convert(samples / "resumed", logdir, SMALL)
    assert caught.value.message.endswith("is damaged or of another version")
    assert caught.value.hint.startswith("delete this file")
    state.unlink()
    assert tbingest.convert(samples / "resumed", logdir, SMALL).bytes_written == 0


def test_other_options_are_refused_until_forced(tmp_path: Path, samples: Path) -> None:
    """Points of two mappings must not be mixed in one run."""
    logdir = tmp_path / "runs"
    tbingest.convert(samples / "resumed", logdir, SMALL)
    other: dict[str, Any] = {"step": "step", "plots": "none"}
    with pytest.raises(tbingest.UsageError, match="was converted with other options"):
        tbingest.convert(samples / "resumed", logdir, tbingest.Options(**other))
    report = tbingest.convert(samples / "resumed", logdir, tbingest.Options(**other, force=True))
    assert report.points > 0


def test_the_state_holds_no_time_and_no_host(tmp_path: Path, samples: Path) -> None:
    """Two conversions of the same logs leave the same state, but for the folder's own path."""
    states = []
    for name in ("one", "two"):
        tbingest.convert(samples / "resumed", tmp_path / name, SMALL)
        (state,) = (tmp_path / name / ".tbingest").glob("*.json")
        states.append(json.loads(state.read_text()))
    assert states[0] == states[1]
