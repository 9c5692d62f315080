"""The parity pairs: which log, which of our runs is which native one, and every exception.

The rules behind them stand in the notes beside the pairs (PARITY.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Pair:
    """A log, its native runs by ours, and what one side has and the other cannot have.

    `log` is the file or folder to convert, below `log/`. Patterns over tags, each with its reason:
    `native_only` for native tags that no log holds or that are no scalars, `ours_only` for ours
    that the native logger leaves out, `some` for tags of which the log holds fewer points than the
    native file. `tags` gives our tag for native ones; `near` how far a rounded value may be off,
    relative to it; `step` our step for a native one. `twice` counts the points that the native
    file holds a second time, of which TensorBoard's own pages show the later.
    """

    framework: str
    runs: Mapping[str, str]
    log: str = "."
    twice: int = 0
    native_only: Mapping[str, str] = field(default_factory=dict)
    ours_only: Mapping[str, str] = field(default_factory=dict)
    some: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    near: Mapping[str, float] = field(default_factory=dict)
    step: Callable[[int], int] = int

    @property
    def name(self) -> str:
        """The framework, and the file where a pair has several."""
        return self.framework if self.log == "." else f"{self.framework}/{self.log}"


ITERATIONS = "its steps are (epoch + 1) * steps per epoch, and no log says how many those are"
WEIGHTS = "of the model's weights: held to its dumps in test_dumping.py"
CONFIG = "the configuration as text: not in the log"
SESSION = "a session of hyperparameters: shown by the HParams tab, not as a curve"
GRAPH = "the model's graph: not in the log"
BATCHES = "logged for every batch; the log has one row for each epoch"
EXCLUDED = "logged by the framework with exclude='tensorboard'"
COUNTER = "a counter beside the step"
SPREAD = "the native logger writes means only"
OWN_SCRIPT = "the log is the script's own, and keeps it under its own name and step"

TRIAL_FOLDERS = (
    "exp/f_4f9bd_00000_0_lr=0.1000_2026-11-23_04-14-00",
    "exp/f_4f9bd_00001_1_lr=0.5000_2026-11-23_04-14-00",
)
POUTYNE_RUNS = (
    *("loss_loss", "loss_val_loss", "acc_acc", "acc_val_acc", "lr_lr", "time_time"),
    *("fscore_macro_fscore_macro", "fscore_macro_val_fscore_macro", "epoch_epoch"),
)
DUMPS = "norm, mean and so on of dumps: the native writer has histograms only"
SB3_COUNTERS = ("time/iterations", "time/time_elapsed", "train/n_updates")

PAIRS = (
    # Lightning's loggers lay their runs out alike: the path below the log folder is the run.
    # `epoch` is logged with the validation and with the training metrics of the same step.
    Pair("lightning", {"lightning_logs/version_0": "lightning_logs/version_0"}, twice=7),
    Pair(
        "hf",
        {".": "log"},
        twice=11,  # a final evaluate() and train()'s summary repeat the last step
        native_only={"args/text_summary": CONFIG, "model_config/text_summary": CONFIG},
    ),
    Pair(
        "keras",
        {"train": "log/train", "validation": "log/validation"},
        native_only={
            "keras": GRAPH,
            "tiny/*/histogram": WEIGHTS,
            "evaluation_*_vs_iterations": ITERATIONS,
        },
        ours_only={"weights*": DUMPS, "optimizer*": DUMPS},
    ),
    Pair(
        "accelerate",
        {"proj": "metrics", "proj/1795407248.2260377": "metrics"},
        log="metrics.jsonl",
        native_only={"_hparams_/*": SESSION},
        tags={"train_loss": "train/loss", "eval_accuracy": "eval/accuracy"},
    ),
    *(Pair("baselines", {".": "progress"}, log=log) for log in ("progress.csv", "progress.json")),
    Pair(
        "catboost",
        {"learn": "catboost_info/learn", "test": "catboost_info/test"},
    ),
    Pair(
        "catboost",
        {"learn": "catboost_training/learn", "test": "catboost_training/test"},
        log="catboost_info/catboost_training.json",
    ),
    Pair(
        "d3rlpy",
        {"runs/exp": "exp", "runs/exp/exp": "exp/exp"},
        native_only={
            "histograms/*": "the log has its minimum, maximum, mean and deviation",
            "_hparams_/*": SESSION,
            **dict.fromkeys(
                ("loss", "td", "time_step", "time_sample_batch"),
                "the last value once more, for the HParams tab",
            ),
            "time_algorithm_update": "the last value once more, for the HParams tab",
        },
        ours_only={"gradients/*": SPREAD},
    ),
    Pair("deepspeed", {"job": "job"}),
    Pair("detectron2", {".": "metrics"}, log="metrics.json"),
    Pair("dowel", {".": "progress"}, log="progress.csv"),
    Pair(
        "fairseq",
        {"train": "train/train", "train_inner": "train/train_inner", "valid": "train/valid"},
        log="train.log",
        native_only={"sys.argv/text_summary": CONFIG},
        ours_only={"epoch": COUNTER, "update": COUNTER},
        near={"*": 4e-6},
    ),
    Pair(
        "fastai",
        {".": "history"},
        log="history.csv",
        native_only=dict.fromkeys(("lr_0", "mom_0", "wd_0", "sqr_mom_0", "eps_0"), BATCHES),
        ours_only={"time": "minutes and seconds: not in TensorBoard"},
        some={"train_loss": BATCHES},
        # 10 batches an epoch: not in the log
        step=lambda step: -1 if step % 10 else step // 10 - 1,
    ),
    Pair(
        "ignite",
        {".": "metrics"},
        log="metrics.jsonl",
        native_only={
            "weights*": WEIGHTS,
            "grads_norm/*": WEIGHTS,
            "lr/group_0": OWN_SCRIPT,
            "train/*": OWN_SCRIPT,
            "validation/*": OWN_SCRIPT,
        },
        ours_only={"*": OWN_SCRIPT},
    ),
    Pair(
        "mmcv1",
        {".": "20260101_000000.log"},
        log="20260101_000000.log.json",
        native_only={"momentum": "not in the log"},
        ours_only={"*time": "not in TensorBoard"},
        near={"*": 5e-5},
    ),
    Pair(
        "mmengine",
        {".": "scalars"},
        log="20261123_041343/vis_data/scalars.json",
        native_only={"config/text_summary": CONFIG},
        ours_only={"val/*time": "counts epochs, where the tag of training counts iterations"},
        some={"*time": "the rows of validation count epochs: they are under val/"},
    ),
    Pair(
        "optuna",
        {f"trial-{number}": f"optuna/trial-{number}" for number in (0, 1, 4)},
        log="optuna.db",
        native_only={"_hparams_/*": SESSION},
        ours_only={"*_value": "of trials that were pruned: not in TensorBoard"},
    ),
    Pair(
        "poutyne",
        {".": "log", **{run: f"log/{run}" for run in POUTYNE_RUNS}},
        log="log.tsv",
    ),
    Pair(
        "ray",
        {folder: folder for folder in TRIAL_FOLDERS},
        native_only={"_hparams_/*": SESSION},
    ),
    *(
        Pair("sb3", {".": "progress"}, log=log, ours_only=dict.fromkeys(SB3_COUNTERS, EXCLUDED))
        for log in ("progress.csv", "progress.json")
    ),
    Pair(
        "sklearn",
        {".": "metrics"},
        log="metrics.jsonl",
        native_only={"coef_": WEIGHTS, "intercept_": WEIGHTS},
    ),
    Pair(
        "skorch",
        {".": "history"},
        log="history.json",
        ours_only={"batch/*": BATCHES, "*_batch_count": COUNTER},
    ),
    Pair(
        "stylegan3",
        {".": "log"},
        ours_only={"num/*": SPREAD, "std/*": SPREAD, "*total_time": "of the metric's own log"},
    ),
    Pair(
        "torchdump",
        {".": "log"},
        native_only={"loss": "in no log", "[013].*": "histograms: held to them in test_dumping.py"},
        ours_only={"weights_*": DUMPS},
    ),
    Pair(
        "ultralytics",
        {".": "results"},
        log="run/results.csv",
        native_only={"__graph__": GRAPH},
        some={"metrics/*": "the final validation is one epoch later, and in no row"},
        near={"lr/*": 2e-6},  # six digits,
    ),
)

NO_FORMAT = "no format of its own yet"
PENDING: dict[str, str] = {}
"""Pairs that do not hold yet, and why. A pair that does, must not stand here."""
