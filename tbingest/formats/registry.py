"""Which formats and stores there are: the built-in ones and those of installed packages.

One door for both.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, TypeVar

from tbingest.errors import UsageError
from tbingest.model import Evidence, Format, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tbingest.model import Head

SCHEMA = "tbingest.formats/1"
ENOUGH = 0.5
"""A source is read when a format is at least this sure."""

FORMATS = (
    "dumps.csv_matrix",
    "dumps.flax_msgpack",
    "dumps.gguf",
    "dumps.hdf5",
    "dumps.json_weights",
    "dumps.keras_zip",
    "dumps.npy",
    "dumps.npz",
    "dumps.onnx",
    "dumps.safetensors",
    "dumps.sb3",
    "dumps.torch_legacy",
    "dumps.torch_zip",
    "formats.allennlp",
    "formats.audio",
    "formats.baselines_boxes",
    "formats.baselines_csv",
    "formats.baselines_jsonl",
    "formats.catboost_json",
    "formats.catboost_tsv",
    "formats.config",
    "formats.d3rlpy",
    "formats.deepspeed",
    "formats.detectron2",
    "formats.dopamine",
    "formats.dowel",
    "formats.dvclive_summary",
    "formats.dvclive_tsv",
    "formats.evals_result",
    "formats.evaluation_plots",
    "formats.evaluations",
    "formats.fairseq",
    "formats.fastai",
    "formats.generations",
    "formats.hf_console",
    "formats.hf_model_card",
    "formats.hf_results",
    "formats.hf_trainer",
    "formats.image",
    "formats.jsondoc",
    "formats.jsonlines",
    "formats.keras_console",
    "formats.keras_csv",
    "formats.keras_history",
    "formats.keras_tuner",
    "formats.lightning",
    "formats.llamafactory",
    "formats.lm_eval",
    "formats.mlagents_status",
    "formats.mlagents_timers",
    "formats.mlflow_db",
    "formats.mlflow_metric",
    "formats.mlflow_param",
    "formats.mlflow_run",
    "formats.mmcv",
    "formats.mmengine",
    "formats.monitor",
    "formats.notes",
    "formats.obj",
    "formats.optuna_csv",
    "formats.optuna_db",
    "formats.origin",
    "formats.pattern",
    "formats.ply",
    "formats.poutyne",
    "formats.predictions",
    "formats.ray_csv",
    "formats.ray_json",
    "formats.sacred",
    "formats.sklearn_results",
    "formats.skorch",
    "formats.spacy_train",
    "formats.spinup",
    "formats.stylegan",
    "formats.stylegan_metric",
    "formats.table",
    "formats.tensorboard_csv",
    "formats.tensorboard_json",
    "formats.text",
    "formats.tidy",
    "formats.tidy_jsonl",
    "formats.timm",
    "formats.trackio",
    "formats.ultralytics",
    "formats.visualdl",
    "formats.wandb_chart",
    "formats.wandb_config",
    "formats.wandb_history_csv",
    "formats.wandb_run",
    "formats.wandb_runs",
    "formats.wandb_summary",
    "formats.wandb_table",
)
STORES = (
    "stores.allennlp",
    "stores.baselines",
    "stores.catboost",
    "stores.dvclive",
    "stores.hf_checkpoints",
    "stores.lm_eval",
    "stores.mlflow",
    "stores.openmmlab",
    "stores.projector",
    "stores.repeats",
    "stores.tensorboard_downloads",
    "stores.wandb",
)
_Kind = TypeVar("_Kind", Format, Store)


@cache
def formats() -> dict[str, Format]:
    """Every format by its name. Raises UsageError where a plug-in is none, or does not load."""
    return {entry.name: entry for entry in _found(FORMATS, "FORMAT", Format)}


@cache
def stores() -> dict[str, Store]:
    """Every store by its name. Raises UsageError where a plug-in is none, or does not load."""
    return {entry.name: entry for entry in _found(STORES, "STORE", Store)}


def _found(modules: Sequence[str], name: str, kind: type[_Kind]) -> Iterator[_Kind]:
    for module in modules:
        yield getattr(importlib.import_module(f"tbingest.{module}"), name)
    group = f"tbingest.{name.lower()}s"
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            loaded = point.load()
        except Exception as error:
            raise UsageError(
                f"plug-in {point.name!r} ({point.value}) cannot be loaded: "
                f"{type(error).__name__}: {error}",
                "repair or uninstall its package",
            ) from error
        if not isinstance(loaded, kind):
            raise UsageError(
                f"plug-in {point.name!r} ({point.value}) is no tbingest.{kind.__name__}",
                f"its entry point must name a {kind.__name__} object",
            )
        yield loaded


def use(plugins: Iterable[str]) -> None:
    """Add the formats and stores of Python files to those known; each file is run once.

    Raises UsageError where one does not load, or holds neither.
    """
    for path in plugins:
        for entry in _from_file(path):
            if isinstance(entry, Format):
                formats()[entry.name] = entry
            else:
                stores()[entry.name] = entry


@cache
def _from_file(path: str) -> tuple[Format | Store, ...]:
    # A dataclass looks its module up by name.
    name = f"tbingest_plugin_{hashlib.blake2b(path.encode(), digest_size=8).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"plug-in {path}: is no Python file", "its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(
            f"plug-in {path} cannot be loaded: {type(error).__name__}: {error}",
            "repair it, or take it out of plugins",
        ) from error
    found = tuple(entry for entry in vars(module).values() if isinstance(entry, Format | Store))
    if not found:
        raise UsageError(
            f"plug-in {path} holds no tbingest.Format", "end it with FORMAT = tbingest.Format(...)"
        )
    return found


def evidence(head: Head) -> list[tuple[Format, Evidence]]:
    """What every format says of a source, the surest first; ties in order of name."""
    said = [(entry, entry.detect(head)) for entry in formats().values()]
    return sorted(said, key=lambda pair: (-pair[1].confidence, pair[0].name))
