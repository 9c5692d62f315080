"""The traps that real logs hold, on the smallest file each, up to what TensorBoard shows.

Traps of single formats stand in those formats' own tests, unless they are among the worst.
"""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from helpers.loaded import accumulated

import tbingest
from tbingest.formats.registry import formats, stores

if TYPE_CHECKING:
    from pathlib import Path

    from tbingest import Report

Curve = dict[int, float]


@dataclass(frozen=True)
class Shown:
    """What TensorBoard shows of a conversion: `curves` by run and tag, `kinds` by tag."""

    report: Report
    curves: dict[str, dict[str, Curve]]
    times: dict[str, list[float]]
    texts: list[str]

    @property
    def only(self) -> dict[str, Curve]:
        """The curves of the one run that there is."""
        [curves] = self.curves.values()
        return curves

    @property
    def reasons(self) -> str:
        """Why files were not read, and what was wrong in those that were."""
        said = [f"{ignored.shown}: {ignored.reason}" for ignored in self.report.ignored]
        return "\n".join(said + [p.what for one in self.report.sources for p in one.problems])


def convert(folder: Path, files: dict[str, str | bytes]) -> Shown:
    """Write files, convert their folder, and load the logdir as TensorBoard does."""
    logs = folder / "logs"
    for name, content in files.items():
        path = logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = tbingest.convert(logs, folder / "runs", tbingest.Options(plots="none"))
    curves: dict[str, dict[str, Curve]] = {}
    times: dict[str, list[float]] = {}
    texts: list[str] = []
    for run, loaded in accumulated(folder / "runs"):
        for tag in loaded.Tags()["scalars"]:
            events = loaded.Scalars(tag)
            curves.setdefault(run, {})[tag] = {event.step: event.value for event in events}
            times.setdefault(tag, []).extend(event.wall_time for event in events)
        texts += loaded.Tags()["tensors"]
    return Shown(report, curves, times, texts)


def needs(*names: str) -> None:
    """Skip where a format or store is not there yet."""
    missing = sorted(set(names) - set(formats()) - set(stores()))
    if missing:
        pytest.skip(f"no format {', '.join(missing)} yet")


TABLE = "step,loss\n1,0.5\n2,0.25\n"
LINES = '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n'
LOSS = {"loss": {1: 0.5, 2: 0.25}}


# How the bytes are written


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("log.csv", b"\xef\xbb\xbf" + TABLE.encode(), id="UTF-8 with a mark"),
        pytest.param("log.csv", b"\xff\xfe" + TABLE.encode("utf-16-le"), id="UTF-16LE, marked"),
        pytest.param("log.csv", b"\xfe\xff" + TABLE.encode("utf-16-be"), id="UTF-16BE, marked"),
        pytest.param("log.jsonl", b"\xff\xfe" + LINES.encode("utf-16-le"), id="UTF-16 JSON lines"),
        pytest.param("log.csv", TABLE.replace("\n", "\r\n"), id="CR LF"),
        pytest.param("log.csv", TABLE.replace("\n", "\r\r\n"), id="CR CR LF"),
        pytest.param("log.jsonl", LINES.replace("\n", "\r\n"), id="CR LF after JSON"),
        pytest.param("log.csv", TABLE.removesuffix("\n"), id="no last line end"),
        pytest.param("log.csv.gz", gzip.compress(TABLE.encode()), id="gzip"),
        pytest.param("log.csv", gzip.compress(TABLE.encode()), id="gzip without its name"),
        pytest.param("log.csv", "step;loss\n1;0,5\n2;0,25\n", id="semicolons, decimal commas"),
        pytest.param("log.csv", 'step,loss\n"1","0.5"\n"2","0.25"\n', id="quoted numbers"),
        pytest.param("log.csv", "step,loss\n1,0.5\n2,0.25\n" + "\0" * 99, id="zeros at its end"),
        pytest.param("log.csv", "step,loss\n1,0.5\n" + "\0" * 99 + "2,0.25\n", id="zeros amid it"),
        pytest.param("log.csv", "step,loss\n1,0.5\nstep,loss\n2,0.25\n", id="repeated header"),
        pytest.param("log.csv", "  step,  loss\n   1,   0.5\n   2,  0.25\n", id="padded cells"),
        pytest.param("log.txt", "# step loss\n1 0.5\n2 0.25\n", id="commented header"),
    ],
)
def test_a_log_is_read_however_its_bytes_are_written(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    """The same two points each time."""
    assert convert(tmp_path, {name: content}).only == LOSS


def test_colours_of_a_terminal_are_no_part_of_a_text_log(tmp_path: Path) -> None:
    """As of a console that was piped through `tee`."""
    needs("text")
    line = "\x1b[32mstep {}\x1b[0m loss: \x1b[1m{}\x1b[0m lr: 0.1\n"
    text = "".join(line.format(step, 1 / step) for step in (1, 2, 4, 8))
    assert convert(tmp_path, {"train.log": text}).only["loss"] == {
        step: 1 / step for step in (1, 2, 4, 8)
    }


# What is a number


def same(curve: Curve, wanted: Curve) -> None:
    assert list(curve) == list(wanted)
    np.testing.assert_array_equal(list(curve.values()), np.float32(list(wanted.values())))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(
            "log.jsonl",
            '{"step": 1, "loss": NaN}\n{"step": 2, "loss": Infinity}\n{"step": 3, "loss": 1}\n',
            id="bare in JSON lines",
        ),
        pytest.param(
            "log.json",
            '[{"step": 1, "loss": NaN}, {"step": 2, "loss": Infinity}, {"step": 3, "loss": 1}]',
            id="bare in a JSON document",
        ),
        pytest.param("log.csv", "step,loss\n1,nan\n2,inf\n3,1\n", id="in a table"),
    ],
)
def test_nan_and_infinity_are_values(tmp_path: Path, name: str, content: str) -> None:
    """They are written as what they are, and TensorBoard shows them."""
    curves = convert(tmp_path, {name: content}).only
    same(curves["loss"], {1: math.nan, 2: math.inf, 3: 1.0})


