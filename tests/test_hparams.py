"""Hyperparameters of a sweep: every column and every metric is shown, in both loaders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from helpers import tbhttp
from helpers.readers import read

import tbingest
from tbingest.formats.mlflow.param import given

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNS = 10


def config(number: int) -> dict[str, Any]:
    """All runs share some keys; every run has one of its own. A list is one value, as text."""
    return {
        "lr": 0.1 / (number + 1),
        "seed": number,
        "amp": number % 2 == 0,
        "optimizer": {"name": ("sgd", "adam")[number % 2], "betas": [0.9, 0.99 + number / 1000]},
        f"only_{number}": f"text {number}",
    }


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sweep")
    for number in range(RUNS):
        folder = root / "logs" / f"trial_{number}"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(config(number)))
        extra = f"extra_{number}"
        lines = [f"step,loss,{extra}\n", *(f"{n},{number + n},{n * 2}\n" for n in range(3))]
        (folder / "metrics.csv").write_text("".join(lines))
    tbingest.convert(root / "logs", root / "runs", tbingest.Options(plots="none"))
    return root / "runs"


@pytest.fixture(scope="module", params=["true", "false"])
def url(request: pytest.FixtureRequest, sweep: Path) -> Iterator[str]:
    with tbhttp.tensorboard(sweep, request.param) as address:
        tbhttp.wait_for(lambda: len(tbhttp.all_scalars(address)) == 2 * RUNS, 60)
        yield address


def values_of(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group["hparams"].items() if value not in ("", None)}


def test_every_key_of_any_run_is_a_column(url: str) -> None:
    experiment = tbhttp.post_json(url, "/data/plugin/hparams/experiment", {"experimentName": ""})
    columns = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    shared = {"lr", "seed", "amp", "optimizer/name", "optimizer/betas"}
    assert columns.keys() == shared | {f"only_{number}" for number in range(RUNS)}
    assert columns["lr"] == columns["seed"] == "DATA_TYPE_FLOAT64"
    assert columns["amp"] == "DATA_TYPE_BOOL"
    assert columns["optimizer/name"] == "DATA_TYPE_STRING"


def test_every_scalar_of_any_run_is_a_metric(url: str) -> None:
    experiment = tbhttp.post_json(url, "/data/plugin/hparams/experiment", {"experimentName": ""})
    metrics = {info["name"]["tag"] for info in experiment["metricInfos"]}
    assert metrics == {"loss", *(f"extra_{number}" for number in range(RUNS))}


def test_every_run_has_its_own_values_and_last_metrics(url: str) -> None:
    groups = {group["sessions"][0]["name"]: group for group in tbhttp.hparams(url)}
    assert groups.keys() == {f"trial_{number}" for number in range(RUNS)}
    for number in range(RUNS):
        group, given = groups[f"trial_{number}"], config(number)
        assert values_of(group) == {
            "lr": pytest.approx(given["lr"]),
            "seed": number,
            "amp": given["amp"],
            "optimizer/name": given["optimizer"]["name"],
            "optimizer/betas": str(given["optimizer"]["betas"]),
            f"only_{number}": f"text {number}",
        }
        shown = {one["name"]["tag"]: one["value"] for one in group["metricValues"]}
        assert shown == {"loss": number + 2, f"extra_{number}": 4}


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_how_a_run_went_is_a_status_with_times(
    samples: Path, tmp_path: Path, load_fast: str
) -> None:
    """As MLflow, Optuna, Keras Tuner and W&B say it; a pruned trial ended in no known way."""
    logs = samples / "formats"
    for number, name in enumerate(("mlflow/files", "mlflow/db", "optuna/db", "keras/tuner")):
        options = tbingest.Options(plots="none")
        tbingest.convert(logs / name, tmp_path / "runs" / str(number), options)
    with tbhttp.tensorboard(tmp_path / "runs", load_fast) as url:
        groups = tbhttp.wait_for(lambda: len(found := tbhttp.hparams(url)) == 7 and found, 60)
    sessions = [group["sessions"][0] for group in groups]
    found = {
        (one["name"][0], one["name"][-1]): (one["status"], one["startTimeSecs"], one["endTimeSecs"])
        for one in sessions
    }
    started = 1_780_000_000.0  # the samples, all but Optuna
    assert found["0", "c"] == ("STATUS_SUCCESS", started + 2, started + 12)
    assert found["1", "c"] == ("STATUS_FAILURE", started, 0)
    assert found["2", "0"][0] == found["2", "1"][0] == "STATUS_SUCCESS"
    assert found["2", "2"][0] == "STATUS_UNKNOWN"
    assert found["2", "2"][2] > 1_777_000_000


def test_a_run_that_goes_on_has_no_end_yet(tmp_path: Path) -> None:
    """Its end is told by the next conversion; what is written stays as it is."""
    run = tmp_path / "mlruns" / "0" / "abc"
    (run / "metrics").mkdir(parents=True)
    (run / "params").mkdir()
    (run / "params" / "lr").write_text("0.1")
    (run / "metrics" / "loss").write_text("1664364007310 0.5 0\n")
    about = "run_id: abc\nexperiment_id: '0'\nstart_time: 1664364007025\n"
    (run / "meta.yaml").write_text(f"{about}status: 1\nend_time: null\n")
    options = tbingest.Options(plots="none")
    tbingest.convert(tmp_path / "mlruns", tmp_path / "runs", options)
    (event_file,) = (tmp_path / "runs").rglob("*tfevents*")
    before = event_file.read_bytes()
    assert b"session_start_info" in before
    assert b"session_end_info" not in before
    (run / "meta.yaml").write_text(f"{about}status: 3\nend_time: 1664364009025\n")
    for _ in range(2):
        report = tbingest.convert(tmp_path / "mlruns", tmp_path / "runs", options)
        after = event_file.read_bytes()
        assert after.startswith(before)
        assert after.count(b"session_end_info") == 1
    assert report.bytes_written == 0
    assert not report.problem_count


def test_a_parameter_of_mlflow_that_was_not_set_is_no_hyperparameter() -> None:
    """MLflow writes Python's None as a text; the tab fails to sort it among numbers."""
    assert given([("depth", "None"), ("lr", "0.01"), ("note", "")]) == {"lr": 0.01}
    records, problems = read("mlflow-param", b"None")
    assert (problems, [list(one.values) for _, found in records for one in found.values()]) == (
        [],
        [[]],
    )
