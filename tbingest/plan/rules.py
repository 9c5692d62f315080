"""What the user's rules say of a source: which one is for it, and what its patterns find."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tbingest.errors import UsageError
from tbingest.formats.generic.pattern import FORMAT, PatternReader
from tbingest.formats.generic.pattern_groups import compiled
from tbingest.formats.registry import format_of, formats, is_format
from tbingest.model.rows import Rows
from tbingest.options import NO_RULE, SourceRule
from tbingest.plan.roles import Roles, choose_roles
from tbingest.sources.discover import name_matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.contracts import Head
    from tbingest.options import Options
    from tbingest.sources.discover import Source
    from tbingest.sources.stream import Opened

PATTERN = FORMAT.name
_LOOK_AHEAD = 16 << 20
_LOOK_PIECE = 64 << 10


def check_formats(options: Options) -> None:
    """A format that the user names must be known, and a pattern be one."""
    everything = SourceRule("", options.as_format)
    for rule in (everything, *options.sources):
        place, name = f"[[source]] {rule.match!r}: format", rule.format
        place = "--as" if rule is everything else place
        compiled(rule.pattern)
        if name and not is_format(name):
            near = get_close_matches(name, formats(), 1)
            hint = f"did you mean {near[0]}?" if near else "tbingest formats lists them"
            raise UsageError(f"{place} {name}: no such format", hint)
        if name == PATTERN and not rule.pattern:
            raise UsageError(
                f"{place} {name}: needs a pattern", "write a [[source]] into tbingest.toml"
            )


def check_fields(logs: Sequence[tuple[SourceRule, Sequence[str]]], options: Options) -> None:
    """A field that the user names must be in some log, or in one of those that a rule is for.

    `logs` holds the rule and the fields of each.
    """
    asked = [("--step", options.step, NO_RULE), ("--time", options.time, NO_RULE)]
    for rule in options.sources:
        place = f"[[source]] {rule.match!r}:"
        asked += [(f"{place} step", rule.step, rule), (f"{place} time", rule.time, rule)]
    for place, name, rule in asked:
        found = [fields for own, fields in logs if rule in {NO_RULE, own}]
        fields = sorted({field for one in found for field in one})
        if name and found and name not in fields:
            near = get_close_matches(name, fields, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(fields[:20])}"
            raise UsageError(f"{place} {name}: no log has this field", hint)


def rule_of(source: Source, options: Options) -> SourceRule:
    """The first rule that matches a source's name."""
    rules = (rule for rule in options.sources if name_matches(source.name, (rule.match,)))
    return next(rules, NO_RULE)


def first_rows(opened: Opened, head: Head) -> list[Rows]:
    """The first rows that the user's patterns give, up to where their step and time are known.

    A log's lines may begin far below its head, after a banner.
    """
    groups = {name for one in compiled(head.patterns) for name in one.groupindex}
    wanted = {"step", "time"} & groups
    reader = PatternReader(patterns=list(head.patterns))
    found: list[Rows] = []
    while opened.position < _LOOK_AHEAD and (data := opened.read(_LOOK_PIECE)):
        found += [item for item in reader.feed(data) if isinstance(item, Rows)]
        if found and wanted <= {name for rows in found for name in rows.columns}:
            return found
    return found + [item for item in reader.close() if isinstance(item, Rows)]


def pattern_roles(ahead: Sequence[Rows], rule: SourceRule, step: str, time: str) -> Roles:
    """The roles of the user's groups: `step` is the step, wherever it first comes."""
    groups = {name for one in compiled(rule.pattern) for name in one.groupindex}
    roles = choose_roles(ahead, format_of(PATTERN).fields, step or "step", time or "time")
    if "step" in groups and not step:
        roles = replace(roles, step="step", why={**roles.why, "step": "'step', as asked"})
    return replace(roles, run="run") if "run" in groups else roles
