"""Both of TensorBoard's loaders show, over HTTP, exactly what the sample logs hold."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers import tbhttp
from PIL import Image

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOADERS = ("true", "false")


@pytest.fixture(scope="module", params=["one-shot", "appended", "event files"])
def logdir(
    request: pytest.FixtureRequest, samples: Path, converted: Path, tmp_path_factory: Any
) -> Path:
    """The samples, converted at once, piece by piece as they grow, or from their event files."""
    if request.param == "one-shot":
        return converted
    target = tmp_path_factory.mktemp("runs")
    options = tbingest.Options(plots="none")
    if request.param == "event files":
        tbingest.convert(converted, target, options)
        return target
    logs = tmp_path_factory.mktemp("logs") / "sample_logs"
    shutil.copytree(
        samples, logs, ignore=shutil.ignore_patterns("*.csv", "*.jsonl", "weights_*.npz")
    )
    dumps = sorted((samples / "pytorch_loop" / "checkpoints").glob("*.npz"))
    grown = [path for path in samples.rglob("*") if path.suffix in {".csv", ".jsonl"}]
    for share in (0.4, 0.7, 1.0):
        for path in grown:
            data = path.read_bytes()
            there = logs / path.relative_to(samples)
            there.write_bytes(data[: int(len(data) * share)])
        for path in dumps[: round(len(dumps) * share)]:
            shutil.copy(path, logs / path.relative_to(samples))
        tbingest.convert(logs, target, options)
    return target


@pytest.fixture(scope="module", params=LOADERS)
def url(request: pytest.FixtureRequest, logdir: Path, expected: Any) -> Iterator[str]:
    series = {(run, tag): entry for run, tag, entry in of_kind(expected, "scalar")}
    points = sum(len(entry["steps"]) for entry in series.values())

    def loaded() -> bool:
        found = tbhttp.all_scalars(address)
        return len(found) >= len(series) and sum(map(len, found.values())) >= points

    with tbhttp.tensorboard(logdir, request.param) as address:
        tbhttp.wait_for(loaded, 90)
        yield address


def of_kind(expected: dict[str, Any], kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for run, tags in expected["runs"].items():
        for tag, entry in tags.items():
            if entry["kind"] == kind:
                yield run, tag, entry


def test_every_scalar_is_shown_with_its_step_and_value(url: str, expected: Any) -> None:
    """No point is sampled away, doubled or kept though a later one replaced it."""
    found = tbhttp.wait_for(lambda: tbhttp.all_scalars(url))
    wanted = {(run, tag): entry for run, tag, entry in of_kind(expected, "scalar")}
    assert sorted(found) == sorted(wanted)
    for key, entry in wanted.items():
        assert [step for _, step, _ in found[key]] == entry["steps"], key
        shown = np.asarray([value for *_, value in found[key]], np.float32)
        held = np.asarray([float(value) for value in entry["values"]], np.float32)
        np.testing.assert_array_equal(shown, held, err_msg=str(key))


def test_wall_times_are_those_of_the_log(url: str) -> None:
    """A log with time stamps keeps them; the others of its run share its start."""
    points = tbhttp.scalars(url, "pytorch_loop", "train/loss")
    assert points[0][0] == 1_780_000_000.25
    assert points[-1][0] == 1_780_000_075.0
    histogram = tbhttp.histograms(url, "pytorch_loop", "weights/layer1/weight")
    assert histogram[0][0] == 1_780_000_000.25


def test_a_restart_at_step_40_of_60_is_one_growing_curve(url: str) -> None:
    """Steps 40 to 60 have the later values, and none comes twice."""
    points = tbhttp.scalars(url, "resumed", "train/loss")
    assert [step for _, step, _ in points] == list(range(91))


def test_every_histogram_counts_every_number(url: str, expected: Any) -> None:
    """Counts, lowest and highest edge are those of the arrays, at every step."""
    for run, tag, entry in of_kind(expected, "histogram"):
        found = tbhttp.histograms(url, run, tag)
        assert [step for _, step, _ in found] == entry["steps"], tag
        for (_, _, buckets), held in zip(found, entry["values"], strict=True):
            assert sum(count for *_, count in buckets) == held["count"]
            if held["min"] < held["max"]:
                assert (buckets[0][0], buckets[-1][1]) == (held["min"], held["max"])


def test_texts_pictures_and_hyperparameters_are_shown(url: str, expected: Any) -> None:
    """Each is where its tab looks for it, whole."""
    for run, tag, entry in of_kind(expected, "text"):
        found = tbhttp.texts(url, run, tag)
        assert [point["step"] for point in found] == entry["steps"]
    assert "halving the learning rate" in tbhttp.texts(url, "pytorch_loop", "notes")[0]["text"]
    for run, tag, entry in of_kind(expected, "image"):
        found = tbhttp.images(url, run, tag)
        assert [point["step"] for point in found] == entry["steps"]
        for point, held in zip(found, entry["values"], strict=True):
            data = tbhttp.image_bytes(url, point["query"])
            assert len(data) == held.get("bytes", len(data))
            assert Image.open(io.BytesIO(data)).size == (held["width"], held["height"])
    groups = {group["sessions"][0]["name"]: group["hparams"] for group in tbhttp.hparams(url)}
    for run, _, entry in of_kind(expected, "hparams"):
        assert groups[run] == entry["values"][0]
