"""Single values of documents and tables, and what they are of: results, settings, seeds, sweeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers.logs import put, written
from helpers.readers import head_of, taken_for

from tbingest.axis.document import read_document
from tbingest.axis.results import is_result
from tbingest.axis.table import read_table
from tbingest.formats.registry import evidence
from tbingest.options import Options
from tbingest.plan.planner import plan

if TYPE_CHECKING:
    from pathlib import Path


def steps_and_values(document: Any, run: str, tag: str) -> list[tuple[int, float]]:
    curve = read_document(document).curves[run][tag]
    return list(zip(curve.steps, curve.values, strict=True))


def test_how_many_samples_each_fold_has_is_no_step() -> None:
    folds = [{"accuracy": 0.9 + at / 64, "n": 22 - at // 3} for at in range(5)]
    found = steps_and_values({"per_fold": folds}, "", "per_fold/accuracy")
    assert found == [(at, 0.9 + at / 64) for at in range(5)]


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("bits_per_weight", [2.763, 1.687], True),
        ("steps_per_epoch", [100, 250], False),
        ("steps_to_90", [150, 175], True),
        ("episodes_to_solve", [40], True),
        ("path_to_step", [3], False),
        ("dead_frac", [0.0082], True),
        ("train_frac", [0.8], False),
    ],
)
def test_what_something_took_and_an_amount_per_thing_are_measured(
    name: str, values: list[float], *, result: bool
) -> None:
    assert is_result(name, values) == result


def test_whole_numbers_that_are_written_as_fractions_among_results_are_some() -> None:
    scores = {"z": 331041.97, "ratio": 0.02277, "gain": 0.63302, "fair": 1.0, "rows": 12}
    outcome = read_document({"test": scores})
    assert "test/fair" in outcome.curves[""]
    assert outcome.hparams[""] == {"test/rows": 12}


def test_counts_that_differ_between_parts_of_results_are_measured_but_no_layer() -> None:
    parts = {
        name: {"z": 331.0419 + at, "ratio": 0.02277, "gain": 0.63302, "edges": 66 + at, "layer": at}
        for at, name in enumerate(("dqn", "ppo"))
    }
    outcome = read_document({"title": "x", "test": parts})
    assert {tag for tags in outcome.curves.values() for tag in tags} >= {"test/dqn/edges"}
    assert not any("layer" in tag for tags in outcome.curves.values() for tag in tags)


def test_a_sweep_of_what_a_training_is_set_by_is_a_run_for_each_row_and_no_thresholds() -> None:
    values = ["0.0001", "0.001", "0.01"]
    losses = ["0.12345", "0.2345", "0.3456"]
    swept = read_table({"l1": values, "recon_loss": losses})
    assert set(swept.curves) == {"l1=0.0001", "l1=0.001", "l1=0.01"}
    evaluated = read_table({"threshold": values, "f1": losses})
    assert (len(evaluated.curves), len(evaluated.listings)) == (0, 1)


def test_a_switch_that_was_swept_tells_rows_apart() -> None:
    rows = [
        {"init": "a", "scaled": scaled, "seed": seed, "steps_to_90": 100 + 9 * seed, "acc": 0.9123}
        for scaled in (True, False)
        for seed in (0, 1)
    ]
    runs = set(read_document(rows).curves)
    assert runs == {f"seed={n}/scaled={said}" for n in (0, 1) for said in (True, False)}


def test_lists_below_weights_are_no_curves_and_one_for_each_seed_goes_by_places() -> None:
    document = {
        "f1": 0.9123,
        "learned_weights": {"cold": [1.0, 0.25], "warm": [1.0, 0.5]},
        "q": {"mean": 3.5, "per_seed": [3.25173, 3.74827]},
    }
    outcome = read_document(document)
    assert set(outcome.curves[""]) == {"f1", "q/mean", "q/per_seed/0", "q/per_seed/1"}
    assert sum(count for _, count in outcome.unread) == 4


@pytest.mark.parametrize(
    ("name", "document", "form"),
    [
        ("x.json", {"episodes": 90, "best_gap": 0.0148, "final_gap": 0.0165}, "json-tree"),
        ("summary.json", {"gap": 0.0148, "spread": 0.0165}, "json-tree"),
        ("x.json", {"a": {"mean": 4.5123, "per_seed": {"42": 4.25, "43": 4.7746}}}, "json-tree"),
        ("statistics.json", {"1": {"latency": {"mean": 4.5123}}}, "json-tree"),
        ("ablation.json", {"full": {"gap": 0.0148}, "none": {"gap": 0.0165}}, "json-tree"),
        ("x.json", {"seed": 4, "config": {"learning_rate": 0.1, "batch_size": 8}}, "config"),
    ],
)
def test_documents_under_any_name_are_known_by_their_keys(
    name: str, document: dict[str, Any], form: str
) -> None:
    assert taken_for(json.dumps(document), name) == form


def test_what_has_few_settings_of_a_training_is_no_config() -> None:
    text = json.dumps({"name": "site", "seed": 3, "steps": ["build", "test"], "port": 80})
    assert evidence(head_of(text.encode(), "package.json"))[0][1].confidence < 0.5


def _history(at: int) -> dict[str, Any]:
    return {"seed": at, "loss": [at + 1 / n for n in range(1, 21)], "config": {"lr": 0.1}}


def test_a_document_that_gathers_the_trainings_beside_it_is_left_out(tmp_path: Path) -> None:
    files = {f"seed{at}__json": json.dumps(_history(at)) for at in (1, 2)}
    whole = json.dumps({"label": "base", "runs": [_history(1), _history(2)]})
    folder = put(tmp_path / "exp", **files, group__json=whole)
    made = plan([folder], tmp_path / "runs", Options())
    assert [one.reason for one in made.ignored] == [
        "holds only what stands in seed1.json and 1 other"
    ]
    other = json.dumps({"label": "base", "runs": [_history(1), _history(3)]})
    put(tmp_path / "exp", group__json=other)
    assert not plan([folder], tmp_path / "runs", Options()).ignored


def test_a_dict_of_one_side_in_a_line_has_its_label(tmp_path: Path) -> None:
    line = "Epoch {0} | Train Loss: 0.{0}, Val Loss: 0.{0}5, Train Loss Dict: {{'acc': 0.{0}25}}, "
    line += "Val Loss Dict: {{'acc': 0.{0}75}}\n"
    log = put(tmp_path / "exp", train__log="".join(line.format(at) for at in range(1, 5)))
    found = written(log, tmp_path / "runs")
    assert found["exp", "train/acc"] == [(at, (at + 0.25) / 10) for at in range(1, 5)]
    assert found["exp", "val/acc"] == [(at, (at + 0.75) / 10) for at in range(1, 5)]


def test_whole_numbers_that_begin_anew_with_each_word_beside_them_are_steps() -> None:
    groups = [(name, at) for name in ("plain", "mixed") for at in range(6)]
    table = {
        "recipe": [name for name, _ in groups],
        "chunk": [at for _, at in groups],
        "loss": [len(name) + 1 / (at + 2) for name, at in groups],
    }
    outcome = read_table(table)
    assert {run: tags["loss"].steps for run, tags in outcome.curves.items()} == {
        "plain": [0, 1, 2, 3, 4, 5],
        "mixed": [0, 1, 2, 3, 4, 5],
    }
    assert set(read_table({**table, "recipe": ["plain"] * 12}).curves) != {"plain", "mixed"}


def test_runs_of_mlflow_are_called_by_their_names_and_the_start_of_their_ids(
    tmp_path: Path,
) -> None:
    """A run keeps its name when another of the same name comes; what lies below follows it."""
    for number, name in enumerate(("base", "'base'", "")):
        said = f"run_name: {name}\n" if name else ""
        folder = tmp_path / "mlruns" / "0" / (str(number) * 32)
        put(folder, meta__yaml=f"experiment_id: '0'\nrun_id: {str(number) * 32}\n{said}")
        put(folder / "metrics", loss="1700000000000 0.5 1\n1700000001000 0.25 2\n")
        put(folder / "artifacts", metrics__json='{"accuracy": 0.9123}')
    found = written(tmp_path / "mlruns", tmp_path / "runs")
    names = {"0/base-000000", "0/base-111111", f"0/{'2' * 32}"}
    assert {run for run, _ in found} == names | {f"{name}/artifacts" for name in names}


def test_rows_of_all_combinations_of_what_leads_are_runs_of_these_alone() -> None:
    grid = [(bits, ratio) for bits in (4, 6, 8) for ratio in (0.0, 0.1, 0.2, 0.3)]
    table = {
        "weight_bits": [bits for bits, _ in grid],
        "prune_ratio": [ratio for _, ratio in grid],
        "base_accuracy": [95.11] * len(grid),
        "test_accuracy": [90 + at / 7 for at in range(len(grid))],
        "model_size_mb": [2 + round(ratio, 1) for _, ratio in grid],
    }
    runs = set(read_table(table).curves)
    assert runs == {f"weight_bits={bits}/prune_ratio={ratio:g}" for bits, ratio in grid}


def test_rows_of_a_table_called_a_sweep_are_runs_of_what_leads() -> None:
    mixed = [(0.75, 12), (0.25, 40), (0.75, 31), (0.125, 31), (0.375, 40)]
    table = {
        "w_plain": [weight for weight, _ in mixed],
        "w_mixed": [other for _, other in mixed],
        "prec_mean": [0.28123 + at / 99 for at in range(len(mixed))],
    }
    swept = read_table(table, title="sweep_results.csv").curves
    assert set(swept) == {f"w_plain={a}/w_mixed={b}" for a, b in mixed}
    assert {len(one.values) for tags in swept.values() for one in tags.values()} == {1}


def test_values_in_a_row_each_are_joined_where_the_same_is_told_of_them() -> None:
    told = [(m, d, s) for m in ("vae", "pca") for d in ("d1", "d2", "d3") for s in ("auc", "ap")]
    table = {
        "model": [model for model, _, _ in told],
        "donor": [donor for _, donor, _ in told],
        "metric": [name for _, _, name in told],
        "value": [0.5123 + at / 64 for at in range(len(told))],
    }
    curves = read_table(table).curves
    values = sorted(v for tags in curves.values() for one in tags.values() for v in one.values)
    assert values == [0.5123 + at / 64 for at in range(len(told))]
    assert {tag.rpartition("/")[2] for tags in curves.values() for tag in tags} == {"auc", "ap"}


def test_records_of_a_named_counter_are_curves_of_what_is_keyed_in_them() -> None:
    def level(n: int) -> dict[str, Any]:
        return {"episodes": 1, "cleared": n % 2, "clear_rate": n / 7, "mean_return": -5.0 + n}

    records = [
        {"timesteps": 30 * n, "mean_return": n / 4, "levels": {"5": level(n), "6": level(n + 1)}}
        for n in range(1, 6)
    ]
    tags = read_document(records).curves[""]
    assert tags["levels/6/mean_return"].steps == [30, 60, 90, 120, 150]
    assert tags["levels/6/mean_return"].values == [-3.0, -2.0, -1.0, 0.0, 1.0]


def test_what_a_model_gave_is_a_sample_however_short_it_is() -> None:
    table = {
        "prompt_id": ["a1", "a2", "a3", "a4"],
        "response": ["yes", "no", "no", "maybe"],
        "score": ["0.125", "0.5", "0.25", "0.75"],
    }
    assert not read_table(table).curves
    assert len(read_table(table).listings) == 1


def test_fractions_for_each_of_many_are_measured_whatever_these_are_called() -> None:
    shapes = {"settled": 1.0, "rising": 0.8, "drift": 0.0, "n": 5}
    document = {"accuracy": 0.17778, "n_total": 45, "per_shape_coherence": shapes}
    assert set(read_document(document).curves[""]) == {
        "accuracy",
        *(f"per_shape_coherence/{name}" for name in ("settled", "rising", "drift")),
    }


def test_trainings_are_called_by_their_models_rather_than_by_the_files_of_these() -> None:
    models = ["resnet18", "resnet34", "vit_tiny"]
    table = {
        "test_accuracy": [0.8521, 0.861, 0.744],
        "checkpoint": [f"checkpoints/{name}/best.pt" for name in models],
        "model": models,
    }
    assert set(read_table(table).curves) == set(models)


def test_four_columns_tell_rows_apart_beside_words_of_another_kind() -> None:
    rows = [
        (level, policy, task, seed, step)
        for level in ("easy", "hard")
        for policy in ("random", "rule")
        for task in ("triage", "crisis")
        for seed in (1, 2, 3)
        for step in range(1, 2 if task == "triage" else 5 + seed)
    ]
    table = {
        **{
            name: [row[at] for row in rows]
            for at, name in enumerate(("level", "policy", "task", "seed", "step"))
        },
        "reward": [0.5 + at / 1024 for at in range(len(rows))],
        "reason": [("wait", "patch", "ask")[at % 3] for at in range(len(rows))],
    }
    curves = read_table(table).curves
    assert len(curves) == 24
    assert sum(len(tags["reward"].values) for tags in curves.values()) == len(rows)
    assert curves["hard/rule/crisis/seed=3"]["reward"].steps == [1, 2, 3, 4, 5, 6, 7]
