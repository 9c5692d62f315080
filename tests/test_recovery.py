"""A crash at any place loses and doubles nothing: the bytes are those of an undisturbed run.

Blocks of 4 KiB, so that every log takes several commits. The crashes are real: a child process is
killed, in the middle of a write or between two of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterator

    Kill = tuple[str, int]

# Reads requests, [source, logdir, plots, block, kills], and makes a child for each kill, (kind,
# place): it is killed, or waits for stdin, at the place-th call of its kind. Answers with a JSON
# list of (exit code, calls by kind). Forked from a process that has converted such logs already, so
# that all imports are done once.
DRIVER = """
import collections, json, os, pathlib, signal, sys, tempfile
import numpy
import tbingest


def warm_up(folder):
    logs = folder / "logs"
    logs.mkdir()
    (logs / "log.csv").write_text("step,loss,note\\n1,0.5,a\\n2,0.25,\\n")
    (logs / "log.jsonl").write_text('{"step": 1, "loss": 0.5}\\n{"step": 2, "loss": 0.5}\\n')
    (logs / "config.json").write_text('{"lr": 0.5}')
    numpy.savez(logs / "step_1.npz", w=numpy.ones(3))
    tbingest.convert(logs, folder / "runs", tbingest.Options(plots="all"))


with tempfile.TemporaryDirectory() as folder:
    warm_up(pathlib.Path(folder))


