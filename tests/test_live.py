"""`convert --follow` as users run it: signals, pipes, both loaders, full disks, several at once."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers import tbhttp
from helpers.command import tbingest_
from helpers.growing import lines, once, values

from tbingest.cli import run as command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

TBINGEST = [sys.executable, "-m", "tbingest"]
FOLLOW = ("--follow", "--interval", "100ms", "--plots", "none")


@contextmanager
def running(*arguments: str, cwd: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A tbingest that goes on; it is killed if it still runs at the end."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*TBINGEST, *arguments], cwd=cwd, stdout=pipe, stderr=pipe, text=True, **options
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(question: Any, seconds: float = 40) -> None:
    tbhttp.wait_for(question, seconds)


def seen(folder: Path) -> int:
    """How many points stand in the event files."""
    return sum(values(folder / "runs").values()) if (folder / "runs").exists() else 0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "exp" / "train.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(lines(*range(5)))
    return path


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_following_with_totals(
    log: Path, tmp_path: Path, number: int, code: int
) -> None:
    """Without waiting for the next look; and the next conversion goes on from there."""
    with running("convert", "logs", *FOLLOW, cwd=tmp_path) as process:
        until(lambda: seen(tmp_path) == 5)
        with log.open("a") as stream:
            stream.write(lines(5) + lines(6)[:-4])
        until(lambda: seen(tmp_path) == 6)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "✓ 7 points, 1 run → runs/" in out  # six numbers, and a text
    assert "following logs into runs" in err
    assert "Traceback" not in err
    plainly(tmp_path, "--verify")
    assert values(tmp_path / "runs") == once(*range(6))


@pytest.fixture
def wide_log(tmp_path: Path) -> Path:
    """60,000 rows of 20 tags: about a second's work."""
    path = tmp_path / "logs" / "log.csv"
    path.parent.mkdir()
    names = ",".join(f"loss_{column}" for column in range(20))
    rows = "".join(f"{n}{f',0.{n}' * 20}\n" for n in range(60_000))
    path.write_text(f"step,{names}\n{rows}")
    return path


