"""What we write for a framework's log is what its own TensorBoard logger writes for the same run.

Each pair is one training with both loggers on: the log, and `tb.json`, the framework's events as
TensorBoard's EventAccumulator reads them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest import Report

Curves = dict[tuple[str, str], dict[int, np.float32]]
"""Step to value for each (run, tag)."""


def accumulated(logdir: Path) -> Iterator[tuple[str, EventAccumulator]]:
    """Every run below a logdir, loaded by TensorBoard with every point kept."""
    everything = dict.fromkeys(("scalars", "tensors", "histograms", "images"), 0)
    for folder in sorted({path.parent for path in logdir.rglob("*tfevents*")}):
        loaded = EventAccumulator(str(folder), size_guidance=everything)
        yield folder.relative_to(logdir).as_posix(), loaded.Reload()


@dataclass(frozen=True)
class Pair:
    """A framework, its native runs by ours, and what one side has and the other cannot have.

    `native_only` gives the reason for each native (run, tag) that no log holds, `twice` the points
    that the native file holds a second time, of which TensorBoard's own pages show the later.
    """

    framework: str
    runs: dict[str, str]
    twice: int
    native_only: dict[tuple[str, str], str] = field(default_factory=dict)


_ITERATIONS = "its steps are (epoch + 1) * steps per epoch, and no log says how many those are"
_WEIGHTS = "made of the model's weights, which stand in .weights.h5 files, not in the log"
_LAYERS = {
    "bn": ("beta", "gamma", "moving_mean", "moving_variance"),
    "hidden": ("bias", "kernel"),
    "out": ("bias", "kernel"),
}

PAIRS = (
    Pair(
        "lightning",
        # Lightning's loggers lay their runs out alike: the path below the log folder is the run.
        runs={"lightning_logs/version_0": "lightning_logs/version_0"},
        # `epoch` is logged with the validation and with the training metrics of the same step.
        twice=7,
    ),
    Pair(
        "hf",
        runs={".": "log"},
        # A final evaluate() and train()'s summary repeat the last step.
        twice=11,
        native_only={
            (".", "args/text_summary"): "the TrainingArguments as text: not in trainer_state.json",
            (".", "model_config/text_summary"): "the model's config as text: not in the log",
        },
    ),
    Pair(
        "keras",
        runs={"train": "log/train", "validation": "log/validation"},
        twice=0,
        native_only={
            ("train", "keras"): "the model's graph: not in the log",
            **{
                ("train", f"tiny/{layer}/{weight}/histogram"): _WEIGHTS
                for layer, weights in _LAYERS.items()
                for weight in weights
            },
            **{
                ("validation", f"evaluation_{name}_vs_iterations"): _ITERATIONS
                for name in ("accuracy", "auc", "loss")
            },
        },
    ),
)


@dataclass(frozen=True)
class Compared:
    """A pair, the native tags with their points, and what came of converting the log."""

    pair: Pair
    native: dict[tuple[str, str], dict[str, Any]]
    ours: Curves
    report: Report

    @property
    def native_scalars(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The native scalars that a log holds, under our runs."""
        return {
            (self.pair.runs[run], tag): entry
            for (run, tag), entry in self.native.items()
            if entry["kind"] == "scalar" and (run, tag) not in self.pair.native_only
        }


def parity_folder(framework: str) -> Path:
    corpus = os.environ.get("TBINGEST_CORPUS", "")
    folder = Path(corpus).resolve().parent / "parity" / framework
    if not corpus or not folder.is_dir():
        pytest.skip(f"there is no parity pair for {framework} beside TBINGEST_CORPUS")
    return folder


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: pair.framework)
def compared(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Compared:
    pair: Pair = request.param
    folder = parity_folder(pair.framework)
    logdir = tmp_path_factory.mktemp(pair.framework)
    report = tbingest.convert(folder / "log", logdir, tbingest.Options(plots="none"))
    native = json.loads((folder / "tb.json").read_text())
    ours = {
        (run, tag): {event.step: np.float32(event.value) for event in loaded.Scalars(tag)}
        for run, loaded in accumulated(logdir)
        for tag in loaded.Tags()["scalars"]
    }
    return Compared(
        pair,
        {(run, tag): entry for run, tags in native.items() for tag, entry in tags.items()},
        ours,
        report,
    )


def test_every_native_scalar_of_the_log_is_there_under_its_own_run_and_tag(
    compared: Compared,
) -> None:
    """Nobody who knows the framework's own curves misses one."""
    assert sorted(compared.native_scalars) == sorted(
        set(compared.ours) & set(compared.native_scalars)
    )


def test_no_scalar_is_written_that_the_native_logger_does_not_have(compared: Compared) -> None:
    """Neither counters, nor times, nor summaries of the same run become curves of their own."""
    assert sorted(set(compared.ours) - set(compared.native_scalars)) == []


def test_steps_and_values_are_those_of_the_native_scalars(compared: Compared) -> None:
    """To the last bit of a float32; of a step that the native file holds twice, the later point."""
    for key, entry in compared.native_scalars.items():
        native = dict(zip(entry["steps"], np.asarray(entry["values"], np.float32), strict=True))
        ours = compared.ours[key]
        assert list(ours) == sorted(native), key
        shown = np.asarray(list(ours.values()), np.float32)
        wanted = np.asarray([native[step] for step in ours], np.float32)
        np.testing.assert_array_equal(shown, wanted, err_msg=str(key))


def test_points_that_the_native_file_holds_twice_are_counted_as_superseded(
    compared: Compared,
) -> None:
    """The log holds as many values as the native file, and each is shown or counted."""
    native = sum(len(entry["steps"]) for entry in compared.native_scalars.values())
    shown = sum(len(compared.ours[key]) for key in compared.native_scalars)
    assert native - shown == compared.pair.twice
    log = compared.report.sources[0]
    assert log.superseded == compared.pair.twice
    assert log.read == log.written["scalar"] + log.superseded


def test_every_exception_is_a_native_tag_that_we_do_not_write(compared: Compared) -> None:
    """The list of exceptions holds no more and no less than what is not in the log."""
    pair = compared.pair
    missing = [
        (run, tag) for run, tag in compared.native if (pair.runs[run], tag) not in compared.ours
    ]
    assert sorted(missing) == sorted(pair.native_only)
