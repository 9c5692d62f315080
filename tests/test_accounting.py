"""Every value of a log is accounted for: written, superseded, reported or repeated, and shown.

The counts come from the standard library (`stdlib_readers`), from the corpus' manifest and from
the samples' `expected.json`; what is shown is what TensorBoard's EventAccumulator holds.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.expected import expected_of_samples
from helpers.loaded import accumulated
from helpers.places import SAMPLES
from helpers.stdlib_readers import DUMPS, READERS, arrays
from tensorboard.util.tensor_util import make_ndarray

import tbingest

if TYPE_CHECKING:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from tbingest import Report
    from tbingest.model.report import SourceReport

CORPUS = Path(os.environ.get("TBINGEST_CORPUS") or "/nonexistent")
NO_CORPUS = pytest.param(None, id="none", marks=pytest.mark.skip("TBINGEST_CORPUS names no corpus"))
NO_PLOTS = tbingest.Options(plots="none")


@dataclass(frozen=True)
class Listed:
    """A file of the corpus, and the facts that its manifest states of it."""

    path: Path
    form: str
    facts: dict[str, Any]

    @property
    def placing(self) -> set[str]:
        """The fields that say where a value stands, and are none themselves."""
        if "header" in self.facts:
            return set(self.facts["header"][:1])
        return {self.facts.get("step", ""), *self.facts.get("wall", ())}

    @property
    def metrics(self) -> list[str]:
        """The fields that the manifest calls metrics."""
        facts = self.facts
        return list(facts.get("metrics") or facts.get("series") or facts["header"][1:])

    @property
    def points(self) -> int:
        """The values of the metrics, those that are not finite with them."""
        points = self.facts.get("points", self.facts.get("points_excluding_first_column"))
        return points + self.facts.get("nonfinite", 0)


DATA_SETS = frozenset({"generic_csv/snet_bom/knn_kw-truncated.csv"})
"""No column of theirs is called like a step or a metric: they are not taken for logs."""


def listed(forms: set[str]) -> list[Any]:
    """The corpus' files of these formats, as parameters."""
    manifest = CORPUS / "MANIFEST.tsv"
    if not manifest.is_file():
        return [NO_CORPUS]
    with manifest.open(newline="", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            pytest.param(
                Listed(CORPUS / row["path"], row["format"], json.loads(row["facts"])),
                id=row["path"],
            )
            for row in rows
            if row["format"] in forms and row["path"] not in DATA_SETS
        ]


@dataclass(frozen=True)
class Converted:
    """A file, converted alone."""

    listed: Listed
    logdir: Path
    report: Report

    @property
    def source(self) -> SourceReport:
        (source,) = self.report.sources
        return source