def test_nan_as_a_string_in_a_download_of_tensorboard_is_a_value(tmp_path: Path) -> None:
    """Its JSON writes "NaN" and "Infinity" in quotes."""
    needs("tensorboard-json")
    text = '[[1700000000.5, 1, 0.5], [1700000001.5, 2, "NaN"], [1700000002.5, 3, "Infinity"]]'
    [curves] = convert(tmp_path, {"run-train-tag-loss.json": text}).curves.values()
    same(curves["loss"], {1: 0.5, 2: math.nan, 3: math.inf})


def test_a_value_beyond_float32_is_counted(tmp_path: Path) -> None:
    """TensorBoard can show it as infinite only: the report says how many there are."""
    shown = convert(tmp_path, {"log.csv": "step,fid\n1,1.18e57\n2,4294967296.0\n"})
    same(shown.only["fid"], {1: math.inf, 2: 2.0**32})
    assert shown.report.sources[0].overflows == 1


HUGE = "9" * 400


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        ("mlflow-metric", "loss", f"1700000000000 {HUGE} 1\n1700000001000 0.5 2\n{HUGE} 0.5 3\n"),
        ("tensorboard-json", "run-a-tag-b.json", f"[[{HUGE}, 1, 0.5], [1.5, {HUGE}, {HUGE}]]"),
        (
            "fairseq",
            "train.log",
            f'2026-01-01 00:00:00 | INFO | train_inner | {{"num_updates": {HUGE}, "loss": "1"}}\n',
        ),
        ("optuna-csv", "trials.csv", f"number,value,state\nx,0.5,COMPLETE\n{HUGE},0.5,COMPLETE\n"),
    ],
)
def test_a_number_beyond_all_floats_ends_no_conversion(
    tmp_path: Path, form: str, name: str, content: str
) -> None:
    """It is infinite, or a problem; it is never a step."""
    needs(form)
    path = tmp_path / name
    path.write_text(content)
    options = tbingest.Options(plots="none", as_format=form)
    tbingest.convert(path, tmp_path / "runs", options)


def test_epochs_of_fastai_end_one_after_the_other(tmp_path: Path) -> None:
    """Though a cell that is no number sets one of them apart."""
    needs("fastai")
    text = "epoch,train_loss,valid_loss,time\n0,0.5,0.5,01:00\n1,0.5,oops,01:00\n2,0.5,0.5,01:00\n"
    times = convert(tmp_path, {"history.csv": text}).times["train_loss"]
    assert [time - times[0] for time in times] == pytest.approx([0.0, 60.0, 120.0])


