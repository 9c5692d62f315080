"""What stands beside what is read first: finals of long courses, scores of predictions, spreads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.logs import put, written
from helpers.readers import head_of, taken_for

from tbingest.axis.document import read_document
from tbingest.axis.table import read_table
from tbingest.axis.words import own_words
from tbingest.formats.registry import ENOUGH, evidence
from tbingest.options import Options, Plots
from tbingest.pipeline.convert import convert

if TYPE_CHECKING:
    from pathlib import Path


def test_scores_that_stand_beside_predictions_are_read_and_go_before_those_worked_out(
    tmp_path: Path,
) -> None:
    """So is what cannot be worked out, such as the loss, and what the training was set by."""
    document = {
        "test_loss": 0.4375,
        "accuracy": 0.755,
        "settings": {"lr": 0.01},
        "y_true": [1, 0, 1, 0],
        "y_pred": [1, 0, 0, 0],
    }
    source = put(tmp_path / "exp", metrics__json=json.dumps(document))
    found = written(source, tmp_path / "runs")
    assert found["exp", "metrics/test_loss"] == [(0, 0.4375)]
    assert found["exp", "metrics/accuracy"] == [(0, 0.755)]
    assert found["exp", "metrics/balanced_accuracy"] == [(0, 0.75)]
    report = convert(source, tmp_path / "again", Options(plots=Plots.NONE))
    assert report.sources[0].written["hparams"] == 1


@pytest.mark.parametrize("sign", ["±", "+/-", "+-"])
def test_a_table_of_values_with_their_deviations_alone_is_read(tmp_path: Path, sign: str) -> None:
    rows = f"model,val_ap,test_ap\na,0.771 {sign} 0.006,0.725 {sign} 0.004\nb,0.35 {sign} 0,0.3\n"
    found = written(put(tmp_path / "exp", results__csv=rows), tmp_path / "runs")
    assert found["exp/a", "val/ap"] == [(0, 0.771)]
    assert found["exp/a", "val/ap_std"] == [(0, 0.006)]


@pytest.mark.parametrize(
    ("cells", "tags"),
    [
        (("0.5 ± 0.02", "0.6 ± 0.01"), ("acc", "acc_std")),
        (('"[0.5, 0.02]"', '"[0.6, 0.01]"'), ("acc/0", "acc/1")),
    ],
)
def test_cells_of_two_values_of_a_course_are_two_curves(
    tmp_path: Path, cells: tuple[str, str], tags: tuple[str, str]
) -> None:
    """The reader that streams would show them as texts."""
    rows = f"epoch,acc,loss\n1,{cells[0]},1.5\n2,{cells[1]},0.5\n"
    found = written(put(tmp_path / "exp", log__csv=rows), tmp_path / "runs")
    assert found["exp", tags[0]] == [(1, 0.5), (2, 0.6)]
    assert found["exp", tags[1]] == [(1, 0.02), (2, 0.01)]
    assert found["exp", "loss"] == [(1, 1.5), (2, 0.5)]


def test_the_group_of_a_name_makes_it_no_name_of_a_run() -> None:
    """`model.batch_size` is no model; rows that were set otherwise are trainings, not epochs."""
    assert own_words("model.batch_size") == {"batch", "size"}
    assert own_words("agent.id") == {"agent", "id"}
    rows = [(epochs, size) for epochs in (5, 10, 20) for size in (8, 16, 32, 64)]
    outcome = read_table(
        {
            "model.nb_epoch": [epochs for epochs, _ in rows],
            "model.batch_size": [size for _, size in rows],
            "result.test_acc": [0.9125 + at / 9999 for at in range(len(rows))],
        }
    )
    assert len(outcome.curves) == len(rows)
    assert outcome.hparams["model.nb_epoch=5/model.batch_size=8"]["model.nb_epoch"] == 5


def test_the_one_row_of_a_file_holds_what_came_of_it() -> None:
    outcome = read_table(
        {"file": ["q_100.csv"], "volume": [0.1], "final_loss": [0.005986], "q_est": [98.8008]}
    )
    assert {tag: one.values for tag, one in outcome.curves[""].items()} == {
        "final_loss": [0.005986],
        "q_est": [98.8008],
    }
    assert outcome.hparams[""] == {"file": "q_100.csv", "volume": 0.1}


@pytest.mark.parametrize("name", ["final_results.json", "results.json"])
def test_finals_of_a_long_course_are_of_its_run_whatever_their_file_is_called(
    tmp_path: Path, name: str
) -> None:
    """The course is looked through first, and further than its first hundreds of values."""
    course = {"step": [*range(1, 1201)], "reward": [at / 7 for at in range(1, 1201)]}
    folder = put(tmp_path / "exp", history__json=json.dumps(course))
    finals = {"reward": course["reward"][-1], "success_rate": 0.8125}
    (folder / name).write_text(json.dumps(finals))
    found = written(folder, tmp_path / "runs")
    assert {run for run, _ in found} == {"exp"}
    assert found["exp", "success_rate"] == [(1200, 0.8125)]


def test_finals_beside_a_table_of_which_only_the_beginning_is_looked_at_are_of_its_run(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{at},{at / 7},{at / 9},{at / 11}\n" for at in range(4000))
    folder = put(
        tmp_path / "exp",
        log__csv=f"epoch,loss,val_loss,acc\n{rows}",
        results__json=json.dumps({"loss": 0.1235, "test_acc": 0.8125}),
    )
    found = written(folder, tmp_path / "runs")
    assert {run for run, _ in found} == {"exp"}
    assert found["exp", "final/loss"] == [(0, 0.1235)]


def test_json_that_was_cut_is_told_where(tmp_path: Path) -> None:
    folder = put(tmp_path / "exp", log__csv="epoch,loss\n1,0.5\n", notes__json='{"a": [1,\n 2')
    report = convert(folder, tmp_path / "runs", Options(plots=Plots.NONE))
    said = [one.reason for one in report.ignored]
    assert said == [
        "not valid JSON: line 2, column 2: EOF while parsing a list (was it cut? write it again)"
    ]


def test_a_document_of_settings_is_a_config_by_three_kinds_of_them() -> None:
    assert taken_for('{"hidden": 64, "dropout": 0.1, "n_layers": 2}', "setup.json") == "config"
    others = evidence(head_of(b'{"width": 640, "height": 480, "layers": 3}', "page.json"))
    assert others[0][1].confidence < ENOUGH


def test_finals_stand_at_the_place_of_their_value_in_a_list(tmp_path: Path) -> None:
    """A list counts from 0, as it is shown."""
    course = {"train_loss": [3.5, 2.5, 2.25, 2.0], "val_loss": [3.25, 2.75, 1.7875, 1.9]}
    finals = {"name": "gru", "hidden_size": 576, "val_loss": 1.7875, "self_bleu": 0.1218}
    folder = put(
        tmp_path / "gru", history__json=json.dumps(course), metrics__json=json.dumps(finals)
    )
    found = written(folder, tmp_path / "runs")
    assert found["gru", "self_bleu"] == [(2, 0.1218)]


def test_lines_that_are_trainings_hold_their_courses(tmp_path: Path) -> None:
    """By names, and by what their lists are called; short or long."""
    lines = [
        {"run_id": f"a-{seed}", "seed": seed, "best_acc": 0.3975, "val_acc_per_epoch": [0.25, 0.5]}
        for seed in (7, 8)
    ]
    source = put(tmp_path / "exp", results__jsonl="".join(f"{json.dumps(one)}\n" for one in lines))
    found = written(source, tmp_path / "runs")
    assert found["exp/a-7", "val/acc_per_epoch"] == [(0, 0.25), (1, 0.5)]
    lines = [{"run": f"s{at}", "losses": [at + one / 8 for one in range(20)]} for at in (1, 2)]
    source = put(tmp_path / "long", runs__jsonl="".join(f"{json.dumps(one)}\n" for one in lines))
    assert len(written(source, tmp_path / "more")["long/s2", "losses"]) == 20


@pytest.mark.parametrize(
    "line",
    [
        {"step": 0, "loss": 0.5, "losses": [0.5] * 20},
        {"loss": 0.5, "weights": [0.5] * 20},
        {"id": "q", "acc": 0.5, "probs": [0.5] * 20},
    ],
)
def test_long_lists_make_no_trainings_of_the_lines_of_a_log(line: dict[str, object]) -> None:
    lines = [{**line, **{key: at for key in ("step", "id") if key in line}} for at in range(5)]
    assert taken_for("".join(f"{json.dumps(one)}\n" for one in lines), "log.jsonl") == "jsonl"


def test_what_was_measured_again_and_again_of_models_is_a_course_of_each() -> None:
    """Nothing but the time tells the rows of one apart; with a note they stay runs."""
    days = [f"2025-11-{day:02d}T15:13:00" for day in range(1, 7)]
    table = {
        "timestamp": days,
        "model": ["svm", "ann"] * 3,
        "accuracy": [0.8125, 0.7125, 0.8225, 0.7225, 0.8325, 0.7325],
    }
    outcome = read_table(table)
    assert outcome.curves["svm"]["accuracy"].steps == [0, 1, 2]
    assert outcome.curves["svm"]["accuracy"].values == [0.8125, 0.8225, 0.8325]
    assert outcome.curves["svm"]["accuracy"].times == days[::2]
    noted = read_table({**table, "note": [f"on set {at}" for at in range(6)]})
    assert not any(len(one["accuracy"].steps) > 1 for one in noted.curves.values())


def test_lists_of_predictions_are_no_weights_and_y_test_is_the_truth() -> None:
    values = "".join(f"{at % 2}\n" for at in range(40))
    for name in ("y_pred.csv", "labels.csv"):
        said = evidence(head_of(values.encode(), name))
        assert said[0][1].confidence < ENOUGH
    assert taken_for(values, "bias.csv") == "matrix"
    assert taken_for("y_test,y_pred\n1,0\n0,0\n1,1\n", "predictions.csv") == "predictions"


def test_what_stays_the_same_in_each_run_of_a_table_is_its_setting(tmp_path: Path) -> None:
    """Words, flags, and whole numbers that are called so; a learning rate stays a curve."""
    lines = ["run_id,net,batch_size,epochs,noisy,epoch,loss,lr,count"]
    for run, size, noisy in (("a", 32, "True"), ("b", 64, "False")):
        rows = (f"{run},mlp,{size},3,{noisy},{at},{size / at},0.01,7" for at in (1, 2, 3))
        lines += rows
    source = put(tmp_path / "exp", log__csv="\n".join(lines) + "\n")
    found = written(source, tmp_path / "runs")
    assert {tag for _, tag in found} == {"loss", "lr", "count"}
    outcome = read_table(
        {
            "run_id": list("aaabbb"),
            "batch_size": [32] * 3 + [64] * 3,
            "noisy": [True] * 3 + [False] * 3,
            "epoch": [1, 2, 3] * 2,
            "loss": [0.5, 0.4, 0.3, 0.6, 0.5, 0.4],
        }
    )
    assert outcome.hparams == {
        "a": {"batch_size": 32, "noisy": True},
        "b": {"batch_size": 64, "noisy": False},
    }


def test_a_constant_of_one_training_stays_a_curve_of_the_reader_that_streams(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{at},{1 / at},32\n" for at in (1, 2, 3))
    assert taken_for(f"epoch,loss,batch_size\n{rows}", "log.csv") == "table"
    found = written(put(tmp_path / "e", log__csv=f"epoch,loss,size\n{rows}"), tmp_path / "runs")
    assert found["e", "size"] == [(1, 32.0), (2, 32.0), (3, 32.0)]


def test_a_part_of_fractions_alone_in_a_document_of_results_was_measured() -> None:
    groups = {"under40": 0.313, "over75": 0.545, "female": 0.41}
    results = {"test_accuracy": 0.7034, "test_f1": 0.6004, "auc": 0.8741, "test_samples": 2158}
    outcome = read_document({**results, "dwe": groups, "errors": {"count": 88, "rate": 0.0408}})
    assert {tag for tag in outcome.curves[""] if tag.startswith("dwe")} == {
        "dwe/under40",
        "dwe/over75",
        "dwe/female",
    }
    assert "errors/rate" in outcome.curves[""]
    weighted = read_document({**results, "class_weights": groups})
    assert not any(tag.startswith("class_weights") for tag in weighted.curves[""])
    set_up = read_document({"mix": groups, "lr": 0.001, "acc": 0.7034})
    assert set(set_up.curves[""]) == {"acc"}


def test_finals_move_to_the_step_that_turns_out_to_hold_them(tmp_path: Path) -> None:
    """A course that goes on may come to hold them: what was shown of them before goes."""
    folder = put(
        tmp_path / "exp",
        log__csv="epoch,val_loss\n1,0.9\n2,0.8\n",
        results__json=json.dumps({"val_loss": 0.7125, "test_acc": 0.8125}),
    )
    found = written(folder, tmp_path / "runs")
    assert found["exp", "final/val_loss"] == [(0, 0.7125)]
    with (folder / "log.csv").open("a") as log:
        log.write("3,0.7125\n")
    found = written(folder, tmp_path / "runs")
    assert found == {
        ("exp", "val/loss"): [(1, 0.9), (2, 0.8), (3, 0.7125)],
        ("exp", "test/acc"): [(3, 0.8125)],
    }
    report = convert(folder, tmp_path / "runs", Options(plots=Plots.NONE))
    assert not report.points
