"""What `inspect` says of a source: its format and the reasons, its roles, its tags, its misfits."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.model.accounts import Account
from tbingest.model.report import MAX_PROBLEMS
from tbingest.model.rows import Problem
from tbingest.plan.planner import plan
from tbingest.reading.points import read_points

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from tbingest.model.points import Points
    from tbingest.model.rows import Ignored
    from tbingest.options import Options
    from tbingest.plan.planned import Planned

SCHEMA = "tbingest.inspect/1"
_PATTERNS = 4
PATTERN_SCHEMA = "tbingest.pattern/1"


@dataclass
class Look:
    """A source as it would be converted. `tags` counts values by run and tag."""

    planned: Planned
    values: Counter[str] = field(default_factory=Counter)
    tags: dict[str, Counter[str]] = field(default_factory=dict)
    first_step: int | None = None
    last_step: int | None = None
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    account: Account = field(default_factory=Account)

    @property
    def tried(self) -> tuple[str, ...]:
        """Which steps were looked at, the best first, and what share of the values each keeps."""
        best = self.planned.evidence[0][1].tried
        return best or tuple(filter(None, self.planned.roles.why.get("tried", "").split("; ")))

    @property
    def rule(self) -> str:
        """A rule to begin with, for the lines of a text log whose numbers are missed."""
        from tbingest.formats.textlog.suggest import pattern_of
        from tbingest.pipeline.try_pattern import rule_for

        missed = [one for one in self.account.not_taken if one.is_missed and one.sample]
        found = [pattern_of(one.sample, one.counter) for one in missed[:_PATTERNS]]
        patterns = [one for one in dict.fromkeys(found) if one]
        if not any("(?P<step>" in one for one in patterns):
            patterns = [*filter(None, [self._step_pattern()]), *patterns]
        name = self.planned.source.name.rpartition("/")[2]
        return rule_for(name, patterns) if missed and patterns else ""

    def _step_pattern(self) -> str:
        """A pattern for the lines whose counter is the step, where there are any."""
        from tbingest.formats.textlog.suggest import pattern_of

        found = [one for one in self.account.kinds.values() if one.taken or one.is_counter]
        for one in sorted(found, key=lambda one: one.line):
            pattern = pattern_of(one.sample, one.counter)
            if "(?P<step>" in pattern:
                return pattern
        return ""

    def take(self, item: Points | Problem) -> None:
        """Count points, or a problem."""
        if isinstance(item, Problem):
            self.problem_count += 1
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.append(item)
            return
        counts = self.tags.setdefault(item.run, Counter())
        counts.update(dict.fromkeys(item.tags, len(item)))
        self.values[item.kind] += len(item) * len(item.tags)
        low, high = int(item.steps.min()), int(item.steps.max())
        self.first_step = low if self.first_step is None else min(low, self.first_step)
        self.last_step = high if self.last_step is None else max(high, self.last_step)


def looks(
    paths: Sequence[str | os.PathLike[str]], logdir: str, options: Options
) -> tuple[list[Look], tuple[Ignored, ...]]:
    """A look at every source, read to its end, and the files that are not read."""
    planned = plan(paths, logdir, options)
    found = []
    for job in planned.jobs:
        for entry in job.sources:
            look = Look(entry)
            found.append(look)
            for remark in entry.remarks:
                look.take(remark)
            try:
                for item in read_points(entry, options, look.account):
                    look.take(item)
            except SourceError as error:
                look.take(Problem(entry.source.shown, None, None, error.message, error.hint))
    return found, planned.ignored


def to_dict(found: Sequence[Look], ignored: Sequence[Ignored]) -> dict[str, Any]:
    """The looks as JSON holds them."""
    return {
        "schema": SCHEMA,
        "sources": [_plain(look) for look in found],
        "ignored": [asdict(entry) for entry in ignored],
    }


def _plain(look: Look) -> dict[str, Any]:
    planned = look.planned
    return {
        "source": planned.source.shown,
        "format": planned.format,
        "encoding": planned.encoding,
        "evidence": [
            {"format": name, "confidence": said.confidence, "reason": said.reason}
            for name, said in planned.evidence
        ],
        "run": planned.run,
        "step": planned.roles.why.get("step", ""),
        "tried": list(look.tried),
        "time": planned.roles.time,
        "wall_time": {"base": planned.base, "from": planned.base_from},
        "values": dict(look.values),
        "steps": [look.first_step, look.last_step],
        "tags": {run: dict(sorted(tags.items())) for run, tags in look.tags.items()},
        "problems": [asdict(problem) for problem in look.problems],
        "problem_count": look.problem_count,
        "account": look.account.to_dict(everything=True),
        "rule": look.rule,
    }