def test_numbers_in_quotes_are_numbers_in_the_console_of_the_trainer(tmp_path: Path) -> None:
    """Transformers 5 prints them so."""
    needs("text")
    text = (
        "{'loss': '0.695', 'learning_rate': '0.0028', 'epoch': '0.25'}\n"
        "{'loss': '0.687', 'learning_rate': '0.0025', 'epoch': '0.5'}\n"
    )
    assert list(convert(tmp_path, {"console.log": text}).only["train/loss"].values()) == [
        np.float32(0.695),
        np.float32(0.687),
    ]


def test_units_stand_beside_numbers_in_a_text_log(tmp_path: Path) -> None:
    """`23.5ms` and `12%` are 23.5 and 12, or left alone; never something else."""
    needs("text")
    text = "".join(f"iter {n}: loss {1 / n}, time 23.5ms, mfu 12.5%\n" for n in (1, 2, 4))
    curves = convert(tmp_path, {"train.log": text}).only
    assert curves["loss"] == {n: 1 / n for n in (1, 2, 4)}
    assert {value for tag in set(curves) - {"loss"} for value in curves[tag].values()} <= {
        23.5,
        0.0235,
        12.5,
        0.125,
        1.0,
        2.0,
        4.0,
    }


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(("2023-11-14T22:13:20", "2023-11-14T22:13:30"), id="ISO"),
        pytest.param(("1700000000000", "1700000010000"), id="milliseconds"),
        pytest.param(("1700000000", "1700000010"), id="seconds"),
    ],
)
def test_times_become_wall_times_and_no_curves(tmp_path: Path, cells: tuple[str, str]) -> None:
    """In any of their usual units."""
    text = f"step,timestamp,loss\n1,{cells[0]},0.5\n2,{cells[1]},0.25\n"
    shown = convert(tmp_path, {"log.csv": text})
    assert shown.only == LOSS
    first, second = shown.times["loss"]
    assert second - first == pytest.approx(10.0)


def test_a_blank_cell_is_no_value_and_zero_is_one(tmp_path: Path) -> None:
    """One-sided columns of training and validation."""
    curves = convert(tmp_path, {"log.csv": "step,loss,val_loss\n1,0,\n2,,0.5\n3,0.25,\n"}).only
    assert curves == {"loss": {1: 0.0, 3: 0.25}, "val/loss": {2: 0.5}}


def test_booleans_are_zero_and_one(tmp_path: Path) -> None:
    """In JSON, where they are no strings."""
    text = '{"step": 1, "done": false}\n{"step": 2, "done": true}\n'
    assert convert(tmp_path, {"log.jsonl": text}).only == {"done": {1: 0.0, 2: 1.0}}


# Which step


def test_after_a_restart_the_later_values_win(tmp_path: Path) -> None:
    """A run that went on from an earlier checkpoint: what it replaces is counted."""
    text = "step,loss\n1,0.5\n2,0.4\n3,0.3\n2,0.25\n3,0.125\n"
    shown = convert(tmp_path, {"log.csv": text})
    assert shown.only == {"loss": {1: 0.5, 2: 0.25, 3: 0.125}}
    assert shown.report.sources[0].superseded == 2


def test_of_a_step_that_comes_twice_the_later_value_is_shown(tmp_path: Path) -> None:
    """And the other one is counted."""
    shown = convert(tmp_path, {"log.csv": "step,loss\n1,0.5\n1,0.25\n"})
    assert shown.only == {"loss": {1: 0.25}}
    assert shown.report.sources[0].superseded == 1


def test_of_several_counters_the_finest_is_the_step(tmp_path: Path) -> None:
    """`epoch` beside `step` stays a curve."""
    text = "epoch,step,loss\n0,10,0.5\n0,20,0.4\n1,30,0.25\n"
    curves = convert(tmp_path, {"log.csv": text}).only
    assert curves["loss"] == {10: 0.5, 20: np.float32(0.4), 30: 0.25}


def test_the_step_may_be_the_last_column(tmp_path: Path) -> None:
    """Scripts that write a dictionary order their columns anyhow."""
    text = "loss,total_time,iteration\nnan,1.5,1\n0.5,3.0,2\n"
    curves = convert(tmp_path, {"log.csv": text}).only
    same(curves["loss"], {1: math.nan, 2: 0.5})


