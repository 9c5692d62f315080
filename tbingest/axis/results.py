"""Setting or result: one judge for tables, finals, flat JSON and configs.

0.8731 under any name is a result, 0.001 a setting; `final_acc: 0.9` is a result by its name.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from tbingest.axis.counters import NAMED
from tbingest.axis.vocabulary import CONFIG, METRIC, SETTING
from tbingest.axis.words import rank_of, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EITHER = frozenset("weight weights rate min max n k rank ratio total index test".split())
_SHARES = frozenset({"rate", "ratio", "fraction", "frac"})
"""A share of something was measured, but for those of `_SET`; a ratio where it has many digits."""
_SET = frozenset(
    "learning sampling sample subsample mask mlp clip warmup train val test split mutation"
    " crossover decay exploration frame bit refresh update noise drop forget keep feature"
    " bagging discount initial base hint motion dropout momentum data holdout population".split()
)
_LIMITS = frozenset({"max", "min", "total"})
_MEANS = frozenset("mean avg average median".split())
_SPREADS = _MEANS | {"std", "stderr", "sem"}
_PIXELS = frozenset("pixel image norm normalization".split())
_MEASURES = frozenset("metric metrics scores performance evaluation eval".split())
"""Keys below which measures stand: `final_metrics/q`, `evaluation/std`."""
_COUNTED = frozenset({"count", "num"})
"""How many times something was measured to be so: `success_count`."""
_FIRM = SETTING - _EITHER - _COUNTED
_BY_LAST = frozenset("alpha beta gamma lambda sigma eps epsilon threshold size dim lr".split())
"""What a setting of a measure ends with: `loss_alpha`."""
SPREAD = re.compile(r"(?<![a-z])(?:std|sem|stderr)(?![a-z])", re.IGNORECASE)
"""What is beside a mean: `loss_std`."""
_DIGITS = re.compile(r"(?<!\d)\d+$")


_SINGULAR = {"losses": "loss", "errors": "error", "rewards": "reward", "accuracies": "accuracy"}
"""`critical_errors/rate` is of errors."""
_CLOCKED = frozenset({"ms", "us", "ns"})
"""What a benchmark is measured in; seconds and hours are what a training was given or took."""


class Digits(NamedTuple):
    """How numbers are written: `broken` where one is not whole, `long` where half have digits that
    nobody sets, `fine` where half have three digits, or four behind the point.
    """

    there: bool
    broken: bool
    long: bool
    fine: bool


def digits_of(values: Iterable[float | None]) -> Digits:
    """What `is_result` needs to know of many numbers, worked out once."""
    given = [value for value in values if value is not None and math.isfinite(value)]
    broken = any(not float(value).is_integer() for value in given)
    half = len(given) / 2
    long, fine = sum(map(_is_long, given)) >= half, sum(map(_is_fine, given)) >= half
    return Digits(bool(given), broken, long, fine)


def is_result(name: str, values: Sequence[float | None] | Digits) -> bool:
    """Whether numbers under a name are results: a measure's word, or digits that nobody sets."""
    *above, own_name = name.split("/")
    if any(map(is_config, above)):
        return False
    own = words(own_name)
    last, every = _bare(own), _bare(words(name))
    digits = values if isinstance(values, Digits) else digits_of(values)
    measured = bool(last & METRIC)
    if not digits.there or (measured and not last & _FIRM):
        return measured
    below = set(words(above[0])) if above else set()
    if digits.long and "metrics" in below and not last & _BY_LAST:
        return True
    if _is_said(own_name, last, every, above, broken=digits.broken) or _is_taken(own, digits):
        return True
    if own and own[-1] in _BY_LAST:
        return False
    called = last & SETTING
    if called and not measured and (not called <= _SHARES or last & _SET):
        return digits.long and called <= _LIMITS and len(last) > 1
    return digits.long or (bool(every & METRIC) and digits.broken)


def _is_said(
    name: str, last: set[str], every: set[str], above: Sequence[str], *, broken: bool
) -> bool:
    """True for a rate, a mean, a deviation of something, and what stands below `metrics`."""
    if len(last) > 1 and last & {"rate", "fraction", "frac"} and not last & _SET:
        return True
    if len(last) > 1 and last & _MEANS and not last & _PIXELS:
        return True
    if last == {"best", "value"}:
        return True
    if above and broken and last <= _SPREADS and not every & _PIXELS:
        return True
    said = {word for part in above for word in words(part)} & _MEASURES
    called = last & SETTING or rank_of(name)
    return bool(said) and not called and (broken or "metrics" in said)


def _is_taken(own: Sequence[str], digits: Digits) -> bool:
    """True for how long something took, `steps_to_90`, `forward_ms` with the digits of a clock, and
    for amounts of one thing in another that are not whole: `bits_per_weight`.
    """
    took = own[1:2] == ("to",) and rank_of(own[0]) >= NAMED
    clocked = len(own) > 1 and own[-1] in _CLOCKED and digits.long
    return took or clocked or ("per" in own[1:-1] and digits.broken and digits.long)


def is_config(key: str) -> bool:
    """True for a key below which settings stand: `config`, `training_config`, not `by_config`."""
    found = words(key)
    said = found[-1:] in _LAST and not _OF.intersection(found)
    return key.lower() in CONFIG or said


_LAST = {(word,) for word in "config configs cfg args hparams hyperparameters settings".split()}
_OF = frozenset("by per all across results scores metrics".split())


def _bare(found: Iterable[str]) -> set[str]:
    return {
        word if word in METRIC else _SINGULAR.get(word) or _DIGITS.sub("", word) or word
        for word in found
    }


def _is_long(value: float) -> bool:
    """True for a number with four digits or more that count, and a fraction."""
    digits = f"{abs(value):.10g}".replace(".", "").partition("e")[0].strip("0")
    return len(digits) >= 4 and not float(value).is_integer()


def _is_fine(value: float) -> bool:
    """True for `57.5` and `0.0024`, not for `0.25`."""
    whole, _, behind = f"{abs(value):.10f}".rstrip("0").partition(".")
    return len(behind) >= 4 or (bool(behind) and len((whole + behind).strip("0")) >= 3)
