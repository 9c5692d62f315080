"""Event files as a source: every value as TensorBoard itself reads it, past what is damaged."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.event_files import logdir, shown
from helpers.parity_pairs import PAIRS
from helpers.places import parity_folder
from tensorboardX import SummaryWriter

import tbingest
from tbingest import Options, Problem
from tbingest.events.values import strings_of
from tbingest.model.points import Histogram, HParams, Image, Recorded
from tbingest.options import Aggregate, OnRestart, Plots

if TYPE_CHECKING:
    from pathlib import Path

QUIET = Options(plots=Plots.NONE)


def plain(value: Any) -> Any:
    """A value of ours as the array that TensorBoard makes of it."""
    if isinstance(value, Histogram):
        return value.buckets
    if isinstance(value, Image):
        return [str(value.width).encode(), str(value.height).encode(), value.data]
    if isinstance(value, Recorded) and value.kind in {"text", "image"}:
        return strings_of(value.data)[1]
    return value


def assert_as_tensorboard_reads(folder: Path) -> int:
    """Every value that TensorBoard's reader gives of a logdir; how many."""
    found = shown(folder)
    seen = set()
    for points in tbingest.read(folder, Options(as_format="tensorboard")):
        for step, row in zip(points.steps.tolist(), points.values, strict=True):
            for tag, value in zip(points.tags, row, strict=True):
                seen.add((points.run, tag, step))
                if (
                    isinstance(value, HParams)
                    or tag == "hparams"
                    or (isinstance(value, Recorded) and value.kind not in {"text", "image"})
                ):
                    continue
                expected = found["." if points.run == folder.name else points.run][tag, step]
                if points.kind in {"scalar", "histogram"}:
                    made = np.asarray(plain(value), np.float32)
                    np.testing.assert_array_equal(made, np.asarray(expected, np.float32))
                else:
                    assert list(np.atleast_1d(expected)) == plain(value)
    wanted = {
        (folder.name if run == "." else run, tag, step)
        for run, held in found.items()
        for tag, step in held
        if "_hparams_" not in tag
    }
    assert wanted <= seen
    return len(wanted)


def test_every_value_is_as_tensorboard_reads_it(tmp_path: Path) -> None:
    """Of scalars, histograms, texts and pictures, with the run of their folder."""
    assert assert_as_tensorboard_reads(logdir(tmp_path / "logs")) > 10


@pytest.mark.parametrize("framework", sorted({pair.framework for pair in PAIRS}))
def test_the_event_files_of_frameworks_are_read_as_tensorboard_reads_them(framework: str) -> None:
    """Those that each wrote itself, beside its logs."""
    assert assert_as_tensorboard_reads(parity_folder(framework) / "tb") > 0


def test_a_logdir_that_is_converted_shows_the_same_points(tmp_path: Path) -> None:
    """The values of every kind; a text that is repeated stands at each of its steps."""
    before = shown(logdir(tmp_path / "logs"))
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", QUIET)
    assert not report.problem_count
    after = shown(tmp_path / "runs")
    for run, held in before.items():
        for (tag, step), value in held.items():
            if not tag.startswith("_hparams_"):
                np.testing.assert_array_equal(
                    np.asarray(value), np.asarray(after[run][tag, step]).astype(value.dtype)
                )
    again = tbingest.convert(tmp_path / "runs", tmp_path / "runs2", QUIET)
    assert not again.problem_count
    twice = shown(tmp_path / "runs2")
    assert {run: held.keys() for run, held in twice.items()} == {
        run: held.keys() for run, held in after.items()
    }


def test_a_zigzag_is_mended(tmp_path: Path) -> None:
    """What a resumed training wrote again wins; `--on-restart` has its say."""
    for number, steps in enumerate((range(10), range(6, 12))):
        writer = SummaryWriter(str(tmp_path / "logs" / "a"), filename_suffix=f".{number}")
        for step in steps:
            writer.add_scalar("loss", step + number / 2, step)
        writer.close()
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", QUIET)
    assert sum(entry.superseded for entry in report.sources) == 4
    held = shown(tmp_path / "runs")["a"]
    assert {step: float(value) for (_, step), value in held.items()} == {
        step: step + (step > 5) / 2 for step in range(12)
    }
    first = Options(plots=Plots.NONE, on_restart=OnRestart.KEEP_FIRST)
    tbingest.convert(tmp_path / "logs", tmp_path / "first", first)
    held = shown(tmp_path / "first")["a"]
    assert {step: float(value) for (_, step), value in held.items()} == {
        step: step + (step > 9) / 2 for step in range(12)
    }


def test_event_files_among_logs_are_left_alone_but_where_they_are_named(tmp_path: Path) -> None:
    """A file that is named is read into the run of its folder."""
    folder = logdir(tmp_path / "logs") / "run"
    (folder / "train.csv").write_text("step,loss\n1,0.5\n")
    runs = {points.run for points in tbingest.read(tmp_path / "logs")}
    assert runs == {"run"}
    assert [points.tags for points in tbingest.read(tmp_path / "logs")] == [("loss",)]
    [file] = folder.glob("*tfevents*")
    tags = {tag for points in tbingest.read(file) for tag in points.tags}
    assert "train/loss" in tags
    assert {points.run for points in tbingest.read(file)} == {"run"}


def places(size: int) -> list[int]:
    return sorted(random.Random(1).sample(range(size), 100))


