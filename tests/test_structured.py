"""Tables, JSON and folders as people write them: what rows are, and which column is the step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.logs import lines, put, written
from helpers.readers import read, taken_for

from tbingest.axis.document import read_document
from tbingest.axis.results import is_result
from tbingest.axis.table import read_table
from tbingest.formats.readers.records import group_records
from tbingest.model.contracts import Fields
from tbingest.model.rows import Rows
from tbingest.plan.roles import choose_roles

if TYPE_CHECKING:
    from pathlib import Path


def curves(tmp_path: Path, **files: str) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """The scalars of a folder `exp` with some files."""
    return written(put(tmp_path / "exp", **files), tmp_path / "runs")


def steps(found: dict[tuple[str, str], list[tuple[int, float]]], tag: str) -> list[int]:
    (points,) = (points for (_, name), points in found.items() if name == tag)
    return [step for step, _ in points]


def test_of_two_counters_the_one_that_rises_is_the_step(tmp_path: Path) -> None:
    """An episode's length differs in every row, too, and is called `steps`."""
    rows = [(200 + at, at / 2, 40 + at * 37 % 60) for at in range(12)]
    text = "episode,reward,steps\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    assert steps(curves(tmp_path, log__csv=text), "reward") == list(range(200, 212))


def test_numbers_that_happen_to_rise_for_each_flag_are_no_steps(tmp_path: Path) -> None:
    text = "episode,wins,promoted\n0,5,False\n1,11,True\n2,14,True\n3,8,False\n"
    assert steps(curves(tmp_path, gating__csv=text), "wins") == [0, 1, 2, 3]


def test_documents_without_a_line_end_between_them_are_records(tmp_path: Path) -> None:
    text = "".join(json.dumps({"step": at, "loss": 1 / at}) for at in (1, 2, 3))
    assert steps(curves(tmp_path, log__json=text), "loss") == [1, 2, 3]


def test_frames_that_pandas_wrote_of_a_keras_history_are_its_curves(tmp_path: Path) -> None:
    """Columns, index and split."""
    columns = {"loss": {"0": 0.9, "1": 0.7}, "val_loss": {"0": 1.0, "1": 0.8}}
    index = {at: {name: cells[at] for name, cells in columns.items()} for at in ("0", "1")}
    rows = [list(row.values()) for row in index.values()]
    split = {"columns": list(columns), "index": [0, 1], "data": rows}
    found = [
        curves(tmp_path / str(at), history__json=json.dumps(frame))
        for at, frame in enumerate((columns, index, split))
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["exp/validation", "epoch_loss"] == [(0, 1.0), (1, 0.8)]


def test_other_frames_in_the_orient_split_are_tables(tmp_path: Path) -> None:
    frame = {"columns": ["acc", "loss"], "index": [3, 4], "data": [[0.5, 0.9], [0.6, 0.7]]}
    found = curves(tmp_path, frame__json=json.dumps(frame))
    assert found["exp", "loss"] == [(3, 0.9), (4, 0.7)]


def test_curves_beside_predictions_are_not_lost(tmp_path: Path) -> None:
    """Where a history stands in the same document, the reader of predictions leaves it."""
    history = [{"epoch": at, "loss": 1 / at} for at in (1, 2, 3)]
    document = {"macro_f1": 0.7, "history": history, "y_true": [0, 1, 1], "y_pred": [0, 1, 0]}
    found = curves(tmp_path, results__json=json.dumps(document))
    assert steps(found, "loss") == [1, 2, 3]
    assert steps(found, "macro_f1") == [3]


def test_scores_in_folders_of_steps_are_one_run(tmp_path: Path) -> None:
    for step in (1000, 2000, 3000):
        scores = json.dumps({"acc": step / 4000, "val_loss": 1000 / step})
        put(tmp_path / f"exp/run/checkpoint-{step}", metrics__json=scores)
    found = written(tmp_path / "exp", tmp_path / "runs")
    assert found["run", "acc"] == [(1000, 0.25), (2000, 0.5), (3000, 0.75)]


def test_scores_in_other_folders_stay_runs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / f"exp/{name}", metrics__json=json.dumps({"acc": 0.5}))
    assert len(written(tmp_path / "exp", tmp_path / "runs")) == 2


