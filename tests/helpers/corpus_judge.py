"""Holds what is read of a file of the corpus against the facts that its manifest states of it.

The facts were counted by scripts that share no code with ours.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tbingest
from helpers.corpus_facts import DUMPED, ROWS, Listed, leaf, manifest
from helpers.loaded import accumulated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from tbingest import Points, Report

NO_PLOTS = tbingest.Options(plots="none")


@dataclass
class Looked:
    """What converting a file alone gave: `steps` and `times` of every (run, tag), as logged."""

    report: Report
    steps: dict[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)
    times: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    hparams: list[Mapping[str, Any]] = field(default_factory=list)
    shown: int = 0

    @property
    def said(self) -> str:
        """Why a file was not read, or what went wrong in it."""
        found = [entry.reason for entry in self.report.ignored]
        found += [problem.what for one in self.report.sources for problem in one.problems]
        return "; ".join(found)

    @property
    def parameters(self) -> int:
        """Numbers among the hyperparameters of all runs."""
        values = [value for one in self.hparams for value in one.values()]
        return sum(isinstance(value, int | float) for value in values)

    def count(self, name: str) -> int:
        """A count of the report, over all sources."""
        return sum(getattr(one, name) for one in self.report.sources)

    @property
    def written(self) -> int:
        """Scalars that were written and still stand."""
        return sum(one.written["scalar"] for one in self.report.sources)


@dataclass(frozen=True)
class Verdict:
    """How a file fared; without complaints it is met."""

    listed: Listed
    read_as: str
    want: int | None
    read: int
    written: int
    superseded: int
    complaints: tuple[str, ...]

    @property
    def met(self) -> bool:
        return not self.complaints


def look(path: Path) -> Looked:
    """Convert a file alone with no flags, and read it once more for the points as logged."""
    with tempfile.TemporaryDirectory() as folder:
        looked = Looked(tbingest.convert(path, folder, NO_PLOTS))
        looked.shown = sum(
            len(loaded.Scalars(tag))
            for _, loaded in accumulated(Path(folder))
            for tag in loaded.Tags()["scalars"]
        )
    found: dict[tuple[str, str], list[Points]] = {}
    for points in tbingest.read(path, NO_PLOTS, superseded=True):
        looked.kinds[points.kind] += len(points) * len(points.tags)
        for tag in points.tags if points.kind == "scalar" else ():
            found.setdefault((points.run, tag), []).append(points)
        for cells in points.values if points.kind == "hparams" else ():
            for cell in cells:
                looked.hparams.append(cell.values)
    for key, parts in found.items():
        woven = np.argsort(np.concatenate([part.order for part in parts]), kind="stable")
        looked.steps[key] = np.concatenate([part.steps for part in parts])[woven]
        looked.times[key] = np.concatenate([part.times for part in parts])[woven]
    return looked


@cache
def judge(name: str) -> Verdict:
    """The verdict on a file of the corpus, by its path in the manifest."""
    listed = next(one for one in manifest() if one.name == name)
    looked = look(listed.path)
    checks = (refused,) if listed.refused else CHECKS
    metrics = metric_tags(listed, looked)
    return Verdict(
        listed,
        ", ".join(sorted({one.format for one in looked.report.sources})) or "-",
        listed.want,
        sum(len(looked.steps[key]) for key in metrics),
        looked.written,
        looked.count("superseded"),
        tuple(complaint for check in checks for complaint in check(listed, looked)),
    )


def metric_tags(listed: Listed, looked: Looked) -> list[tuple[str, str]]:
    """The (run, tag) pairs that are no counters, and no numbers of samples behind a mean."""
    counters = listed.counters
    return [
        (run, tag)
        for run, tag in looked.steps
        if leaf(tag) not in counters and not tag.startswith("num/")
    ]


def refused(_: Listed, looked: Looked) -> Iterator[str]:
    """What is no log gives no values, and why is said; a text may be shown as a text."""
    values = looked.report.points - sum(one.written["text"] for one in looked.report.sources)
    if values:
        yield f"{values} values of a file that holds none to be read"
    if not looked.report.points and not looked.said:
        yield "nobody says why it is not read"


def is_understood(listed: Listed, looked: Looked) -> Iterator[str]:
    """A file is read, or in words why not."""
    if any(one.failed for one in looked.report.sources):
        yield f"cannot be read: {looked.said}"
    elif not looked.report.sources and (listed.want or listed.facts.get("hparams")):
        yield f"not read: {looked.said}"


def has_every_point(listed: Listed, looked: Looked) -> Iterator[str]:
    """As many values of metrics as the manifest counts, counters and texts aside."""
    if listed.want is None:
        return
    read = sum(len(looked.steps[key]) for key in metric_tags(listed, looked))
    possible = {read, read + looked.count("reported")}
    facts = listed.facts
    batches = facts.get("epoch_points", 0) + facts.get("batch_points", 0)
    if read in {facts.get("points_mean_and_std"), batches}:  # these may be shown too
        return
    if "runs" in listed.facts:  # of a table of runs, numbers are hyperparameters as well, or only
        rows = listed.facts["rows"]  # and one column may name the run
        possible |= {looked.kinds["scalar"], read + looked.parameters + rows}
    if listed.want not in possible:
        yield f"{read} values of metrics, not {listed.want}"


def keeps_the_last_of_each_step(_: Listed, looked: Looked) -> Iterator[str]:
    """Of the values of a tag, those stand that no later value of the same or a lower step replaces;
    where falls begin other trainings, more do. TensorBoard shows as many.
    """
    standing = 0
    logged = sum(len(steps) for steps in looked.steps.values())
    for steps in looked.steps.values():
        later = np.minimum.accumulate(steps[::-1])[::-1]
        standing += 1 + int((steps[:-1] < later[1:]).sum())
    if not standing <= looked.written <= logged:
        yield f"{looked.written} scalars written, not {standing}"
    if looked.written != looked.shown:
        yield f"{looked.shown} scalars shown, {looked.written} written"
    said = sum(looked.count(name) for name in ("superseded", "reported", "repeated"))
    everything = sum(sum(one.written.values()) for one in looked.report.sources)
    if looked.count("read") != everything + said:
        yield f"of {looked.count('read')} values read {everything + said} are accounted for"


def has_the_steps(listed: Listed, looked: Looked) -> Iterator[str]:
    """The first and the last step are those of the manifest, rounded down."""
    facts = listed.facts
    if "step_max" not in facts or any(f"{name}_step_min" in facts for name in ROWS):
        return
    tags = metric_tags(listed, looked)
    if not tags:
        return
    low = min(int(looked.steps[key].min()) for key in tags)
    high = max(int(looked.steps[key].max()) for key in tags)
    wanted = (math.floor(facts.get("step_min", low)), math.floor(facts["step_max"]))
    if (low, high) != wanted:
        yield f"steps {low} to {high}, not {wanted[0]} to {wanted[1]}"


def has_the_rows(listed: Listed, looked: Looked) -> Iterator[str]:
    """For each kind of line of a text log, some tag has so many values, at these steps.

    Lines with one value each may be shared out to several tags; where steps fall back in the log,
    or begin again with every epoch, they may have been counted on.
    """
    facts = listed.facts
    for name in ROWS:
        count = facts.get(name)
        if not isinstance(count, int) or not count or f"{name}_step_min" not in facts:
            continue
        lengths = [len(steps) for steps in looked.steps.values()]
        shared = {n * lengths.count(n) for n in lengths} | {a + b for a in lengths for b in lengths}
        tags = {tag for _, tag in looked.steps}  # one may lie in several runs: trainings of a log
        shared |= {sum(len(looked.steps[key]) for key in looked.steps if key[1] == t) for t in tags}
        alike = [steps for steps in looked.steps.values() if len(steps) == count]
        if not alike and count not in shared:
            yield f"{name}: no tag has {count} values; most have {sorted(set(lengths))[-3:]}"
        elif alike and not facts.get(f"{name}_step_decreases"):
            wanted = (facts[f"{name}_step_min"], facts[f"{name}_step_max"])
            if not any(np.ptp(steps) == wanted[1] - wanted[0] for steps in alike):
                found = sorted({(int(steps.min()), int(steps.max())) for steps in alike})
                yield f"{name}: steps {found[:3]}, not {wanted}"


def has_the_times(listed: Listed, looked: Looked) -> Iterator[str]:
    """Wall times are those of the log, to the millisecond."""
    facts = listed.facts
    times = [looked.times[key] for key in metric_tags(listed, looked)]
    if not times:
        return
    everything = np.concatenate(times)
    low, high = float(everything.min()), float(everything.max())
    first = facts["wall_ms_first"] / 1e3 if "wall_ms_first" in facts else facts.get("wall_min")
    if first is not None and abs(low - first) > 1e-3:
        yield f"wall time from {low}, not {first}"
    if "wall_max" in facts and abs(high - facts["wall_max"]) > 1e-3:
        yield f"wall time to {high}, not {facts['wall_max']}"


def has_the_tags(listed: Listed, looked: Looked) -> Iterator[str]:
    """As many tags as the manifest counts metrics; of runs, as many as it counts."""
    facts = listed.facts
    tags = metric_tags(listed, looked)
    apart = {tag.removeprefix("val/") for _, tag in tags}  # one field, on two axes
    counts = {len(tags), len({tag for _, tag in tags}), len(apart)}
    long = {"key_columns", "metric_name_column", "runs"} & set(facts)
    if "n_metrics" in facts and listed.want and not long and facts["n_metrics"] not in counts:
        yield f"{len(tags)} tags, not {facts['n_metrics']}"
    runs = {run for run, _ in looked.steps}
    if "runs" in facts and len(runs) != facts["runs"]:
        yield f"{len(runs)} runs, not {facts['runs']}"


def has_the_hyperparameters(listed: Listed, looked: Looked) -> Iterator[str]:
    """Every hyperparameter of the manifest: those of the topmost level, or their leaves."""
    wanted = listed.facts.get("hparams")
    if not isinstance(wanted, int) or ("points" in listed.facts and not looked.hparams):
        return
    leaves = {name for one in looked.hparams for name in one}
    top = {name.partition("/")[0] for name in leaves}
    if wanted not in {len(top), len(leaves)}:
        yield f"{len(top)} hyperparameters ({len(leaves)} with leaves), not {wanted}"


def has_the_tensors(listed: Listed, looked: Looked) -> Iterator[str]:
    """One histogram for each tensor, but for those that are reported; of a matrix, one."""
    facts = listed.facts
    counted = next((facts[name] for name in DUMPED if name in facts), None)
    if isinstance(counted, dict | list):
        counted = len(counted)
    if "shape" in facts and "sum" not in facts:
        counted = 1
    counted = facts.get("histograms", counted)
    if counted is None or {"shards", "points", "points_mean_reward_and_len"} & set(facts):
        return
    found = looked.kinds["histogram"]
    if counted not in {found, found + looked.count("reported")}:
        yield f"{found} histograms, not {counted}"


def makes_no_curve_of_one_word(listed: Listed, looked: Looked) -> Iterator[str]:
    """A file that holds a single parameter is no log when it is read without its folder."""
    if "value" in listed.facts and looked.steps:
        yield f"{len(looked.steps)} curves of a file that holds one word"


CHECKS: tuple[Callable[[Listed, Looked], Iterator[str]], ...] = (
    is_understood,
    has_every_point,
    keeps_the_last_of_each_step,
    has_the_steps,
    has_the_rows,
    has_the_times,
    has_the_tags,
    has_the_hyperparameters,
    has_the_tensors,
    makes_no_curve_of_one_word,
)
