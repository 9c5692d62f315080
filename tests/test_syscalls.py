"""What the system may answer to any call that a conversion makes, injected by strace.

Every call that touches the logdir is counted in an undisturbed conversion, then each is made to
fail in turn. Where strace is missing, `tests/test_live.py` has a shorter form without it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers.growing import lines, once, values
from helpers.places import SAMPLES

import tbingest

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed"),
]
TBINGEST = [sys.executable, "-m", "tbingest"]
RUNS = 10
CALLS = ("write", "fsync", "rename", "openat", "mkdir", "unlink")
_CALL = re.compile(r"\d+ +(\w+)\((.*)\) += (-?\d+)")
FATAL = {
    "write": ("ENOSPC", "EIO", "EDQUOT", "EFBIG"),
    "fsync": ("EIO", "ENOSPC"),
    "rename": ("EACCES", "ENOSPC"),
    "openat": ("EROFS", "EMFILE"),
    "mkdir": ("EROFS",),
}


@dataclass(frozen=True)
class Call:
    """The `number`-th call of its name, with the arguments that strace shows, and its answer."""

    name: str
    number: int
    said: str
    answer: int


def logs(folder: Path) -> Path:
    for run in range(RUNS):
        path = folder / "logs" / f"exp{run}" / "train.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(lines(*range(100 * run, 100 * run + 20)))
    return folder


def traced(
    folder: Path, *rules: str, arguments: tuple[str, ...] = ()
) -> tuple[subprocess.CompletedProcess[str], list[Call]]:
    """A conversion under strace: how it ended, and its calls."""
    trace = folder / "trace"
    command = ["strace", "-f", "-y", "-s", "0", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"]
    for rule in rules:
        command += ["-e", rule]
    command += [*TBINGEST, "convert", "logs", "--no-plots", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    counts = dict.fromkeys(CALLS, 0)
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match:
            counts[match[1]] += 1
            found.append(Call(match[1], counts[match[1]], match[2], int(match[3])))
    return done, found


def touches(call: Call) -> bool:
    """True for what is done to the logdir; a file that is opened to be read is left aside."""
    return "runs" in call.said and (call.name != "openat" or "O_CREAT" in call.said)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    folder = logs(tmp_path_factory.mktemp("undisturbed"))
    traced(folder)  # what Python caches is cached now
    shutil.rmtree(folder / "runs")
    done, calls = traced(folder)
    assert done.returncode == 0
    return [call for call in calls if touches(call) and call.answer >= 0]


def is_complete(folder: Path) -> None:
    """Converting again makes it whole, and it holds what the logs hold, once."""
    done = subprocess.run(
        [*TBINGEST, "convert", "logs", "--no-plots", "--verify"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = once(*(n for run in range(RUNS) for n in range(100 * run, 100 * run + 20)))
    assert values(folder / "runs") == expected


@pytest.mark.parametrize(
    ("name", "error"), [(name, error) for name, errors in FATAL.items() for error in errors]
)
def test_any_call_that_fails_is_said_and_the_next_run_completes(
    undisturbed: list[Call], tmp_path: Path, name: str, error: str
) -> None:
    """Exit code 3 and a message without a traceback; no point is lost or doubled."""
    places = [call for call in undisturbed if call.name == name]
    assert len(places) > RUNS
    for place in places:
        folder = logs(tmp_path / f"{place.number}")
        done, calls = traced(folder, f"inject={name}:error={error}:when={place.number}")
        where = f"{name} {place.number}: {place.said}\n{done.stderr}"
        struck = [call for call in calls if (call.name, call.number) == (name, place.number)]
        assert [touches(call) for call in struck] == [True], where
        if ".tbingest/holder" in place.said:
            assert done.returncode in {0, 3}, where
        else:
            assert done.returncode == 3, where
        assert "Traceback" not in done.stderr, where
        if done.returncode:
            assert re.search(r"^error: .*runs.*cannot be written: \w", done.stderr), where
        is_complete(folder)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["write", "openat"])
def test_an_interrupted_call_is_made_again(
    undisturbed: list[Call], tmp_path: Path, name: str
) -> None:
    """EINTR is no failure."""
    for place in (call for call in undisturbed if call.name == name):
        folder = logs(tmp_path / f"{place.number}")
        done, _ = traced(folder, f"inject={name}:error=EINTR:when={place.number}")
        assert done.returncode == 0, f"{place.said}\n{done.stderr}"
        is_complete(folder)
        shutil.rmtree(folder)


def test_what_is_done_is_on_the_disk(undisturbed: list[Call]) -> None:
    """An event file and its folder are synced before the state that counts on it is put in its
    place, and that before the next event file; so is every folder that is made.
    """
    dirty: set[str] = set()
    renamed = 0
    for call in undisturbed:
        place = re.search(r"<([^>]*)>", call.said)
        path = place[1] if place else ""
        if call.name == "write" and "tfevents" in path:
            dirty |= {path, path.rpartition("/")[0]}
        elif call.name == "fsync":
            dirty.discard(path)
        elif call.name == "rename" and call.said.endswith('.json"'):
            assert not dirty
            renamed += 1
            dirty.add("state")
        if call.name == "fsync" and path.endswith("/.tbingest"):
            dirty.discard("state")
        if call.name == "write" and "tfevents" in path:
            assert "state" not in dirty
    assert renamed >= RUNS
    assert "state" not in dirty


def test_converting_again_writes_nothing(tmp_path: Path) -> None:
    """Nothing but the word who holds the lock."""
    folder = logs(tmp_path)
    traced(folder)
    done, calls = traced(folder)
    assert done.returncode == 0
    written = [call.said for call in calls if call.name == "write" and touches(call)]
    assert [said for said in written if ".tbingest/holder" not in said] == []
    assert not [call for call in calls if call.name == "rename"]


def test_sources_are_opened_for_reading_only(tmp_path: Path) -> None:
    """Nothing is opened to be written but what is in the logdir."""
    folder = logs(tmp_path)
    _, calls = traced(folder, arguments=("--logdir", "runs"))
    opened = [call.said for call in calls if call.name == "openat"]
    written = [said for said in opened if re.search("O_WRONLY|O_RDWR", said)]
    assert len(written) > RUNS
    assert not [said for said in written if "runs" not in said and "/dev/" not in said]


@pytest.mark.parametrize("error", ["EIO", "EACCES"])
def test_a_log_that_cannot_be_read_is_said_and_the_others_go_on(tmp_path: Path, error: str) -> None:
    folder = logs(tmp_path)
    broken = folder / "logs" / "exp3" / "train.jsonl"
    call = "read" if error == "EIO" else "openat"
    options: list[Any] = [
        "-P",
        str(broken),
        "-P",
        "logs/exp3/train.jsonl",
        "-e",
        f"inject={call}:error={error}",
    ]
    done = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", *options, *TBINGEST, "convert", "logs", "--no-plots"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "logs/exp3/train.jsonl" in done.stdout
    found = once(*(n for run in range(RUNS) for n in range(100 * run, 100 * run + 20) if run != 3))
    assert values(folder / "runs") == found


def of_each_format() -> dict[str, tuple[Path, Path]]:
    """A folder that holds a sample log of each format, and that log."""
    found = {}
    for folder in sorted(path for path in (SAMPLES / "formats").iterdir() if path.is_dir()):
        for job in tbingest.inspect(folder).jobs:
            for one in job.sources:
                found.setdefault(one.format, (folder, Path(one.source.path)))
    return found


SOURCES = of_each_format()


@pytest.mark.parametrize("name", SOURCES)
def test_a_disk_that_fails_while_it_is_read_is_said_by_every_format(
    name: str, tmp_path: Path
) -> None:
    """From the first or the third reading on; whoever reads, it is not taken for damage."""
    folder, path = SOURCES[name]
    struck = 0
    for call in ("read", "pread64"):
        for place in (1, 3):
            runs, trace = tmp_path / f"{call}{place}", tmp_path / "trace"
            rules = ["-e", "trace=read,pread64", "-e", f"inject={call}:error=EIO:when={place}+"]
            command = [*TBINGEST, "convert", str(folder), "--logdir", str(runs), "--no-plots"]
            done = subprocess.run(
                ["strace", "-f", "-o", str(trace), "-P", str(path), *rules, *command],
                capture_output=True,
                text=True,
                check=False,
            )
            if "EIO" not in trace.read_text(errors="replace"):
                assert done.returncode == 0, done.stdout + done.stderr
                continue
            struck += 1
            assert done.returncode == 1, done.stdout + done.stderr
            if name not in {"hdf5", "keras"}:  # read by a process that can say nothing of the kind
                assert "Input/output error" in done.stdout, done.stdout + done.stderr
    assert struck
