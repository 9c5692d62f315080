"""Who reads what: for every file its format, its run and its roles, or why it is not read."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest import logdir as logdirs
from tbingest.attaching import attached, in_steps
from tbingest.claiming import claimed
from tbingest.examining import Planned, examine, is_attachment
from tbingest.formats.registry import formats, use
from tbingest.naming import join, safe_run, stem_of, step_folder
from tbingest.options import AUTO_PLOTS, Options, Plots, parse_wall_time
from tbingest.rules import (
    check_fields,
    check_formats,
    rule_of,
)
from tbingest.sources.discover import Filters, Ignored, Source, discover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Job:
    """A closed group of sources, and the run prefix that it owns. Plain data."""

    prefix: str
    sources: tuple[Planned, ...]
    logdir: str
    options: Options
    root: str = ""
    draw: bool = False
    renamed_from: str = ""


@dataclass(frozen=True)
class Adoption:
    """An event file, and the run into which it is copied; `root` is the folder where it lies."""

    source: Source
    run: str
    root: str


@dataclass(frozen=True)
class Plan:
    """The jobs, the event files to be copied, and why the other files are not read."""

    jobs: tuple[Job, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    adoptions: tuple[Adoption, ...] = ()


@dataclass
class _Folder:
    """The sources of one run root, as they are found; `run` is what their rule says.

    `events` are event files to be copied as they are.
    """

    root: str
    name: str
    run: str
    members: list[Planned] = field(default_factory=list)
    events: list[Source] = field(default_factory=list)

    @property
    def first(self) -> Source:
        """Any of the sources: they have one root."""
        return self.members[0].source if self.members else self.events[0]

    @property
    def whole(self) -> str:
        """The folder's path."""
        return os.path.join(self.root, self.name) if self.name else self.root  # noqa: PTH118


def plan(
    paths: Sequence[str | os.PathLike[str]], logdir: str | os.PathLike[str], options: Options
) -> Plan:
    """What `paths` hold and how it would be written to `logdir`. Writes nothing.

    Raises UsageError for a path that does not exist or an option that cannot be right.
    """
    use(options.plugins)
    check_formats(options)
    fixed = parse_wall_time(options.wall_time)
    filters = Filters(options.include, options.exclude, os.path.realpath(logdir), options.adopt)
    planned: list[Planned] = []
    events: list[Source] = []
    ignored: list[Ignored] = []
    found = list(discover(paths, filters))
    logs = [one for one in found if isinstance(one, Source) and not one.is_event_file]
    claims = {} if options.as_format else claimed(logs)
    for one in found:
        if isinstance(one, Source) and one.is_event_file:
            events.append(one)
            continue
        result = one if isinstance(one, Ignored) else examine(one, options, claims.get(one.path))
        if isinstance(result, Ignored):
            ignored.append(result)
        else:
            planned.append(result)
    known = [one for one in planned if not is_attachment(formats()[one.format])]
    check_fields([(one.rule, one.roles.fields) for one in known], options)
    jobs: list[Job] = []
    adoptions: list[Adoption] = []
    taken: dict[str, str] = {}
    for folder in _folders(planned, events, options):
        wanted, prefix = _prefix(folder, os.fspath(logdir), options, taken)
        adoptions += [Adoption(source, prefix, folder.whole) for source in folder.events]
        if not folder.members:
            continue
        few = len(jobs) < AUTO_PLOTS
        draw = options.plots == Plots.ALL or (options.plots == Plots.AUTO and few)
        job, left_out = _job(folder, prefix, os.fspath(logdir), options, fixed)
        renamed = wanted if prefix != wanted else ""
        jobs.append(replace(job, draw=draw, renamed_from=renamed))
        ignored += left_out
    return Plan(tuple(jobs), tuple(ignored), tuple(adoptions))


def _folders(
    planned: Sequence[Planned], events: Sequence[Source], options: Options
) -> list[_Folder]:
    """Sources by the folder that is their run, and the run that their rule says.

    Attachments go to the nearest log above them.
    """
    logs = {
        (entry.source.root, entry.folder): entry.rule.run
        for entry in reversed(planned)
        if not entry.joins and not entry.source.single
    }
    found: dict[tuple[str, str, str], _Folder] = {}
    for entry in planned:
        root, folder, run = entry.source.root, entry.folder, entry.rule.run
        if entry.joins and not entry.source.single:
            folder = _home(root, folder, logs)
            run = run or logs.get((root, folder), "")
        key = (root, folder, run)
        found.setdefault(key, _Folder(*key)).members.append(entry)
    for source in events:
        # The run of an event file is its folder, even where the file itself was named.
        root = str(Path(source.root).parent) if source.single else source.root
        folder = "" if source.single else source.folder
        run = rule_of(source, options).run or logs.get((root, folder), "")
        key = (root, folder, run)
        event_file = replace(source, root=root, single=False)
        found.setdefault(key, _Folder(*key)).events.append(event_file)
    return list(found.values())


