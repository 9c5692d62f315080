"""A log that grows gives the same points as one that is complete, wherever it is cut."""

from __future__ import annotations

import os
import random
import shutil
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from helpers.loaded import shown
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest

PLAIN = tbingest.Options(plots="none", wall_time="1780000000")
CSV = (
    'step,train_loss,note,val_loss\n1,0.5,"two\nlines, and ""quotes""",\n2,0.25,größer,0.75\n'
    "3,nan,,\n4,0.125,größer,0.5\n3,0.1,,\n4,0.2,again,0.4\n5,1e-3,\u2713,\n"
)
JSONL = (
    '{"step": 1, "loss": 0.5, "note": "größer"}\n{"step": 2, "loss": NaN, "grads": [1, 2, 3]}\n'
    '{"step": 3, "val": {"loss": 0.25}}\n{"step": 2, "loss": 0.125}\n{"step": 4, "loss": 1}\n'
)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_log_cut_anywhere_shows_the_same_points(data: st.DataObject) -> None:
    """Also within a character, a quoted cell or a record."""
    name, text = data.draw(st.sampled_from([("log.csv", CSV), ("log.jsonl", JSONL)]))
    raw = text.encode()
    first = raw.index(b"\n") + 20
    cuts = sorted(data.draw(st.lists(st.integers(first, len(raw)), min_size=1, max_size=4)))
    with TemporaryDirectory() as folder:
        log = Path(folder, "logs", "run", name)
        log.parent.mkdir(parents=True)
        log.write_bytes(raw)
        tbingest.convert(log.parent.parent, Path(folder, "once"), PLAIN)
        for cut in [*cuts, len(raw)]:
            log.write_bytes(raw[:cut])
            tbingest.convert(log.parent.parent, Path(folder, "grown"), PLAIN)
        assert shown(Path(folder, "grown")) == shown(Path(folder, "once"))


def test_a_last_line_that_is_completed_takes_back_only_its_own_points(tmp_path: Path) -> None:
    """What was held back with it, because the log is read anew after a fall, stays."""
    raw = CSV.encode()
    log = tmp_path / "logs" / "run" / "log.csv"
    log.parent.mkdir(parents=True)
    for end in (raw.index(b"gain"), raw.index(b",1e-3"), len(raw)):
        log.write_bytes(raw[:end])
        tbingest.convert(tmp_path / "logs", tmp_path / "grown", PLAIN)
    tbingest.convert(tmp_path / "logs", tmp_path / "once", PLAIN)
    assert shown(tmp_path / "grown") == shown(tmp_path / "once")


def test_the_size_of_blocks_does_not_change_the_bytes(
    samples: Path, converted: Path, tmp_path: Path
) -> None:
    """Byte by byte the same event files as with the usual blocks."""
    tbingest.convert(samples, tmp_path / "other", tbingest.Options(plots="none", block_bytes=1000))
    assert files(converted) == files(tmp_path / "other")


def test_the_order_of_a_folder_does_not_change_the_bytes(samples: Path, tmp_path: Path) -> None:
    """Files made in another order give the same event files, and a second time nothing."""
    folders = [samples / name for name in ("broken", "delimited", "jsonl_run", "pytorch_loop")]
    names = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for number, target in enumerate(("one", "two")):
        random.Random(number).shuffle(names)
        for path in names:
            there = tmp_path / target / "sample_logs" / path.relative_to(samples)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, there)
        tbingest.convert(tmp_path / target / "sample_logs", tmp_path / f"runs-{target}", PLAIN)
    assert files(tmp_path / "runs-one") == files(tmp_path / "runs-two")
    again = tbingest.convert(tmp_path / "one" / "sample_logs", tmp_path / "runs-one", PLAIN)
    assert again.bytes_written == 0
    assert files(tmp_path / "runs-one") == files(tmp_path / "runs-two")


def files(logdir: Path) -> dict[str, bytes]:
    return {
        path.relative_to(logdir).as_posix(): path.read_bytes()
        for path in logdir.rglob("*tfevents*")
    }


def written(tmp_path: Path, text: str, name: str = "log.csv") -> tbingest.Report:
    log = tmp_path / "logs" / name
    log.parent.mkdir(exist_ok=True)
    log.write_text(text)
    return tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)


