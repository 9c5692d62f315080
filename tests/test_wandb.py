"""W&B's runs: the binary log however it is cut or damaged, and what lies beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import NO_PLOTS, written
from helpers.places import needs_corpus
from helpers.readers import head_of, read, records_of
from helpers.writers import wandb_runs as writer
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.formats.readers.leveldb_log import BlockLog
from tbingest.formats.registry import evidence
from tbingest.formats.wandb.run import RunFile
from tbingest.model.points import Histogram, HParams
from tbingest.model.protowire import WireError, fields, signed, varint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.rows import Problem, Rows

CORPUS = Path(os.environ.get("TBINGEST_CORPUS") or "/nonexistent")


def history(step: int, **values: Any) -> tuple[int, bytes]:
    own = {"_step": step, "_timestamp": 1.78e9 + step, "_runtime": float(step)}
    return writer.HISTORY, writer.items(1, {**values, **own}, nested=True)


def run_file(*records: tuple[int, bytes]) -> bytes:
    return writer.framed(writer.numbered(list(records)))


def metrics(records: Sequence[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in fields.items() if name != "_timestamp"}
        for _, fields in records
    ]


def test_the_history_of_a_run_is_read_with_its_steps() -> None:
    """Nested names are joined; what is not finite is a string or a bare token in W&B's JSON."""
    data = run_file(history(0, loss=0.5, val={"acc": 0.25}), history(3, loss="-Infinity", n=None))
    records, problems = read("wandb-run", data)
    assert problems == []
    assert metrics(records) == [
        {"_step": 0, "loss": 0.5, "val/acc": 0.25},
        {"_step": 3, "loss": float("-inf")},
    ]


BIG = run_file(*(history(step, loss=step / 7, note="x" * 9_000) for step in range(12)))


@pytest.mark.parametrize("size", [1, 7, 1_000, 32_768])
def test_pieces_of_records_over_blocks_are_joined_however_the_file_grows(size: int) -> None:
    """Twelve records over four blocks."""
    step = len(BIG) if size == 1 else size
    cuts = range(0, 70, 1) if size == 1 else range(step, len(BIG), step)
    records, problems = read("wandb-run", BIG, cuts=cuts)
    assert problems == []
    assert [fields["_step"] for _, fields in records] == list(range(12))


