"""Parts of documents: settings or results, lists of both, records in records, YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import put, written
from helpers.readers import head_of, read, taken_for

from tbingest.axis.document import read_document
from tbingest.axis.results import is_config, is_result
from tbingest.axis.table import read_table
from tbingest.formats.generic.structured import detect_json, detect_yaml
from tbingest.formats.readers.records import plain_hparams
from tbingest.formats.registry import formats
from tbingest.model.rows import Rows
from tbingest.options import Options, Plots
from tbingest.pipeline.convert import convert

if TYPE_CHECKING:
    from pathlib import Path

    from tbingest.axis.outcome import Outcome


def finals(document: Any) -> set[str]:
    """The tags of a document."""
    return {tag for tags in read_document(document).curves.values() for tag in tags}


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("view_similarity_before", [0.99], True),
        ("nDCG@5", [0.535], True),
        ("max_drawdown", [0.02], True),
        ("max_grad_scale", [0.98765], True),
        ("max_lr", [0.001], False),
        ("final_evaluation/std", [0.77], True),
        ("final_evaluation/epoch", [200], False),
        ("metrics/users_kept", [12], True),
        ("training_config/q", [0.98765], False),
        ("ece15/std", [0.0007], True),
        ("normalization/std", [0.22], False),
    ],
)
def test_a_name_and_what_stands_above_it_tell_results_from_settings(
    name: str, values: list[float], *, result: bool
) -> None:
    assert is_result(name, values) == result


def test_a_key_is_one_of_settings_by_its_last_word_but_not_behind_by() -> None:
    assert [is_config(key) for key in ("model_config", "results_by_config")] == [True, False]


def test_single_values_of_one_name_are_judged_together() -> None:
    """A short number beside long ones of the same name is a score, too, in whichever part."""
    parts = {name: {"final": {"q": value}} for name, value in (("a", 0.118), ("b", 0.12634))}
    assert finals({**parts, "lr": 0.1}) == {"a/final/q", "b/final/q"}


def test_columns_whose_names_end_alike_are_judged_together() -> None:
    table = {"model": ["a", "b"], "one/spread": [0.12345, 0.23456], "two/spread": [0.1, 0.2]}
    outcome = read_table(table)
    assert [set(tags) for tags in outcome.curves.values()] == [{"one/spread", "two/spread"}] * 2


def test_a_final_score_beside_a_curve_of_its_name_takes_nothing_from_it() -> None:
    found = read_document({"val_loss": 0.25, "history": {"val_loss": [2.0, 0.25, 0.5]}})
    assert found.curves[""]["val_loss"].values == [2.0, 0.25, 0.5]
    assert found.curves[""]["final/val_loss"].values == [0.25]


def test_short_lists_among_settings_are_hyperparameters() -> None:
    document = {
        "net": {"hidden_dims": [64, 32], "dropout": 0.1},
        "grpo": {"steps": 150, "kl_beta": 0.04, "temp_anneal": [1.1, 0.6]},
        "acc": [0.5, 0.6, 0.7],
        "lr": [0.1, 0.1, 0.01],
    }
    found = read_document(document)
    assert found.hparams[""]["grpo/temp_anneal"] == "[1.1, 0.6]"
    assert found.hparams[""]["net/hidden_dims"] == "[64, 32]"
    assert set(found.curves[""]) == {"acc", "lr"}


def test_numbers_under_the_names_of_epochs_are_a_curve() -> None:
    document = {"train_loss": {"epoch_2": 0.7, "epoch_1": 0.9}, "best_loss": 0.7}
    curve = read_document(document).curves[""]["train_loss"]
    assert (curve.steps, curve.values) == ([1, 2], [0.9, 0.7])


def test_models_with_settings_of_their_own_are_runs_wherever_they_stand() -> None:
    def model(acc: float, rate: float) -> dict[str, Any]:
        return {"accuracy": acc, "training_config": {"dropout": rate}}

    found = read_document({"study": {"models": {"a": model(0.9, 0.4), "b": model(0.8, 0.5)}}})
    assert set(found.curves) == {"a", "b"}
    assert found.hparams["b"] == {"study/training_config/dropout": 0.5}


def test_a_counter_that_few_rows_have_and_that_never_moves_is_a_setting() -> None:
    table = {
        "size": ["s", "s", "m", "m", "s"],
        "kind": ["text", "image", "text", "graph", "graph"],
        "epochs": [None, None, None, 300, 300],
        "val_loss": [0.4, 0.5, 0.3, 0.2, 0.6],
    }
    outcome = read_table(table)
    assert len(outcome.curves) == 5
    assert sum("epochs" in settings for settings in outcome.hparams.values()) == 2


def test_a_short_list_of_records_in_a_line_is_read_by_their_names(tmp_path: Path) -> None:
    lines = [
        {"epoch": at, "seats": [{"id": 4, "loss": at / 2}, {"id": 7, "loss": at / 4}]}
        for at in (1, 2, 3)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    found = written(put(tmp_path / "exp", metrics__jsonl=text), tmp_path / "runs")
    assert {tag for _, tag in found} == {"seats/4/loss", "seats/7/loss"}
    assert found["exp", "seats/7/loss"] == [(1, 0.25), (2, 0.5), (3, 0.75)]


def test_numbers_beside_lists_are_read_though_few_are_results(tmp_path: Path) -> None:
    text = json.dumps({"grpo": {"beta": 0.04, "anneal": [1.1, 0.6], "cer": 0.61}})
    assert taken_for(text, "results.json") == "json-tree"


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("cnn: {accuracy: 0.91, loss: 0.31}\nmlp: {accuracy: 0.84, loss: 0.5}\n", 2),
        ("- {name: cnn, acc: 0.9134}\n- {name: mlp, acc: 0.8456}\n", 2),
        ("a:\n  epochs: 6\n  train: {loss: 0.1}\nb:\n  epochs: 6\n  train: {loss: 0.2}\n", 2),
        ("loss: [0.9, 0.7, 0.5]\nfinished: 2026-01-01\n", 1),
    ],
)
def test_results_in_yaml_are_read_as_json_would_be(tmp_path: Path, text: str, runs: int) -> None:
    found = written(put(tmp_path / "exp", results__yaml=text), tmp_path / "runs")
    assert len({run for run, _ in found}) == runs


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web: {image: nginx, ports: [80]}\n",
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n"
            for m, n in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "loss: [0.9, 0.7\n",
    ],
)
def test_yaml_without_results_or_of_endless_aliases_is_not_read(text: str) -> None:
    assert detect_yaml(head_of(text.encode(), "results.yaml")).confidence == 0


def test_a_newer_header_below_an_old_one_names_the_columns(tmp_path: Path) -> None:
    text = "episode,reward,waiting\nepisode,reward,energy\n1,0.5,0.25\n2,0.6,0.2\n3,0.7,0.1\n"
    found = written(put(tmp_path / "exp", results__csv=text), tmp_path / "runs")
    assert {tag for _, tag in found} == {"reward", "energy"}


def test_two_trainings_that_wrote_at_the_same_time_are_no_rows_of_settings(tmp_path: Path) -> None:
    """Neither their words make runs of them, nor is an episode's length its step."""
    episodes = [n for at in range(1, 12, 3) for n in (*range(at, at + 3), *range(at, at + 3))]
    rows = [
        f"{n},{'abc'[at % 2]},{at * 1.37 % 5},{50 - at * 7 % 11}\n" for at, n in enumerate(episodes)
    ]
    text = "episode,task,reward,steps\n" + "".join(rows)
    found = written(put(tmp_path / "exp", training_log__csv=text), tmp_path / "runs")
    assert [len(points) for (_, tag), points in found.items() if tag == "reward"] == [24]