def test_an_unnamed_first_column_of_row_numbers_is_the_step(tmp_path: Path) -> None:
    """The index that pandas writes."""
    assert convert(tmp_path, {"log.csv": ",loss\n5,0.5\n6,0.25\n"}).only == {
        "loss": {5: 0.5, 6: 0.25}
    }


@pytest.mark.parametrize(
    ("names", "steps"),
    [
        pytest.param(("w_step_000100.npz", "w_step_000200.npz"), {100, 200}, id="in the name"),
        pytest.param(("checkpoint-5/w.npz", "checkpoint-10/w.npz"), {5, 10}, id="in the folder"),
    ],
)
def test_a_dump_takes_its_step_from_its_name(
    tmp_path: Path, names: tuple[str, str], steps: set[int]
) -> None:
    """Both are steps of one histogram."""
    for name in names:
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, kernel=np.arange(6.0))
    convert(tmp_path, {})
    found = [
        event.step
        for _, loaded in accumulated(tmp_path / "runs")
        for tag in loaded.Tags()["tensors"]
        for event in loaded.Tensors(tag)
    ]
    assert set(found) == steps


def test_one_metrics_file_an_epoch_is_one_curve(tmp_path: Path) -> None:
    """AllenNLP's step N+1 stands in the name of `metrics_epoch_N.json`."""
    needs("allennlp")
    files = {
        f"metrics_epoch_{n}.json": json.dumps(
            {"epoch": n, "training_loss": 1 / (n + 1), "validation_loss": 2.0, "best_epoch": 0}
        )
        for n in (0, 1, 9, 10)
    }
    curves = convert(tmp_path, dict(files)).curves
    [losses] = [tags["train/loss"] for run, tags in curves.items() if run.endswith("train")]
    same(losses, {n + 1: 1 / (n + 1) for n in (0, 1, 9, 10)})


def test_a_step_that_begins_again_with_every_epoch_is_counted_on(tmp_path: Path) -> None:
    """`Epoch [2/2], Step [1/3]` comes after `Epoch [1/2], Step [3/3]`."""
    needs("text")
    text = "".join(
        f"Epoch [{epoch}/2], Step [{step}/3], Loss: {1 / (3 * epoch + step)}\n"
        for epoch in (1, 2)
        for step in (1, 2, 3)
    )
    [curve] = [
        curve for tag, curve in convert(tmp_path, {"log.txt": text}).only.items() if "oss" in tag
    ]
    assert len(curve) == 6
    assert sorted(curve) == list(curve)


def test_episodes_of_a_monitor_stand_at_the_sum_of_their_lengths(tmp_path: Path) -> None:
    """Its rows hold a length, no step; its header the start of the clock."""
    needs("monitor")
    text = '#{"t_start": 1700000000.0, "env_id": null}\nr,l,t\n1.5,10,0.5\n2.5,20,1.5\n'
    shown = convert(tmp_path, {"0.monitor.csv": text.replace("\n", "\r\r\n")})
    [rewards] = [c for tags in shown.curves.values() for c in tags.values() if 1.5 in c.values()]
    assert rewards == {10: 1.5, 30: 2.5}
    assert min(min(times) for times in shown.times.values()) == pytest.approx(1700000000.5)


def test_validation_in_epochs_does_not_cost_the_curves_in_iterations(tmp_path: Path) -> None:
    """MMEngine's validation rows carry the epoch as their step: 5, 1, 10, 2."""
    needs("mmengine")
    text = (
        '{"loss": 0.5, "time": 0.1, "epoch": 1, "iter": 5, "step": 5}\n'
        '{"acc": 0.5, "time": 0.2, "step": 1}\n'
        '{"loss": 0.25, "time": 0.1, "epoch": 2, "iter": 10, "step": 10}\n'
        '{"acc": 0.75, "time": 0.2, "step": 2}\n'
    )
    curves = convert(tmp_path, {"20260101_000000/vis_data/scalars.json": text}).only
    assert curves["loss"] == {5: 0.5, 10: 0.25}
    assert list(curves["acc"].values()) == [0.5, 0.75]


# The same twice


def test_two_checkpoints_hold_one_history(tmp_path: Path) -> None:
    """Every `trainer_state.json` holds the whole history so far."""
    rows = [{"step": n, "epoch": n / 10, "loss": 1 / n} for n in (1, 2, 4)]
    files = {
        f"checkpoint-{upto}/trainer_state.json": json.dumps(
            {"global_step": upto, "log_history": [row for row in rows if row["step"] <= upto]}
        )
        for upto in (2, 4)
    }
    [run] = convert(tmp_path, dict(files)).curves.values()
    assert run["train/loss"] == {1: 1.0, 2: 0.5, 4: 0.25}