def test_rows_of_a_grid_search_are_runs_by_what_was_searched(tmp_path: Path) -> None:
    """scikit-learn's `cv_results_`: folds, their spread and the times stand in the table only."""
    cells = [(c, kernel) for c in (1, 10) for kernel in ("rbf", "poly")]
    text = "mean_fit_time,param_C,param_kernel,split0_test_score,split1_test_score,"
    text += "mean_test_score,std_test_score,rank_test_score\n"
    for at, (c, kernel) in enumerate(cells):
        text += f"0.0{at}1234,{c},{kernel},0.9,0.8{at},0.85{at},0.01,{4 - at}\n"
    found = curves(tmp_path, cv_results__csv=text)
    assert {tag for _, tag in found} == {"mean_test_score"}
    assert found["exp/param_C=10/rbf", "mean_test_score"] == [(0, 0.852)]


def test_each_class_of_a_report_has_its_scores(tmp_path: Path) -> None:
    text = ",precision,recall,support\ncat,0.5,0.25,40\ndog,0.75,0.625,60\n"
    found = curves(tmp_path, report__csv=text)
    assert found["exp", "precision/dog"] == [(0, 0.75)]
    assert ("exp", "support/dog") not in found


def test_rows_of_one_name_are_told_apart_by_their_seeds() -> None:
    table = {
        "experiment": ["base", "base", "strong", "strong"],
        "seed": ["1", "2", "1", "2"],
        "acc": ["0.8751", "0.7512", "0.5123", "0.6251"],
    }
    names = ["base/seed=1", "base/seed=2", "strong/seed=1", "strong/seed=2"]
    assert list(read_table(table).curves) == names


def test_whole_settings_stay_whole() -> None:
    table = {"model": ["a", "b"], "width": ["32", "64"], "acc": ["0.8751", "0.7512"]}
    assert repr(read_table(table).hparams["a"]["width"]) == "32"


def test_a_first_column_that_counts_is_the_step_whatever_it_is_called(tmp_path: Path) -> None:
    text = "e,Training loss,Validation loss\n" + "".join(
        f"{e},{1 / e},{2 / e}\n" for e in (3, 4, 5, 6, 7)
    )
    assert steps(curves(tmp_path, loss__csv=text), "Training loss") == [3, 4, 5, 6, 7]


def test_a_constant_setting_is_no_step_of_few_records(tmp_path: Path) -> None:
    records = [{"cycle": at, "epochs": 2, "final_loss": 1 / at} for at in (2, 3)]
    assert steps(curves(tmp_path, history__json=json.dumps(records)), "final_loss") == [2, 3]


def test_a_header_of_numbers_above_a_counter_is_none(tmp_path: Path) -> None:
    """As pandas writes a frame without names."""
    text = ",0,1\n" + "".join(f"{at},{1 / (at + 1)},{at / 50}\n" for at in range(12))
    assert steps(curves(tmp_path, loss__csv=text), "1") == list(range(12))


def test_a_header_of_two_lines_names_the_values(tmp_path: Path) -> None:
    text = (
        ",acc,acc,recall,recall\n,cnn,mlp,cnn,mlp\nA,0.7471,0.72,0.6213,0.65\nB,0.845,0.8,0.7,0.6\n"
    )
    found = curves(tmp_path, scores__csv=text)
    assert found["exp/A", "acc/cnn"] == [(0, 0.7471)]


def test_rows_by_any_word_are_runs_unless_they_are_classes() -> None:
    def runs(name: str) -> list[str]:
        cells = {name: ["first", "second"], "acc": ["0.8751", "0.7512"]}
        return list(read_table(cells).curves)

    assert runs("optimizer") == runs("strategy") == ["first", "second"]
    assert runs("fault_type") == runs("dataset") == []