@pytest.mark.parametrize("kind", ["flip", "cut"])
def test_damage_loses_what_it_hits_and_is_said_with_its_byte(tmp_path: Path, kind: str) -> None:
    """A bit that is flipped, or bytes that are missing: no wrong value, and all the others."""
    writer = SummaryWriter(str(tmp_path / "whole"))
    for step in range(200):
        writer.add_scalar(f"tag{step % 3}", step / 4, step)
    writer.close()
    [file] = (tmp_path / "whole").iterdir()
    data = file.read_bytes()
    target = tmp_path / "hurt" / "a" / "events.out.tfevents.1.x"
    target.parent.mkdir(parents=True)
    for place in places(len(data)):
        hurt = bytearray(data)
        if kind == "cut":
            del hurt[place : place + 9]
        else:
            hurt[place] ^= 16
        target.write_bytes(hurt)
        reading = tbingest.read(target.parent.parent)
        found = [
            (step, value)
            for points in reading
            for step, row in zip(points.steps.tolist(), points.values, strict=True)
            for value in row
        ]
        assert all(value == step / 4 for step, value in found)
        assert len(set(found)) >= 197
        assert reading.problems
        assert all(isinstance(one, Problem) for one in reading.problems)
        assert any("byte" in one.what for one in reading.problems)


def converted(logs: Path, target: Path, **options: Any) -> dict[str, dict[tuple[str, int], Any]]:
    """What TensorBoard shows of a logdir that was converted."""
    report = tbingest.convert(logs, target, Options(plots=Plots.NONE, **options))
    for entry in report.sources:
        known = entry.superseded + entry.reported + entry.repeated + entry.left_out
        assert entry.read == sum(entry.written.values()) + known
    return shown(target)


def test_runs_are_renamed_and_joined(tmp_path: Path) -> None:
    """What the stars match goes into the name; runs of one name become one, files in order."""
    for run, steps in (("old/a", range(5)), ("old/b", range(5, 9)), ("c", range(2))):
        writer = SummaryWriter(str(tmp_path / "logs" / run))
        for step in steps:
            writer.add_scalar("loss", step, step)
        writer.close()
    rules = (("old/*", "new-*"),)
    found = converted(tmp_path / "logs", tmp_path / "renamed", run_map=rules)
    assert found.keys() == {"new-a", "new-b", "c"}
    found = converted(tmp_path / "logs", tmp_path / "joined", run_map=(("old/?", "whole"),))
    assert sorted(step for _, step in found["whole"]) == list(range(9))


def test_only_what_is_wanted_is_taken_and_the_rest_counted(tmp_path: Path) -> None:
    """By kind and by tag."""
    folder = logdir(tmp_path / "logs")
    found = converted(folder, tmp_path / "runs", only=("scalars",), drop_tags=("train/*",))
    assert {tag for tag, _ in found["run"]} == {"odd"}
    found = converted(folder, tmp_path / "texts", only=("texts", "hparams"))
    assert {tag for tag, _ in found["run"]} == {"note/text_summary"}


def test_thinning_keeps_the_extremes_and_the_last_of_each_stretch(tmp_path: Path) -> None:
    """However the file is cut into blocks; a value that takes away others is kept."""
    writer = SummaryWriter(str(tmp_path / "logs" / "a"))
    values = [float(value) for value in np.random.default_rng(0).integers(0, 1000, 1005)]
    for step, value in enumerate(values):
        writer.add_scalar("loss", value, step)
    writer.close()
    expected = {0, len(values) - 1}
    for start in range(0, len(values), 100):
        part = values[start : start + 100]
        expected |= {start + part.index(min(part)), start + part.index(max(part))}
        expected.add(start + len(part) - 1)
    for number, block in enumerate((700, 1 << 20)):
        target = tmp_path / str(number)
        found = converted(tmp_path / "logs", target, thin=100, block_bytes=block)
        assert {step for _, step in found["a"]} == expected
        assert all(float(value) == values[step] for (_, step), value in found["a"].items())


def test_the_mean_of_seeds_is_taken_of_event_files_too(tmp_path: Path) -> None:
    """As of logs."""
    for seed in range(3):
        writer = SummaryWriter(str(tmp_path / "logs" / f"seed{seed}"))
        for step in range(4):
            writer.add_scalar("loss", step + seed, step)
        writer.close()
    found = converted(tmp_path / "logs", tmp_path / "runs", aggregate=Aggregate.MEAN_STD)
    assert {step: float(found["seed-mean"]["loss", step]) for step in range(4)} == {
        step: step + 1.0 for step in range(4)
    }


def test_an_event_file_of_another_writer_in_the_very_run_is_said(tmp_path: Path) -> None:
    """TensorBoard would show both as one curve."""
    (tmp_path / "logs" / "a").mkdir(parents=True)
    (tmp_path / "logs" / "a" / "train.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    writer = SummaryWriter(str(tmp_path / "runs" / "a"))
    writer.add_scalar("loss", 1.0, 1)
    writer.close()
    report = tbingest.convert(tmp_path / "logs", tmp_path / "runs", QUIET)
    assert any("of another writer" in note and note.startswith("a: ") for note in report.notes)
    clean = tbingest.convert(tmp_path / "logs", tmp_path / "other", QUIET)
    assert not any("of another writer" in note for note in clean.notes)
