"""`--verify` and `tbingest check`: what is wrong with event files is found, and where."""

from __future__ import annotations

import shutil
import struct
import sys
from typing import TYPE_CHECKING, Any

import pytest
from helpers.command import tbingest_
from helpers.growing import lines

import tbingest
from tbingest.events.decode import damage
from tbingest.events.records import frame
from tbingest.options import OnRestart
from tbingest.pipeline.given import as_given
from tbingest.pipeline.verify import Finding, verify, verify_files, verify_logdir
from tbingest.plan.planner import plan

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

TBINGEST = [sys.executable, "-m", "tbingest"]
PLAIN = tbingest.Options(plots="none")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    (folder / "exp").mkdir(parents=True)
    (folder / "exp" / "train.jsonl").write_text(lines(*range(20)))
    (folder / "exp" / "notes.md").write_text("# Notes\n\nall is well\n")
    return folder


@pytest.fixture
def runs(logs: Path, tmp_path: Path) -> Path:
    tbingest.convert(logs, tmp_path / "runs", PLAIN)
    return tmp_path / "runs"


def event_file(runs: Path) -> Path:
    (path,) = runs.rglob("*tfevents*")
    return path


def found(logs: Path, runs: Path) -> list[Finding]:
    return verify(plan([logs], runs, PLAIN), str(runs)).findings


@pytest.mark.parametrize(
    "text",
    [
        "step 1: loss: 0.5\nstep 2: loss: 0.25\nstep 2: loss: 0.125",
        "Epoch 1 | 1/2 | Loss 0.5\nEpoch 1 | 2/2 | Loss 0.25\nEpoch 2 | 1/2 | Loss 0.125\n",
    ],
)
def test_what_only_the_end_of_a_log_tells_may_be_there(text: str, tmp_path: Path) -> None:
    """A last line without an end that tells of a step once more; a pass that goes on."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "train.log").write_text(text)
    tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert found(logs, tmp_path / "runs") == []
    (logs / "train.log").write_text(text.replace("0.5", "0.75"))
    assert any(one.failed for one in found(logs, tmp_path / "runs"))


def test_what_was_converted_is_there(logs: Path, runs: Path) -> None:
    """Every value is compared: twenty numbers, a text of the log, the notes."""
    verdict = verify(plan([logs], runs, PLAIN), str(runs))
    assert (verdict.values, verdict.runs, verdict.files) == (22, 1, 1)
    assert verdict.findings == []


@pytest.mark.parametrize("policy", list(OnRestart))
def test_every_sample_is_there_by_every_policy(
    tmp_path: Path, samples: Path, converted: Path, policy: OnRestart
) -> None:
    """Restarts, duplicates, NaN, several files a run, every kind of value."""
    options = tbingest.Options(plots="none", on_restart=policy)
    paths, logdir = [samples], converted
    if policy != tbingest.Options().on_restart:
        paths, logdir = [samples / "resumed", samples / "broken"], tmp_path / "runs"
        tbingest.convert(paths, logdir, options)
    verdict = verify(plan(paths, logdir, options), str(logdir))
    assert verdict.findings == []
    only_hparams = logdir / "formats/wandb/runs/owl"
    folders = {path.parent for path in logdir.rglob("*tfevents*")} - {only_hparams}
    assert verdict.runs >= len(folders)
    assert verdict.values > 400


def test_points_that_are_not_there_are_named(logs: Path, runs: Path) -> None:
    """A log that grew, and was not converted since."""
    with (logs / "exp" / "train.jsonl").open("a") as stream:
        stream.write(lines(*range(20, 27)))
    what = "lacks steps 20, 21, 22, 23, 24 and 2 more"
    assert found(logs, runs) == [Finding("exp: loss", what)]


def test_another_value_is_named(logs: Path, runs: Path) -> None:
    """A log that was changed in the middle."""
    log = logs / "exp" / "train.jsonl"
    log.write_text(log.read_text().replace('"loss": 7.0', '"loss": 7.5'))
    what = "has another value than the logs at step 7"
    assert found(logs, runs) == [Finding("exp: loss", what)]


def test_a_damaged_byte_is_found_where_it_is(runs: Path) -> None:
    """By the record that holds it: its length, or its data."""
    path = event_file(runs)
    whole = path.read_bytes()
    (length,) = struct.unpack_from("<Q", whole)
    second = 16 + length
    for place, said in (
        (3, "damaged at byte 0: the length of a record has a wrong checksum"),
        (second + 20, f"damaged at byte {second}: "),
    ):
        data = bytearray(whole)
        data[place] ^= 1
        path.write_bytes(data)
        assert damage([path.read_bytes()]).startswith(said)
        verdict = verify_files(str(runs))
        assert verdict.failed
        assert verdict.findings[0].where == str(path)


@pytest.mark.parametrize("cut", [1, 5, 13, 40])
def test_an_end_in_the_middle_of_a_record_is_found(runs: Path, cut: int) -> None:
    """However much of it is missing."""
    path = event_file(runs)
    path.write_bytes(path.read_bytes()[:-cut])
    assert damage([path.read_bytes()]).startswith("ends in the middle of a record: ")


def test_a_length_beyond_all_bounds_is_no_allocation(tmp_path: Path) -> None:
    """Its checksum may be right."""
    from tbingest.events.records import header

    path = tmp_path / "events.out.tfevents.1.x"
    path.write_bytes(frame(b"") + header(1 << 45) + b"x")
    said = "damaged at byte 16: a record of 35,184,372,088,832 bytes: 13 bytes lost"
    assert damage([path.read_bytes()]) == said


def test_event_files_of_others_are_named_and_no_failure(logs: Path, runs: Path) -> None:
    """TensorBoard shows them beside ours."""
    other = runs / "other" / "events.out.tfevents.1700000000.host"
    other.parent.mkdir()
    other.write_bytes(frame(b"\x1a\x0dbrain.Event:2"))
    assert found(logs, runs) == [Finding(str(other), "was not written by tbingest", failed=False)]
    other.write_bytes(other.read_bytes() + b"torn")
    assert verify_files(str(runs)).failed


def check(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return tbingest_("check", *arguments, cwd=cwd)


def test_check_finds_the_logs_by_itself(logs: Path, tmp_path: Path) -> None:
    """From what the logdir remembers of its conversion."""
    assert tbingest_("convert", "logs", cwd=tmp_path).returncode == 0
    done = check("runs", "--verify", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "✓ verified: 22 values of 1 run are there\n")
    with (logs / "exp" / "train.jsonl").open("a") as stream:
        stream.write(lines(20))
    done = check("runs", "--verify", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "  error: exp: loss: lacks step 20\n")
    assert "with --force it makes the runs anew" in done.stderr
    done = check("runs", cwd=tmp_path)
    assert (done.returncode, done.stdout[:26]) == (0, "✓ all checks passed: 1 run")


@pytest.mark.parametrize(
    "options",
    [
        {"plots": "none"},
        {"drop_tags": ("ste*",)},
        {"thin": 3},
        {"on_restart": "sub-run"},
        {"run": "renamed"},
        {"run_map": (("exp", "other"),)},
        {"only": ("scalars",)},
        {"exclude": ("*.csv",)},
        {"wall_time": "1700000000"},
    ],
)
def test_a_logdir_is_verified_with_the_options_that_it_was_made_with(
    logs: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    """The state keeps them; a value that is missing is found."""
    runs = tmp_path / "made"
    tbingest.convert(logs, runs, tbingest.Options(**options))
    found = verify_logdir(str(runs), tbingest.Options())
    assert (found.findings, found.values > 0) == ([], True)
    with (logs / "exp" / "train.jsonl").open("a") as stream:
        stream.write(lines(20, 21, 22))
    assert verify_logdir(str(runs), tbingest.Options()).failed


def test_options_in_a_state_that_are_not_sound_are_not_used(logs: Path, runs: Path) -> None:
    """A stranger may have written it."""
    plain = tbingest.Options()
    for said in (
        {"thin": 0},
        {"plots": "x"},
        {"only": [1]},
        {"only": ["x"]},
        {"run": 3},
        {"run_map": [["a"]]},
    ):
        assert as_given(plain, said, plain.digest) is None
    assert as_given(plain, {"force": True}, plain.digest) == plain


def test_what_cannot_be_compared_is_said(logs: Path, runs: Path) -> None:
    """Other options, or logs that are gone."""
    mapped = tbingest.Options(plots="none", tag_map=(("loss", "mapped"),))
    tbingest.convert(logs, runs, mapped)
    other = verify_logdir(str(runs), PLAIN)
    what = "was converted with options that are not known: its points are not compared"
    assert other.findings == [Finding("exp", what, failed=False)]
    shutil.rmtree(logs)
    gone = verify_logdir(str(runs), mapped)
    assert gone.findings == [Finding("exp", f"its logs are gone from {logs}", failed=False)]


def test_a_logdir_without_event_files_fails(tmp_path: Path) -> None:
    """A green CI on no data is the worst outcome."""
    done = check(".", "--verify", cwd=tmp_path)
    assert done.returncode == 1
    assert ".: holds no event files" in done.stderr
    assert check(".", cwd=tmp_path).returncode in {1, 2}
    assert check("nowhere", cwd=tmp_path).returncode == 2


def without(runs: Path, tag: str) -> None:
    """Take every record away that holds a tag, as a loss of ours would."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    path = event_file(runs)
    records = [*RawEventFileLoader(str(path)).Load()]
    kept = [
        one for one in records if tag not in {v.tag for v in Event.FromString(one).summary.value}
    ]
    assert len(kept) < len(records)
    path.write_bytes(b"".join(map(frame, kept)))