def plainly(folder: Path, *arguments: str) -> str:
    """What a conversion that nothing disturbs says."""
    done = tbingest_("convert", "logs", "--no-plots", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def written(logdir: Path) -> bytes:
    (path,) = logdir.rglob("*tfevents*")
    return path.read_bytes()


def test_a_signal_ends_a_conversion_that_is_taken_up_later(wide_log: Path, tmp_path: Path) -> None:
    """What was written stands, nothing is doubled, and the exit code says why."""
    with running("convert", "logs", "--no-plots", cwd=tmp_path) as process:
        until(lambda: any((tmp_path / "runs").rglob("*tfevents*")))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("this machine was too fast")
    assert process.returncode == 130
    # A slow machine is cut off within the batch in hand, and says so on stderr.
    assert "the next conversion goes on from here" in out + err
    assert "verified: 1,200,000 values of 1 run are there" in plainly(tmp_path, "--verify")
    plainly(tmp_path, "--logdir", "once")
    assert written(tmp_path / "runs") == written(tmp_path / "once")


@pytest.mark.soak
def test_a_signal_at_any_time_is_heard(wide_log: Path, tmp_path: Path) -> None:
    """Two hundred of them, one after the other, until a conversion is whole; then anew."""
    plainly(tmp_path, "--logdir", "once")
    dice = random.Random(1)
    heard = whole = 0
    while heard < 200:
        number = dice.choice([signal.SIGINT, signal.SIGTERM])
        with running("convert", "logs", "--no-plots", cwd=tmp_path) as process:
            time.sleep(dice.uniform(0.2, 1.5))
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        assert process.returncode in {0, 128 + number, -number}, err
        # Python itself is ended by a signal before any of our code runs.
        assert process.returncode == -number or "Traceback" not in err
        heard += process.returncode == 128 + number
        if process.returncode == 0 and (tmp_path / "runs").exists():
            assert written(tmp_path / "runs") == written(tmp_path / "once")
            shutil.rmtree(tmp_path / "runs")
            whole += 1
    plainly(tmp_path)
    assert written(tmp_path / "runs") == written(tmp_path / "once")
    assert whole


def test_a_pipe_is_followed_to_its_end(tmp_path: Path) -> None:
    """`tail -f | tbingest convert - --follow`: points are there before the pipe ends."""
    command = ("convert", "-", "--run", "piped", *FOLLOW)
    with running(*command, cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(lines(*range(3)))
        process.stdin.flush()
        until(lambda: seen(tmp_path) == 3)
        process.stdin.write(lines(3)[:-1])
        process.stdin.close()
        assert process.wait(20) == 0
    assert values(tmp_path / "runs") == once(*range(4))


def test_following_ends_when_the_logs_rest_or_say_so(log: Path, tmp_path: Path) -> None:
    """`--until-idle` and `--once-done`, for a step in CI."""
    with running("convert", "logs", *FOLLOW, "--until-idle", "1s", cwd=tmp_path) as process:
        assert process.wait(30) == 0
    assert values(tmp_path / "runs") == once(*range(5))
    with running("convert", "logs", *FOLLOW, "--once-done", "done", cwd=tmp_path) as process:
        with log.open("a") as stream:
            stream.write(lines(5))
        until(lambda: seen(tmp_path) == 6)
        assert process.poll() is None
        with log.open("a") as stream:
            stream.write(lines(6))
        (tmp_path / "done").touch()
        assert process.wait(30) == 0
    assert values(tmp_path / "runs") == once(*range(7))


CLOCK = """
import sys, time
now, real = float(sys.argv[1]), time.time
begun = real()
# Between two looks it jumps by an hour, back and forth.
time.time = lambda: now + (3600 if int(real() * 5) % 2 else -3600) + real() - begun
time.time_ns = lambda: int(time.time() * 1e9)
from tbingest.cli import run
sys.exit(run(["convert", "logs", "--follow", "--until-idle", "1s", *sys.argv[2:]]))
"""


@pytest.mark.parametrize("now", [0, 86_400, 4_000_000_000])
def test_the_clock_of_the_machine_decides_nothing(log: Path, tmp_path: Path, now: int) -> None:
    """Whatever it says, and though it steps: the event file is that of any other day."""
    (log.parent / "half.csv").write_text("step,acc\n1,0.5\n2,0.75")
    plainly(tmp_path, "--logdir", "once")
    command = [sys.executable, "-c", CLOCK, str(now), *FOLLOW]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert values(tmp_path / "runs") == once(*range(5))
    assert values(tmp_path / "runs", "acc") == Counter([0.5, 0.75])
    names = [
        [path.name for path in (tmp_path / one).rglob("*tfevents*")] for one in ("runs", "once")
    ]
    assert names[0] == names[1]


def test_following_nothing_fails(tmp_path: Path) -> None:
    """A folder that never came is no success."""
    done = tbingest_("convert", "nowhere", *FOLLOW, "--until-idle", "300ms", cwd=tmp_path)
    assert done.returncode == 1
    assert "nowhere: is not there (yet)" in done.stdout
    assert "nothing was read" in done.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--until-idle 3s", "--until-idle goes with --follow\nhint: add --follow, or leave it out"),
        ("--once-done x", "--once-done goes with --follow\nhint: add --follow, or leave it out"),
        ("--port 6007", "--port goes with --serve\nhint: add --serve, or leave it out"),
        (
            "--follow --dry-run",
            "--dry-run writes nothing that --follow could show\nhint: leave one out",
        ),
    ],
)
def test_a_flag_that_would_do_nothing_is_refused(
    log: Path, tmp_path: Path, flags: str, message: str
) -> None:
    done = tbingest_("convert", "logs", *flags.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("text", ["soon", "-1s", "0"])
def test_a_time_that_is_none_is_refused(log: Path, tmp_path: Path, text: str) -> None:
    """With how to write it."""
    assert log.exists()
    done = tbingest_("convert", "logs", "--follow", "--until-idle", text, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: --until-idle {text}: is not a duration\nhint: write it as 30s, 10m or 2h\n"
    )


def test_the_config_says_how_to_follow(log: Path, tmp_path: Path) -> None:
    """In `[follow]`, with the names of the flags."""
    assert log.exists()
    (tmp_path / "tbingest.toml").write_text('[follow]\nuntil-idle = "500ms"\ninterval = 0.1\n')
    assert tbingest_("convert", "logs", "--follow", cwd=tmp_path).returncode == 0
    assert seen(tmp_path) == 5


def test_serve_follows_raw_logs_and_ends_with_tensorboard(log: Path, tmp_path: Path) -> None:
    """New points come to the page; when TensorBoard dies the rest ends, and says so."""
    with running("serve", "logs", cwd=tmp_path) as process:
        found = None
        for line in process.stdout or ():
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                break
        assert found
        until(lambda: len(tbhttp.scalars(found[0], "exp", "loss")) == 5)
        with log.open("a") as stream:
            stream.write(lines(5))
        until(lambda: len(tbhttp.scalars(found[0], "exp", "loss")) == 6)
        children = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True
        )
        os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
        _, err = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "TensorBoard ended (exit code -9)" in err


def listening(pids: set[int]) -> set[str]:
    """The addresses, as the kernel writes them, at which processes wait for connections."""
    sockets = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                sockets.add(str(handle.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def descendants(pid: int) -> set[int]:
    children = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    return {pid}.union(*(descendants(int(child)) for child in children))


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_server_listens_on_loopback_alone(log: Path, tmp_path: Path) -> None:
    """TensorBoard and its data server, too."""
    with running("serve", "logs", cwd=tmp_path) as process:
        until(lambda: listening(descendants(process.pid)))
        assert listening(descendants(process.pid)) == {"0100007F"}
        process.send_signal(signal.SIGINT)
        process.wait(20)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGKILL, -9)])
