"""Who reads what: for every file its format, its run and its roles, or why it is not read."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tbingest import logdir as logdirs
from tbingest.errors import SourceError, UsageError
from tbingest.formats.registry import ENOUGH, evidence, formats, stores
from tbingest.model import Evidence, Format, Head, Member, Rows
from tbingest.naming import clean_tag, join, safe_run, stem_of, step_folder, step_of_name
from tbingest.options import AUTO_PLOTS, Options, Plots, parse_wall_time
from tbingest.roles import Roles, choose_roles, fixed_roles
from tbingest.sources.discover import Filters, Ignored, Source, discover
from tbingest.sources.opened import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HEAD_DIGEST_BYTES = 4096
_LFS = b"version https://git-lfs"
_DUMP_GROUPS = (("grad", "gradients"), ("activ", "activations"), ("optim", "optimizer"))
_PLAIN_DUMPS = frozenset(
    {"", "weights", "weight", "params", "model", "state", "state_dict", "checkpoint", "ckpt"}
)


@dataclass(frozen=True)
class Planned:
    """A source and what is to become of it.

    `evidence` is what the formats said, the surest first; `base` the wall time of what has none
    and `base_from` where it comes from; `member` what the store says that claims it.
    """

    source: Source
    format: str
    evidence: tuple[tuple[str, Evidence], ...]
    roles: Roles
    encoding: str
    head: tuple[int, str]
    run: str = ""
    prefix: str = ""
    step: int | None = None
    base: float = 0.0
    base_from: str = ""
    member: Member | None = None

    @property
    def folder(self) -> str:
        """The folder below the root that is its run."""
        return self.member.run if self.member else self.source.folder

    @property
    def joins(self) -> bool:
        """True for what joins the run of a log: dumps, pictures, notes, configs."""
        settled = self.member and self.member.format
        return not settled and is_attachment(formats()[self.format])

    @property
    def history(self) -> bool:
        """True where only steps beyond those of the files before it are new."""
        return bool(self.member and self.member.history)


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
class Plan:
    """The jobs, and why the other files are not read."""

    jobs: tuple[Job, ...] = ()
    ignored: tuple[Ignored, ...] = ()


@dataclass
class _Folder:
    """The sources of one run root, as they are found."""

    root: str
    name: str
    members: list[Planned] = field(default_factory=list)


def plan(
    paths: Sequence[str | os.PathLike[str]], logdir: str | os.PathLike[str], options: Options
) -> Plan:
    """What `paths` hold and how it would be written to `logdir`. Writes nothing.

    Raises UsageError for a path that does not exist or an option that cannot be right.
    """
    if options.as_format and options.as_format not in formats():
        known = ", ".join(formats())
        raise UsageError(f"--as {options.as_format}: no such format", f"one of {known}")
    fixed = parse_wall_time(options.wall_time)
    filters = Filters(options.include, options.exclude, os.path.realpath(logdir))
    planned: list[Planned] = []
    ignored: list[Ignored] = []
    found = list(discover(paths, filters))
    claims = {} if options.as_format else claimed([one for one in found if isinstance(one, Source)])
    for one in found:
        result = one if isinstance(one, Ignored) else examine(one, options, claims.get(one.path))
        if isinstance(result, Ignored):
            ignored.append(result)
        else:
            planned.append(result)
    _check_fields(planned, options)
    folders = _folders(planned)
    jobs = []
    taken: dict[str, str] = {}
    for number, folder in enumerate(folders):
        job = _job(folder, os.fspath(logdir), options, fixed, taken)
        draw = options.plots == Plots.ALL or (options.plots == Plots.AUTO and number < AUTO_PLOTS)
        jobs.append(replace(job, draw=draw))
    return Plan(tuple(jobs), tuple(ignored))


def _check_fields(planned: Sequence[Planned], options: Options) -> None:
    """A field that the user names must be in some log."""
    logs = [entry for entry in planned if not is_attachment(formats()[entry.format])]
    fields = sorted({name for entry in logs for name in entry.roles.fields})
    for flag, name in (("--step", options.step), ("--time", options.time)):
        if name and logs and name not in fields:
            near = get_close_matches(name, fields, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(fields[:20])}"
            raise UsageError(f"{flag} {name}: no log has this field", hint)


def claimed(sources: Sequence[Source]) -> dict[str, tuple[str, Member | str]]:
    """By path, what the first store that knows a file says of it, and that store's name."""
    roots: dict[str, dict[str, Source]] = {}
    for source in sources:
        if not source.single:
            roots.setdefault(source.root, {})[source.name] = source
    claims: dict[str, tuple[str, Member | str]] = {}
    for found in roots.values():
        listing = Folder(found)
        for store in stores().values():
            for name, claim in store.claim(listing).items():
                claims.setdefault(found[name].path, (store.name, claim))
    return claims