def test_a_table_beside_the_same_as_json_is_shown_once(tmp_path: Path) -> None:
    """`progress.csv` and `progress.json` of one run of Baselines or Stable-Baselines3."""
    needs("baselines")
    lines = '{"time/total_timesteps": 10, "rollout/ep_rew_mean": 0.5}\n'
    table = "time/total_timesteps,rollout/ep_rew_mean\n10,0.5\n"
    shown = convert(tmp_path, {"progress.json": lines, "progress.csv": table})
    [run] = shown.curves.values()
    assert run["rollout/ep_rew_mean"] == {10: 0.5}
    assert shown.report.points == len([tag for tag in run if run[tag]])


def test_catboost_tells_its_training_once(tmp_path: Path) -> None:
    """The JSON repeats the tables; the columns of the two sets differ."""
    needs("catboost")
    document = {
        "meta": {
            "learn_sets": ["learn"],
            "test_sets": ["test"],
            "learn_metrics": [{"best_value": "Min", "name": "Logloss"}],
            "test_metrics": [
                {"best_value": "Max", "name": "AUC"},
                {"best_value": "Min", "name": "Logloss"},
            ],
            "iteration_count": 2,
            "name": "experiment",
        },
        "iterations": [
            {"learn": [0.5], "iteration": 0, "passed_time": 0.1, "test": [0.75, 0.625]},
            {"learn": [0.25], "iteration": 1, "passed_time": 0.2, "test": [0.875, 0.5]},
        ],
    }
    files: dict[str, str | bytes] = {
        "catboost_info/catboost_training.json": json.dumps(document),
        "catboost_info/learn_error.tsv": "iter\tLogloss\n0\t0.5\n1\t0.25\n",
        "catboost_info/test_error.tsv": "iter\tAUC\tLogloss\n0\t0.75\t0.625\n1\t0.875\t0.5\n",
    }
    curves = convert(tmp_path, files).curves
    assert curves["catboost_info/learn"] == {"Logloss": {0: 0.5, 1: 0.25}}
    assert curves["catboost_info/test"] == {
        "AUC": {0: 0.75, 1: 0.875},
        "Logloss": {0: 0.625, 1: 0.5},
    }