@pytest.mark.parametrize("path", ["logs", "runs"])
def test_no_server_outlives_the_tbingest_that_started_it(
    log: Path, tmp_path: Path, path: str, number: int, code: int
) -> None:
    """The terminal goes away, or someone kills it."""
    if path == "runs":
        plainly(tmp_path)
    with running("serve", path, cwd=tmp_path) as process:
        found = ""
        for found in process.stdout or ():
            if "http://127.0.0.1:" in found:
                break
        children = descendants(process.pid) - {process.pid}
        assert children, found
        process.send_signal(number)
        assert process.wait(20) == code
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_the_line_of_status_gives_way_to_what_is_said(log: Path, tmp_path: Path) -> None:
    """On a terminal, where both streams share a line."""
    import pty

    ours, theirs = pty.openpty()
    command = [*TBINGEST, "serve", "logs"]
    shown = b""
    with subprocess.Popen(command, cwd=tmp_path, stdout=theirs, stderr=theirs) as process:
        try:
            while b"\r\n" not in shown.partition(b"TensorBoard on")[2]:
                shown += os.read(ours, 1 << 16)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()
    os.close(theirs)
    os.close(ours)
    before = shown.partition(b"TensorBoard on")[0]
    assert b"points, 1 run" in before
    assert re.sub(rb"\x1b\[[0-9;]*m", b"", before).endswith((b"\r\n", b"\x1b[2K"))


@pytest.mark.parametrize("loader", ["true", "false"])
def test_what_a_page_shows_is_always_a_beginning_of_the_truth(
    log: Path, tmp_path: Path, loader: str
) -> None:
    """While the log grows by pieces of one byte to 60 kB."""
    truth = [(step, float(step)) for step in range(4_000)]
    text = lines(*range(4_000)).encode()
    dice = random.Random(loader)
    log.write_bytes(text[:300])
    place, found = 300, []
    with running("convert", "logs", *FOLLOW, cwd=tmp_path) as process:
        until(lambda: seen(tmp_path))
        with tbhttp.tensorboard(tmp_path / "runs", loader) as url:
            until(lambda: tbhttp.scalars(url, "exp", "loss"))
            for _ in range(600):  # many more than it takes
                assert process.poll() is None, process.communicate()
                for _ in range(4):
                    size = int(10 ** dice.uniform(0, 4.8))
                    with log.open("ab") as stream:
                        stream.write(text[place : place + size])
                    place += size
                    time.sleep(0.12)
                shown = tbhttp.wait_for(lambda: tbhttp.scalars(url, "exp", "loss"))
                found = [(step, value) for _, step, value in shown]
                assert found == truth[: len(found)]
                if len(found) == len(truth):
                    break
    assert len(found) == len(truth)


def test_several_at_once_never_mix(tmp_path: Path) -> None:
    """Folders of one name from several places, converted into one logdir by processes at once."""
    race(tmp_path, 4, 1)


@pytest.mark.soak
def test_eight_at_once_never_mix(tmp_path: Path) -> None:
    """A hundred times."""
    race(tmp_path, 8, 100)


