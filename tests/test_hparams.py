"""Hyperparameters of a sweep: every column and every metric is shown, in both loaders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import tbhttp

import tbingest

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
