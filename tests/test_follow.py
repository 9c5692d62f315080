"""Followed logs: every point once, whatever becomes of the files; against a model of the writer."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from helpers.growing import events, line, lines, once, values

import tbingest
from tbingest.logdir.lock import locked
from tbingest.pipeline.follow import Follower

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAIN = tbingest.Options(plots="none", wall_time="1780000000")


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    """Of the folder `logs`; its `sweep` is one look."""
    (tmp_path / "logs").mkdir()
    logdir = str(tmp_path / "runs")
    with locked(logdir):
        yield Follower([str(tmp_path / "logs")], logdir, PLAIN)


def said(report: tbingest.Report | None) -> str:
    """All that a report has to say."""
    assert report
    problems = [problem.what for entry in report.sources for problem in entry.problems]
    return "\n".join([*report.notes, *problems])


# One thing after the other


def test_a_log_grows(follower: Follower, tmp_path: Path) -> None:
    """Only what is new is read; without news there is no report."""
    log = tmp_path / "logs" / "exp" / "train.jsonl"
    log.parent.mkdir()
    log.write_text(lines(1, 2))
    first = follower.sweep()
    assert first
    assert first.sources[0].written["scalar"] == 2
    assert follower.sweep() is None
    with log.open("a") as stream:
        stream.write(lines(3))
    second = follower.sweep()
    assert second
    assert second.sources[0].written["scalar"] == 1
    assert values(tmp_path / "runs") == once(1, 2, 3)


def test_an_unfinished_line_waits(follower: Follower, tmp_path: Path) -> None:
    """Until it has its end, or the log is over."""
    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1) + line(2)[:-1])
    follower.sweep()
    assert values(tmp_path / "runs") == once(1)
    log.write_text(lines(1, 2) + line(3)[:-5])
    follower.sweep()
    assert values(tmp_path / "runs") == once(1, 2)
    log.write_text(lines(1, 2) + line(3)[:-1])
    follower.finish()
    assert values(tmp_path / "runs") == once(1, 2, 3)


def test_runs_and_files_come_later(follower: Follower, tmp_path: Path) -> None:
    """A folder that was not there, and a second log beside the first, which keeps its run."""
    logs = tmp_path / "logs"
    assert follower.sweep() is None
    (logs / "a").mkdir()
    (logs / "a" / "train.jsonl").write_text(lines(1))
    follower.sweep()
    (logs / "a" / "other.jsonl").write_text(lines(2))
    (logs / "b").mkdir()
    (logs / "b" / "train.jsonl").write_text(lines(3))
    with (logs / "a" / "train.jsonl").open("a") as stream:
        stream.write(lines(4))
    follower.sweep()
    found = {(run, step) for run, _, step, _ in events(tmp_path / "runs")}
    assert found == {("a", 1), ("a", 4), ("a/other", 2), ("b", 3)}


def test_a_log_rotated_by_renaming_goes_on(follower: Follower, tmp_path: Path) -> None:
    """What was written before the renaming is read from the file with the new name."""
    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1, 2))
    follower.sweep()
    with log.open("a") as stream:
        stream.write(lines(3))
    log.rename(log.with_name("train.jsonl.1"))
    log.write_text(lines(4))
    report = follower.sweep()
    assert "train.jsonl.1: is train.jsonl, renamed" in said(report)
    assert values(tmp_path / "runs") == once(1, 2, 3, 4)
    assert {run for run, *_ in events(tmp_path / "runs")} == {"logs"}


def test_a_log_that_was_named_alone_is_followed_through_its_rotation(tmp_path: Path) -> None:
    """Though the new name was not given."""
    log = tmp_path / "train.jsonl"
    log.write_text(lines(1, 2))
    (tmp_path / "train.jsonl.1").write_text(lines(-1))
    with locked(str(tmp_path / "runs")):
        follower = Follower([str(log)], str(tmp_path / "runs"), PLAIN)
        follower.sweep()
        with log.open("a") as stream:
            stream.write(lines(3))
        log.rename(tmp_path / "train.jsonl.2")
        log.write_text(lines(4))
        follower.sweep()
    assert values(tmp_path / "runs") == once(1, 2, 3, 4)


def test_a_log_that_is_copied_and_cut_off_loses_what_the_cut_lost(
    follower: Follower, tmp_path: Path
) -> None:
    """The copy is not read again, and what was not read yet is read from it."""
    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1, 2))
    follower.sweep()
    with log.open("a") as stream:
        stream.write(lines(3))
    shutil.copy(log, log.with_name("train.jsonl.1"))
    follower.sweep()
    assert values(tmp_path / "runs") == once(1, 2, 3)
    log.write_text("")
    follower.sweep()
    log.write_text(lines(4))
    follower.sweep()
    assert values(tmp_path / "runs") == once(1, 2, 3, 4)


def test_a_rotated_log_may_be_compressed(follower: Follower, tmp_path: Path) -> None:
    """It is the same log still."""
    import gzip

    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1, 2))
    follower.sweep()
    old = log.with_name("train.jsonl.1")
    log.rename(old)
    log.write_text(lines(3))
    follower.sweep()
    with gzip.open(f"{old}.gz", "wb") as packed:
        packed.write(old.read_bytes())
    old.unlink()
    for _ in range(3):
        follower.sweep()
    follower.finish()
    assert values(tmp_path / "runs") == once(1, 2, 3)


def test_a_log_that_is_deleted_and_made_again_is_read_from_its_start(
    follower: Follower, tmp_path: Path
) -> None:
    """Which is said."""
    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1, 2))
    follower.sweep()
    log.unlink()
    follower.sweep()
    log.write_text(lines(3))
    assert "read again from its start" in said(follower.sweep())
    assert values(tmp_path / "runs") == once(1, 2, 3)


def test_a_log_rewritten_in_place_with_equal_size_is_noticed(
    follower: Follower, tmp_path: Path
) -> None:
    """By its time, and the bytes that were last read."""
    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1, 2))
    follower.sweep()
    log.write_text(lines(1, 3))
    os.utime(log, (2e9, 2e9))
    assert "read again from its start" in said(follower.sweep())
    assert values(tmp_path / "runs") == Counter({1.0: 2, 2.0: 1, 3.0: 1})


def test_a_log_begun_anew_with_half_a_line_keeps_what_was_read_before(
    follower: Follower, tmp_path: Path
) -> None:
    """Though half a line alone passes for a document, so that the file changes its format."""
    log = tmp_path / "logs" / "train.jsonl"
    log.write_text(lines(1, 2))
    follower.sweep()
    log.write_text(line(3)[:-8])
    assert "read again from its start" in said(follower.finish())
    assert values(tmp_path / "runs") == once(1, 2, 3)
    log.write_text(lines(3, 4))
    follower.finish()
    assert values(tmp_path / "runs") == once(1, 2, 3, 4)


def test_documents_are_read_when_they_rest(follower: Follower, tmp_path: Path) -> None:
    """A document cut in the middle is no problem yet."""
    log = tmp_path / "logs" / "history.json"
    whole = json.dumps([{"step": n, "loss": float(n)} for n in range(50)])
    log.write_text(whole[:1000])
    assert not said(follower.sweep())
    log.write_text(whole)
    assert not said(follower.sweep())
    report = follower.sweep()
    assert report
    assert report.points == 50
    assert follower.sweep() is None


def test_checkpoints_are_read_when_they_are_complete(follower: Follower, tmp_path: Path) -> None:
    """One that is being written is left alone."""
    logs = tmp_path / "logs"
    entry = {"weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    header = json.dumps(entry).encode()
    data = struct.pack("<Q", len(header)) + header + struct.pack("<2f", 1, 2)
    (logs / "step_1.safetensors").write_bytes(data)
    half = logs / "step_2.safetensors"
    half.write_bytes(data[:-3])
    reports = [follower.sweep() for _ in range(3)]
    assert [said(report) for report in reports if report] == ["", "", ""]
    half.write_bytes(data)
    follower.sweep()
    follower.sweep()
    steps = {step for _, tag, step, _ in events(tmp_path / "runs") if tag == "weights_norm/weight"}
    assert steps == {1, 2}


def test_hyperparameters_wait_for_scalars_and_for_the_end_where_more_come(
    follower: Follower, tmp_path: Path
) -> None:
    """TensorBoard shows the first ones: others need another event file."""
    logs = tmp_path / "logs"
    (logs / "config.json").write_text('{"lr": 0.1}')
    for _ in range(2):
        follower.sweep()
    assert hparams(tmp_path / "runs") == []
    (logs / "train.jsonl").write_text(lines(1))
    follower.sweep()
    assert hparams(tmp_path / "runs") == [("logs", {"lr"})]
    (logs / "config.yaml").write_text("batch: 3\nlr: 0.1\n")
    for _ in range(2):
        follower.sweep()
    assert hparams(tmp_path / "runs") == [("logs", {"lr"})]
    follower.finish()
    assert hparams(tmp_path / "runs") == [("logs", {"lr", "batch"})]


def hparams(logdir: Path) -> list[tuple[str, set[str]]]:
    """The runs that say their hyperparameters, and the names of those."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    found = []
    for path in sorted(logdir.rglob("*tfevents*")):
        for raw in RawEventFileLoader(str(path)).Load():
            for value in Event.FromString(raw).summary.value:
                if value.tag == "_hparams_/session_start_info":
                    content = value.metadata.plugin_data.content
                    info = HParamsPluginData.FromString(content).session_start_info
                    run = path.parent.relative_to(logdir).as_posix()
                    found.append((run, set(info.hparams)))
    return found