def test_numbers_of_a_grid_of_trials_are_values_and_settings_name_the_runs() -> None:
    rows = [
        (agents, trial, 34 + 7 * agents * trial) for agents in (5, 10, 15) for trial in range(4)
    ]
    names = ("num_agents", "trial", "makespan")
    found = read_table({name: [str(row[at]) for row in rows] for at, name in enumerate(names)})
    assert found.curves["trial=1/num_agents=10"]["makespan"].values == [104]
    assert found.hparams["trial=1/num_agents=10"]["num_agents"] == 10


def test_results_of_several_models_in_a_document_are_runs(tmp_path: Path) -> None:
    """A word for a setting in the name of a model says nothing of its results."""
    scores = {"macro_f1": 0.7864343, "macro_p": 0.7910098}
    document = {"bert|no-index": scores, "hatebert|no-index": scores}
    found = curves(tmp_path, results__json=json.dumps(document))
    assert found["exp/bert_no-index", "macro_p"] == [(0, 0.791)]


def test_the_config_beside_results_is_no_curve(tmp_path: Path) -> None:
    one = {"id": "a", "config": {"batch_size": 32, "lr": 0.001}, "test_acc": 79.65}
    found = curves(tmp_path, results__json=json.dumps([one]))
    assert {tag for _, tag in found} == {"test/acc"}
    two = [{"epoch": at, "args": {"lr": 0.1}, "loss": {"val": 1 / at}} for at in (1, 2)]
    assert read_document(two).hparams[""] == {"args/lr": 0.1}


def test_a_step_that_stands_twice_in_a_block_is_no_fall(tmp_path: Path) -> None:
    rows = [("full", 0), *(("full", at) for at in range(5)), *(("linear", at) for at in range(5))]
    text = "epoch,mean_loss,attn\n" + "".join(f"{at},{9 / (at + 1)},{kind}\n" for kind, at in rows)
    found = curves(tmp_path, log__csv=text)
    assert {run for run, _ in found} == {"exp/full", "exp/linear"}