# Not what it seems

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:f492c8\nsize 1234\n"
CONFLICT = "step,loss\n1,0.5\n<<<<<<< HEAD\n2,0.25\n=======\n2,0.125\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("metrics.csv", POINTER, "Git LFS", id="a pointer of Git LFS"),
        pytest.param("model.npz", POINTER, "Git LFS", id="a pointer in place of a dump"),
        pytest.param("progress.txt", "", "empty", id="nothing at all"),
        pytest.param("metrics.json", "{}", "", id="an empty document"),
        pytest.param("main.log", "This is pdfTeX, Version 3.14\n(./main.tex\n", "", id="LaTeX"),
        pytest.param("a.pth", "/usr/lib/python3/dist-packages\n", "", id="a path file"),
        pytest.param(
            "weights.pkl", b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00}", "", id="a pickle"
        ),
    ],
)
def test_what_is_no_log_gives_no_value_and_says_why(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    """Whatever it is called."""
    shown = convert(tmp_path, {name: content})
    assert shown.curves == {}
    assert words in shown.reasons
    assert name in shown.reasons


def test_marks_of_a_merge_cost_only_their_lines(tmp_path: Path) -> None:
    """They are reported with their place; the values around them are read."""
    shown = convert(tmp_path, {"log.csv": CONFLICT})
    assert shown.only == {"loss": {1: 0.5, 2: 0.125}}
    assert shown.report.problem_count >= 3


def test_a_matrix_is_a_histogram_and_not_thirty_curves(tmp_path: Path) -> None:
    """Numbers without a header, as `np.savetxt` writes weights."""
    needs("matrix")
    rows = "\n".join(",".join(f"{i * j / 7:.6f}" for j in range(5)) for i in range(4))
    shown = convert(tmp_path, {"decoder_weights.csv": rows + "\n"})
    assert {tag.partition("/")[0] for tag in shown.only} == {
        f"weights_{name}" for name in "norm zeros".split()
    }
    assert shown.report.sources[0].written["histogram"] == 1


def test_python_source_before_a_log_is_no_part_of_it(tmp_path: Path) -> None:
    """modded-nanogpt writes its own source first."""
    needs("text")
    source = "import os\nlearning_rate = 0.5\nfor step in range(10):\n    print(step)\n" + "=" * 80
    lines = "".join(f"step:{n}/100 val_loss:{1 / n} train_time:{n}ms\n" for n in (1, 2, 4, 8))
    curves = convert(tmp_path, {"run.txt": f"{source}\n{lines}"}).only
    [losses] = [curve for tag, curve in curves.items() if tag.endswith("loss")]
    assert losses == {n: 1 / n for n in (1, 2, 4, 8)}


# Names

NAMES = (
    "with spaces",
    "lr=0.1,bs=32",
    "run (1)",
    "größe-学習",
    "2024-01-01 07:50:03.036232",
    "PPO_env_" + "x" * 180,
)


@pytest.mark.parametrize("folder", NAMES)
def test_a_folder_of_any_name_is_a_run(tmp_path: Path, folder: str) -> None:
    """Its curves are there, under a name that TensorBoard and every file system take."""
    shown = convert(tmp_path, {f"{folder}/metrics.csv": TABLE})
    assert list(shown.curves.values()) == [LOSS]


def test_a_log_may_have_no_extension_and_begin_with_a_dot(tmp_path: Path) -> None:
    """Chainer's `log`, and the hidden Monitor file of Stable-Baselines."""
    records = '[{"main/loss": 0.5, "epoch": 1, "iteration": 10, "elapsed_time": 1.5}]'
    shown = convert(tmp_path, {"result/log": records, "b/.metrics.csv": TABLE})
    assert shown.curves["result"]["main/loss"] == {10: 0.5}
    assert shown.curves["b"] == LOSS


def test_a_tag_may_hold_colons_brackets_and_dots(tmp_path: Path) -> None:
    """A dot inside a number is no separator: `mAP_0.5:0.95(B)`."""
    text = "step,metrics/mAP_0.5:0.95(B)\n1,0.5\n2,0.25\n"
    assert convert(tmp_path, {"log.csv": text}).only == {
        "metrics/mAP_0.5:0.95(B)": {1: 0.5, 2: 0.25}
    }


# Privacy


def test_users_and_hosts_of_a_log_are_not_shown(tmp_path: Path) -> None:
    """Ray writes them into every row."""
    needs("ray-jsonl")
    row = {
        "training_iteration": 1,
        "timesteps_total": 10,
        "episode_reward_mean": 0.5,
        "hostname": "secret-host",
        "node_ip": "10.0.0.7",
        "pid": 4242,
        "experiment_id": "abc",
        "timestamp": 1700000000,
        "time_total_s": 1.0,
        "time_this_iter_s": 1.0,
        "date": "2023-11-14_22-13-20",
        "config": {"lr": 0.1},
    }
    convert(tmp_path, {"PPO_1/result.json": json.dumps(row) + "\n"})
    written = b"".join(path.read_bytes() for path in (tmp_path / "runs").rglob("*tfevents*"))
    assert b"episode_reward_mean" in written
    assert b"secret-host" not in written
    assert b"10.0.0.7" not in written


def test_the_user_in_the_tags_of_mlflow_is_not_shown(tmp_path: Path) -> None:
    """`tags/mlflow.user` and the path of the script stay where they are."""
    needs("mlflow")
    run = "mlruns/0/0123456789abcdef0123456789abcdef"
    files: dict[str, str | bytes] = {
        f"{run}/meta.yaml": "run_id: 0123456789abcdef0123456789abcdef\nexperiment_id: '0'\n",
        f"{run}/metrics/loss": "1700000000000 0.5 1\n1700000001000 0.25 2\n",
        f"{run}/params/lr": "0.1",
        f"{run}/tags/mlflow.user": "secret-user",
        f"{run}/tags/mlflow.source.name": "/home/secret-user/train.py",
    }
    shown = convert(tmp_path, files)
    assert shown.only["loss"] == {1: 0.5, 2: 0.25}
    written = b"".join(path.read_bytes() for path in (tmp_path / "runs").rglob("*tfevents*"))
    assert b"secret-user" not in written