def convert(source, logdir, plots, block, kind, place, report):
    calls, events = collections.Counter(), set()
    real_open, real_write, real_close, real_replace = os.open, os.write, os.close, os.replace

    def due(of):
        calls[of] += 1
        return (of, calls[of]) == (kind, place)

    def kill(of):
        if due(of):
            os.kill(os.getpid(), signal.SIGKILL)

    def open_(path, flags, *args, **kwargs):
        if os.fsdecode(path).endswith(".journal") and flags & os.O_APPEND:
            kill("journal")
        handle = real_open(path, flags, *args, **kwargs)
        if "tfevents" in os.fsdecode(path) and flags & os.O_APPEND:
            events.add(handle)
        return handle

    def write(handle, data):
        if handle in events:
            if (kind, place) == ("write", calls["write"] + 1):
                real_write(handle, bytes(data)[: len(data) // 2])
            kill("write")
            if due("wait"):
                real_write(1, b"waiting\\n")
                os.read(0, 1)
        return real_write(handle, data)

    def close(handle):
        real_close(handle)
        if handle in events:
            events.remove(handle)
            kill("appended")

    def replace(source, target):
        suffix = os.fsdecode(target).rpartition(".")[2]
        kill(suffix)
        real_replace(source, target)
        kill("after-" + suffix)

    os.open, os.write, os.close, os.replace = open_, write, close, replace
    tbingest.convert(source, logdir, tbingest.Options(block_bytes=block, plots=plots))
    real_write(report, json.dumps(calls).encode())


def child(*request):
    reads, writes = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            convert(*request, writes)
            code = 0
        finally:
            if code:
                sys.excepthook(*sys.exc_info())
            os._exit(code)
    os.close(writes)
    status = os.waitpid(pid, 0)[1]
    with os.fdopen(reads) as report:
        return os.waitstatus_to_exitcode(status), json.loads(report.read() or "{}")


for line in iter(sys.stdin.readline, ""):
    *where, kills = json.loads(line)
    print(json.dumps([child(*where, *kill) for kill in kills]), flush=True)
"""
UNDISTURBED = ("never", 0)
SMALL = tbingest.Options(block_bytes=4096, plots="none")
DRAWN = tbingest.Options(block_bytes=4096, plots="all")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="crashes are made with fork")


class Crasher:
    """Converts in children that are killed."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", DRIVER]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def ask(
        self, source: Path, logdir: Path, *kills: Kill, plots: str = "none", block: int = 4096
    ) -> None:
        assert self.process.stdin
        request = [str(source), str(logdir), plots, block, kills]
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def __call__(
        self, source: Path, logdir: Path, *kills: Kill, plots: str = "none", block: int = 4096
    ) -> list[tuple[int, dict[str, int]]]:
        """One conversion after the other; of each the exit code, and its calls by kind."""
        self.ask(source, logdir, *kills, plots=plots, block=block)
        return [(code, calls) for code, calls in json.loads(self.answer())]


@pytest.fixture(scope="module")
def convert() -> Iterator[Crasher]:
    crasher = Crasher()
    yield crasher
    with crasher.process as process:
        assert process.stdin
        process.stdin.close()


def event_files(logdir: Path) -> dict[str, str]:
    """Each event file and a digest of its bytes."""
    return {
        path.relative_to(logdir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in logdir.rglob("*tfevents*")
    }


def stamps(logdir: Path) -> dict[str, int]:
    return {path.as_posix(): path.stat().st_mtime_ns for path in logdir.rglob("*tfevents*")}


def assert_nothing_is_written_again(source: Path, logdir: Path, options: tbingest.Options) -> None:
    before = event_files(logdir), stamps(logdir)
    report = tbingest.convert(source, logdir, options)
    assert (report.bytes_written, report.points, report.notes) == (0, 0, [])
    assert (event_files(logdir), stamps(logdir)) == before


def shown(logdir: Path) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """The scalars that TensorBoard's Python loader shows, by run and tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = {}
    for folder in {path.parent for path in logdir.rglob("*tfevents*")}:
        loaded = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded.Reload()
        for tag in loaded.Tags()["scalars"]:
            points = [(e.step, str(np.float32(e.value))) for e in loaded.Scalars(tag)]
            found[folder.relative_to(logdir).as_posix(), tag] = points
    return found


def dense(rows: int) -> str:
    """About 50 bytes a row."""
    return "step,train_loss,val_loss,lr\n" + "".join(
        f"{n},{10 / (n + 1)!r},{11 / (n + 2)!r},0.001\n" for n in range(rows)
    )


def sparse() -> str:
    """Blank cells, duplicates, and a restart from 250 at 400."""
    steps = [*range(400), *(250 + n // 2 for n in range(300))]
    return "step,loss,acc,note\n" + "".join(
        f"{step},{'' if n % 3 else n / 7},{'' if n % 2 else n / 700},{'größer' if n == 9 else ''}\n"
        for n, step in enumerate(steps)
    )


def json_lines() -> str:
    return "".join(
        json.dumps({"step": n, "loss": n / 9, **({"val": {"f1": n / 900}} if n % 5 == 0 else {})})
        + "\n"
        for n in range(600)
    )


@dataclass(frozen=True)
class Logs:
    """A folder of logs, what they give undisturbed, and the calls that this takes."""

    folder: Path
    files: dict[str, str]
    calls: dict[str, int]
    plots: str
    options: tbingest.Options

    def place(self, kind: str, tenth: int) -> int:
        """The first place of a kind at 0, the last at 10."""
        return 1 + (self.calls[kind] - 1) * tenth // 10


@pytest.fixture(scope="module", params=["none", "all"])
def logs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, convert: Crasher
) -> Logs:
    folder = tmp_path_factory.mktemp("logs") / "logs"
    texts = {
        "dense/metrics.csv": dense(1200),
        "sparse/log.csv": sparse(),
        "lines/train.jsonl": json_lines(),
        "lines/config.json": '{"lr": 0.001, "optimizer": "adam"}',
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    np.savez(folder / "lines" / "weights_step_000040.npz", w=np.arange(500.0), b=np.ones(3))
    for path in folder.rglob("*"):
        os.utime(path, (1_780_000_000, 1_780_000_000))
    logdir = tmp_path_factory.mktemp("undisturbed") / "runs"
    plots = request.param
    ((code, calls),) = convert(folder, logdir, UNDISTURBED, plots=plots)
    assert code == 0
    assert {name.partition("/")[0] for name in event_files(logdir)} == {"dense", "lines", "sparse"}
    options = SMALL if plots == "none" else DRAWN
    return Logs(folder, event_files(logdir), calls, plots, options)


KILLS = [
    *(("write", tenth) for tenth in (0, 1, 2, 3, 4, 5, 6, 8, 9, 10)),
    *(("appended", tenth) for tenth in (0, 4, 10)),
    *(("journal", tenth) for tenth in (0, 6, 10)),
    *(("after-journal", tenth) for tenth in (0, 7, 10)),
    *(("json", tenth) for tenth in (0, 3, 10)),
    *(("after-json", tenth) for tenth in (0, 5)),
]


@pytest.mark.parametrize(
    ("logs", "kind", "tenth"),
    [
        *(("none", *kill) for kill in KILLS),
        *(("all", kind, tenth) for kind, tenth in KILLS if tenth >= 8),  # figures come last
    ],
    indirect=["logs"],
)
def test_a_killed_conversion_is_taken_up(
    logs: Logs, tmp_path: Path, convert: Crasher, kind: str, tenth: int
) -> None:
    """Killed once, from the first such place to the last; the next conversion makes it whole."""
    kill = (kind, logs.place(kind, tenth))
    logdir = tmp_path / "runs"
    (killed, _), (code, _) = convert(logs.folder, logdir, kill, UNDISTURBED, plots=logs.plots)
    assert (killed, code) == (-signal.SIGKILL, 0)
    assert event_files(logdir) == logs.files
    assert_nothing_is_written_again(logs.folder, logdir, logs.options)


@pytest.mark.parametrize("logs", ["none"], indirect=True)
@pytest.mark.parametrize(
    "chain",
    [
        [("write", 1), ("write", 1)],
        [("write", 7), ("write", 1), ("write", 1), ("write", 1)],
        [("write", 3), ("json", 1), ("write", 5)],
        [("json", 2), ("journal", 2), ("write", 2)],
        [("appended", 5), ("after-journal", 1), ("json", 1), ("appended", 2)],
    ],
)
def test_a_conversion_killed_again_while_it_is_taken_up_is_taken_up(
    logs: Logs, tmp_path: Path, convert: Crasher, chain: list[Kill]
) -> None:
    """The half of a rest is as good a beginning as any."""
    logdir = tmp_path / "runs"
    codes = [
        code for code, _ in convert(logs.folder, logdir, *chain, UNDISTURBED, plots=logs.plots)
    ]
    assert codes == [*(-signal.SIGKILL for _ in chain), 0]
    assert event_files(logdir) == logs.files
    assert_nothing_is_written_again(logs.folder, logdir, logs.options)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["write", "appended", "journal", "after-journal", "json"])
def test_a_conversion_killed_at_every_place_in_turn_is_taken_up(
    logs: Logs, tmp_path: Path, convert: Crasher, kind: str
) -> None:
    """Every place of a kind, each in a logdir of its own."""
    for place in range(1, logs.calls[kind] + 1):
        logdir = tmp_path / str(place)
        (killed, _), (code, _) = convert(
            logs.folder, logdir, (kind, place), UNDISTURBED, plots=logs.plots
        )
        assert (killed, code) == (-signal.SIGKILL, 0)
        assert event_files(logdir) == logs.files, place


@pytest.mark.soak
@pytest.mark.parametrize("block", [512, 1024, 4096, 16384])
@pytest.mark.parametrize("name", ["dense/metrics.csv", "sparse/log.csv", "lines/train.jsonl"])
def test_chains_of_kills_in_mid_write_lose_and_double_nothing(
    logs: Logs, tmp_path: Path, convert: Crasher, name: str, block: int
) -> None:
    """One to three kills in the middle of writes, fifty times for each log and size of blocks."""
    folder = tmp_path / "logs"
    folder.mkdir()
    shutil.copy2(logs.folder / name, folder)
    ((code, calls),) = convert(folder, tmp_path / "once", UNDISTURBED, block=block)
    assert code == 0
    dice = random.Random(f"{name} {block}")
    for number in range(50):
        logdir = tmp_path / str(number)
        chain = [("write", dice.randint(1, calls["write"])) for _ in range(dice.randint(1, 3))]
        done = convert(folder, logdir, *chain, UNDISTURBED, block=block)
        assert done[0][0] == -signal.SIGKILL
        assert done[-1][0] == 0
        assert event_files(logdir) == event_files(tmp_path / "once"), chain


@pytest.mark.parametrize(("kind", "place"), [("write", 1), ("write", 2), ("write", 4), ("json", 1)])
def test_a_log_that_grew_after_a_crash_loses_and_doubles_nothing(
    tmp_path: Path, convert: Crasher, kind: str, place: int
) -> None:
    """Killed, grown, killed again, grown again: what is shown is what one conversion shows."""
    log = tmp_path / "logs" / "a" / "log.csv"
    log.parent.mkdir(parents=True)
    text = dense(1000)
    for size in (len(text) // 3 + 5, len(text) // 2 + 7):
        log.write_text(text[:size])
        ((code, _),) = convert(tmp_path / "logs", tmp_path / "grown", (kind, min(place, 2)))
        assert code == -signal.SIGKILL
    log.write_text(text)
    ((code, _),) = convert(tmp_path / "logs", tmp_path / "grown", (kind, place))
    assert code == -signal.SIGKILL
    tbingest.convert(tmp_path / "logs", tmp_path / "grown", SMALL)
    tbingest.convert(tmp_path / "logs", tmp_path / "once", SMALL)
    assert shown(tmp_path / "grown") == shown(tmp_path / "once")
    assert_nothing_is_written_again(tmp_path / "logs", tmp_path / "grown", SMALL)


def test_without_its_state_a_conversion_recognises_its_files(logs: Logs, tmp_path: Path) -> None:
    """The bytes that stand there are those it would write, so nothing is doubled."""
    logdir = tmp_path / "runs"
    tbingest.convert(logs.folder, logdir, logs.options)
    shutil.rmtree(logdir / ".tbingest")
    assert_writes_nothing_new(logs, logdir)


def assert_writes_nothing_new(logs: Logs, logdir: Path) -> None:
    before = stamps(logdir)
    report = tbingest.convert(logs.folder, logdir, logs.options)
    assert (report.bytes_written, report.notes) == (0, [])
    assert report.points > 0
    assert (event_files(logdir), stamps(logdir)) == (logs.files, before)


def test_a_killed_conversion_without_its_state_is_made_whole(
    logs: Logs, tmp_path: Path, convert: Crasher
) -> None:
    """Half a file is the beginning of the whole one."""
    logdir = tmp_path / "runs"
    place = logs.place("write", 6)
    ((code, _),) = convert(logs.folder, logdir, ("write", place), plots=logs.plots)
    assert code == -signal.SIGKILL
    shutil.rmtree(logdir / ".tbingest")
    assert tbingest.convert(logs.folder, logdir, logs.options).notes == []
    assert event_files(logdir) == logs.files


def test_a_run_that_was_deleted_is_written_anew(logs: Logs, tmp_path: Path) -> None:
    """And the report says so; the other runs are left as they are."""
    logdir = tmp_path / "runs"
    tbingest.convert(logs.folder, logdir, logs.options)
    before = stamps(logdir)
    shutil.rmtree(logdir / "sparse")
    report = tbingest.convert(logs.folder, logdir, logs.options)
    assert report.notes == ["sparse: the event file is gone, so it is written anew"]
    assert event_files(logdir) == logs.files
    after = stamps(logdir)
    changed = {name for name in before if before[name] != after[name]}
    assert {Path(name).parent.name for name in changed} == {"sparse"}


def test_an_event_file_that_lost_its_end_is_made_whole(logs: Logs, tmp_path: Path) -> None:
    """As after a power failure: what is missing is appended, what stands is kept."""
    logdir = tmp_path / "runs"
    tbingest.convert(logs.folder, logdir, logs.options)
    (path,) = (logdir / "dense").glob("*tfevents*")
    os.truncate(path, path.stat().st_size * 2 // 3)
    report = tbingest.convert(logs.folder, logdir, logs.options)
    assert report.notes == ["dense: the event file is gone, so it is written anew"]
    assert event_files(logdir) == logs.files


def test_a_source_rewritten_after_a_crash_goes_on_in_its_file(
    tmp_path: Path, convert: Crasher
) -> None:
    """What stands in the first file is not what the source says now; nothing is rewritten."""
    log = tmp_path / "logs" / "a" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("step,loss\n" + "".join(f"{n},{n / 7}\n" for n in range(500)))
    os.utime(log, (1_780_000_000, 1_780_000_000))
    logdir = tmp_path / "runs"
    ((code, _),) = convert(tmp_path / "logs", logdir, ("write", 2))
    assert code == -signal.SIGKILL
    (first,) = logdir.glob("a/*tfevents*")
    before = first.read_bytes()
    log.write_text("step,loss\n" + "".join(f"{n},{n / 3}\n" for n in range(500)))
    os.utime(log, (1_780_000_000, 1_780_000_000))
    report = tbingest.convert(tmp_path / "logs", logdir, SMALL)
    what = "a: its event file holds points that no state tells of"
    assert report.notes == [f"{what}: it is taken up, and what the logs say now goes behind them"]
    names = sorted(path.name for path in logdir.glob("a/*tfevents*"))
    # A file that is taken up again rewinds within itself; what stood in it stays as it was.
    assert names == [first.name]
    assert first.read_bytes()[: len(before)] == before
    expected = [(n, str(np.float32(n / 3))) for n in range(500)]
    assert shown(logdir)["a", "loss"] == expected
    assert_nothing_is_written_again(tmp_path / "logs", logdir, SMALL)


def test_a_source_deleted_after_a_crash_does_not_end_the_others(
    logs: Logs, tmp_path: Path, convert: Crasher
) -> None:
    """What it gave stands; the rest of its run is converted."""
    folder, logdir = tmp_path / "logs", tmp_path / "runs"
    shutil.copytree(logs.folder, folder)
    ((code, _),) = convert(folder, logdir, ("write", 2), plots=logs.plots)
    assert code == -signal.SIGKILL
    (begun,) = {path.parent.name for path in logdir.rglob("*tfevents*")}
    shutil.rmtree(folder / begun)
    tbingest.convert(folder, logdir, logs.options)
    rest = {name for name in logs.files if not name.startswith(begun)}
    assert rest < set(event_files(logdir))
    assert {name: event_files(logdir)[name] for name in rest} == {
        name: logs.files[name] for name in rest
    }


def test_an_event_file_of_others_is_never_touched(
    logs: Logs, tmp_path: Path, convert: Crasher
) -> None:
    """It may lie in the very run that is written, and neither a crash nor `--force` changes it."""
    logdir = tmp_path / "runs"
    foreign = [
        logdir / "dense" / name
        for name in ("events.out.tfevents.1.host", "events.out.tfevents.9999999999.host.1.0")
    ]
    foreign[0].parent.mkdir(parents=True)
    for path in foreign:
        path.write_bytes(b"not ours")
        os.utime(path, (1, 1))
    convert(logs.folder, logdir, ("write", 2), UNDISTURBED, plots=logs.plots)
    assert event_files(logdir).items() > logs.files.items()
    for options in (logs.options, tbingest.Options(force=True, plots="none")):
        tbingest.convert(logs.folder, logdir, options)
        assert [path.read_bytes() for path in foreign] == [b"not ours"] * 2
        assert [path.stat().st_mtime for path in foreign] == [1, 1]


@pytest.mark.parametrize(
    "damage", [b"", b'{"schema": "tbin', b"[]", b'{"schema": "else"}', b"\xff", "one bit"]
)
def test_a_damaged_state_is_named_and_built_anew(
    tmp_path: Path, samples: Path, damage: bytes | str
) -> None:
    """What stands in the event files is recognised."""
    logdir = tmp_path / "runs"
    tbingest.convert(samples / "resumed", logdir, SMALL)
    (state,) = (logdir / ".tbingest").glob("*.json")
    if isinstance(damage, str):
        damage = state.read_bytes().replace(b'"seen":', b'"seen":1', 1)
    assert damage != state.read_bytes()
    state.write_bytes(damage)
    before = event_files(logdir)
    report = tbingest.convert(samples / "resumed", logdir, SMALL)
    what = "the state of an earlier conversion is damaged or of another version"
    assert report.notes == [f"{state}: {what}: what the logs and the event files hold is kept"]
    assert report.bytes_written == 0
    assert event_files(logdir) == before


@pytest.mark.parametrize(
    "other",
    [
        {"step": "step"},
        {"plots": "all"},
        {"wall_time": "1780000000"},
        {"on_restart": "sub-run"},
        {"tag_map": (("loss", "train/loss"),)},
    ],
)
def test_with_other_options_a_run_is_written_anew(
    tmp_path: Path, samples: Path, other: dict[str, Any]
) -> None:
    """Points of two mappings are never mixed in one run; it is said in one line."""
    logdir = tmp_path / "runs"
    tbingest.convert(samples / "resumed", logdir, SMALL)
    changed = {"plots": "none", **other}
    report = tbingest.convert(samples / "resumed", logdir, tbingest.Options(**changed))
    assert report.notes == ["resumed: the options are not those of before: it is read anew"]
    tbingest.convert(samples / "resumed", tmp_path / "fresh", tbingest.Options(**changed))
    assert event_files(logdir) == event_files(tmp_path / "fresh")


def test_a_logdir_that_another_process_writes_is_refused(
    logs: Logs, convert: Crasher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is let to its end, and disturbed by nothing; only the waiting is made short."""
    monkeypatch.setattr("tbingest.logdir.lock._LOCK_SECONDS", 0.05)
    logdir = tmp_path / "runs"
    convert.ask(logs.folder, logdir, ("wait", 2), plots=logs.plots)
    assert convert.answer() == "waiting\n"
    with pytest.raises(tbingest.OutputError) as caught:
        tbingest.convert(logs.folder, logdir, logs.options)
    by = rf"process \d+ on {re.escape(platform.node())}"
    assert re.fullmatch(
        rf"{re.escape(str(logdir))}: another tbingest is writing here: {by}", caught.value.message
    )
    assert caught.value.hint == "wait for it, or use another --logdir"
    assert convert.process.stdin
    convert.process.stdin.write("\n")
    convert.process.stdin.flush()
    ((code, _),) = json.loads(convert.answer())
    assert code == 0
    assert event_files(logdir) == logs.files


def test_the_state_holds_no_time_and_no_host(tmp_path: Path, samples: Path) -> None:
    """Two conversions of the same logs leave the same state, but for the folder's own path."""
    states = []
    for name in ("one", "two"):
        tbingest.convert(samples / "resumed", tmp_path / name, SMALL)
        (state,) = (tmp_path / name / ".tbingest").glob("*.json")
        states.append(json.loads(state.read_text()))
    assert states[0] == states[1]