def test_a_counter_in_no_order_is_no_step_where_a_plain_one_rises() -> None:
    """Rollouts: each has its own number, an update several, an episode's number is random."""
    rows = [
        {"update": at // 4, "traj_id": 100 + at, "env_episode": at * 7919 % 1000, "reward": at / 2}
        for at in range(16)
    ]
    ((_, first),) = group_records(rows, range(1, len(rows) + 1))
    assert isinstance(first, Rows)
    assert choose_roles([first], Fields()).step == "traj_id"


def test_numbered_rows_below_a_counter_are_a_course() -> None:
    rows = range(16)
    table = {
        "update": [str(at // 4) for at in rows],
        "repeat": [str(at) for at in rows],
        "reward": [str(at / 2) for at in rows],
    }
    assert not read_table(table).hparams


@pytest.mark.parametrize("name", ["run_config.json", "config_used.json", "adapter_config.json"])
def test_a_config_under_a_longer_name_holds_hyperparameters(name: str) -> None:
    assert taken_for('{"lr": 0.5, "reward_weight": 0.25, "offsets": [5, 4, 3]}', name) == "config"


def test_curves_in_a_file_that_is_called_like_a_config_stay_curves() -> None:
    history = json.dumps({"lr": 0.1, "train_loss": [1 / at for at in range(1, 30)]})
    assert taken_for(history, "run_config.json") != "config"


def test_samples_of_the_evaluation_harness_are_a_table_and_no_curve(tmp_path: Path) -> None:
    one = {"doc": {"q": "2 + 2"}, "target": "4", "resps": [["4"]], "filtered_resps": ["4"]}
    text = lines(*({"doc_id": at, **one, "exact_match": at % 2} for at in range(5)))
    ((_, rows),) = read("lm-eval-samples", text, "samples_sums.jsonl")[0]
    assert rows["samples"].header == ("doc_id", "target", "filtered_resps", "exact_match")
    assert curves(tmp_path, samples_sums__jsonl=text) == {}


def test_a_list_of_steps_at_the_end_of_a_long_document_is_the_step(tmp_path: Path) -> None:
    """It stands behind the first 64 KiB, which decide for other logs."""
    document = {"loss": [1 / at for at in range(1, 6001)], "iteration": [*range(0, 60000, 10)]}
    assert len(json.dumps(document)) > 100_000
    assert steps(curves(tmp_path, history__json=json.dumps(document)), "loss")[-1] == 59_990


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("win_rate", 0.5, True),
        ("corner_time_fraction", 1.0, True),
        ("mean_survival_steps", 448.0, True),
        ("sortino_ratio", 1.4571946, True),
        ("learning_rate", 0.000374532, False),
        ("dropout_rate", 0.25, False),
        ("mutation_rate", 0.05, False),
        ("best_params/clf__C", 0.1623776, False),
        ("split_ratio", 0.2, False),
    ],
)
def test_shares_and_means_are_results_and_rates_that_are_set_are_none(
    name: str,
    value: float,
    expected: bool,  # noqa: FBT001
) -> None:
    assert is_result(name, [value]) is expected


def test_checkpoints_by_number_are_steps() -> None:
    records = [{"checkpoint": at, "eval_loss": 1 / at} for at in (18, 55, 125)]
    found = read_document({"schema": 2, "checkpoint_comparison": records})
    assert found.curves[""]["checkpoint_comparison/eval_loss"].steps == [18, 55, 125]


def test_records_of_records_are_runs_below_runs_by_their_names() -> None:
    def part(name: str) -> dict[str, object]:
        models = [{"model": one, "test_f1": 0.95643, "best_params": {"C": 0.16237}} for one in "ab"]
        return {"meta": {"name": name, "n_samples": 569}, "results": models}

    found = read_document([part("wine"), part("iris")])
    assert list(found.curves) == ["wine/a", "wine/b", "iris/a", "iris/b"]
    assert list(found.curves["wine/a"]) == ["test_f1"]


def test_how_long_each_model_was_trained_is_no_step() -> None:
    """Nor is it where there is one model only."""
    table = {"model": ["a", "b"], "epochs": ["25", "50"], "map": ["0.6691", "0.7012"]}
    assert list(read_table(table).curves) == ["a", "b"]
    one = {name: cells[:1] for name, cells in table.items()}
    assert list(read_table(one).curves) == ["a"]


def test_amounts_name_runs_as_they_are_written() -> None:
    table = {
        "model": ["gpt"] * 4,
        "seed": ["1", "2", "1", "2"],
        "size": ["30m", "30m", "120m", "120m"],
        "val_loss": ["4.4504", "4.4238", "2.1791", "2.1801"],
    }
    assert all("30m" in run or "120m" in run for run in read_table(table).curves)


def test_a_table_of_single_values_has_a_tag_for_each(tmp_path: Path) -> None:
    """`Metric,Value`, and what Comet exports: at their step."""
    found = curves(tmp_path, scores__csv="Metric,Value\na1,0.056\nrmse,2.5\n")
    assert found["exp", "a1"] == [(0, 0.056)]
    text = "Name,Value,Timestamp,Step\nabs_rel,2.5,1613824849186,7\na1,0.05,1613824849186,7\n"
    assert curves(tmp_path / "2", scores__csv=text)["exp", "abs_rel"] == [(7, 2.5)]


def test_a_setting_of_a_measure_is_none_and_lists_of_seeds_are_no_curves() -> None:
    document = {"loss_MA_alpha": 0.98123, "seeds": [1, 2, 3], "loss": [0.5, 0.4, 0.3]}
    assert list(read_document(document).curves[""]) == ["loss"]


def test_runs_in_one_document_have_the_tags_that_they_have_alone() -> None:
    runs = [{"seed": seed, "rewards": [at / 2 for at in range(20)]} for seed in (0, 1)]
    found = read_document({"group": "a", "runs": runs})
    assert {run: list(tags) for run, tags in found.curves.items()} == {
        "0": ["rewards"],
        "1": ["rewards"],
    }


def test_a_copied_latest_run_is_no_run_of_its_own(tmp_path: Path) -> None:
    for name in ("run-20260211_131227-eziofh0f", "latest-run"):
        folder = tmp_path / "wandb" / name / "files"
        put(folder, wandb_summary='{"loss": 0.5, "_step": 7}')
        (folder / "wandb_summary").rename(folder / "wandb-summary.json")
    found = written(tmp_path / "wandb", tmp_path / "runs")
    assert [run for run, tag in found if tag == "loss"] == ["run-20260211_131227-eziofh0f"]


def test_lines_that_are_longer_than_the_head_have_their_own_step(tmp_path: Path) -> None:
    """They stay JSON lines by their name."""
    text = lines(*({"step": at, "loss": 1 / at, "note": "a" * 70_000} for at in (3, 7, 11)))
    assert steps(curves(tmp_path, log__jsonl=text), "loss") == [3, 7, 11]


def test_rows_of_clients_within_rounds_are_runs(tmp_path: Path) -> None:
    """A client's number is no counter within the round's, though it begins anew with each."""
    rows = "".join(f"{at},{who},{at}.{who + 1}\n" for at in range(5) for who in range(3))
    found = curves(tmp_path, fed__csv="round,client_id,train_loss\n" + rows)
    assert sorted(found.values()) == [
        [(at, float(f"{at}.{who + 1}")) for at in range(5)] for who in range(3)
    ]


def test_a_history_as_python_prints_it_is_its_curves(tmp_path: Path) -> None:
    text = repr({"loss": [0.5, 0.25], "val_loss": [0.75, 0.5]}) + "\n"
    found = curves(tmp_path, history__txt=text)
    assert list(found.values()) == [[(0, 0.5), (1, 0.25)], [(0, 0.75), (1, 0.5)]]


def test_a_list_of_numbers_is_a_curve_called_like_its_file(tmp_path: Path) -> None:
    found = curves(tmp_path, losses__json="[0.5, 0.25, 0.125]")
    assert [(tag, points) for (_, tag), points in found.items()] == [
        ("losses", [(0, 0.5), (1, 0.25), (2, 0.125)])
    ]


def test_scores_beside_a_confusion_matrix_are_read_as_they_are_said(tmp_path: Path) -> None:
    """Two classes: rows of two numbers, which are no steps and values."""
    said = {"test_accuracy": 0.5, "f1": 0.25, "confusion_matrix": [[5, 2], [8, 12]]}
    found = curves(tmp_path, metrics__json=json.dumps(said))
    assert {tag: points for (_, tag), points in found.items()} == {
        "test/accuracy": [(0, 0.5)],
        "f1": [(0, 0.25)],
    }


def test_a_column_of_decimal_commas_is_read_beside_one_of_points(tmp_path: Path) -> None:
    """And points that part thousands, where a comma follows; a comma that parts them is none."""
    found = curves(
        tmp_path,
        **{
            "a.csv": "epoch;loss;time\n1;0,91;10.5\n2;0,8;9.25\n3;0,75;8.5\n",
            "b.csv": "epoch;loss;tokens\n1;0,93;1.200,5\n2;0,83;2.400,25\n3;0,7;3.600,125\n",
            "c.csv": "epoch;loss;tokens\n1;0.95;1,200\n2;0.85;2,400\n3;0.7;3,600\n",
        },
    )
    assert [value for _, value in found["exp/a", "loss"]] == pytest.approx([0.91, 0.8, 0.75])
    assert found["exp/a", "time"] == [(1, 10.5), (2, 9.25), (3, 8.5)]
    assert found["exp/b", "tokens"] == [(1, 1200.5), (2, 2400.25), (3, 3600.125)]
    assert ("exp/c", "loss") in found
    assert ("exp/c", "tokens") not in found