# Anything after anything


class Writer:
    """Does random things to a log, and knows what must be shown.

    `sure` are the numbers whose lines were complete when a file that held them was last there to
    be read; `maybe` those that were taken away before anyone can have read them; `odd` says that
    what was read of the log stands there no more, and nobody was told yet.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.log = folder / "train.jsonl"
        self.number = 0
        self.sure: set[int] = set()
        self.maybe: set[int] = set()
        self.unread: dict[Path, set[int]] = {}
        self.part = ""
        self.known = self.odd = False
        self.log.write_text("")

    @property
    def has_lines(self) -> bool:
        return b"\n" in self.log.read_bytes()

    def read(self, told: str) -> None:
        """A look was taken, and this was said."""
        self.unread.clear()
        if re.search("renamed: read on|was rewritten: it is read again from its start", told):
            self.odd = False
        self.known = self.has_lines

    def _goes(self) -> None:
        self.odd |= self.known
        self.known = False

    def act(self) -> str:
        """One random action; its name."""
        actions = (
            *(self.write, self.write, self.write, self.write_partly, self.pause),
            *(self.rotate, self.copy_and_cut, self.cut, self.make_again, self.replace, self.shift),
        )
        chosen = self.random.choice(actions)
        chosen()
        return chosen.__name__

    def pause(self) -> None:
        pass

    def write(self) -> None:
        """Complete what was begun, and some more lines."""
        self._append(self.random.randint(0, 5))

    def write_partly(self) -> None:
        """The last line lacks its end."""
        self._append(self.random.randint(0, 2))
        self.number += 1
        text = line(self.number)
        self.part = text[self.random.randint(1, len(text.encode()) - 12) :]
        with self.log.open("a") as stream:
            stream.write(text[: len(text) - len(self.part)])

    def _append(self, count: int) -> None:
        with self.log.open("a") as stream:
            if self.part:
                stream.write(self.part)
                self._wrote(self.number)
                self.part = ""
            for _ in range(count):
                self.number += 1
                stream.write(line(self.number))
                self._wrote(self.number)

    def _wrote(self, number: int) -> None:
        self.sure.add(number)
        self.unread.setdefault(self.log, set()).add(number)

    def _lose(self, path: Path) -> None:
        lost = self.unread.pop(path, set())
        self.sure -= lost
        self.maybe |= lost

    def _moved(self, old: Path, new: Path) -> None:
        if old in self.unread:
            self.unread[new] = self.unread.pop(old)

    def _shift_old(self) -> None:
        """`.1` becomes `.2`, and the `.2` before it is deleted."""
        older, old = (self.log.with_name(f"{self.log.name}.{n}") for n in (2, 1))
        if old.exists():
            self._lose(older)
            old.replace(older)
            self._moved(old, older)

    def rotate(self) -> None:
        """A new log begins; the writer may still finish its line in the old one."""
        self._append(0)
        self._shift_old()
        self._lose(self.log.with_name(f"{self.log.name}.1"))
        old = self.log.with_name(f"{self.log.name}.1")
        self._goes()
        self.log.rename(old)
        self._moved(self.log, old)
        self.log.write_text("")
        self._append(self.random.randint(0, 3))

    def copy_and_cut(self) -> None:
        """As logrotate's copytruncate does."""
        self._append(0)
        self._shift_old()
        old = self.log.with_name(f"{self.log.name}.1")
        self._lose(old)
        shutil.copy(self.log, old)
        self._moved(self.log, old)
        self.cut()

    def cut(self) -> None:
        """All of it is gone."""
        self._goes()
        self.part = ""
        self._lose(self.log)
        os.truncate(self.log, 0)

    def make_again(self) -> None:
        """Deleted, and another file of that name."""
        self._goes()
        self.part = ""
        self._lose(self.log)
        self.log.unlink()
        self.log.write_text("")
        self._append(self.random.randint(0, 3))

    def replace(self) -> None:
        """The same lines and some more, in another file that takes the name."""
        fresh = self.log.with_name(".new")
        self._append(0)
        fresh.write_bytes(self.log.read_bytes())
        fresh.replace(self.log)
        self._append(self.random.randint(0, 3))

    def shift(self) -> None:
        """The file gets another name for good."""
        self._append(0)
        moved = self.log.with_name(f"kept{self.number}.jsonl")
        if self.log.stat().st_size and not moved.exists():
            self._goes()
            self.log.rename(moved)
            self._moved(self.log, moved)
            self.log.write_text("")
            self._append(self.random.randint(0, 3))