def test_rows_are_called_by_as_few_columns_as_tell_them_apart() -> None:
    table = {
        "experiment": ["a", "b", "c", "a"],
        "model": ["unet", "unet", "net", "unet"],
        "checkpoint": ["/x/a.pt", "/x/b.pt", "/x/c.pt", "/x/a.pt"],
        "best_acc": [0.1, 0.2, 0.3, 0.4],
    }
    assert list(read_table(table).curves) == ["a", "b", "c", "a/2"]


def test_flat_metrics_are_told_from_settings_though_no_word_says_that_they_are_any() -> None:
    document = {"best_config": {"rate": 0.08}, "rows": 9000, "holdout_blend": 0.036111}
    assert taken_for(json.dumps(document), "metrics.json") == "json-tree"
    assert detect_json(head_of(json.dumps(document).encode(), "cars.json")).confidence == 0


def test_a_table_of_models_is_read_by_its_name_whatever_was_measured(tmp_path: Path) -> None:
    text = "Model,RR,FCR\na,93.88%,4.08%\nb,81.25%,14.01%\nc,100.00%,0.00%\n"
    found = written(put(tmp_path / "exp", benchmark__csv=text), tmp_path / "runs")
    assert found["exp/c", "RR"] == [(0, 100.0)]
    with pytest.raises(AssertionError):
        taken_for(text, "cars.csv")