@given(st.lists(st.integers(8, len(BIG) - 1), max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_reader_goes_on_where_a_saved_one_stood(cuts: list[int]) -> None:
    """What is saved is JSON; nothing is read twice and nothing is lost."""
    state: dict[str, Any] = {}
    found: list[Rows | Problem] = []
    for stop in [*sorted(cuts), len(BIG)]:
        reader = RunFile(**state)
        found += reader.feed(BIG[reader.consumed : stop])
        state = json.loads(json.dumps({k: v for k, v in vars(reader).items() if k[0] != "_"}))
    assert [fields["_step"] for _, fields in records_of(found)] == list(range(12))


def test_a_file_that_ends_within_a_record_says_so() -> None:
    """The record comes when the file has grown."""
    records, problems = read("wandb-run", BIG[:-100])
    assert len(records) == 11
    assert problems[0].what.startswith("ends within a record: ")


def test_a_wrong_checksum_costs_the_rest_of_its_block() -> None:
    """The records of the other blocks are read; the damage is reported."""
    at = 2 * writer.BLOCK + 5_000
    records, problems = read("wandb-run", BIG[:at] + b"?" + BIG[at + 1 :])
    assert len(records) < 12
    assert {fields["_step"] for _, fields in records} >= {0, 1, 2, 3, 11}
    assert "damaged: a checksum is wrong" in problems[0].what


@given(st.binary(max_size=400), st.integers(0, 2_000))
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_the_reader_fail(noise: bytes, place: int) -> None:
    """Whatever stands in the file, framed or not."""
    short = BIG[:9_000]
    for data in (short[:place] + noise + short[place:], writer.framed([noise, *([b"\x8a"] * 3)])):
        read("wandb-run", data)


@given(st.integers(0, 2**64 - 1))
def test_whole_numbers_are_read_as_they_are_written(value: int) -> None:
    """Seven bits a byte."""
    assert varint(writer.varint(value), 0) == (value, len(writer.varint(value)))


@pytest.mark.parametrize("message", [b"\x08", b"\x0a\x05ab", b"\x0b", b"\x08" + b"\xff" * 11])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    """Cut numbers and strings, groups, numbers without an end."""
    with pytest.raises(WireError):
        list(fields(message))


def test_negative_numbers_are_signed() -> None:
    """As an int64 stands in a message."""
    assert signed(2**64 - 5) == -5


def test_a_record_without_an_end_is_dropped_when_it_grows_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What follows it is read."""
    monkeypatch.setattr("tbingest.formats.readers.leveldb_log.MAX_RECORD", 50_000)
    data = run_file(history(0, note="x" * 90_000), history(1, loss=0.5))
    records, problems = read("wandb-run", data)
    assert metrics(records) == [{"_step": 1, "loss": 0.5}]
    assert any("is too large" in problem.what for problem in problems)
    assert issubclass(RunFile, BlockLog)


def test_what_only_the_summary_says_is_shown_when_the_run_has_ended() -> None:
    """The rest of it is what the history said."""
    summary = (writer.SUMMARY, writer.items(1, {"loss": 0.5, "best": 0.25, "_wandb": {}}))
    records, _ = read("wandb-run", run_file(history(4, loss=0.5), summary))
    assert metrics(records) == [{"_step": 4, "loss": 0.5}]
    records, _ = read("wandb-run", run_file(history(4, loss=0.5), summary, (writer.EXIT, b"")))
    assert metrics(records)[1] == {"_step": 4, "best": 0.25}


def test_nothing_is_taken_of_people_and_machines() -> None:
    """Neither the host, nor W&B's own notes, nor keys among the hyperparameters."""
    values = {"_wandb": {"host": "h"}, "lr": 0.5, "api_key": "k", "aws": {"secret": "s"}}
    message = writer.sized(4, writer.items(1, values)) + writer.sized(13, b"machine.example.org")
    ((_, record),), _ = read("wandb-run", run_file((writer.RUN, message)))
    assert record[":config"] == HParams({"lr": 0.5})
    assert set(record) == {"_step", "_timestamp", ":config"}


def test_a_histogram_of_wandb_keeps_its_buckets() -> None:
    """Between edges, or packed as the lowest edge and a width; broken ones are reported."""
    value = {
        "_step": 7,
        "a": {"_type": "histogram", "bins": [0, 1, 3], "values": [4, 2]},
        "b": {"_type": "histogram", "packedBins": {"min": -1, "size": 2}, "values": [1, 5]},
        "c": {"_type": "histogram", "bins": [0, "1", 3], "values": [4, 2]},
        "d": {"_type": "video-file", "path": "media/videos/d.mp4"},
        "e": {"_type": "image-file", "path": "media/images/e.png"},
    }
    records, problems = read("wandb-summary", json.dumps(value), "wandb-summary.json")
    made = {name: one for _, record in records for name, one in record.items() if name in "abcde"}
    assert {name: one.buckets.tolist() for name, one in made.items()} == {
        "a": [[0, 1, 4], [1, 3, 2]],
        "b": [[-1, 1, 1], [1, 3, 5]],
    }
    assert isinstance(made["a"], Histogram)
    assert [(problem.what.split("'")[1], problem.values) for problem in problems] == [
        ("c", 1),
        ("d", 1),
    ]


def test_a_config_of_wandb_has_its_values_below_its_names() -> None:
    """`desc` and W&B's own entries are none."""
    text = "wandb_version: 1\n_wandb:\n  value: {a: 1}\nlr:\n  desc: null\n  value: 1e-3\n"
    ((_, record),), problems = read("wandb-config", text, "config.yaml")
    assert (record[""], problems) == (HParams({"lr": 0.001}), [])
    assert evidence(head_of(text.encode(), "config.yaml"))[0][0].name == "wandb-config"
    assert evidence(head_of(b"lr: 0.001\n", "config.yaml"))[0][0].name == "config"


def test_a_file_that_holds_nothing_of_a_run_yet_waits(tmp_path: Path) -> None:
    """Its step and its time are known when it has grown."""
    folder = tmp_path / "wandb" / "offline-run-20260528_202640-a1b2c3d4"
    folder.mkdir(parents=True)
    path = folder / "run-a1b2c3d4.wandb"
    path.write_bytes(BIG[:7])
    assert written(tmp_path, tmp_path / "runs") == {}
    path.write_bytes(BIG[:60_000])
    written(tmp_path, tmp_path / "runs")
    path.write_bytes(BIG)
    found = written(tmp_path, tmp_path / "runs")
    run = "wandb/offline-run-20260528_202640-a1b2c3d4"
    assert [step for step, _ in found[run, "loss"]] == list(range(12))


def test_a_log_of_the_console_joins_the_run_if_a_format_knows_it(tmp_path: Path) -> None:
    """Here it holds JSON lines; its values are the run's."""
    folder = tmp_path / "wandb" / "run-20260528_202640-a1b2c3d4" / "files"
    folder.mkdir(parents=True)
    (folder / "wandb-summary.json").write_text('{"_step": 2, "_timestamp": 1.78e9, "loss": 0.5}')
    (folder / "output.log").write_text('{"step": 0, "acc": 0.25}\n{"step": 1, "acc": 0.5}\n')
    (folder / "requirements.txt").write_text("numpy==2.0\n")
    found = written(tmp_path, tmp_path / "runs")
    assert {run for run, _ in found} == {"wandb/run-20260528_202640-a1b2c3d4"}
    assert {tag for _, tag in found} == {"loss", "acc"}


def test_another_config_in_a_folder_named_files_is_no_run_of_wandb(tmp_path: Path) -> None:
    """Only what W&B writes is claimed."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "config.yaml").write_text("lr: 0.5\n")
    (tmp_path / "files" / "log.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    assert {run for run, _ in written(tmp_path, tmp_path / "runs")} == {"files"}


@needs_corpus
@pytest.mark.parametrize(
    ("name", "scalars", "histograms"),
    [("nanogpt", 5, 0), ("thesis_hist", 1, 28), ("gen_seed1", 84, 4)],
)
def test_runs_of_wandb_in_the_corpus_are_read_whole(
    name: str, scalars: int, histograms: int, tmp_path: Path
) -> None:
    """Summaries as the manifest counts them; the binary log as W&B's own reader does."""
    report = tbingest.convert(CORPUS / "wandb_dir" / name, tmp_path / "runs", NO_PLOTS)
    logs = [one for one in report.sources if one.format in {"wandb-run", "wandb-summary"}]
    (source,) = logs
    # The console beside a summary has the curves of which it holds the last values.
    assert source.written["scalar"] + source.superseded + source.repeated == scalars
    assert source.written["histogram"] == histograms
    assert source.problem_count == 0


def defined(axis: str, name: str = "", glob: str = "") -> tuple[int, bytes]:
    """`define_metric(name or glob, step_metric=axis)`, as W&B notes it."""
    told = writer.sized(1, name.encode()) if name else writer.sized(2, glob.encode())
    return 12, told + writer.sized(4, axis.encode())


def test_steps_are_those_that_define_metric_names_for_the_values_that_it_names() -> None:
    """As Hugging Face's Trainer and Lightning do; `_step` counts the calls of `log`."""
    data = run_file(
        defined("train/global_step", glob="*"),
        defined("eval_iter", name="eval/loss"),
        history(0, **{"train/loss": 0.5, "train/global_step": 500}),
        history(
            1, **{"eval/loss": 0.6, "eval_iter": 2, "train/loss": 0.4, "train/global_step": 1000}
        ),
        history(2, lr=0.1),
    )
    records, problems = read("wandb-run", data)
    assert problems == []
    found = {(one["_step"], name): one[name] for one in metrics(records) for name in one}
    assert found[500, "train/loss"] == 0.5
    assert (found[1000, "train/loss"], found[2, "eval/loss"]) == (0.4, 0.6)
    assert found[1000, "lr"] == 0.1  # where that step stood


def test_an_axis_that_is_no_whole_number_is_none() -> None:
    data = run_file(defined("epoch", glob="*"), history(3, loss=0.5, epoch=0.25))
    records, _ = read("wandb-run", data)
    assert [one["_step"] for one in metrics(records)] == [3]


def test_a_name_that_is_no_text_costs_only_itself() -> None:
    odd = (12, writer.sized(1, b"\xff\xfe") + writer.sized(4, b"epoch"))
    records, problems = read("wandb-run", run_file(odd, history(3, loss=0.5), history(4, loss=0.4)))
    assert problems == []
    assert [one["loss"] for one in metrics(records)] == [0.5, 0.4]


def test_a_null_is_no_hyperparameter() -> None:
    """TensorBoard's HParams tab fails to sort a column that holds numbers and "None"."""
    data = (
        b"_wandb: {value: {}}\nlr: {value: 0.1}\nwarmup: {value: null}\nopt: {value: {e: null}}\n"
    )
    records, _ = read("wandb-config", data)
    assert [list(value.values) for _, fields in records for value in fields.values()] == [["lr"]]