@pytest.fixture(scope="module")
def converted(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Converted:
    logdir = tmp_path_factory.mktemp("runs")
    return Converted(request.param, logdir, tbingest.convert(request.param.path, logdir, NO_PLOTS))


logs = pytest.mark.parametrize("converted", listed(set(READERS)), indirect=True)
dumps = pytest.mark.parametrize("converted", listed(set(DUMPS)), indirect=True)
both = pytest.mark.parametrize("converted", listed({*READERS, *DUMPS}), indirect=True)


def accounted(source: SourceReport) -> int:
    return sum(source.written.values()) + source.superseded + source.reported + source.repeated


PLUGINS = {"graphs": "graph", "histograms": "histogram", "text": "text", "pr_curves": "pr_curve"}
"""Kinds of tensors by the plug-in that shows them."""


def shown(logdir: Path) -> Counter[str]:
    """How many points TensorBoard shows, by kind; hyperparameters and layouts are no points."""
    found: Counter[str] = Counter()
    for _, loaded in accumulated(logdir):
        tags = loaded.Tags()
        for tag in tags["scalars"]:
            found["scalar"] += len(loaded.Scalars(tag))
        for tag in tags["images"]:
            found["image"] += len(loaded.Images(tag))
        for tag in tags["audio"]:
            found["audio"] += len(loaded.Audio(tag))
        for tag in tags["tensors"]:
            plugin = loaded.SummaryMetadata(tag).plugin_data.plugin_name
            if plugin == "mesh":
                found["mesh"] += len(loaded.Tensors(tag)) if tag.endswith("_VERTEX") else 0
            elif plugin != "custom_scalars":
                found[PLUGINS[plugin]] += len(loaded.Tensors(tag))
    return found


@both
def test_every_value_read_is_written_superseded_reported_or_repeated(converted: Converted) -> None:
    """Nothing gets lost between the log and the event file."""
    source = converted.source
    assert source.status == "read"
    assert source.read == accounted(source) > 0


@logs
def test_a_log_is_read_whole(converted: Converted) -> None:
    """As many values are read as the standard library finds outside the step and time columns."""
    held = READERS[converted.listed.form](converted.listed.path)
    values = held.total() - sum(held[name] for name in converted.listed.placing)
    assert converted.source.read == values


@logs
def test_the_corpus_own_count_of_points_agrees(converted: Converted) -> None:
    """The manifest counts metrics only; counters beside the step and texts come on top."""
    file = converted.listed
    held = READERS[file.form](file.path)
    assert sum(held[name] for name in file.metrics) == file.points
    beside = [name for name in held if name not in {*file.metrics, *file.placing}]
    assert converted.source.read == file.points + sum(held[name] for name in beside)


@dumps
def test_a_dump_gives_one_histogram_an_array(converted: Converted) -> None:
    """As many as the standard library finds arrays, one to four scalars of each, and a summary.

    The norm; the update after another dump; zeros and nonfinite where there are any.
    """
    count = len(arrays(converted.listed.path))
    written = converted.source.written
    assert (written["histogram"], written["text"]) == (count, 1)
    assert count <= written["scalar"] <= 4 * count
    assert converted.source.read == sum(written.values())


@dumps
def test_the_buckets_of_a_dump_hold_each_of_its_numbers_once(converted: Converted) -> None:
    """Array by array; NaN and infinities stand in no bucket."""
    held = arrays(converted.listed.path)
    facts = converted.listed.facts
    total = facts["total_values"] if "total_values" in facts else math.prod(facts["shape"])
    assert sum(array.finite + array.odd for array in held) == total
    counts = [
        int(make_ndarray(event.tensor_proto)[:, 2].sum())
        for _, loaded in accumulated(converted.logdir)
        for tag in loaded.PluginTagToContent("histograms")
        for event in loaded.Tensors(tag)
    ]
    assert sorted(counts) == sorted(array.finite for array in held)


@both
def test_tensorboard_shows_as_many_points_as_were_written(converted: Converted) -> None:
    """After its loader has purged what later points replace, each kind has what is reported."""
    assert shown(converted.logdir) == converted.source.written


@dataclass(frozen=True)
class Sampled:
    """A folder of sample logs, converted, and what its files should hold, by name."""

    logdir: Path
    report: Report
    sources: dict[str, SourceReport]
    wanted: dict[str, dict[str, int]]


CONFIGS = ("config.json", "params.json", "hparams.yaml")
CONFIG = {"values_read": 2, "reported": 0, "problems": 0}
"""A config is no log, so its maker notes no values: it is shown twice, as hyperparameters and as a
table.
"""

NOTED = expected_of_samples()["files"]


def unit_of(name: str) -> str:
    """The folder of samples that a file is part of: of those of a framework, its own one."""
    parts = name.split("/")
    return "/".join(parts[: 2 if parts[0] == "formats" else 1])


@pytest.fixture(scope="module", params=sorted({unit_of(name) for name in NOTED}))
def sampled(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Sampled:
    folder = SAMPLES / request.param
    logdir = tmp_path_factory.mktemp("runs")
    report = tbingest.convert(folder, logdir, NO_PLOTS)
    wanted = {name: entry for name, entry in NOTED.items() if unit_of(name) == request.param}
    configs = [path for path in folder.rglob("*") if path.name in CONFIGS]
    wanted |= {path.relative_to(SAMPLES).as_posix(): CONFIG for path in configs}
    sources = {Path(one.source).relative_to(SAMPLES).as_posix(): one for one in report.sources}
    return Sampled(logdir, report, sources, wanted)


def test_every_sample_holds_as_many_values_as_its_maker_noted(sampled: Sampled) -> None:
    """Read and reported, file by file; no file is left out, none is taken for a log by mistake."""
    found = {
        name: {
            "values_read": source.read,
            "reported": source.reported,
            "problems": source.problem_count,
        }
        for name, source in sampled.sources.items()
    }
    assert found == sampled.wanted


def test_every_value_of_a_sample_is_accounted_for(sampled: Sampled) -> None:
    """The sums hold for each file, and for the report as a whole."""
    for name, source in sampled.sources.items():
        assert source.read == accounted(source), name
    totals = sampled.report.to_dict()["totals"]
    assert totals["read"] == sum(entry["values_read"] for entry in sampled.wanted.values())
    parts = ("written", "superseded", "reported", "repeated")
    assert totals["read"] == sum(totals[part] for part in parts)


def test_tensorboard_shows_as_many_points_of_a_sample_as_were_written(sampled: Sampled) -> None:
    """All files of the folder together, by kind."""
    written: Counter[str] = Counter()
    for source in sampled.sources.values():
        written.update(source.written)
    assert shown(sampled.logdir) == Counter({**written, "hparams": 0})


def test_hyperparameters_are_shown_in_every_run_that_a_config_lies_beside(
    sampled: Sampled,
) -> None:
    """What is counted as written makes each of those runs a session, and no other run."""
    beside = {source.run for source in sampled.sources.values() if source.written["hparams"]}
    runs = dict(accumulated(sampled.logdir))
    sessions = {run for run, loaded in runs.items() if is_session(loaded)}
    assert sessions == {
        run
        for run, loaded in runs.items()
        if loaded.Tags()["scalars"] and any(f"{run}/".startswith(f"{one}/") for one in beside)
    }


def is_session(loaded: EventAccumulator) -> bool:
    """True where the HParams tab has hyperparameters of the run."""
    try:
        return "_hparams_/session_start_info" in loaded.PluginTagToContent("hparams")
    except KeyError:
        return False


def test_the_report_says_in_json_which_format_has_the_values_already(tmp_path: Path) -> None:
    """Keras' history.json repeats its CSV log: 2 tags of 1 epoch, and the document says so."""
    (tmp_path / "training.log").write_text("epoch,loss,val_loss\n0,0.5,0.75\n")
    (tmp_path / "history.json").write_text('{"loss": [0.5], "val_loss": [0.75]}')
    report = tbingest.convert(tmp_path, tmp_path / "runs", NO_PLOTS)
    document = json.loads(json.dumps(report.to_dict()))
    (history,) = (one for one in document["sources"] if one["format"] == "keras-history")
    assert (history["superseded"], history["repeated"]) == (0, 2)
    assert history["repeats"] == {"keras-csv": 2}


def test_a_tag_that_another_format_has_is_counted_once(tmp_path: Path) -> None:
    """Of b.jsonl every value is in a.csv already: 4 values of 2 tags, though records are sparse."""
    (tmp_path / "a.csv").write_text("step,loss,acc\n1,0.5,0.25\n2,0.4,0.5\n3,0.3,0.75\n")
    (tmp_path / "b.jsonl").write_text(
        '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.4, "acc": 0.5}\n{"step": 3, "acc": 0.75}\n'
    )
    report = tbingest.convert(tmp_path, tmp_path / "runs", NO_PLOTS)
    (lines,) = (source for source in report.sources if source.format == "jsonl")
    assert (lines.superseded, lines.repeated) == (0, 4)
    assert lines.repeats_by_format == {"table": 2}