def test_how_many_samples_a_fold_has_makes_no_classes_of_folds() -> None:
    table = {"accuracy": [0.95, 1.0, 0.96, 1.0, 0.9], "n": [22, 22, 22, 21, 21]}
    assert read_table(table).curves[""]["accuracy"].values == table["accuracy"]


def test_a_confusion_matrix_among_results_is_shown_as_a_table() -> None:
    found = read_document({"acc": 0.98, "confusion_matrix": [[9, 1], [0, 8]]})
    ((_, listing),) = found.listings
    assert (listing.tag, listing.rows) == ("confusion_matrix", [("0", "9", "1"), ("1", "0", "8")])
    assert (listing.numbers, found.unread) == (4, [])


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        (
            "results.json",
            '{"acc": 0.5, "h": {"loss": [1], "loss": [3, 2, 1.5]}}',
            "'loss' stands twice",
        ),
        ("results.yaml", "a: {acc: 0.5123}\nb: {acc: 0.6}\na: {acc: 0.7}\n", "'a' stands twice"),
        ("config.yaml", "lr: 0.1\nlr: 0.2\n", "'lr' stands twice"),
        ("metrics.json", '{"best_loss": 1e400, "history": {"loss": [3, 2]}}', "beyond all floats"),
        ("history.json", '[{"epoch": 1, "loss": 1e400}, {"epoch": 2, "loss": 2}]', "beyond all"),
    ],
)
def test_keys_that_stand_twice_and_numbers_beyond_floats_are_said(
    tmp_path: Path, name: str, text: str, what: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    report = convert(tmp_path / name, tmp_path / "runs", Options(plots=Plots.NONE))
    (source,) = report.sources
    assert [what in problem.what for problem in source.problems] == [True]


def test_a_null_of_a_config_is_no_hyperparameter() -> None:
    assert plain_hparams({"lr": 0.1, "warmup": None, "opt": {"eps": None}}) == {"lr": 0.1}


def test_what_each_training_took_is_no_step_of_a_table_of_trainings() -> None:
    """The table begins with words, which tell all rows apart, and the counter falls and rises."""
    table = {
        "experiment": ["a", "b", "c", "d", "a", "b", "c", "d"],
        "split": ["dev"] * 4 + ["test-clean"] * 4,
        "wer": [0.8851, 0.4632, 0.1579, 0.1446, 0.8757, 0.4545, 0.1664, 0.1492],
        "epoch": [22, 15, 48, 43, None, None, None, None],
    }
    found = read_table(table)
    assert len(found.curves) == 8
    assert sum("epoch" in settings for settings in found.hparams.values()) == 4


def test_rows_of_models_on_datasets_are_runs() -> None:
    table = {
        "dataset": ["x", "x", "y", "y"],
        "model": ["a", "b", "a", "b"],
        "mse": [0.3981, 0.5224, 0.3883, 0.3931],
    }
    assert len(read_table(table).curves) == 4


def test_a_list_beside_names_has_a_value_for_each_and_is_no_curve() -> None:
    """Nor is it time for what else stands there: finals stay at step 0."""
    document = {"class_names": ["cat", "a dog"], "per_class_f1": [0.91, 0.82], "accuracy": 0.87}
    found = read_document(document).curves[""]
    assert {tag: (curve.steps, curve.values) for tag, curve in found.items()} == {
        "per_class_f1/cat": ([0], [0.91]),
        "per_class_f1/a dog": ([0], [0.82]),
        "accuracy": ([0], [0.87]),
    }


def test_names_beside_a_list_of_steps_change_nothing() -> None:
    document = {"labels": ["a", "b"], "epoch": [1, 2], "loss": [0.9, 0.7]}
    assert read_document(document).curves[""]["loss"].steps == [1, 2]


def test_a_list_for_each_class_without_names_goes_by_places() -> None:
    assert finals({"iou_per_class": [0.5, 0.75], "miou": 0.6251}) == {
        "iou_per_class/0",
        "iou_per_class/1",
        "miou",
    }


def test_lists_over_bins_and_thresholds_are_tables_and_no_curves() -> None:
    """A reliability diagram, a ROC curve: no course of a training."""
    bins = {"bin_accuracies": [0.1, 0.5, 0.9], "bin_counts": [3, 1, 4], "bin_edges": [0, 1, 2, 3]}
    outcome = read_document({"ece": 0.0412, "reliability": bins, "roc": {"fpr": [0, 0.5, 1]}})
    assert set(outcome.curves[""]) == {"ece"}
    assert [listing.header for _, listing in outcome.listings] == [
        ("bin_accuracies", "bin_counts"),
        ("bin_edges",),
        ("fpr",),
    ]


def test_keys_above_steps_and_values_are_tags_and_no_runs() -> None:
    course = [{"iter": 2, "value": 0.5}, {"iter": 9, "value": 0.25}]
    tags = {tag: {"first": course[0], "history": course} for tag in ("Train/reward", "Loss/kl")}
    outcome = read_document({"tags": tags})
    assert set(outcome.curves) == {""}
    assert outcome.curves[""]["Train/reward"].steps == [2, 9]
    assert outcome.curves[""]["Loss/kl/first"].steps == [2]


def test_models_whose_results_stand_below_metrics_are_runs() -> None:
    document = {name: {"name": name, "metrics": {"f1": 0.6512}} for name in ("frozen", "tuned")}
    assert set(read_document(document).curves) == {"frozen", "tuned"}


def test_a_deviation_is_what_its_mean_is() -> None:
    assert finals({"compression_mean": 2.1878, "compression_std": 0.08}) == {
        "compression_mean",
        "compression_std",
    }


def test_an_epoch_that_was_selected_is_no_step() -> None:
    table = {
        "seed": ["1", "1", "2", "2"],
        "model": ["a", "b", "a", "b"],
        "selected_epoch": ["8", "9", "9", "10"],
        "accuracy": ["0.8768", "0.8793", "0.8775", "0.8787"],
    }
    outcome = read_table(table)
    assert set(outcome.curves) == {"a/seed=1", "b/seed=1", "a/seed=2", "b/seed=2"}
    assert outcome.hparams["b/seed=2"]["selected_epoch"] == 10


def test_one_row_of_a_training_is_no_step_of_its_episodes() -> None:
    """`episodes` is how long it took; where its model lies is no name of it."""
    table = {
        "algo": ["a2c"],
        "seed": ["10"],
        "episodes": ["100"],
        "mean_reward": ["-83.6969"],
        "model_path": ["models/a2c/best.zip"],
    }
    outcome = read_table(table)
    assert outcome.curves["a2c"]["mean_reward"].steps == [0]
    assert outcome.hparams["a2c"]["seed"] == 10


def test_paths_to_what_trainings_left_do_not_name_them() -> None:
    table = {
        "mode": ["a", "a", "b", "b"],
        "seed": ["1", "2", "1", "2"],
        "reward": ["1.2345", "2.3456", "3.4567", "4.5678"],
        "model_path": ["m/1.zip", "m/2.zip", "m/3.zip", "m/4.zip"],
    }
    assert set(read_table(table).curves) == {"a/seed=1", "a/seed=2", "b/seed=1", "b/seed=2"}


def test_a_title_says_by_what_a_table_is_listed() -> None:
    table = {"pattern": ["Edge", "Edge+Loc"], "accuracy": ["0.9933", "0.9867"]}
    assert len(read_table(table).curves) == 2
    outcome = read_table(table, title="per_pattern")
    assert (len(outcome.curves), len(outcome.listings)) == (0, 1)


def test_questions_and_answers_are_no_trainings() -> None:
    asked = [f"How many sheep are left of {n}? Explain it." for n in (17, 18)]
    table = {"id": [1, 2], "model": ["a", "b"], "question": asked, "score": [0.7512, 0.25]}
    outcome = read_table(table)
    assert (len(outcome.curves), len(outcome.listings)) == (0, 1)


def test_what_was_predicted_of_texts_is_no_training() -> None:
    table = {"text": ["good", "bad"], "true_label": [1, 0], "predicted": [0, 1], "conf": [0.61, 1]}
    assert len(read_table(table).listings) == 1


def test_rows_with_more_cells_than_their_header_are_left_out_and_counted(tmp_path: Path) -> None:
    """Which of the columns is new, no one knows."""
    rows = "".join(f"{seed},{at},0.{at}\n" for seed in (1, 2) for at in range(1, 6))
    folder = put(tmp_path / "exp", log__csv=f"seed,epoch,loss\n{rows}2,6,0.6,12.5\n")
    report = convert([folder], tmp_path / "runs", Options(plots=Plots.NONE))
    assert [problem.what for problem in report.sources[0].problems] == [
        "not shown: 1 row of up to 4 cells below 3 names"
    ]
    assert len(written(folder, tmp_path / "again")["exp/seed=2", "loss"]) == 5


def test_bare_numbers_in_a_file_that_is_called_like_a_log_are_curves(tmp_path: Path) -> None:
    rows = "".join(f"{at / 7:.4f},{at / 9e5:.6g}\n" for at in range(1, 13))
    found = written(put(tmp_path / "exp", metrics__csv=rows), tmp_path / "runs")
    assert set(found) == {("exp", "0"), ("exp", "1")}
    assert taken_for(rows, "layer1.csv") == "matrix"


def test_what_was_swept_is_a_setting_though_it_is_a_share_of_something() -> None:
    """A few round numbers in equally many rows each; and it names the runs."""
    rows = [(model, part, at) for model in "ab" for part in ("0.25", "0.5") for at in range(3)]
    table = {
        "model": [model for model, _, _ in rows],
        "freeze_fraction": [f"{at / 2}" for _, _, at in rows],
        "trainable_params": [f"{9 - at}00{model == 'a':d}" for model, _, at in rows],
        "data_split": [part for _, part, _ in rows],
        "val_acc": [f"0.{9503 - 7 * at}" for at in range(len(rows))],
    }
    outcome = read_table(table)
    assert {tag for tags in outcome.curves.values() for tag in tags} == {"val_acc"}
    assert "a/freeze_fraction=0.5/data_split=0.25" in outcome.hparams


def test_a_deviation_of_a_row_is_what_its_mean_is_and_names_no_run() -> None:
    table = {
        "algo": ["dqn", "dqn", "fixed", "random"],
        "reward": ["queue", "pressure", "-", "-"],
        "mean_travel_time": ["145.43", "145.43", "270.02", "246.13"],
        "std_travel_time": ["78.08", "78.08", "0.0", "0.0"],
    }
    outcome = read_table(table)
    assert set(outcome.curves) == {"dqn/queue", "dqn/pressure", "fixed/-", "random/-"}
    assert all("std_travel_time" in tags for tags in outcome.curves.values())


def test_numbered_runs_are_not_called_after_the_paths_of_their_files() -> None:
    table = {
        "algo": ["A2C"] * 3,
        "run_idx": ["0", "1", "2"],
        "mean_reward": ["60.856", "-43.185", "66.579"],
        "reward_path": ["out/0.csv", "out/1.csv", "out/2.csv"],
    }
    assert set(read_table(table).curves) == {"run_idx=0", "run_idx=1", "run_idx=2"}


@pytest.mark.parametrize("form", ["[{}]", "tensor([{}])", "array([{}], dtype=float32)"])
def test_cells_of_short_lists_are_a_column_for_each_element(form: str) -> None:
    """`tensor([0.9, 0.8])` is no 0.9."""
    table = {
        "fold": ["1", "2"],
        "recall": [form.format("0.9773, 0.75"), form.format("0.8389, 1.0")],
    }
    found = read_table(table).curves
    assert found["fold=2"]["recall/0"].values == [0.8389]
    assert found["fold=2"]["recall/1"].values == [1.0]


def test_models_beside_the_name_of_the_best_one_are_runs() -> None:
    document = {"lstm": {"test_loss": 3.345}, "gru": {"test_loss": 3.114}, "best_model": "gru"}
    assert set(read_document(document).curves) == {"lstm", "gru"}


def test_the_best_and_the_last_of_a_training_are_no_runs() -> None:
    assert finals({"best": {"acc": 0.9123}, "final": {"acc": 0.9012}}) == {"best/acc", "final/acc"}


def test_the_truth_beside_predictions_is_no_curve() -> None:
    document = {
        "acc": 0.3461,
        "loss": [0.9, 0.8],
        "ground_truth": [1, 2, 0],
        "predictions": [1] * 3,
    }
    outcome = read_document(document)
    assert {tag: curve.steps for tag, curve in outcome.curves[""].items()} == {
        "loss": [0, 1],
        "acc": [1],
    }
    assert sum(count for _, count in outcome.unread) == 6


def test_an_empty_text_is_no_hyperparameter() -> None:
    assert read_document({"exact_match": 86.2, "macro_f1": "", "bits": 4}).hparams[""] == {
        "bits": 4
    }


@pytest.mark.parametrize("form", ["{} ± {}", "{} +- {}", "{}% ± {}%", "{}+/-{}", r"{} \pm {}"])
def test_a_value_with_its_deviation_is_two_values(form: str) -> None:
    cells = [form.format("0.707", "0.12"), form.format("0.69", "0.104")]
    outcome = read_table({"Model": ["Logistic Regression", "Random Forest"], "AUC": cells})
    found = outcome.curves["Random Forest"]
    assert {tag: curve.values for tag, curve in found.items()} == {
        "AUC": [0.69],
        "AUC_std": [0.104],
    }
    single = read_document({"auc": cells[0]}).curves[""]
    assert {tag: curve.values for tag, curve in single.items()} == {
        "auc": [0.707],
        "auc_std": [0.12],
    }


def test_agents_in_a_ranking_are_runs_and_their_rank_is_no_step(tmp_path: Path) -> None:
    text = "rank,agent,elo\n1,minimax,1714.4\n2,dqn,1518.4\n3,random,1172.0\n"
    found = written(put(tmp_path / "exp", elo__csv=text), tmp_path / "runs")
    assert set(found) == {(f"exp/{agent}", "elo") for agent in ("minimax", "dqn", "random")}


def test_a_last_row_that_is_told_twice_does_not_split_a_log_by_its_words(tmp_path: Path) -> None:
    """`final` is the last checkpoint once more; 0/2/1 are games that were won, drawn and lost."""
    rows = [
        ("ep1", 17, "0/2/1"),
        ("ep2", 90, "0/2/1"),
        ("ep3", 160, "2/0/1"),
        ("final", 160, "2/0/1"),
    ]
    text = "".join(f"{label},{steps},0.{steps},{wld}\n" for label, steps, wld in rows)
    found = written(
        put(tmp_path / "exp", quality__csv=f"ep_label,learn_steps,win_rate,wld\n{text}"),
        tmp_path / "runs",
    )
    assert found == {("exp", "win_rate"): [(17, 0.17), (90, 0.9), (160, 0.16)]}


def test_a_short_fraction_among_many_results_is_one_too() -> None:
    document = {"bits": 4, "mmlu": 55.81, "wino": 68.42, "avg": 66.48, "arc": 57.5, "lr": 0.5}
    assert finals(document) == {"mmlu", "wino", "avg", "arc"}
    assert finals({"mmlu": 55.81, "arc": 57.5, "ratio_of_x": 0.5}) == {"mmlu"}
    assert finals({**document, "val_split": 0.25}) == {"mmlu", "wino", "avg", "arc"}


def test_records_are_called_by_as_much_as_tells_them_apart() -> None:
    """A seed alone would make one run of several models."""
    history = [{"epoch": at, "loss": 1 / at} for at in (1, 2)]
    runs = [
        {"model": model, "task": "long", "seed": seed, "history": history, "path": f"a/{seed}.pt"}
        for model in ("lstm", "gru")
        for seed in (42, 123)
    ]
    assert set(read_document({"runs": runs}).curves) == {
        "lstm/seed=42",
        "lstm/seed=123",
        "gru/seed=42",
        "gru/seed=123",
    }
    alike = [{"model": "lstm", "history": history}] * 2
    assert set(read_document(alike).curves) == {"0", "1"}


def test_numbered_trials_with_parameters_are_runs() -> None:
    trials = [
        {"number": at, "value": 0.85 + at / 777, "params": {"lr": at / 1e3}} for at in (0, 1, 2)
    ]
    assert set(read_document({"trials": trials}).curves) == {"number=0", "number=1", "number=2"}


def test_how_long_each_phase_of_a_training_took_is_no_step() -> None:
    rows = [(data, model) for data in ("mri", "ct") for model in ("vgg", "resnet")]
    table = {
        "dataset": [data for data, _ in rows],
        "model": [model for _, model in rows],
        "phase1_epochs": ["90", "155", "90", "150"],
        "phase1_seconds": ["627.06", "747.27", "493.17", "1059.61"],
    }
    outcome = read_table(table)
    assert not any(outcome.curves.values())
    assert {run for run, given in outcome.hparams.items() if given} == {
        "mri/vgg",
        "mri/resnet",
        "ct/vgg",
        "ct/resnet",
    }


def test_a_short_fraction_of_rows_of_results_is_a_result() -> None:
    table = {
        "Distill": ["MaxS", "AFS"],
        "Paper AUC": ["0.9334", "0.946"],
        "Reproduced AUC": ["0.9310", "0.9473"],
        "Difference": ["-0.0024", "+0.0013"],
    }
    assert set(read_table(table).curves["AFS"]) == {"Paper AUC", "Reproduced AUC", "Difference"}


def test_what_was_swept_in_some_rows_only_is_a_setting() -> None:
    """One parameter after the other, each in a block of rows."""
    rows = [
        (name, value, seed)
        for name, value in (("p_d", 0.3), ("p_d", 0.4), ("p_f", 0.04), ("p_f", 0.08))
        for seed in (1, 2, 3)
    ]
    table = {
        "experiment": [name for name, _, _ in rows],
        "seed": [seed for _, _, seed in rows],
        "p_d": [value if name == "p_d" else None for name, value, _ in rows],
        "p_f": [value if name == "p_f" else None for name, value, _ in rows],
        "budget": [0.4] * len(rows),
        "asr": [0.0207 + at / 7919 for at in range(len(rows))],
        "accuracy": [97.123 + at / 7919 for at in range(len(rows))],
        "f1": [97.321 - at / 7919 for at in range(len(rows))],
    }
    tags = {tag for found in read_table(table).curves.values() for tag in found}
    assert tags == {"asr", "accuracy", "f1"}


def other_names(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"iter": 2 * at, f"class{at}/iou": at / 7, **more} for at in range(count)]


