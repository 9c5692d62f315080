"""Which logs of one folder are runs of their own.

Logs of one kind are, each named after its file. Logs of unlike kinds are one run (a console log and
its CSV), unless their values differ. Where one log is split off, all are, but for those that tell
the same as another one: that share its stem, or its values. Documents of single values (a summary,
a table of classes) are what came of the one training beside them, as long as none says otherwise.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from tbingest.formats.registry import format_of
from tbingest.names.files import rotated_from, rotation_age, stem_of
from tbingest.names.runs import safe_run
from tbingest.names.words import plural
from tbingest.plan.alike import (
    Alike,
    agree,
    alike,
    are_of_one_run,
    gathered_in,
    is_copy,
    is_result,
)
from tbingest.plan.planned import is_attachment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.plan.planned import Planned

_MOST = 24
"""Logs that are compared with each other; more are a folder of runs anyway."""


def run_suffixes(members: Sequence[Planned]) -> dict[str, str]:
    """Run suffixes of a folder's logs, by their names: their stems, or names where stems meet."""
    logs = _logs([entry for entry in members if not (entry.joins or entry.member)])
    logs = _without_results(logs)
    counts = Counter(entry.format for entry in logs)
    apart = [entry for entry in logs if not format_of(entry.format).joins]
    split = [entry for entry in apart if counts[entry.format] > 1]
    compared = [entry for entry in apart if _is_comparable(entry)]
    unlike: dict[tuple[str, str], Alike] = {}
    if 1 < len(compared) <= _MOST:
        unlike = {
            (one.source.name, other.source.name): alike(one, other)
            for one, other in combinations(compared, 2)
            if one.format != other.format
        }
    if split or Alike.OTHER in unlike.values():
        wanted = {entry.source.name for entry in (*split, *compared)}
        split = [entry for entry in apart if entry.source.name in wanted]
    return _named(split, unlike)


def copies_in(members: Sequence[Planned]) -> dict[str, str]:
    """The logs of a folder that say nothing of their own, by name, and why: another one's copy,
    byte for byte, and a document that gathers others.
    """
    names = {one.source.name for one in members}
    logs = [
        one
        for one in members
        if not (one.joins or one.member or rotated_from(one.source.name, names))
        and _is_comparable(one)
    ]
    logs.sort(key=lambda one: (len(one.source.name), one.source.name))
    found: dict[str, str] = {}
    for one, other in combinations(logs[:_MOST], 2):
        if one.source.name not in found and is_copy(one, other):
            found.setdefault(other.source.name, f"a copy of {one.source.name}")
    for one in logs if 2 < len(logs) <= _MOST else ():
        rest = [other for other in logs if other is not one and other.source.name not in found]
        if one.source.name not in found and (parts := gathered_in(one, rest)):
            found[one.source.name] = _gathered(parts)
    return found


def _gathered(parts: Sequence[Planned]) -> str:
    first, *others = dict.fromkeys(one.source.name for one in parts)
    more = f" and {plural(len(others), 'other')}" if others else ""
    return f"holds only what stands in {first}{more}"


def _logs(members: Sequence[Planned]) -> list[Planned]:
    """The logs; where one is empty or gone, the newest of its parts in its place."""
    logs = [entry for entry in members if not entry.part_of]
    names = {entry.source.name for entry in logs}
    newest: dict[str, Planned] = {}
    for entry in sorted(members, key=lambda entry: rotation_age(entry.source.name)):
        if entry.part_of and entry.part_of not in names:
            newest[entry.part_of] = entry
    return logs + [
        replace(entry, source=replace(entry.source, name=name), part_of="")
        for name, entry in newest.items()
    ]


def _without_results(logs: Sequence[Planned]) -> list[Planned]:
    """The logs that may be trainings: all, or the one beside which others hold only results, or
    none where all hold different results of one run.
    """
    compared = [entry for entry in logs if _is_comparable(entry)]
    if not 1 < len(compared) <= _MOST:
        return list(logs)
    results = {entry.source.name for entry in compared if is_result(entry)}
    beside = len(results) == len(compared) - 1 and agree(compared)
    if not (beside or (len(results) == len(compared) and are_of_one_run(compared))):
        return list(logs)
    return [entry for entry in logs if entry.source.name not in results]


def _is_comparable(entry: Planned) -> bool:
    """True for logs with curves: no last values, no databases, nothing that joins a run."""
    kind = format_of(entry.format)
    return bool(kind.reader) and not (kind.summary or kind.database or is_attachment(kind))


def _named(split: Sequence[Planned], values: dict[tuple[str, str], Alike]) -> dict[str, str]:
    """Their suffixes: one for what tells the same, the file's whole name where stems meet."""
    suffixes: dict[str, str] = {}
    compared = {name for pair in values for name in pair}
    leaders: dict[str, list[Planned]] = {}
    heard: list[Planned] = []  # those of the leaders whose values are known
    for entry in sorted(split, key=_turn):
        near = leaders.setdefault(stem_of(_base(entry)), [])
        leader = next((one for one in (*near, *heard) if _tell_same(one, entry, values)), None)
        if leader is None:
            near.append(entry)
            heard += [entry] * (entry.source.name in compared)
        suffixes[entry.source.name] = (leader or entry).source.name
    stems = {stem: len(near) for stem, near in leaders.items()}
    named = {}
    for name, leader_name in suffixes.items():
        base = leader_name.rpartition("/")[2]
        stem = stem_of(base)
        named[name] = safe_run(stem if stems[stem] == 1 else base)
    return named


def _turn(entry: Planned) -> tuple[bool, str]:
    """Exact logs before those whose numbers are rounded."""
    return (format_of(entry.format).rounded, entry.source.name)


def _tell_same(one: Planned, other: Planned, values: dict[tuple[str, str], Alike]) -> bool:
    if one.format == other.format:
        return False
    names = (one.source.name, other.source.name)
    said = values.get(names) or values.get((names[1], names[0])) or Alike.UNKNOWN
    met = stem_of(_base(one)) == stem_of(_base(other))
    return said == Alike.SAME or (met and said == Alike.UNKNOWN)


def _base(entry: Planned) -> str:
    return entry.source.name.rpartition("/")[2]
