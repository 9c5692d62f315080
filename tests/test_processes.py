"""Many logs are shared by several processes: the same bytes, whoever of them dies."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from helpers.plugin import FORMAT

import tbingest
from tbingest.reading.workers import Workers

if TYPE_CHECKING:
    from pathlib import Path

RUNS = 40
FATAL = (
    FORMAT
    + """
import multiprocessing, os, pathlib, signal, time
from dataclasses import replace
FOLDER = pathlib.Path(__file__).parent

class Fatal(Reader):
    def feed(self, data):
        for _ in range(3000):
            if not (multiprocessing.parent_process() and (FOLDER / "wait").exists()):
                break
            time.sleep(0.01)
        else:
            (FOLDER / "wait").unlink(missing_ok=True)
        if multiprocessing.parent_process() and b"13.0" in data:
            (FOLDER / "pid").write_text(str(os.getpid()))
            if (FOLDER / "own").exists():
                os.kill(os.getpid(), signal.SIGKILL)
            if (FOLDER / "first").exists():
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(600)
        return super().feed(data)

FORMAT = replace(FORMAT, reader=lambda head: Fatal())
"""
)


def logs(folder: Path) -> Path:
    """So many runs of a plug-in's format, and a table with a fault."""
    for number in range(RUNS):
        run = folder / "logs" / f"run{number:02}"
        run.mkdir(parents=True)
        (run / "train.at").write_text("".join(f"@{n} loss={number}.0\n" for n in range(200)))
    (folder / "logs" / "bad").mkdir()
    (folder / "logs" / "bad" / "metrics.csv").write_text("step,loss\n1,0.5\n2,what\n3,0.25\n")
    (folder / "fatal.py").write_text(FATAL)
    return folder / "logs"


def options(folder: Path, processes: int) -> tbingest.Options:
    return tbingest.Options(
        plots="none",
        processes=processes,
        plugins=(str(folder / "fatal.py"),),
        wall_time="1700000000",
    )


def bytes_of(logdir: Path) -> dict[str, bytes]:
    """The event files, by name below the logdir."""
    found = {str(one.relative_to(logdir)): one for one in logdir.rglob("*tfevents*")}
    return {name: path.read_bytes() for name, path in sorted(found.items())}


def alone(folder: Path) -> tuple[tbingest.Report, dict[str, bytes]]:
    """What one process makes of the logs."""
    report = tbingest.convert(logs(folder), folder / "alone", options(folder, 1))
    return report, bytes_of(folder / "alone")


def test_several_processes_write_what_one_writes(tmp_path: Path) -> None:
    report, wanted = alone(tmp_path)
    told: list[tuple[int, int]] = []

    shared = tbingest.convert(
        tmp_path / "logs",
        tmp_path / "runs",
        options(tmp_path, 2),
        progress=lambda size, values, undrawn=0: told.append((size, values)),
    )

    assert bytes_of(tmp_path / "runs") == wanted
    assert len(wanted) == RUNS + 1
    mine, other = shared.to_dict(), report.to_dict()
    assert {**mine, "seconds": 0, "logdir": ""} == {**other, "seconds": 0, "logdir": ""}
    assert sum(size for size, _ in told) == sum(
        path.stat().st_size for path in (tmp_path / "logs").rglob("*") if path.is_file()
    )
    again = tbingest.convert(tmp_path / "logs", tmp_path / "runs", options(tmp_path, 2))
    assert (again.points, again.bytes_written) == (0, 0)


def test_a_process_that_is_killed_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    _, wanted = alone(tmp_path)
    (tmp_path / "own").touch()

    with pytest.raises(tbingest.OutputError, match="a process that read for this one was killed"):
        tbingest.convert(tmp_path / "logs", tmp_path / "runs", options(tmp_path, 2))
    (tmp_path / "own").unlink()
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options(tmp_path, 2))

    assert bytes_of(tmp_path / "runs") == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGKILL")
def test_processes_end_with_the_first_of_them(tmp_path: Path) -> None:
    """What another tbingest writes then, they do not write beside it."""
    _, wanted = alone(tmp_path)
    (tmp_path / "first").touch()
    (tmp_path / "own.toml").write_text('plugins = ["fatal.py"]\n')

    asked = ("convert", "logs", "--logdir", "runs", "-q", "-j", "2", "--no-plots")
    asked += ("--wall-time", "1700000000", "--config", "own.toml")

    ended = subprocess.run([sys.executable, "-m", "tbingest", *asked], cwd=tmp_path, check=False)

    assert ended.returncode == -9
    pid = int((tmp_path / "pid").read_text())
    for _ in range(600):
        if not is_running(pid):
            break
        time.sleep(0.1)
    assert not is_running(pid)
    (tmp_path / "first").unlink()
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options(tmp_path, 2))
    assert bytes_of(tmp_path / "runs") == wanted


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_whoever_asks_to_stop_is_heard_by_all(tmp_path: Path) -> None:
    _, wanted = alone(tmp_path)
    asked = 0

    def begin(_: int) -> None:
        (tmp_path / "wait").touch()

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked > 1:  # they were told
            (tmp_path / "wait").unlink(missing_ok=True)
        return True

    tbingest.convert(
        tmp_path / "logs", tmp_path / "runs", options(tmp_path, 2), expect=begin, stop=stop
    )
    assert len(bytes_of(tmp_path / "runs")) < RUNS
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", options(tmp_path, 2))

    assert bytes_of(tmp_path / "runs") == wanted


def late(_: int) -> None:
    raise TimeoutError("of a file system")


def test_what_a_task_raises_is_raised_here_and_its_process_ends() -> None:
    mine = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
    mine.start()

    with pytest.raises(TimeoutError, match="of a file system"), Workers(2) as workers:
        list(workers.each(late, range(9), [1] * 9))

    assert multiprocessing.active_children() == [mine]
    mine.terminate()
    mine.join()
