"""Sources that are one run, or one run and those below it: which, in which order, from when."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.formats.registry import format_of
from tbingest.model.rows import Ignored
from tbingest.names.files import base_of_parts, join, rotated_from, rotation_age
from tbingest.names.runs import renamed, safe_run
from tbingest.names.steps import above_steps, step_folder
from tbingest.plan.alike import Finals, finals_in
from tbingest.plan.attachments import attached, in_steps
from tbingest.plan.image_grids import in_grids
from tbingest.plan.planned import Planned, is_attachment, is_log
from tbingest.plan.rules import rule_of
from tbingest.plan.several import copies_in, run_suffixes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tbingest.options import Options
    from tbingest.sources.discover import Source


@dataclass
class Folder:
    """The sources of one run root, as they are found; `run` is what their rule says, `called` what
    people called it.

    `events` are event files to be copied as they are.
    """

    root: str
    name: str
    run: str
    members: list[Planned] = field(default_factory=list)
    events: list[Source] = field(default_factory=list)
    called: str = ""

    @property
    def first(self) -> Source:
        """Any of the sources: they have one root."""
        return self.members[0].source if self.members else self.events[0]

    @property
    def whole(self) -> str:
        """The folder's path."""
        return os.path.join(self.root, self.name) if self.name else self.root  # noqa: PTH118


def folders_of(
    planned: Sequence[Planned], events: Sequence[Source], options: Options
) -> list[Folder]:
    """Sources by the folder that is their run, and the run that their rule says.

    Attachments go to the nearest log above them.
    """
    logs = {
        (entry.source.root, entry.folder): entry.rule.run
        for entry in reversed(planned)
        if not entry.joins and not entry.source.single
    }
    found: dict[tuple[str, str, str], Folder] = {}
    for entry in planned:
        root, folder, run = entry.source.root, entry.folder, entry.rule.run
        if entry.joins and not entry.source.single:
            folder = _home(root, folder, logs, deep=not entry.dump)
            run = run or logs.get((root, folder), "")
        folder = renamed(folder or entry.source.root_name, options.run_map) or folder
        key = (root, folder, run)
        found.setdefault(key, Folder(*key)).members.append(entry)
    for source in events:
        # The run of an event file is its folder, even where the file itself was named.
        root = str(Path(source.root).parent) if source.single else source.root
        folder = "" if source.single else source.folder
        run = rule_of(source, options).run or logs.get((root, folder), "")
        key = (root, folder, run)
        event_file = replace(source, root=root, single=False)
        found.setdefault(key, Folder(*key)).events.append(event_file)
    _call(list(found.values()))
    return list(found.values())


def _call(folders: Sequence[Folder]) -> None:
    """Call the folders as people called their runs, and what lies below these after them."""
    given: dict[tuple[str, str], str] = {}
    for one in folders:
        name = next((entry.member.called for entry in one.members if entry.member), "")
        if name:
            given[one.root, one.name] = name.replace("/", "_")
    for one in folders:
        parts = one.name.split("/")
        above = [(one.root, "/".join(parts[: at + 1])) for at in range(len(parts))]
        one.called = "/".join(given.get(key, part) for key, part in zip(above, parts, strict=True))


def _home(root: str, folder: str, logs: Mapping[tuple[str, str], str], *, deep: bool) -> str:
    above = folder
    while (root, above) not in logs:
        if not above:
            return above_steps(folder) if deep else step_folder(folder)[1]
        above = above.rpartition("/")[0]
    return above


def members_of(
    folder: Folder, prefix: str, options: Options, fixed: float | None
) -> tuple[tuple[Planned, ...], list[Ignored]]:
    """The sources of a folder in the order of their reading, and which dumps are left out.

    `prefix` is the folder's run; `fixed` the wall time of what has none, where the user says one.
    """
    copies = copies_in(folder.members)
    parts = _with_parts([one for one in folder.members if one.source.name not in copies])
    several = run_suffixes(parts)
    placed = [_placed(entry, folder.name, prefix, several) for entry in parts]
    placed = [_beside_courses(entry, placed) for entry in placed]
    members, left_out = in_steps(in_grids(placed, folder.name), options)
    members.sort(key=turn_of)
    timed = [entry for entry in members if entry.roles.first_time is not None]
    members = [_with_base(entry, timed, fixed, options) for entry in members]
    twice = [
        Ignored(one.source.shown, copies[one.source.name])
        for one in folder.members
        if one.source.name in copies
    ]
    return tuple(members), [*left_out, *twice]