def _home(root: str, folder: str, logs: Mapping[tuple[str, str], str]) -> str:
    above = folder
    while (root, above) not in logs:
        if not above:
            return step_folder(folder)[1]
        above = above.rpartition("/")[0]
    return above


def _prefix(
    folder: _Folder, logdir: str, options: Options, taken: dict[str, str]
) -> tuple[str, str]:
    """(the run that a folder's name gives, the one that it gets)."""
    first = folder.first
    own = stem_of(first.name) if first.single else folder.name or first.root_name
    asked = folder.run or options.run
    wanted = safe_run(join(asked, "" if first.single else folder.name) if asked else own)
    return wanted, _free_prefix(wanted, folder, logdir, taken)


def _job(
    folder: _Folder, prefix: str, logdir: str, options: Options, fixed: float | None
) -> tuple[Job, list[Ignored]]:
    """The job of a folder, and which of its dumps are left out."""
    several = _several(folder.members)
    placed = [_placed(entry, folder.name, prefix, several) for entry in folder.members]
    members, left_out = in_steps(placed, options)
    members.sort(key=_turn)
    members = [_with_base(entry, members, fixed, options) for entry in members]
    return Job(prefix, tuple(members), logdir, options, folder.whole), left_out


def _free_prefix(wanted: str, folder: _Folder, logdir: str, taken: dict[str, str]) -> str:
    """`wanted`, or `wanted-2` and so on where another root owns it."""
    root = folder.whole
    heads = {entry.source.name: entry.head for entry in folder.members}
    number = 1
    while True:
        prefix = wanted if number == 1 else f"{wanted}-{number}"
        key = unicodedata.normalize("NFC", prefix).casefold()
        owner = f"{root}\n{folder.run}"
        if taken.setdefault(key, owner) == owner and logdirs.may_own(logdir, prefix, root, heads):
            return prefix
        number += 1


def _several(members: Sequence[Planned]) -> dict[str, str]:
    """Run suffixes of logs of one format in one folder: their stems, or names where stems meet."""
    logs = [entry for entry in members if not entry.joins and not entry.member]
    counts = Counter(entry.format for entry in logs)
    split = [
        entry for entry in logs if counts[entry.format] > 1 and not formats()[entry.format].joins
    ]
    stems = Counter(stem_of(entry.source.name.rpartition("/")[2]) for entry in split)
    suffixes = {}
    for entry in split:
        base = entry.source.name.rpartition("/")[2]
        stem = stem_of(base)
        suffixes[entry.source.path] = safe_run(stem if stems[stem] == 1 else base)
    return suffixes


def _placed(entry: Planned, folder: str, prefix: str, several: dict[str, str]) -> Planned:
    member = entry.member
    if member:
        run = join(prefix, member.below and safe_run(member.below))
        if member.format:
            return replace(entry, run=run, prefix=member.tag, step=member.step)
    else:
        run = join(prefix, several.get(entry.source.path, ""))
    return attached(entry, folder, run) if entry.joins else replace(entry, run=run)


def _turn(entry: Planned) -> tuple[bool, bool, bool, int, bool, float, int, str]:
    """The order of a job's sources: exact logs, consoles, last values, attachments.

    Among each, as their store wants it, then streams, then documents, the surest first.
    """
    chosen = formats()[entry.format]
    sure = entry.evidence[0][1].confidence if chosen.rewritten else 1.0
    turn = entry.member.turn if entry.member else 0
    kind = (is_attachment(chosen), chosen.summary, chosen.rounded)
    return (*kind, turn, chosen.rewritten, -sure, entry.step or 0, entry.source.name)


def _with_base(
    entry: Planned, members: Sequence[Planned], fixed: float | None, options: Options
) -> Planned:
    """Where the log has no absolute time: the user's, a sibling's, or the file's mtime."""
    if entry.roles.first_time is not None:
        return replace(entry, base=entry.roles.first_time, base_from=repr(entry.roles.time))
    if fixed is not None:
        return replace(entry, base=fixed, base_from="--wall-time")
    siblings = [one for one in members if one.roles.first_time is not None]
    if siblings and options.wall_time != "mtime":
        first = min(siblings, key=lambda one: one.roles.first_time or 0.0)
        return replace(
            entry, base=first.roles.first_time or 0.0, base_from=f"start of {first.source.name}"
        )
    seconds = entry.source.mtime_ns / 1e9
    cap = os.environ.get("SOURCE_DATE_EPOCH", "")
    if cap.isdigit():
        seconds = min(seconds, float(cap))
    return replace(entry, base=seconds, base_from="the file's mtime")
