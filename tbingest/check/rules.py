"""What is asked of the curves: rules, as the flags and `[[check]]` of a config say them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tbingest.errors import UsageError
from tbingest.series.metrics import rises_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WHICH = re.compile(r"(last|best|first|mean|at)(?:\((-?\d{1,18})\))?")
_WORDS = "last, first, best, mean(n) or at(step)"
_WAYS = {"up": True, "down": False}
SPIKE = 10.0
DIVERGENCE = 2.0


@dataclass(frozen=True)
class Rule:
    """One thing that is asked.

    kind: the flag without its dashes; tag, run: globs (`*` takes in `/`); bound: the number of a
    max, min, min-steps, no-spike, no-divergence or max-regression; which: the value that a max or
    min looks at, and `n` its number, as in mean(n) and at(step); up: the way that a direction says
    or a monotonic goes; relative: True where a max-regression is a share of the old value.

    `allow-nan`, `direction` and `max-regression` ask nothing by themselves: they say how others
    are meant for some tags.
    """

    kind: str
    tag: str = "*"
    run: str = "*"
    bound: float = 0.0
    which: str = "last"
    n: int = 1
    up: bool | None = None
    relative: bool = False

    @property
    def text(self) -> str:
        """As the flag would be written; what only a config can say is in parentheses."""
        tag, said = self.tag, ""
        if self.kind in {"max", "min"}:
            which = f"{self.which}({self.n})" if self.which in {"mean", "at"} else self.which
            said = f" {tag}={number(self.bound)}@{which}"
        elif self.kind in {"no-spike", "no-divergence"}:
            said = f" {tag}={number(self.bound)}"
        elif self.kind in {"require", "monotonic"}:
            said = f" {tag}" + ("" if self.up is None else f"={'up' if self.up else 'down'}")
        else:
            if self.kind == "min-steps":
                said = f" {int(self.bound)}"
            elif self.kind == "max-regression":
                said = (
                    f" {number(self.bound * 100)}%" if self.relative else f" {number(self.bound)}"
                )
            said += f" (tags {tag})" if tag != "*" else ""
        where = f" (runs {self.run})" if self.run != "*" else ""
        return f"--{self.kind}{said}{where}"

    def means(self, run: str, tag: str) -> bool:
        """True for a curve of which the rule speaks."""
        return matches(run, self.run) and matches(tag, self.tag)


def number(value: float) -> str:
    """A number as it is shown everywhere."""
    return f"{value:.8g}"


def matches(name: str, pattern: str) -> bool:
    """True where a name is the pattern, or falls under it as a glob."""
    return name == pattern or fnmatchcase(name, pattern)


def parse_bound(kind: str, text: str, run: str = "*") -> Rule:
    """A `--max` or `--min`: TAG=VALUE[@WHICH]. Raises UsageError."""
    tag, equals, asked = text.rpartition("=")
    value, _, which = asked.partition("@")
    if not (equals and tag):
        raise UsageError(
            f"--{kind} {text}: is not a bound", f"write it as --{kind} 'val/loss=0.35'"
        )
    bound = _number(value, f"--{kind} {text}")
    chosen, n = parse_which(which or "last", f"--{kind} {text}")
    return Rule(kind, tag, run, bound, chosen, n)


def parse_which(text: str, where: str) -> tuple[str, int]:
    """(last, first, best, mean or at; its number). Raises UsageError."""
    found = _WHICH.fullmatch(text)
    if (
        not found
        or (found[1] in {"mean", "at"}) != (found[2] is not None)
        or (found[1] == "mean" and int(found[2]) < 1)
    ):
        raise UsageError(f"{where}: @{text}: no such value", f"one of {_WORDS}")
    return found[1], int(found[2] or 1)


def parse_factor(kind: str, text: str, default: float) -> Rule:
    """A `--no-spike` or `--no-divergence`: TAG[=K]. Raises UsageError."""
    tag, equals, value = text.rpartition("=")
    if not equals:
        return Rule(kind, text, bound=default)
    return Rule(kind, tag, bound=_positive(value, f"--{kind} {text}"))


def parse_direction(text: str) -> Rule:
    """A `--direction`: TAG=up or TAG=down. Raises UsageError."""
    tag, _, word = text.rpartition("=")
    if not tag or word not in _WAYS:
        raise UsageError(
            f"--direction {text}: no direction", "write it as --direction 'val/loss=down'"
        )
    return Rule("direction", tag, up=_WAYS[word])


def parse_regression(text: str, tag: str = "*", run: str = "*") -> Rule:
    """A `--max-regression`: 2% or 0.01. Raises UsageError."""
    try:
        size = float(text.removesuffix("%"))
    except ValueError:
        size = math.nan
    if not 0 <= size < math.inf:
        raise UsageError(f"--max-regression {text}: no such size", "as in 2% or 0.01")
    share = text.endswith("%")
    return Rule("max-regression", tag, run, size / 100 if share else size, relative=share)


def parse_monotonic(text: str) -> Rule:
    """A `--monotonic`: TAG[=up|down]."""
    tag, _, word = text.rpartition("=")
    if tag and word in _WAYS:
        return Rule("monotonic", tag, up=_WAYS[word])
    return Rule("monotonic", text)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{where}: {text!r} is not a number", "as in 0.35 or 1e-3") from None
    if math.isnan(value):
        raise UsageError(f"{where}: nothing is above or below nan", "as in 0.35 or 1e-3")
    return value


def _positive(text: object, where: str) -> float:
    value = _number(str(text), where)
    if value <= 0:
        raise UsageError(f"{where}: not above 0", "leave it out")
    return value


def rises(run: str, tag: str, rules: Sequence[Rule] = ()) -> bool | None:
    """True where more is better, False where less is, None where nobody knows.

    The first direction among `rules` that speaks of the curve says it; else the tag's last words:
    loss, error, perplexity, mae, mse, rmse, wer and the like go down; accuracy, auc, f1, precision,
    recall, map, reward, bleu, iou and the like up.
    """
    for rule in rules:
        if rule.kind == "direction" and rule.means(run, tag):
            return rule.up
    return rises_by_name(tag)


def rules_of_flags(given: Mapping[str, Any]) -> list[Rule]:
    """The rules of a command's flags. Raises UsageError."""
    found = [parse_bound("max", text) for text in given["max_"]]
    found += [parse_bound("min", text) for text in given["min_"]]
    found += [Rule("require", tag) for tag in given["require"]]
    found += [parse_monotonic(text) for text in given["monotonic"]]
    found += [parse_factor("no-spike", text, SPIKE) for text in given["no_spike"]]
    found += [parse_factor("no-divergence", text, DIVERGENCE) for text in given["no_divergence"]]
    if given["min_steps"]:
        found.append(Rule("min-steps", bound=given["min_steps"]))
    if given["no_restart"]:
        found.append(Rule("no-restart"))
    if given["no_nan"]:
        found.append(Rule("no-nan"))
    found += [parse_direction(text) for text in given["direction"]]
    return found


