"""A whole check: read, judge, compare."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tbingest.check.baseline import compare
from tbingest.check.curves import Inputs, gather
from tbingest.check.fold import Asked
from tbingest.check.judge import MEANINGS, judge, not_asked, some, there_are
from tbingest.check.rules import matches
from tbingest.check.verdict import Failure, Verdict, curves_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.check.rules import Rule
    from tbingest.check.series import Series
    from tbingest.options import Options

_READ = "input"


def check(
    paths: Sequence[str],
    rules: Sequence[Rule],
    options: Options,
    *,
    runs: Sequence[str] = (),
    baseline: str = "",
) -> Verdict:
    """Hold the logs or logdirs at `paths` against `rules`, and against a baseline if there is one.

    `runs` are globs: other runs are left out. Writes nothing. Raises UsageError.
    """
    began = time.perf_counter()
    left_out = MEANINGS - {"max-regression"} if baseline else MEANINGS
    verdict = Verdict([rule.text for rule in rules if rule.kind not in left_out])
    inputs = gather(paths, options, Asked.by(rules))
    found = _of_runs(inputs.series, runs)
    verdict.failures += _inputs(inputs)
    if found:
        bare = [run for run in inputs.bare if _asked(run, runs)]
        verdict.failures += judge(rules, found, bare, inputs.unscalar)
        verdict.notes += [f"without scalars: {some(bare)}"] if bare else []
        verdict.notes += not_asked(rules, found)
    else:
        verdict.failures.append(_nothing(inputs, runs))
    verdict.notes += _left_out(inputs)
    old: dict[tuple[str, str], float] = {}
    if baseline and found:
        before = gather([baseline], options)
        verdict.failures += _inputs(before)
        compared = compare(found, _of_runs(before.series, runs) or before.series, rules)
        verdict.failures += compared.failures
        verdict.notes += compared.notes
        old = compared.old
    verdict.curves = curves_of(found, old)
    verdict.seconds = time.perf_counter() - began
    return verdict


def _nothing(inputs: Inputs, runs: Sequence[str]) -> Failure:
    """Why there is no curve to check: no run has a name that was asked for, or no file has any."""
    if inputs.series:
        names = sorted({one.run for one in inputs.series})
        what = f"no run matches {', '.join(runs)}"
        return Failure("--runs", what, hint=there_are(runs[0], names))
    hint = "tbingest inspect says of every file what it is taken for"
    return Failure(_READ, "no scalar was read", hint=hint)


def _left_out(inputs: Inputs) -> list[str]:
    """Which files were read in part or not at all, though others gave curves."""
    notes = [
        f"{source}: {count} {'problem' if count == 1 else 'problems'}: tbingest inspect shows them"
        for source, count in inputs.problems.items()
        if count
    ]
    if inputs.series and inputs.others:
        names = [source for source, _ in inputs.others]
        said = f"{names[0]} was" if len(names) == 1 else f"{some(names)} were"
        notes.append(f"{said} not read: tbingest inspect says why")
    return notes


def _of_runs(found: Sequence[Series], runs: Sequence[str]) -> list[Series]:
    return [one for one in found if _asked(one.run, runs)]


def _asked(run: str, runs: Sequence[str]) -> bool:
    return not runs or any(matches(run, glob) for glob in runs)


def _inputs(inputs: Inputs) -> list[Failure]:
    """What was to be read and gave nothing; all that was passed over where nothing was read."""
    entries = inputs.unread + ([] if inputs.series else inputs.others)
    return [Failure(_READ, reason, source=shown) for shown, reason in entries]
