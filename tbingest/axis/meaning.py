"""What the rows of a table are: steps of a training, trainings of their own, or classes and models.

run,lr,loss         a training in each row: a run each, its settings as hyperparameters
class,precision     a class in each row: a table
threshold,f1        the same: a curve over thresholds is no course of a training

Decides most of all. No counter that holds, and a column of names, one for each row, or a grid of
settings, or a word that says so; a counter that is called like one and differs goes before all.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tbingest.axis.columns import Column, groups_of
from tbingest.axis.counters import NAMED, Axis
from tbingest.axis.results import is_result
from tbingest.axis.vocabulary import CLASS, METRIC, RUN_WORDS, SETTING, THING
from tbingest.axis.words import word_set, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARAMETER = re.compile(r"(?:params?|config|hparams?)[_./]", re.IGNORECASE)
_FILE = re.compile(r"/[^/]*\.[a-z]{2,6}$")
_CV = re.compile(r"(?:split\d{1,4}|std|rank)_")
_TUNED = frozenset(
    "lr l1 l2 alpha beta gamma lambda lam dropout hidden layers depth width dim rank decay momentum"
    " reg epochs batch".split()
)
"""What a training is set by and a model that is only evaluated is not: no threshold, no `k`."""
_SWEEPS = frozenset("sweep sweeps grid search gridsearch ablation ablations tuning hpo".split())
_PLACES = frozenset({"id", "idx", "index"})
_TRAININGS = frozenset({"name", "checkpoint", "ablation", "setting"})
_AMOUNTS = frozenset(
    "epochs steps iterations iters num_epochs n_epochs max_epochs episodes timesteps rounds"
    " num_steps n_steps total_steps steps_total total_timesteps num_episodes n_episodes".split()
)
"""What a training was given, where rows are called by names of their own."""
_LEFT = frozenset(
    "model checkpoint ckpt weights csv log logs result results output save run".split()
)
_PATH = frozenset("path dir directory file folder".split())
"""`model_path`, `csv_path`: where a training left something, which is no name of it."""
_SAMPLES = frozenset(
    "text texts prompt question sentence response answer instruction completion generated".split()
)
_GIVEN = frozenset({"response", "completion", "generated"})
"""What a model gave, however short."""
_SENTENCE = 20
_TRUTH = frozenset("true truth actual gold gt expected".split())
_GUESS = frozenset("pred predicted prediction".split())
_ORDER = frozenset({"rank", "time"})
_MOST = 4
_FEW = 8
_LONG = 12
_FALLS = 3
_MOST_CLASSES = 40


def things(columns: Sequence[Column], count: int, axis: Axis | None) -> list[Column] | None:
    """The columns by which rows are things and no steps; None where they are a course."""
    named = _names(columns, count)
    if axis is not None and axis.rank >= NAMED:
        return _things_beside(columns, count, axis, named)
    if named:
        return named[:1]
    said = [
        one
        for one in columns
        if one.kind == "text" and (one.distinct > 1 or one is columns[0]) and _says_thing(one.name)
        if not _is_left(one.name)
    ]
    numbered = [one for one in columns if _numbers_things(one, count)]
    course = numbered and not said and any(_is_course(one) for one in columns)
    if course or (axis is None and is_woven(columns, count)):
        return None
    most = max(2, count / 2, min(count - 1, _FEW))
    texts = [one for one in columns if one.kind == "text" and 1 < one.distinct <= most]
    timed = any(one.kind == "time" for one in columns)
    if said or numbered:
        if numbered and numbered[0].distinct == count:
            return numbered[:_MOST]
        return [*said, *numbered, *(one for one in texts if one not in said)][:_MOST]
    swept = [one for one in columns if _PARAMETER.match(one.name)]
    if swept:
        return _told_by(swept, columns, count)
    if axis is not None or timed:
        return None
    return texts[:_MOST] or _grid(columns, count)


def _things_beside(
    columns: Sequence[Column], count: int, axis: Axis, named: Sequence[Column]
) -> list[Column] | None:
    """The columns by which rows are things, though a counter stands in them: how long each took."""
    told = named and bool(word_set(named[0].name) & (THING | RUN_WORDS))
    if told and all(name.strip().lower() in _AMOUNTS for name in axis.names):
        return list(named[:1])
    falls = bool((np.diff(axis.steps[axis.has]) < 0).any())
    lead = _lead(columns, count) if falls and all(map(is_amount, axis.names)) else []
    return lead or (_listed(columns, count) if axis.unordered else None)


def is_amount(name: str) -> bool:
    """True for what a training was given or took: `epochs`, `phase1_epochs`, `last_epoch`."""
    found = words(name)
    many = len(found) > 1 and (found[-1] in _AMOUNTS or "last" in found)
    return name.strip().lower() in _AMOUNTS or many


def _lead(columns: Sequence[Column], count: int) -> list[Column]:
    """The words with which the rows of a table begin, where they tell all of them apart."""
    places = [one for one in columns if one.kind != "time"]
    end = next((at for at, one in enumerate(places) if one.kind != "text"), len(places))
    lead = [one for one in places[:end] if one.distinct > 1][:_MOST]
    return lead if lead and count > 1 and len(groups_of(count, lead)[1]) == count else []


def _listed(columns: Sequence[Column], count: int) -> list[Column] | None:
    """The words by which rows are told that begin with words, where the counter falls and rises:
    what each training took, in a table of trainings (`experiment,split,wer,epoch`). Not where each
    row has a name: checkpoints of one training, sorted by their scores.
    """
    first = next((one for one in columns if one.kind != "time"), None)
    texts = [one for one in columns if one.kind == "text" and one.distinct > 1][:_MOST]
    measured = any(one.kind == "number" and is_result(one.name, one.given) for one in columns)
    if not texts or texts[0] is not first or first.distinct == count or not measured:
        return None
    return texts if len(groups_of(count, texts)[1]) >= 0.9 * count else None


def is_woven(columns: Sequence[Column], count: int) -> bool:
    """True for a table that begins with a named counter, of which most steps stand twice or so and
    which rises all the same: several trainings that wrote at the same time.
    """
    first = next((one for one in columns if one.kind != "time"), None)
    if first is None or first.rank < NAMED or not first.has.all() or 3 * first.distinct < count:
        return False
    moves = np.diff(first.value)
    if count < _LONG or int((moves < 0).sum()) < _FALLS or float(np.mean(moves == 1)) < 0.5:
        return False
    return bool(np.corrcoef(np.arange(count), first.value)[0, 1] > 0.9)


def _names(columns: Sequence[Column], count: int) -> list[Column]:
    """Columns of short names, one for each row: the first one, or one that is called like that."""
    first = next((one for one in columns if one.kind != "time"), None)
    numbered = any(_numbers_things(one, count) for one in columns)
    found = [
        one
        for one in columns
        if one.kind == "text"
        and one.distinct >= max(min(2, count), 0.95 * count)
        and float(np.mean([len(text) for text in one.texts])) < 120
        and float(np.mean([text.count(" ") for text in one.texts])) < 3.5
        and (one is first or (word_set(one.name) & (THING | RUN_WORDS) and not _is_left(one.name)))
        and (one is first or not numbered or not word_set(one.name) & _PATH)
    ]
    return sorted(
        found,
        key=lambda one: ("name" not in words(one.name), "id" in words(one.name), _are_files(one)),
    )


def _are_files(column: Column) -> bool:
    return 2 * sum(bool(_FILE.search(text)) for text in column.texts) > len(column.texts)


def _is_left(name: str) -> bool:
    found = word_set(name)
    return bool(found & _PATH and found & _LEFT)


def are_samples(columns: Sequence[Column]) -> list[Column]:
    """The columns of texts that a model was given, or gave: each row is a question or a sentence.

    Short ones are names: `prompt` may be one of a few ways to ask. Also the truth beside what was
    predicted of it, with texts: these are no curves of a training.
    """
    texts = [one for one in columns if one.kind == "text"]
    truth = [one for one in columns if word_set(one.name) & _TRUTH]
    guess = [one for one in columns if word_set(one.name) & _GUESS]
    if truth and guess and texts and not {one.name for one in truth} & {one.name for one in guess}:
        return texts
    return [
        one
        for one in texts
        if word_set(one.name) & _GIVEN
        or (
            set(words(one.name)[-1:]) & _SAMPLES
            and float(np.mean([len(text) for text in one.texts])) >= _SENTENCE
        )
    ]


def listed_by_title(columns: Sequence[Column], count: int, title: str) -> list[Column]:
    """The column of names by which a table is listed, as its title says: `per_pattern.csv`.

    Not where they are trainings: `by_model`, `per_seed`.
    """
    said = words(title)
    at = next((place for place, word in enumerate(said) if word in {"per", "by"}), len(said))
    told = set(said[at + 1 :])
    return [
        one
        for one in columns
        if one.kind == "text"
        and one.distinct == count
        and word_set(one.name) & told
        and not word_set(one.name) & (RUN_WORDS - CLASS)
    ]


def _told_by(swept: Sequence[Column], columns: Sequence[Column], count: int) -> list[Column]:
    """What tells trials apart: a number of their own, else the parameters that vary."""
    own = [
        one
        for one in columns
        if one.kind == "number"
        and one.whole
        and one.distinct == count
        and not (word_set(one.name) & _ORDER or is_result(one.name, one.given))
    ]
    varied = [one for one in swept if one.distinct > 1]
    return own[:1] or varied[:_MOST] or list(swept[:_MOST])


def _says_thing(name: str) -> bool:
    found = word_set(name)
    return bool(found) and (found - {"name", "id"} or found) <= THING


def _is_course(column: Column) -> bool:
    """True for a named counter that many rows share and that moves on from one to the next."""
    steps = column.value[column.has]
    shared = 2 < column.distinct < len(steps)
    return column.rank >= NAMED and shared and bool((np.diff(steps) >= 0).all())


def _numbers_things(column: Column, count: int) -> bool:
    """True for numbers of trials or runs; of seeds and samples, where each row has one."""
    if column.kind != "number" or not column.whole or column.distinct < 2:
        return False
    if word_set(column.name) & {"trial", "run", "experiment"}:
        return True
    last = [word for word in words(column.name) if word not in _PLACES][-1:]
    return column.distinct == count and bool(set(last) & (RUN_WORDS | THING | {"doc"}))


def _grid(columns: Sequence[Column], count: int) -> list[Column] | None:
    """Settings in a row each: thresholds in order, or most combinations of a few values."""
    numbers = [one for one in columns if one.kind == "number"]
    if not any(is_result(one.name, one.given) for one in numbers):
        return None
    first = next((one for one in columns if one.kind != "flag"), None)
    if first is not None and len(numbers) > 1 and count > 2 and _is_scale(first, count):
        return [first]
    grid = [
        one
        for one in numbers
        if 1 < one.distinct <= count / 2 and one.has.all() and not is_result(one.name, one.given)
    ][:6]
    first_few = next((few for size in range(2, 5) if _spans(few := grid[:size], count)), None)
    if first_few:  # what was measured behind them may look like a setting, too
        return first_few
    combinations = len(groups_of(count, grid)[1]) if grid else 0
    full = math.prod(one.distinct for one in grid)
    if not grid or 2 * combinations < full:
        return None
    even = len(set(Counter(grid[0].keys).values())) == 1  # no number of samples, which differs
    return grid[:_MOST] if len(grid) > 1 or (even and word_set(grid[0].name) & SETTING) else None


def _spans(grid: Sequence[Column], count: int) -> bool:
    """Whether each row has a combination of its own, and most combinations have a row."""
    full = math.prod(one.distinct for one in grid)
    return len(grid) > 1 and full <= 2 * count and len(groups_of(count, grid)[1]) == count


def swept_by_title(columns: Sequence[Column], count: int, title: str) -> list[Column]:
    """The numbers with which the rows of a sweep begin, as its title says, `sweep_results.csv`:
    what was set for each, where they tell all rows apart.
    """
    if not set(words(title)) & _SWEEPS:
        return []
    known = [one for one in columns if one.kind in {"number", "text", "flag"}]
    end = next((at for at, one in enumerate(known) if is_result(one.name, one.given)), 0)
    lead = [one for one in known[:end] if one.distinct > 1]
    return lead if lead and len(groups_of(count, lead)[1]) == count > 1 else []


def _is_scale(column: Column, count: int) -> bool:
    """True for round numbers that rise or fall with every row, and measure or count nothing."""
    if column.kind != "number" or not column.has.all() or column.distinct != count:
        return False
    moves = np.diff(column.value)
    found = word_set(column.name)
    return (
        bool((moves > 0).all() or (moves < 0).all())
        and not is_result(column.name, column.given)
        and not found & METRIC
        and "time" not in found
        and column.rank < NAMED
    )


def are_classes(what: Sequence[Column], columns: Sequence[Column]) -> bool:
    """True where things are no trainings: classes, thresholds, files, samples. Numbered trials have
    parameters, which vary.
    """
    first = what[0]
    if any(_PARAMETER.match(one.name) and one.distinct > 1 for one in columns):
        return False
    found = word_set(first.name)
    if any(word_set(one.name) & {"model", "method", "algorithm"} for one in what[1:]):
        return False
    if _PARAMETER.match(first.name) or found & (RUN_WORDS | _TRAININGS) - CLASS:
        return bool(found & {"image", "file", "path", "class", "label", "category"})
    if first.kind == "number" and found & _TUNED and first.distinct > 1:
        return False  # a training each, as of `l1_sweep.json`
    return (first.kind != "text" and len(what) == 1) or bool(found & CLASS)


def named_classes(what: Sequence[Column], columns: Sequence[Column], count: int) -> bool:
    """True for a few classes by their names: they are called so, or it is a report of precision and
    recall.
    """
    first = what[0]
    called = word_set(first.name) & {"class", "label", "category"}
    measures = {word for one in columns for word in words(one.name)}
    unnamed = word_set(first.name) <= {"index", "unnamed", "0"}
    report = {"precision", "recall"} <= measures and (unnamed or "support" in measures)
    return bool(first.kind == "text" and first.distinct == count <= _MOST_CLASSES) and bool(
        called or report
    )


def parts_of_means(columns: Sequence[Column]) -> set[str]:
    """The columns of scikit-learn's `cv_results_` whose mean says it: `split0_test_score`, its
    `std_` and its `rank_`, and how long it took.
    """
    names = {one.name for one in columns}
    means = {name.removeprefix("mean_") for name in names if name.startswith("mean_")}
    if not any(f"split0_{name}" in names for name in means):
        return set()
    return {name for name in names if _CV.match(name) and _CV.sub("", name) in means} | {
        name for name in names if name.startswith("mean_") and name.endswith("_time")
    }