def points(outcome: Outcome) -> dict[tuple[str, int], float]:
    """Every point, by its tag and step."""
    return {
        (tag, step): value
        for tags in outcome.curves.values()
        for tag, curve in tags.items()
        for step, value in zip(curve.steps, curve.values, strict=True)
    }


@pytest.mark.parametrize("below", ["", "log"])
def test_records_of_other_names_are_read_one_by_one_as_a_table_would_be(
    monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    """The counter that all hold is their step; a table of thousands of names would be gaps."""
    records: Any = other_names(40)
    document = {below: records} if below else records
    as_table = points(read_document(document))
    monkeypatch.setattr("tbingest.axis.shapes.MANY_CELLS", 0)
    assert points(read_document(document)) == as_table
    assert as_table["class3/iou", 6] == 3 / 7
    assert len(as_table) == 40


def test_a_counter_under_which_values_get_lost_is_no_step_of_such_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tbingest.axis.shapes.MANY_CELLS", 0)
    records = [{"epoch": 1, f"class{at % 9}/iou": at / 7} for at in range(45)]
    assert sum(tag != "epoch" for tag, _ in points(read_document(records))) == 45


def test_keys_that_count_are_the_steps_of_such_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tbingest.axis.shapes.MANY_CELLS", 0)
    document = {f"epoch_{at}": {f"class{at}": {"iou": at / 7}} for at in range(1, 30)}
    assert points(read_document(document))["class7/iou", 7] == 1.0


def test_words_beside_thousands_of_names_are_said_as_they_may_name_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tbingest.axis.shapes.MANY_CELLS", 0)
    outcome = read_document(other_names(40, run="a"))
    assert (outcome.curves, outcome.unread[0][1]) == ({}, 80)
    assert outcome.unread[0][0].endswith("words beside thousands of names, few in each record")


def test_lists_within_such_records_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tbingest.axis.shapes.MANY_CELLS", 0)
    records = [*other_names(40), {"iter": 80, "spectrum": [0.5] * 40}]
    assert read_document(records).unread == [("records: long lists", 40)]


def test_single_values_of_a_document_are_one_record() -> None:
    """100,000 of them would be 100,000 records otherwise, which takes ten times as long."""
    data = b"".join(b"iou_of_%d: 0.%d5\nacc_of_%d: 0.%d7\n" % (at, at, at, at) for at in range(50))
    make = formats()["yaml-tree"].reader
    assert make
    reader = make(head_of(data, "results.yaml"))
    rows = [one for one in (*reader.feed(data), *reader.close()) if isinstance(one, Rows)]
    assert [len(one.columns) for one in rows] == [2 + 100]
    grown = data + b"late_iou: 0.5\n"
    known = {name: part for name, part in vars(reader).items() if not name.startswith("_")}
    again = type(reader)(**known)
    more = [one for one in (*again.feed(grown), *again.close()) if isinstance(one, Rows)]
    assert [sorted(one.columns)[2:] for one in more] == [["late_iou"]]


def test_a_tidy_table_of_thousands_of_names_is_read_as_one_of_few_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A column for each name would take 10 GB of 3 MB."""
    rows = [(f"class{at % 30}", at, at / 7) for at in range(90)]
    names, steps, values = map(list, zip(*rows, strict=True))
    table = {"name": names, "step": list(map(str, steps)), "value": list(map(str, values))}
    as_columns = points(read_table(table))
    monkeypatch.setattr("tbingest.axis.table.MANY_CELLS", 0)
    monkeypatch.setattr("tbingest.axis.shapes.MANY_CELLS", 0)
    assert points(read_table(table)) == as_columns
    assert as_columns["class5", 35] == 5.0


def test_of_thousands_of_tables_in_a_document_the_first_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is judged for itself; what is left is counted as one remark."""
    monkeypatch.setattr("tbingest.axis.document._MOST_TABLES", 2)
    records = [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]
    outcome = read_document({f"run{at}": records for at in range(5)})
    assert [*outcome.curves] == ["run0", "run1"]
    assert outcome.unread == [("more than 2 tables in one document", 12)]


@pytest.mark.parametrize("form", ["json", "json-tree"])
def test_a_document_of_too_many_values_is_said(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Its text may be small: 8 million times `null` are 40 kB of gzip."""
    monkeypatch.setattr("tbingest.formats.readers.json_values._MOST_VALUES", 20)
    assert read(form, json.dumps({"loss": [0.5] * 9}))[1] == []
    (problem,) = read(form, json.dumps({"loss": [0.5] * 40}))[1]
    assert problem.what == "a document of over 20 values is too large"
    assert problem.hint == "write it as JSON lines or CSV"