SEEDS = [*range(40), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(40, 540))]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_actions_lose_and_double_nothing(
    seed: int, follower: Follower, tmp_path: Path
) -> None:
    """But what was cut off before it could be read; and what befell the log is said."""
    folder = tmp_path / "logs" / "exp"
    folder.mkdir()
    writer = Writer(folder, seed)
    done = []
    for _ in range(40):
        done += [writer.act() for _ in range(writer.random.randint(1, 3))]
        if writer.random.random() < 0.6:
            report = follower.sweep()
            writer.read(said(report) if report else "")
            done.append("SWEEP")
            assert not (writer.odd and writer.has_lines), done
            assert max(values(tmp_path / "runs").values(), default=0) < 2, done
    follower.finish()
    found = values(tmp_path / "runs")
    shown = {int(value) for value in found}
    assert not writer.sure - shown, done
    assert not shown - writer.sure - writer.maybe - {writer.number}, done
    doubled = [value for value, count in found.items() if count > 1]
    assert not doubled, done


# Beside following


def test_the_parts_of_a_rotated_log_are_one_run_in_their_order(tmp_path: Path) -> None:
    """By number or date, compressed or not; what only looks alike is a log of its own."""
    import gzip

    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "train.jsonl").write_text(lines(7, 8))
    (logs / "train.jsonl.1").write_text(lines(5, 6))
    (logs / "train.jsonl.2.gz").write_bytes(gzip.compress(lines(3, 4).encode()))
    (logs / "train.jsonl.10").write_text(lines(1, 2))
    report = tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert list(report.runs) == ["logs"]
    assert [step for _, tag, step, _ in events(tmp_path / "runs") if tag == "loss"] == [
        *range(1, 9)
    ]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("train.log.1", "train.log"),
        ("a/train.log.12.gz", "a/train.log"),
        ("train-20261123.log", "train.log"),
        ("train.log-20261123.xz", "train.log"),
        ("train.log.2026-11-23_10-05", "train.log"),
        ("train.log.gz", "train.log"),
        ("train.1.log", ""),
        ("train.log", ""),
        ("other.log.1", ""),
    ],
)
def test_rotated_names(name: str, base: str) -> None:
    """As logrotate and Python's handlers make them."""
    from tbingest.names.files import rotated_from

    assert rotated_from(name, {"train.log", "a/train.log"}) == base


