"""Values of a document that stand alone: final scores, or settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tbingest.axis.numbers import number
from tbingest.axis.results import SPREAD, digits_of, is_result
from tbingest.axis.vocabulary import CLASS, RUN_WORDS, SETTING, THING
from tbingest.axis.words import rank_of, word_set, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tbingest.axis.outcome import Outcome

_FEW = 3
_OF_SEVERAL = frozenset("min max median minimum maximum lower upper".split())
_PER = {("per",), ("by",)}
"""How what was measured for each of many is called: `per_shape_coherence`."""


class Single(NamedTuple):
    """A value of a run under a key, which may stand below settings."""

    run: str
    key: str
    value: Any
    settings: bool = False

    @property
    def number(self) -> float | None:
        """What may be a score: a number, below no key of settings."""
        found = None if self.settings or isinstance(self.value, bool) else number(self.value)
        return found.value if found is not None else None


def settle(singles: Sequence[Single], outcome: Outcome) -> None:
    """Single values are finals of their run, at its last step, or hyperparameters.

    Those of one name are judged together, whichever run or part of the document they are of.
    """
    ends = {one.run: outcome.last(one.run) for one in singles}
    alike: dict[str, list[float]] = {}
    for one in singles:
        if (found := one.number) is not None:
            alike.setdefault(_called(one.key), []).append(found)
    digits = {name: digits_of(found) for name, found in alike.items()}
    results = {
        (one.run, one.key)
        for one in singles
        if one.number is not None and is_result(one.key, digits[_called(one.key)])
    }
    results |= _among(singles, results, alike)
    for one in singles:
        found = one.number
        of = {SPREAD.sub("mean", one.key), _mean_of(one.key)}  # `loss_std` is what `loss_mean` is
        if found is not None and any((one.run, key) in results for key in (one.key, *of)):
            _final(outcome, one, found, ends[one.run])
        elif one.value != "":  # nothing was measured, or set
            outcome.setting(one.run, one.key, one.value)


def _among(
    singles: Sequence[Single],
    results: Collection[tuple[str, str]],
    alike: Mapping[str, Sequence[float]],
) -> set[tuple[str, str]]:
    """Numbers that nothing calls a setting, where most beside them are results: fractions, such as
    `arc: 57.5` beside `mmlu: 55.81`, whole ones that are written as such, `fair: 1.0`, and those
    that differ between parts of the document.
    """
    beside = Counter((run, key.rpartition("/")[0]) for run, key in results)
    differ = {name for name, values in alike.items() if len(set(values)) > 1}
    others: dict[tuple[str, str], list[str]] = {}
    for one in singles:
        above, _, name = one.key.rpartition("/")
        found = one.number
        called = not _is_per(above) and (word_set(name) & SETTING or rank_of(name))
        counted = _called(one.key) in differ and not word_set(name) & (RUN_WORDS | THING | CLASS)
        measured = found is not None and (
            isinstance(one.value, float) or _is_fine(found) or counted
        )
        if measured and (one.run, one.key) not in results and not called:
            others.setdefault((one.run, above), []).append(one.key)
    parts = _scored_parts(singles, results, others)
    return {
        (place[0], key)
        for place, keys in others.items()
        if beside[place] >= max(_FEW, 2 * len(keys)) or _is_per(place[1]) or place in parts
        for key in keys
    }


def _scored_parts(
    singles: Sequence[Single],
    results: Collection[tuple[str, str]],
    others: Mapping[tuple[str, str], Sequence[str]],
) -> set[tuple[str, str]]:
    """The parts of a document that hold nothing but several such fractions, of three digits at
    least, in a document of results: `{"acc": 0.9, …, "by_group": {"old": 0.313, "young": 0.487}}`.
    """
    told: dict[tuple[str, str], list[float]] = {}
    for one in singles:
        if (found := one.number) is not None:
            told.setdefault((one.run, one.key.rpartition("/")[0]), []).append(found)
    numbers = Counter({run: 0 for run, _ in told})
    for (run, _), values in told.items():
        numbers[run] += len(values)
    measured = Counter(run for run, _ in results)
    return {
        place
        for place, keys in others.items()
        if place[1]
        and _FEW <= len(keys) == len(told[place])
        and digits_of(told[place]).fine
        and not word_set(place[1]) & SETTING
        and measured[place[0]] >= max(_FEW, (numbers[place[0]] - len(keys)) / 2)
    }


def _is_per(place: str) -> bool:
    return words(place.rpartition("/")[2])[:1] in _PER


def _is_fine(value: float) -> bool:
    return not value.is_integer() and digits_of([value]).fine


def _mean_of(key: str) -> str:
    """The mean beside what is said of several values: `acc/min` is what `acc/mean` is."""
    above, _, last = key.rpartition("/")
    return f"{above}/mean" if above and last.lower() in _OF_SEVERAL else key


def _final(outcome: Outcome, one: Single, value: float, end: int) -> None:
    """A final score; beside a curve of its name that ends otherwise it is `final/...`."""
    curve = outcome.curve(one.run, one.key)
    if len(curve.values) > 1 and curve.values[-1] != value:
        curve = outcome.curve(one.run, f"final/{one.key}")
    curve.add(max([end, *curve.steps]), value, max(curve.order, default=0) + 1)


def _called(tag: str) -> str:
    """The last part of a tag, and how deep it lies; that of its list where it is a place in one."""
    above, _, last = tag.rpartition("/")
    return _called(above) if last.isdigit() and above else f"{tag.count('/')} {last}"