KEYS = {
    "tag": "a string",
    "run": "a string",
    "max": "a number",
    "min": "a number",
    "at": "a string",
    "require": "true or false",
    "no-nan": "true or false",
    "monotonic": "true or false",
    "min-steps": "a whole number",
    "no-restart": "true or false",
    "no-spike": "a number",
    "no-divergence": "a number",
    "direction": "a string",
    "max-regression": "a string or a number",
}
"""What a `[[check]]` of a config may hold."""


def rules_of_table(fields: Mapping[str, Any]) -> list[Rule]:
    """The rules of one `[[check]]`. Raises UsageError."""
    tag, run = fields.get("tag", "*"), fields.get("run", "*")
    which, n = parse_which(fields.get("at", "last"), "at")
    found = [
        Rule(kind, tag, run, _number(str(fields[kind]), kind), which, n)
        for kind in ("max", "min")
        if kind in fields
    ]
    if "at" in fields and not found:
        raise UsageError("at says which value a max or min looks at", "add max = 0.35")
    found += [
        Rule(kind, tag, run)
        for kind in ("require", "no-nan", "monotonic", "no-restart")
        if fields.get(kind)
    ]
    if fields.get("no-nan") is False:
        found.append(Rule("allow-nan", tag, run))
    for kind in ("min-steps", "no-spike", "no-divergence"):
        if kind in fields:
            found.append(Rule(kind, tag, run, _positive(fields[kind], kind)))
    if "direction" in fields:
        if fields["direction"] not in _WAYS:
            raise UsageError(f"direction = {fields['direction']}: no direction", "up or down")
        found.append(Rule("direction", tag, run, up=_WAYS[fields["direction"]]))
    if "max-regression" in fields:
        found.append(parse_regression(str(fields["max-regression"]), tag, run))
    if not found:
        raise UsageError("asks for nothing", "add max = 0.35, for example")
    return found
