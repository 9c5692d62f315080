"""What the manifest of the corpus states of its files, and where it counts by another convention.

Nothing here reads a log: the facts were counted by scripts that share no code with ours.
"""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(os.environ.get("TBINGEST_CORPUS") or "/nonexistent")

COUNTERS = frozenset(
    (
        *("epoch", "epochs", "iter", "iters", "iteration", "iterations", "step", "steps", "index"),
        *("global_step", "current_steps", "num_updates", "timesteps_total", "total_timesteps"),
        *("training_iteration", "row", "number"),
    )
)
"""Leaves of tags that count, and are no metric unless the manifest calls them one."""

SUMMED = frozenset({"epoch", "step"})
"""Of a summary, the fields that say when it was made."""

POINTS = (
    "points",
    "points_excluding_first_column",
    "points_mean_only",
    "points_r_and_l",
    "points_mean_reward_and_len",
    "points_checkpoint_rewards",
    "epoch_points",
)
"""What the manifest calls the number of finite values of metrics."""

ROWS = (
    *("rows", "iter_rows", "eval_rows", "train_rows", "valid_rows", "epoch_rows", "tick_rows"),
    *("dict_rows", "seg_rows", "ppocr_rows", "avg_loss_rows", "step_rows_train", "step_rows_val"),
    *("epoch_step_loss_ppl_rows", "episode_reward_rows", "epoch_batch_rows", "epoch_lines"),
    *("train", "val", "eval", "hella", "iterations", "with_lm_loss"),
)
"""What the manifest calls the lines of a text log that hold metrics, where it knows their steps."""

DUMPED = ("tensors", "n_arrays", "datasets", "initializers")


SPREAD = "the manifest counts the means only; their deviations are shown too"
SCORE = "the trial's score stands beside its hyperparameters"

NULLS = "a null is no hyperparameter: TensorBoard's HParams tab answers 500 to one"
ROW = "a row is a training: its settings are hyperparameters, its results scalars"
CORRECTED: dict[str, tuple[dict[str, Any], str]] = {
    "tidy/nanogpt_sweep_metrics.csv": ({"points": 2 * 12, "n_metrics": 2}, ROW),
    "wandb_export/runs_table/wandb_export.csv": ({"points": 4 * 54, "n_metrics": 4}, ROW),
    "sb3/spaceinvaders/results.json": (
        {"points": 2, "keys": ["mean_reward", "std_reward"]},
        "the number of episodes is a setting of the evaluation",
    ),
    "dvclive/exp_tracking/dvclive/dvc.yaml": ({"hparams": None}, "DVC's own list of files"),
    "generic_csv/gen_seed1/tensor_strings.csv": (
        {"points": 45, "n_metrics": 3},
        "the manifest's own note: so many where tensor(0.86, ...) is read as the number it holds",
    ),
    "keras_tuner/deeplearn/trial_0000/trial.json": ({"hparams": 9}, SCORE),
    "keras_tuner/deeplearn/trial_0003/trial.json": ({"hparams": 13}, SCORE),
    "rllib/apex_breakout/progress.csv": (
        {"points": 19 * 261, "n_metrics": 19},
        "the manifest leaves out `done` and `info`, a cell with a dictionary of 8 numbers",
    ),
    "rllib/apex_breakout/result.json": (
        {"points": 19 * 262, "n_metrics": 19},
        "the manifest counts the configuration in every row, which Ray's own logger drops",
    ),
    "stylegan/rpgsprite/training_options.json": ({"hparams": 59}, NULLS),
    "ultralytics/gallstone_v11seg/args.yaml": ({"hparams": 97}, NULLS),
    "weights/gen_seed1/whole_module.pt": (
        {"weights_only_load": True, "tensors": 9},
        "its tensors can be had without running the code that it names",
    ),
    "sb3/gen_seed1/evaluations.npz": ({"points_mean_reward_and_len": 2 * 24}, SPREAD),
    "sb3/spaceinvaders/evaluations.npz": ({"points_mean_reward_and_len": 2 * 6}, SPREAD),
    "sb3/zoo_a2c_acrobot/evaluations.npz": ({"points_mean_reward_and_len": 2 * 100}, SPREAD),
    "sklearn/gen_seed1/mlp_history.json": (
        {"hparams": 25},
        "its best score and its number of iterations stand beside its 23 parameters",
    ),
}
"""Facts by another convention than the manifest's, and why."""


@dataclass(frozen=True)
class Listed:
    """A file of the corpus, the format that its manifest calls it, and the facts."""

    name: str
    form: str
    facts: dict[str, Any]

    @property
    def path(self) -> Path:
        return CORPUS / self.name

    @property
    def metrics(self) -> set[str]:
        """Leaves of the fields that the manifest calls metrics."""
        named = (*self.facts.get("metrics", ()), *(set(self.keys) - SUMMED))
        return {leaf(name) for name in named}

    @property
    def keys(self) -> list[str]:
        """The fields of a summary, of which the manifest counts each as a point."""
        return list(self.facts.get("keys", ()))

    @property
    def counters(self) -> set[str]:
        """Leaves of tags that say where or when a value stands."""
        facts = self.facts
        wall = facts.get("wall", ())
        named = re.findall(r"[\w/]+", wall) if isinstance(wall, str) else list(wall)
        named += [*facts.get("also_counters", ()), str(facts.get("step", ""))]
        return ({leaf(name) for name in named} | COUNTERS) - self.metrics

    @property
    def want(self) -> int | None:
        """How many values of metrics are to be read; None where the manifest does not say."""
        facts = self.facts
        if "numeric_rows" in facts:  # a boxed table, of which one row is the step
            return int(facts["numeric_rows"]) - facts["dash_lines"] // 2
        for name in POINTS:
            if name in facts:
                odd = facts.get("nonfinite", 0) + len(facts.get("nonfinite_as_strings", ()))
                return int(facts[name] + odd) - len(SUMMED & set(self.keys))
        return None

    @property
    def refused(self) -> bool:
        """True for what holds nothing to be read, or must not be."""
        facts = self.facts
        unsafe = facts.get("weights_only_load") is False
        return unsafe or "expect" in facts or self.name.startswith("negatives/")


def leaf(name: str) -> str:
    """The last part of a tag, in lower case."""
    return name.rpartition("/")[2].strip().lower()


def manifest() -> Iterator[Listed]:
    """Every file of the corpus; none where there is no corpus."""
    path = CORPUS / "MANIFEST.tsv"
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                facts, _ = CORRECTED.get(row["path"], ({}, ""))
                yield Listed(row["path"], row["format"], json.loads(row["facts"]) | facts)