def race(tmp_path: Path, processes: int, rounds: int) -> None:
    """Each process converts a folder `exp` of its own; the losers wait, or say who holds it."""
    for place in range(processes):
        path = tmp_path / str(place) / "logs" / "exp" / "train.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(lines(*range(100 * place, 100 * place + 50)))
    for _ in range(rounds):
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        begun = [
            subprocess.Popen(
                [*TBINGEST, "convert", f"{place}/logs", "--no-plots"],
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for place in range(processes)
        ]
        for place, process in enumerate(begun):
            _, err = process.communicate(timeout=120)
            if process.returncode:
                assert process.returncode == 3
                assert re.search(r"another tbingest is writing here: process \d+ on ", err)
                subprocess.run(
                    [*TBINGEST, "convert", f"{place}/logs", "--no-plots"],
                    cwd=tmp_path,
                    check=True,
                    capture_output=True,
                )
        found = {}
        for run in sorted((tmp_path / "runs").glob("exp*")):
            steps = sorted(values(run))
            found[steps[0] // 100] = run.name
            assert steps == [float(n) for n in range(int(steps[0]), int(steps[0]) + 50)]
        assert len(found) == processes


# Faults: what the system may answer

# Converts `logs` once for each place, in a forked child whose place-th call of a kind fails, then
# again in one that nothing befalls. Nothing is waited for. Prints a JSON list of (exit code,
# calls, exit code).
FAULTS = """
import collections, errno, json, os, pathlib, sys, tempfile, time
from tbingest.cli import run

with tempfile.TemporaryDirectory() as folder:  # all that a conversion imports is imported once
    logs = pathlib.Path(folder, "logs")
    logs.mkdir()
    (logs / "notes.md").write_text("# Notes\\n\\nall is well\\n")
    (logs / "log.jsonl").write_text('{"step": 1, "loss": 0.5, "note": "a"}\\n' * 2)
    run(["convert", str(logs), "--no-plots", "--quiet", "--logdir", folder + "/runs"])

kind, what, *places = sys.argv[1:]
real = {name: getattr(os, name) for name in ("write", "fsync", "replace", "open")}


def faulty(name, place, calls):
    def call(*args, **kwargs):
        ours = name != "open" or "tfevents" in os.fsdecode(args[0])
        calls[name] += ours
        if ours and name == kind and calls[name] == place:
            if what == "SHORT":
                return real["write"](args[0], bytes(args[1])[:3])
            if what == "HALF":
                real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
            raise OSError(getattr(errno, "ENOSPC" if what == "HALF" else what), "no")
        return real[name](*args, **kwargs)
    return call


def convert(place, faults):
    pipe, answer = os.pipe()
    pid = os.fork()
    if not pid:
        calls = collections.Counter()
        os.dup2(real["open"](f"said{place}", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        for name in real if faults else ():
            setattr(os, name, faulty(name, place, calls))
        time.sleep = None
        code = run(["convert", "logs", "--no-plots", "--quiet", "--logdir", f"runs{place}"])
        sys.stderr.flush()
        real["write"](answer, json.dumps(calls[kind]).encode())
        os._exit(code)
    os.close(answer)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with os.fdopen(pipe) as stream:
        return code, json.loads(stream.read() or "-1")


print(json.dumps([(*convert(int(n), True), convert(int(n), False)[0]) for n in places]))
"""
KINDS = {
    "write": ("ENOSPC", "EIO", "EDQUOT", "EFBIG", "SHORT", "HALF"),
    "fsync": ("EIO", "ENOSPC"),
    "replace": ("EACCES", "ENOSPC"),
    "open": ("EROFS", "ENOSPC", "EACCES"),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="faults are made in forked processes")
@pytest.mark.parametrize(
    ("kind", "what", "runs", "places"),
    [
        *((kind, what, 2, range(1, 5)) for kind, answers in KINDS.items() for what in answers),
        *(pytest.param("write", what, 110, range(1, 111), marks=pytest.mark.soak)
          for what in ("SHORT", "HALF")),
    ],
)  # fmt: skip
def test_a_fault_of_the_disk_is_said_and_the_next_run_completes(
    kind: str, what: str, runs: int, places: range, tmp_path: Path
) -> None:
    """With exit code 3, at once; no point is lost or doubled. What is written in part goes on."""
    numbers = range(200 * runs)
    for run in range(runs):
        log = tmp_path / "logs" / f"exp{run}" / "train.jsonl"
        log.parent.mkdir(parents=True)
        log.write_text(lines(*numbers[run::runs]))
        (log.parent / "notes.md").write_text("# Notes\n\nall is well\n")
    command = [sys.executable, "-c", FAULTS, kind, what, *map(str, places)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    for place, (code, calls, again) in zip(places, json.loads(done.stdout), strict=True):
        said = (tmp_path / f"said{place}").read_text()
        assert calls >= place, "that many calls were not made"
        assert (code, again) == (0 if what == "SHORT" else 3, 0), said
        if code:
            assert re.match(rf"error: runs{place}.*: cannot be written: \w.*\n", said)
            assert "hint: check free space and permissions" in said
        assert "Traceback" not in said
        assert values(tmp_path / f"runs{place}") == once(*numbers)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts as root only")
def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    """A file system of 64 KiB; once there is room, the rest is written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    try:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "train.jsonl").write_text(lines(*range(5000)))
        command = [*TBINGEST, "convert", "logs", "--no-plots", "--logdir", "disk/runs"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 3
        assert "No space left on device" in done.stderr
        subprocess.run(
            ["mount", "-o", "remount,size=10m", str(disk)], check=True, capture_output=True
        )
        subprocess.run([*command, "--verify"], cwd=tmp_path, check=True, capture_output=True)
        assert values(disk / "runs") == once(*range(5000))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_what_is_cut_off_says_that_the_next_conversion_goes_on(
    wide_log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever Typer makes of the interrupt."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tbingest.pipeline.convert.convert", interrupted)
    (tmp_path / "log.csv").write_text("step,loss\n1,0.5\n2,0.4\n")
    monkeypatch.chdir(tmp_path)
    assert command_line(["convert", "log.csv", "--no-plots"]) == 130
    assert "the next conversion goes on from here" in capsys.readouterr().err