def test_a_run_that_is_missing_is_found(logs: Path, runs: Path) -> None:
    """With each of its tags."""
    shutil.rmtree(runs / "exp")
    where = {finding.where for finding in found(logs, runs) if finding.failed}
    assert {"exp: loss", "exp: notes"} <= where


@pytest.mark.parametrize("tag", ["loss", "notes"])
def test_a_tag_that_is_lost_is_found(tag: str, logs: Path, runs: Path) -> None:
    """A number or a text; the event file is whole."""
    without(runs, tag)
    (finding,) = found(logs, runs)
    assert (finding.where, finding.what[:10]) == (f"exp: {tag}", "lacks step")


def test_a_histogram_that_is_lost_is_found(tmp_path: Path) -> None:
    """As a number or text is."""
    import numpy as np

    (tmp_path / "logs").mkdir()
    np.savez(tmp_path / "logs" / "model_step_5.npz", w=np.arange(4.0))
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    without(tmp_path / "runs", "weights/w")
    assert Finding("logs: weights/w", "lacks step 5") in found(tmp_path / "logs", tmp_path / "runs")


def test_a_superseded_value_that_stands_is_found(logs: Path, runs: Path) -> None:
    """The log was resumed, and its later values are not shown."""
    with (logs / "exp" / "train.jsonl").open("a") as stream:
        stream.write(lines(*range(12, 24)).replace('"loss": 1', '"loss": 3'))
    whats = [finding.what for finding in found(logs, runs)]
    assert any(what.startswith("has another value than the logs at step") for what in whats)