def _with_parts(members: Sequence[Planned]) -> list[Planned]:
    """The members, where rotated logs know whose parts they are."""
    names: dict[str, set[str]] = {}
    for entry in members:
        if is_log(entry) and not entry.member:
            names.setdefault(entry.format, set()).add(entry.source.name)
    for found in names.values():
        found.update(base_of_parts(found))
    return [
        replace(entry, part_of=rotated_from(entry.source.name, names.get(entry.format, ())))
        if is_log(entry)
        else entry
        for entry in members
    ]


def _placed(entry: Planned, folder: str, prefix: str, several: dict[str, str]) -> Planned:
    member = entry.member
    if member:
        run = join(prefix, member.below and safe_run(member.below))
        if member.format:
            return replace(entry, run=run, prefix=member.tag, step=member.step)
    else:
        run = join(prefix, several.get(entry.part_of or entry.source.name, ""))
    return attached(entry, folder, run) if entry.joins else replace(entry, run=run)


def _beside_courses(entry: Planned, placed: Sequence[Planned]) -> Planned:
    """A document of finals at the step of the course of its run that holds one of them, too; else
    those of them that are a course's by name below `final`: never in front of that course.
    """
    if entry.joins or entry.member or entry.step is not None or is_log(entry):
        return entry
    beside = [one for one in placed if one.run == entry.run and one is not entry]
    courses = [one for one in beside if not (one.joins or one.member)]
    found = finals_in(entry, courses) if courses else Finals()
    if found.step is not None:
        return replace(entry, step=found.step)
    return replace(entry, finals=found.names) if found.names else entry


def turn_of(entry: Planned) -> tuple[object, ...]:
    """The order of a job's sources: exact logs, consoles, last values, attachments.

    Among each, as their store wants it, then streams, then documents, the surest first. The parts
    of a rotated log stand before it; attachments of a step stand in their steps' order.
    """
    chosen = format_of(entry.format)
    by_step = is_attachment(chosen) and entry.step is not None
    sure = entry.evidence[0][1].confidence if chosen.rewritten and not by_step else 1.0
    turn = entry.member.turn if entry.member else 0
    kind = (is_attachment(chosen), chosen.summary, chosen.rounded)
    age = rotation_age(entry.source.name) if entry.part_of else (1, "")
    name = entry.part_of or entry.source.name
    return (*kind, turn, chosen.rewritten, -sure, entry.step or 0, name, age)


def _are_related(one: str, other: str) -> bool:
    """True for a run, and for what lies above or below it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _with_base(
    entry: Planned, timed: Sequence[Planned], fixed: float | None, options: Options
) -> Planned:
    """Where the log has no absolute time: the user's, that of a `timed` one of its run, or its
    mtime.
    """
    if entry.roles.first_time is not None:
        return replace(entry, base=entry.roles.first_time, base_from=repr(entry.roles.time))
    if fixed is not None:
        return replace(entry, base=fixed, base_from="--wall-time")
    timed = [one for one in timed if _are_related(one.run, entry.run)]
    if timed and options.wall_time != "mtime":
        first = min(timed, key=lambda one: one.roles.first_time or 0.0)
        return replace(
            entry, base=first.roles.first_time or 0.0, base_from=f"start of {first.source.name}"
        )
    seconds = entry.source.mtime_ns / 1e9
    cap = os.environ.get("SOURCE_DATE_EPOCH", "")
    if cap.isdigit():
        seconds = min(seconds, float(cap))
    return replace(entry, base=seconds, base_from="the file's mtime")
