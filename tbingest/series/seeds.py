"""Runs beside each other: seeds as one curve with a band, and what moves with the last values."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.series.curves import Curve
from tbingest.series.metrics import is_counter, is_rate, order
from tbingest.series.together import together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Setting = bool | int | float | str


FEWEST_RUNS = 5
"""Of a sweep: fewer tell nothing of what moves with what."""

_SEED = re.compile(r"(?:^|[/._-])(?:seed|random_state)$", re.IGNORECASE)
_MARK = re.compile(r"(?:(?<=^)|(?<=[/_=.-]))(seed|rng|s)([_=-]?)(\d+)(?=$|[/_.-])", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")
_EDGES = "_-=. "
_GRID = 400
_MAX_METRICS = 4
_MAX_CATEGORIES = 6


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run shows when it is written: its curves and its hyperparameters."""

    run: str
    curves: Mapping[str, Curve]
    settings: Mapping[str, Setting]
    time: float


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation of hyperparameters with the last values of a metric.

    The largest come first; a category stands as `key=value`. `runs` had both.
    """

    metric: str
    runs: int
    by_setting: tuple[tuple[str, float], ...]


def seeds(results: Iterable[RunResult]) -> dict[str, list[RunResult]]:
    """By a name for all of them, runs that are told apart by their seed alone.

    That is a hyperparameter called so, beside which all others are equal; without one, `seed1`,
    `rng_2` or `s3` as a part of the run's name. Runs with one seed are parts of one training, as
    its sides and its environments are: parts of one name go together.
    """
    groups: dict[tuple[object, ...], list[tuple[str, RunResult]]] = defaultdict(list)
    for one in results:
        key, seed = _key(one)
        if key:
            groups[key].append((seed, one))
    found: dict[str, list[RunResult]] = {}
    for members in (part for group in groups.values() for part in _parts(group)):
        name = _name([one.run for one in members])
        while name in found:
            name += "'"
        found[name] = members
    return found


def _parts(group: Sequence[tuple[str, RunResult]]) -> Iterator[list[RunResult]]:
    """The runs of different seeds; where a seed has several runs, those of each last folder."""
    parts: dict[str, list[tuple[str, RunResult]]] = defaultdict(list)
    several = len({seed for seed, _ in group}) < len(group)
    for seed, one in group:
        parts[one.run.rpartition("/")[2] if several else ""].append((seed, one))
    for part in parts.values():
        if 1 < len(part) == len({seed for seed, _ in part}):
            yield [one for _, one in part]


def _key(one: RunResult) -> tuple[tuple[object, ...], str]:
    """(what runs of other seeds have, too; the seed); empty for a run without one."""
    mark = _MARK.search(one.run)
    named = unseeded(one.run)
    seed = next((str(value) for key, value in one.settings.items() if _SEED.search(key)), None)
    if seed is None:
        return (("name", named, tuple(sorted(one.curves))), one.run) if mark else ((), "")
    itself = re.compile(rf"(?<!\d){re.escape(seed)}(?!\d)")  # in names of folders, too
    others = {
        key: itself.sub("*", value) if isinstance(value, str) else value
        for key, value in one.settings.items()
        if not _SEED.search(key)
    }
    return ("settings", repr(sorted(others.items()))), seed


def _name(runs: Sequence[str]) -> str:
    marked = {_MARK.sub(r"\1\2*", run) for run in runs}
    if len(marked) == 1:
        return marked.pop()
    first, last = min(runs), max(runs)
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    return f"{first[:same].rstrip('0123456789')}*"


def mean(curves: Sequence[Curve]) -> Curve:
    """Of several curves one whose bins are points: mean, and one standard deviation around it.

    At the steps of all of them, at most 400; between its steps a run is taken to go straight.
    Where fewer than two have a value there is none. The deviation is that of the population.
    """
    parts = [(curve.bins[:, 1].astype(np.int64), curve.bins[:, 4]) for curve in curves]
    found = together(parts, "mean±std", most=_GRID, between=True)
    if found is None:
        return Curve()
    steps = found.steps.astype(np.float64)
    columns = [steps, steps, found.lower, found.upper, found.middle]
    return Curve(bins=np.stack(columns, axis=1))


def shared(members: Sequence[RunResult]) -> dict[str, Curve]:
    """The mean of every tag that two members have, where they have steps in common."""
    tags = sorted({tag for one in members for tag in one.curves})
    by_tag = {tag: [one.curves[tag] for one in members if tag in one.curves] for tag in tags}
    means = {tag: mean(curves) for tag, curves in by_tag.items() if len(curves) > 1}
    return {tag: curve for tag, curve in means.items() if len(curve.bins)}


def correlations(results: Sequence[RunResult]) -> list[Correlation]:
    """For the most telling metrics of at least five runs whose hyperparameters differ."""
    with_settings = [one for one in results if one.settings]
    tags = {tag for one in with_settings for tag in one.curves}
    tags = {tag for tag in tags if not is_rate(tag) and not is_counter(tag)}
    found: list[Correlation] = []
    for tag in sorted(tags, key=_order):
        if len(found) == _MAX_METRICS:
            break
        rows = [(one.settings, _last(one, tag)) for one in with_settings if tag in one.curves]
        rows = [(settings, value) for settings, value in rows if np.isfinite(value)]
        if len(rows) >= FEWEST_RUNS and len({value for _, value in rows}) > 1:
            by_setting = _by_setting([settings for settings, _ in rows], [v for _, v in rows])
            if by_setting:
                found.append(Correlation(tag, len(rows), by_setting))
    return found


def _order(tag: str) -> tuple[tuple[int, int], int, str]:
    """Telling metrics first; of one metric what was held out goes before the training."""
    kind, place, metric = order(tag)
    return (kind, place), ("val" not in tag) + ("train" in tag), metric


def _last(one: RunResult, tag: str) -> float:
    bins = one.curves[tag].bins
    return float(bins[-1, 4]) if len(bins) else np.nan


def _by_setting(
    settings: Sequence[Mapping[str, Setting]], values: Sequence[float]
) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    numbers = np.asarray(values)
    for key in sorted({key for row in settings for key in row}):
        rows = [at for at, row in enumerate(settings) if key in row]
        column = [settings[at][key] for at in rows]
        if len(rows) < FEWEST_RUNS or _SEED.search(key):
            continue
        for name, part in _columns(key, column):
            rho = spearman(part, numbers[rows])
            if np.isfinite(rho):
                found[name] = rho
    return tuple(sorted(found.items(), key=lambda item: (-abs(item[1]), item[0])))


def _columns(key: str, column: Sequence[Setting]) -> Iterable[tuple[str, Floats]]:
    """A number as it is; of a few categories, one column of 0 and 1 for each."""
    if not any(isinstance(value, str) for value in column):
        yield key, np.asarray([min(max(value, -1e300), 1e300) for value in column], np.float64)
        return
    kinds = sorted({str(value) for value in column})
    if len(kinds) <= _MAX_CATEGORIES:
        for kind in kinds[1:] if len(kinds) == 2 else kinds:
            yield f"{key}={kind}", np.asarray([str(value) == kind for value in column], np.float64)


def spearman(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation, equal values sharing their ranks; NaN where one is constant."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return float("nan")
    left, right = (ranks - ranks.mean() for ranks in (_ranks(one), _ranks(other)))
    scale = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum() / scale) if scale else float("nan")


def _ranks(values: Floats) -> Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = ((ends - counts + 1 + ends) / 2)[places]
    return ranks


def repeated(runs: list[str]) -> dict[str, list[str]]:
    """By the name of their mean, runs whose names differ in the numbers of one folder only."""
    found: dict[str, list[str]] = defaultdict(list)
    for run in sorted(runs):
        parts = run.split("/")
        numbered = [at for at, part in enumerate(parts) if _NUMBERS.search(part)]
        if numbered:
            at = numbered[-1]
            plain = _NUMBERS.sub("", parts[at]).strip(_EDGES)
            mean = "/".join([*parts[:at], f"{plain or 'run'}-mean", *parts[at + 1 :]])
            found[mean].append(run)
    return {mean: members for mean, members in found.items() if len(members) > 1}


def unseeded(run: str) -> str:
    """The run's name with `*` for the number of its seed: the same for all seeds of a training."""
    return _MARK.sub(r"\1\2*", run)