class Folder:
    """The sources below one root, as a store looks at them."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self.names: Sequence[str] = sorted(sources)

    def text(self, name: str) -> str:
        """The first 64 KiB of a file, decoded; empty where it is no text."""
        source = self._sources.get(name)
        if source is None:
            return ""
        try:
            with Opened(source) as opened:
                head = opened.head(source)
        except SourceError:
            return ""  # said when the file is read
        return "" if head.binary else head.data.decode("utf-8", "replace")


def examine(
    source: Source, options: Options, claim: tuple[str, Member | str] | None = None
) -> Planned | Ignored:
    """One source: its format by its first 64 KiB or by its store, and the roles of its fields."""
    if claim and isinstance(claim[1], str):
        return Ignored(source.shown, f"{claim[0]}: {claim[1]}")
    member = claim[1] if claim and isinstance(claim[1], Member) else None
    try:
        with Opened(source) as opened:
            head = opened.head(source)
            encoding = "+".join(filter(None, (opened.compression, opened.encoding)))
            damage = opened.damage
    except SourceError as error:
        return Ignored(source.shown, error.message, failed=True)
    if not head.data:
        return Ignored(source.shown, damage or "empty", failed=source.single or bool(damage))
    if head.data.startswith(_LFS):
        reason = "a Git LFS pointer: the file itself was not fetched (git lfs pull)"
        return Ignored(source.shown, reason, failed=source.single)
    if options.as_format:
        chosen = formats()[options.as_format]
        said = [(chosen, Evidence(1.0, "as asked"))]
    elif member and member.format:
        chosen = formats()[member.format]
        said = [(chosen, Evidence(1.0, f"claimed by {claim[0] if claim else ''}"))]
    else:
        said = evidence(head)
        chosen = said[0][0]
        if said[0][1].confidence < ENOUGH:
            return Ignored(source.shown, _not_sure(head, said), failed=source.single)
    if chosen.database:
        roles = fixed_roles(chosen.fields)
    else:
        roles = choose_roles(sample(chosen, head), chosen.fields, options.step, options.time)
    if member and member.step is not None and not chosen.fields.step_from_name:
        roles = replace(roles, why={"step": f"{member.step}, as its folder says"})
    start = head.data[:HEAD_DIGEST_BYTES]
    return Planned(
        source,
        chosen.name,
        tuple((entry.name, found) for entry, found in said if found.confidence > 0),
        roles,
        encoding,
        (len(start), hashlib.blake2b(start, digest_size=12).hexdigest()),
        member=member,
    )


def _not_sure(head: Head, said: Iterable[tuple[Format, Evidence]]) -> str:
    for entry, found in said:
        if found.confidence > 0:
            return f"no format is sure: {entry.name} {found.confidence:.2f} ({found.reason})"
        break
    return "binary, of no known kind" if head.binary else "no numbers in a form that is known"


def sample(entry: Format, head: Head) -> list[Rows]:
    """The first rows of a source, as far as its head shows them."""
    if not entry.reader or entry.fields.step_from_name:
        return []
    reader = entry.reader(head)
    found = list(reader.feed(head.data))
    if head.complete or entry.rewritten:
        found += reader.close()
    return [item for item in found if isinstance(item, Rows)]


def is_attachment(entry: Format) -> bool:
    """True for dumps, pictures, notes and configs: they join the run of a log."""
    return entry.fields.step_from_name


def _folders(planned: Sequence[Planned]) -> list[_Folder]:
    """Sources by the folder that is their run: attachments go to the nearest log above them."""
    logs = {
        (entry.source.root, entry.folder)
        for entry in planned
        if not entry.joins and not entry.source.single
    }
    found: dict[tuple[str, str], _Folder] = {}
    for entry in planned:
        root, folder = entry.source.root, entry.folder
        if entry.joins and not entry.source.single:
            folder = _home(root, folder, logs)
        found.setdefault((root, folder), _Folder(root, folder)).members.append(entry)
    return list(found.values())


def _home(root: str, folder: str, logs: set[tuple[str, str]]) -> str:
    above = folder
    while (root, above) not in logs:
        if not above:
            return step_folder(folder)[1]
        above = above.rpartition("/")[0]
    return above


def _job(
    folder: _Folder, logdir: str, options: Options, fixed: float | None, taken: dict[str, str]
) -> Job:
    first = folder.members[0].source
    own = stem_of(first.name) if first.single else folder.name or first.root_name
    wanted = safe_run(options.run and join(options.run, folder.name if not first.single else ""))
    wanted = wanted if options.run else safe_run(own)
    root = os.path.join(folder.root, folder.name) if folder.name else folder.root  # noqa: PTH118
    prefix = _free_prefix(wanted, root, folder, logdir, taken)
    several = _several(folder.members)
    members = [_placed(entry, folder.name, prefix, several) for entry in folder.members]
    members.sort(key=_turn)
    members = [_with_base(entry, members, fixed, options) for entry in members]
    renamed = wanted if prefix != wanted else ""
    return Job(prefix, tuple(members), logdir, options, root, renamed_from=renamed)


def _free_prefix(
    wanted: str, root: str, folder: _Folder, logdir: str, taken: dict[str, str]
) -> str:
    """`wanted`, or `wanted-2` and so on where another root owns it."""
    heads = {entry.source.name: entry.head for entry in folder.members}
    number = 1
    while True:
        prefix = wanted if number == 1 else f"{wanted}-{number}"
        key = unicodedata.normalize("NFC", prefix).casefold()
        if taken.setdefault(key, root) == root and logdirs.may_own(logdir, prefix, root, heads):
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
    chosen = formats()[entry.format]
    member = entry.member
    if member:
        run = join(prefix, member.below and safe_run(member.below))
        if member.format:
            return replace(entry, run=run, prefix=member.tag, step=member.step)
    else:
        run = join(prefix, several.get(entry.source.path, ""))
    if not entry.joins:
        return replace(entry, run=run)
    below = entry.source.name.removeprefix(f"{folder}/") if folder else entry.source.name
    step, rest = step_of_name(below)
    if chosen.tensors:
        tag = _dump_prefix(rest.rpartition("/")[2], single=chosen.name == "npy")
    elif chosen.name in {"config", "notes"}:
        step, tag = 0, join(below.rpartition("/")[0], stem_of(below.rpartition("/")[2]))
    else:
        tag = rest if rest and not rest.endswith("/") else join(rest, chosen.name)
    return replace(entry, run=run, prefix=clean_tag(tag), step=step or 0)


def _dump_prefix(stem: str, *, single: bool) -> str:
    lower = stem.lower()
    group = next((name for part, name in _DUMP_GROUPS if part in lower), "weights")
    return group if single or lower in _PLAIN_DUMPS or group != "weights" else f"{group}/{stem}"


def _turn(entry: Planned) -> tuple[bool, int, bool, float, int, str]:
    """The order of a job's sources: streams, documents the surest first, then attachments.

    Within a store's run, as the store wants it.
    """
    chosen = formats()[entry.format]
    sure = entry.evidence[0][1].confidence if chosen.rewritten else 1.0
    turn = entry.member.turn if entry.member else 0
    step = entry.step or 0
    joins = is_attachment(chosen)
    return (joins, turn, chosen.rewritten, -sure, step, entry.source.name)


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