def test_a_last_line_that_goes_on_is_given_out_again(tmp_path: Path) -> None:
    """It may be cut in the middle of a number."""
    written(tmp_path, "step,loss\n11,0.5\n12,0.1")
    assert shown(tmp_path / "runs") == {("logs", "loss"): [(11, "0.5"), (12, "0.1")]}
    report = written(tmp_path, "step,loss\n11,0.5\n12,0.123\n13,0.25\n")
    assert (report.points, report.sources[0].replaced) == (2, 1)
    points = [(11, "0.5"), (12, "0.123"), (13, "0.25")]
    assert shown(tmp_path / "runs") == {("logs", "loss"): points}


def test_a_last_line_that_was_whole_is_not_doubled(tmp_path: Path) -> None:
    """Only its line end was missing."""
    written(tmp_path, "step,loss\n11,0.5\n12,0.1")
    report = written(tmp_path, "step,loss\n11,0.5\n12,0.1\n13,0.25\n")
    assert (report.points, report.sources[0].replaced) == (1, 0)


def test_a_document_with_more_records_gives_only_the_new_ones(tmp_path: Path) -> None:
    """Its writer writes all of it each time."""
    written(tmp_path, '[{"step": 1, "loss": 0.5}]', "log.json")
    report = written(tmp_path, '[{"step": 1, "loss": 0.5}, {"step": 2, "loss": 1}]', "log.json")
    assert (report.sources[0].read, report.points) == (1, 1)


def test_a_log_that_was_rewritten_is_read_again_and_that_is_said(tmp_path: Path) -> None:
    """The later values win."""
    written(tmp_path, "step,loss\n1,0.5\n2,0.25\n3,0.125\n")
    report = written(tmp_path, "step,loss\n1,5\n2,6\n")
    assert "was rewritten" in report.sources[0].problems[0].what
    assert shown(tmp_path / "runs") == {("logs", "loss"): [(1, "5.0"), (2, "6.0")]}


def test_a_log_that_only_has_a_new_time_gives_nothing(tmp_path: Path) -> None:
    """A cache or rsync changes times, not contents."""
    written(tmp_path, "step,loss\n1,0.5\n2,0.25\n")
    os.utime(tmp_path / "logs" / "log.csv", (1.0, 1.0))
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    assert (report.bytes_written, report.sources[0].status) == (0, "unchanged")


@pytest.mark.parametrize(
    ("policy", "runs"),
    [
        ("auto", {"resumed": [(n, "new" if n >= 40 else "old") for n in range(91)]}),
        ("last", {"resumed": [(n, "new" if n >= 40 else "old") for n in range(91)]}),
        ("keep-first", {"resumed": [(n, "new" if n > 60 else "old") for n in range(91)]}),
        ("sort", {"resumed": [(n, "new" if n >= 40 else "old") for n in range(91)]}),
        (
            "sub-run",
            {
                "resumed": [(n, "old") for n in range(61)],
                "resumed/restart-2": [(n, "new") for n in range(40, 91)],
            },
        ),
        (
            "renumber",
            {"resumed": [(n, "old" if n <= 60 else "new") for n in range(112)]},
        ),
    ],
)
def test_a_restart_is_what_the_policy_says(
    tmp_path: Path, policy: str, runs: dict[str, list[tuple[int, str]]]
) -> None:
    """Steps 0 to 60, then again from 40 to 90."""
    rows = [*((n, 0) for n in range(61)), *((n, 1) for n in range(40, 91))]
    log = tmp_path / "resumed" / "log.csv"
    log.parent.mkdir()
    log.write_text("step,loss\n" + "".join(f"{step},{value}\n" for step, value in rows))
    options = tbingest.Options(plots="none", on_restart=policy, block_bytes=300)
    report = tbingest.convert(log.parent, tmp_path / "runs", options)
    names = {"old": "0.0", "new": "1.0"}
    assert shown(tmp_path / "runs") == {
        (run, "loss"): [(step, names[which]) for step, which in points]
        for run, points in runs.items()
    }
    (source,) = report.sources
    assert report.points == sum(map(len, runs.values()))
    assert source.read == 112 == report.points + source.superseded


def test_duplicates_keep_the_last_and_histograms_survive_a_restart(tmp_path: Path) -> None:
    """Only the tags that are written again lose what they had; a late record takes nothing away."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "log.csv").write_text("step,a,b\n1,1,1\n1,2,\n50,3,3\n10,4,\n")
    np.savez(folder / "weights_step_000040.npz", w=np.arange(5.0))
    tbingest.convert(folder, tmp_path / "runs", PLAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = shown(tmp_path / "runs")
    assert found["run", "a"] == [(1, "2.0"), (10, "4.0"), (50, "3.0")]
    assert found["run", "b"] == [(1, "1.0"), (50, "3.0")]
    assert [step for step, _ in found["run", "weights/w"]] == [40]