def test_a_network_file_system_is_known(tmp_path: Path) -> None:
    """By the innermost mount."""
    from tbingest.sources.watch import is_network

    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nserver:/x /data nfs4 rw 0 0\n"
        "/dev/sdb /data/my\\040disk ext4 rw 0 0\n"
    )
    paths = ("/", "/database", "/data", "/data/logs", "/data/my disk/logs")
    found = [is_network(path, str(mounts)) for path in paths]
    assert found == [False, False, True, True, False]


def test_a_remembered_source_is_not_examined_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its size or time is another; a changed plan reads it as before."""
    log = tmp_path / "logs" / "exp" / "train.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(lines(1, 2))
    # What was written within two seconds of a look is looked at again.
    os.utime(log, (1_700_000_000, 1_700_000_000))
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    asked = []
    from tbingest.plan import planner as planning

    examine = planning.examine

    def noted(source: Any, *rest: Any, **more: Any) -> Any:
        asked.append(source.name)
        return examine(source, *rest, **more)

    monkeypatch.setattr(planning, "examine", noted)
    again = tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    assert (asked, again.bytes_written) == ([], 0)
    assert again.sources[0].status == "unchanged"
    with log.open("a") as stream:
        stream.write(lines(3))
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    assert asked == ["exp/train.jsonl"]
    assert values(tmp_path / "runs") == once(1, 2, 3)
