"""The corpus in one folder: every file is taken for what it is, with a reason, and at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from helpers.corpus_facts import CORPUS, Listed, manifest

import tbingest
from tbingest.formats.readers.head import document, first_objects, text_lines
from tbingest.formats.registry import stores

if TYPE_CHECKING:
    from tbingest.plan.planned import Plan

ENOUGH = 0.97
NO_PLOTS = tbingest.Options(plots="none")
UNREAD = "-"
"""The file is not read, and why is said."""

NAMES: dict[str, str] = {
    "baselines-progress": "baselines-csv",
    "baselines-table-log": "baselines-boxes -",  # the progress beside it says the same
    "buildnanogpt-log": "text",
    "catboost-json": "catboost-json",
    "catboost-tsv": "catboost-tsv -",
    "chainer-log": "json",
    "classification-report": "sklearn",
    "confusion-matrix-csv": "evaluation-plots",
    "csv-matrix": "matrix",
    "detectron2-jsonl": "detectron2",
    "dvclive-plot-json": "predictions evaluation-plots",
    "dvclive-summary": "dvclive-summary",
    "dvclive-tsv": "dvclive-tsv",
    "evals-result-json": "evals-result",
    "fastai-csv": "fastai",
    "fb-log-jsonl": "jsonl",
    "generic-csv": "table",
    "generic-jsonl": "jsonl",
    "gguf": "gguf",
    "gzip-csv": "lightning",
    "hf-console": "text",
    "hf-results": "hf-results",
    "hf-trainer-state": "hf-trainer",
    "ignite-log": "text",
    "joblib-unsafe": UNREAD,
    "json-hparams": "config",
    "json-summary": "json json-tree",
    "json-weights": "json-weights",
    "keras-console": "keras-console",
    "keras-csvlogger": "keras-csv",
    "keras-h5": "hdf5",
    "keras-history-json": "keras-history json",
    "keras-v3": "keras",
    "keras-weights-h5": "hdf5 -",  # model.keras beside it holds the same
    "kerastuner-oracle": UNREAD,
    "kerastuner-trial": "keras-tuner",
    "lfs-pointer": UNREAD,
    "lightgbm-console": "text",
    "lightgbm-model-txt": "notes -",
    "lightning-csv": "lightning",
    "lightning-hparams": "config",
    "llamafactory-jsonl": "llamafactory",
    "llmc-log": "text",
    "lm-eval-json": "lm-eval",
    "marian-log": "text",
    "megatron-log": "text",
    "mlagents-status": "mlagents mlagents-status",
    "mlagents-timers": "mlagents mlagents-timers",
    "mlflow-meta": f"mlflow-run {UNREAD}",
    "mlflow-metric": "mlflow-metric",
    "mlflow-param": "mlflow-param",
    "mlflow-tag": "notes origin -",
    "mmengine-jsonl": "mmengine",
    "moddednanogpt-log": "text",
    "nanogpt-log": "text -",
    "negative-dataset": UNREAD,
    "negative-engine-log": UNREAD,
    "negative-latex-log": UNREAD,
    "negative-log-without-metrics": UNREAD,
    "negative-utf16-text": "notes -",
    "npy": "npy",
    "npy-object-unsafe": "npy -",
    "npz": "npz",
    "onnx": "onnx",
    "openai-step-metrics": "table",
    "optuna-sqlite": "optuna-db",
    "optuna-trials-csv": "optuna-csv",
    "other-config": UNREAD,
    "paddle-log": "text",
    "predictions-csv": "predictions",
    "repeated-header-csv": "baselines-csv",
    "rllib-progress": "ray-csv -",  # result.json beside it says the same
    "rllib-result-jsonl": "ray-jsonl",
    "sacred-metrics": "sacred",
    "sacred-run": "origin",
    "safetensors": "safetensors",
    "safetensors-index": UNREAD,
    "safetensors-shard": "safetensors",
    "sb3-evaluations": "evaluations",
    "sb3-model-zip": "sb3",
    "sb3-monitor": "monitor",
    "sb3-progress": "baselines-csv -",
    "sb3-progress-jsonl": "baselines-jsonl",
    "semicolon-csv": "keras-csv",
    "single-column-txt": "table",
    "sklearn-loss-curve": "sklearn",
    "skorch-history": "skorch",
    "spinup-tsv": "spinup",
    "stylegan-log": "text -",
    "stylegan-metric": "stylegan-metric",
    "stylegan-stats": "stylegan-stats",
    "sweep-csv": "table tidy rows",
    "tag-to-pairs-json": "json",
    "tb-csv": "tensorboard-csv",
    "tb-json": "tensorboard-json",
    "tensor-string-csv": "table",
    "text-log": "text",
    "tidy-csv": "tidy rows",
    "tidy-json-records": "json dopamine",
    "timm-summary": "timm table",
    "torch-legacy": "torch-legacy",
    "torch-module-unsafe": "torch -",
    "torch-zip": "torch -",  # a scheduler holds no tensors
    "torch-zip-unsafe": "torch -",
    "truncated-jsonl": "llamafactory",
    "tsv-named-log": "table",
    "ultralytics-csv": "ultralytics",
    "utf16-csv": "lightning",
    "wandb-binary": "wandb-run",
    "wandb-config": "wandb-config",
    "wandb-export-csv": "wandb-chart",
    "wandb-runs-table": "wandb-runs tidy rows",
    "wandb-summary": "wandb-summary -",
    "whitespace-table": "table",
    "xgboost-console": "text",
    "xgboost-cv-csv": "table",
    "xgboost-model-json": UNREAD,
    "yaml-hparams": "config",
}
"""What the manifest calls a file, and the formats that it may be taken for."""

NOT_NAMED: dict[str, str] = {
    "generic_csv/snet_bom/knn_kw-truncated.csv": "results by method, taken for a data set",
}
"""Files that are taken for something else, and why. A file that is not, must not stand here."""

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="TBINGEST_CORPUS names no corpus")
FILES = [pytest.param(listed, id=listed.name) for listed in manifest()]


SHARED = (text_lines, first_objects, document)
"""What several formats need of a head, and what remembers it."""


@cache
def planned() -> tuple[Plan, list[int]]:
    """The whole corpus as one folder, and how often each of `SHARED` was worked out."""
    before = [one.cache_info().misses for one in SHARED]
    plan = tbingest.inspect(CORPUS, CORPUS.parent / "no-such-logdir", NO_PLOTS)
    after = [one.cache_info().misses for one in SHARED]
    return plan, [now - then for then, now in zip(before, after, strict=True)]


@cache
def taken() -> dict[str, tuple[str, str]]:
    """(format, reason) of every file by its name; `-` where it is not read."""
    plan, _ = planned()
    found = {}
    for job in plan.jobs:
        for one in job.sources:
            found[one.source.name] = (one.format, one.evidence[0][1].reason)
    for ignored in plan.ignored:
        name = ignored.shown.removeprefix(f"{CORPUS}/")
        found[name] = (UNREAD, ignored.reason)
    return found


@pytest.mark.parametrize("listed", FILES)
def test_a_file_is_taken_for_what_it_is(listed: Listed) -> None:
    """Among all others, by its content, its name or its folder; with a reason in words."""
    name, reason = taken()[listed.name]
    right = name in NAMES[listed.form].split()
    assert reason
    if listed.name in NOT_NAMED:
        assert not right, f"is named now: strike it from NOT_NAMED ({NOT_NAMED[listed.name]})"
    else:
        assert right, f"{listed.form} is taken for {name} ({reason})"


def test_all_but_a_few_files_are_named() -> None:
    """The goal is a share, not a table that grows."""
    found = taken()
    right = [found[one.name][0] in NAMES[one.form].split() for one in manifest()]
    assert sum(right) >= ENOUGH * len(right), f"{sum(right)} of {len(right)}"


def test_what_several_formats_need_of_a_head_is_worked_out_once() -> None:
    """Every head is looked at by every format."""
    plan, counts = planned()
    files = sum(len(job.sources) for job in plan.jobs) + len(plan.ignored)
    assert max(counts) <= files


def test_a_file_that_a_store_leaves_out_is_one_of_its_own() -> None:
    """What begins with a store's name was said by a store that there is."""
    plan, _ = planned()
    said = {ignored.reason.partition(": ")[0] for ignored in plan.ignored}
    assert said & set(stores())
