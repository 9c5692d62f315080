"""Who reads what: for every file its format, its run and its roles, or why it is not read."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from tbingest.formats.registry import format_of, use
from tbingest.logdir import saved as logdirs
from tbingest.model.rows import Ignored
from tbingest.names.files import join, log_of, stem_of
from tbingest.names.runs import safe_run
from tbingest.options import AUTO_PLOTS, Options, Plots, parse_wall_time
from tbingest.plan.claims import claimed
from tbingest.plan.detect import examine, remembered
from tbingest.plan.headless import with_headers
from tbingest.plan.planned import Adoption, Job, Plan, Planned, is_attachment, is_settled
from tbingest.plan.rules import check_fields, check_formats
from tbingest.plan.runs import Folder, folders_of, members_of
from tbingest.sources.discover import STDIN, Filters, Source, discover, moved_to
from tbingest.sources.identity import begins_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tbingest.logdir.source_state import SourceState
    from tbingest.model.contracts import Member

    Claim = tuple[str, Member | str]
    """The store that claims a file, and what it says of it."""


Item = TypeVar("Item")
Found = TypeVar("Found")
_LOOKED_AT = 1 << 20
"""About so many bytes of a file tell what it is."""


class Several(Protocol):
    """Processes that share work: see `reading.workers`."""

    def share(self, count: int) -> bool:
        """True where so many things are worth sharing."""

    def each(
        self, act: Callable[[Item], Found], items: Sequence[Item], sizes: Sequence[int]
    ) -> Iterator[Found]:
        """What `act` makes of each item, in their order; `sizes` are their bytes."""


def plan(
    paths: Sequence[str | os.PathLike[str]],
    logdir: str | os.PathLike[str],
    options: Options,
    *,
    remember: bool = False,
    workers: Several | None = None,
) -> Plan:
    """What `paths` hold and how it would be written to `logdir`. Writes nothing.

    With `remember`, what the conversion before read to its end is not examined again; `workers`
    examine many files. Raises UsageError for a path that does not exist or an option that cannot
    be right.
    """
    planner = Planner(paths, logdir, options, remember=remember)
    planner.look()
    return planner.plan(workers)


def is_owned(plan_: Plan) -> bool:
    """True where no other source root has taken a run of the plan since it was made."""
    return all(
        logdirs.may_own(job.logdir, job.prefix, job.root, [one.source for one in job.sources])
        for job in plan_.jobs
    )


class Planner:
    """Plans the same paths again and again, and examines again only what is not as it was.

    A log that goes on as it began stays what it was taken for once that was sure, and a folder
    keeps its run. `live` takes what is there of the standard input. With `remember`, what the
    conversion before read to its end is not examined again.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        logdir: str | os.PathLike[str],
        options: Options,
        *,
        live: bool = False,
        remember: bool = False,
    ) -> None:
        use(options.plugins)
        check_formats(options)
        self._paths = paths
        self._logdir = os.fspath(logdir)
        self._options = options
        self._fixed = parse_wall_time(options.wall_time)
        self._filters = Filters(
            options.include,
            options.exclude,
            os.path.realpath(logdir),
            adopt=options.adopt,
            events=options.events or options.as_format == "tensorboard",
            live=live,
        )
        self._found: list[Source | Ignored] = []
        self._examined: dict[str, _Examined] = {}
        self._singles: dict[str, Source] = {}
        self._prefixes: dict[tuple[str, str, str], tuple[str, str]] = {}
        self._taken: dict[str, str] = {}
        # What the user says of fields is checked against those of a source.
        plain = not (options.step or options.time or options.plugins)
        self._known: dict[tuple[str, str], SourceState] = {}
        self._headed: dict[str, list[SourceState]] = {}
        for digest, name, saved in (
            logdirs.known_sources(self._logdir) if remember and plain else ()
        ):
            if digest == options.digest and not options.force:
                self._known[saved.root, name] = saved
            if saved.header and not options.as_format:
                self._headed.setdefault(log_of(name), []).append(saved)
        self._plan: Plan | None = None

    def look(self) -> set[str]:
        """Look at the files again, without opening any: the paths that are not as before."""
        before = {one.path: one for one in self._found if isinstance(one, Source)}
        self._found = list(discover(self._paths, self._filters))
        self._found += self._rotated()
        now = {one.path: one for one in self._found if isinstance(one, Source)}
        changed = {path for path, source in now.items() if before.pop(path, None) != source}
        return changed | before.keys()

    def _rotated(self) -> list[Source]:
        """Where a file that was named alone has gone, when another stands in its place."""
        found: list[Source] = []
        for one in self._found:
            if not isinstance(one, Source) or not one.single or one.root == STDIN:
                continue
            known = self._singles.setdefault(one.path, one)
            if known.identity != one.identity:
                found += moved_to(known)
        return found

    def _share(self, logs: list[Source], claims: dict[str, Claim], workers: Several) -> None:
        """Examine logs for `_planned`, where they are many."""
        if not workers.share(len(logs)):
            return
        new = []
        for source, claim in ((one, claims.get(one.path)) for one in logs):
            if known := self._remembered(source, claim):
                self._examined[source.path] = _Examined(source, claim, known)
            else:
                new.append((source, claim))
        if not workers.share(len(new)):
            return
        act = partial(_examined, self._options)
        sizes = [min(source.size, _LOOKED_AT) for source, _ in new]
        for (source, claim), result in zip(new, workers.each(act, new, sizes), strict=True):
            self._examined[source.path] = _Examined(source, claim, result)

    def plan(self, workers: Several | None = None) -> Plan:
        """What was found at the last look, and what becomes of it; `workers` examine many files."""
        grown = self._grown()
        if self._plan and grown is not None:
            self._plan = self._plan.with_sources(grown)
        else:
            self._plan = self._planned(workers)
        return self._plan

    def _grown(self) -> dict[str, Source] | None:
        """The sources that changed, where each of them is a log that went on; else None."""
        found = {
            one.path: one for one in self._found if isinstance(one, Source) and not one.is_copied
        }
        if not self._plan or found.keys() != self._examined.keys():
            return None
        grown = {}
        for path, known in self._examined.items():
            if known.source != found[path]:
                if not known.goes_on(found[path]):
                    return None
                grown[path] = found[path]
                known.take(found[path])
        return grown

    def _examine(self, source: Source, claim: Claim | None) -> Planned | Ignored:
        known = self._examined.get(source.path)
        if known and known.claim == claim and known.source == source:
            return known.result
        if known and known.claim == claim and known.goes_on(source):
            return known.take(source)
        result = self._remembered(source, claim) or examine(
            source, self._options, claim, live=self._filters.live
        )
        self._examined[source.path] = _Examined(source, claim, result)
        return result

    def _remembered(self, source: Source, claim: Claim | None) -> Planned | None:
        """What it was taken for by the conversion before, where that can be relied on."""
        member = claim[1] if claim else None
        if isinstance(member, str):
            return None
        known = self._known.get((source.root, source.name))
        for saved in [*([known] if known else ()), *self._headed.get(log_of(source.name), ())]:
            if found := remembered(source, self._options, member, saved):
                return found
        return None

    def _planned(self, workers: Several | None) -> Plan:
        options = self._options
        ignored: list[Ignored] = []
        planned = self._sources(ignored, workers)
        events = [one for one in self._found if isinstance(one, Source) and one.is_copied]
        jobs: list[Job] = []
        adoptions: list[Adoption] = []
        for folder in folders_of(planned, events, options):
            wanted, prefix = self._prefix(folder)
            adoptions += [Adoption(source, prefix, folder.whole) for source in folder.events]
            if not folder.members:
                continue
            few = len(jobs) < AUTO_PLOTS
            draw = options.plots == Plots.ALL or (options.plots == Plots.AUTO and few)
            members, left_out = members_of(folder, prefix, options, self._fixed)
            renamed = wanted if prefix != wanted else ""
            job = Job(prefix, members, self._logdir, options, folder.whole, draw, renamed)
            jobs.append(job)
            ignored += left_out
        return Plan(tuple(jobs), tuple(ignored), tuple(adoptions))

    def _sources(self, ignored: list[Ignored], workers: Several | None) -> list[Planned]:
        """What is to be read, as what; all other files are `ignored`, and it is said why."""
        options = self._options
        planned: list[Planned] = []
        results: list[tuple[Source, Planned | Ignored]] = []
        logs = [one for one in self._found if isinstance(one, Source) and not one.is_copied]
        claims = {} if options.as_format else claimed(logs, ignored)
        if workers:
            self._share(logs, claims, workers)
        gone = self._examined.keys() - {one.path for one in logs}
        for path in gone:
            del self._examined[path]
        for one in self._found:
            if isinstance(one, Ignored):
                ignored.append(one)
            elif not one.is_copied:
                results.append((one, self._examine(one, claims.get(one.path))))
        for result in with_headers(results):
            if isinstance(result, Ignored):
                ignored.append(result)
            else:
                planned.append(result)
        known = [one for one in planned if not is_attachment(format_of(one.format))]
        if not self._filters.live:  # else more fields may come
            check_fields([(one.rule, one.roles.fields) for one in known], options)
        return planned

    def _prefix(self, folder: Folder) -> tuple[str, str]:
        """(the run that a folder's name gives, the one that it gets)."""
        key = (folder.root, folder.name, folder.run)
        if key not in self._prefixes:
            self._prefixes[key] = _prefix(folder, self._logdir, self._options, self._taken)
        return self._prefixes[key]


def _examined(options: Options, one: tuple[Source, Claim | None]) -> Planned | Ignored:
    """A file, in another process."""
    return examine(one[0], options, one[1])


@dataclass
class _Examined:
    """What a source was taken for."""

    source: Source
    claim: Claim | None
    result: Planned | Ignored

    def goes_on(self, source: Source) -> bool:
        """True for a log that is longer than it was and begins as it did, and is surely one."""
        if isinstance(self.result, Ignored) or source.size < self.source.size:
            return False
        return is_settled(self.result) and begins_as(source, self.result.head)

    def take(self, source: Source) -> Planned | Ignored:
        """It is as it was, but for its size and time."""
        self.source = source
        if isinstance(self.result, Planned):
            self.result = replace(self.result, source=source)
        return self.result


def _prefix(
    folder: Folder, logdir: str, options: Options, taken: dict[str, str]
) -> tuple[str, str]:
    """(the run that a folder's name gives, the one that it gets)."""
    first = folder.first
    own = stem_of(first.name) if first.single else folder.called or first.root_name
    asked = folder.run or options.run
    name = join(asked, "" if first.single else folder.called) if asked else own
    # The run of event files is called as TensorBoard shows it.
    wanted = safe_run(name, escaped=any(one.format == "tensorboard" for one in folder.members))
    return wanted, _free_prefix(wanted, folder, logdir, taken)


def _free_prefix(wanted: str, folder: Folder, logdir: str, taken: dict[str, str]) -> str:
    """`wanted`, or `wanted-2` and so on where another root owns it."""
    root = folder.whole
    sources = [one.source for one in folder.members]
    number = 1
    while True:
        prefix = wanted if number == 1 else f"{wanted}-{number}"
        key = unicodedata.normalize("NFC", prefix).casefold()
        owner = f"{root}\n{folder.run}"
        if taken.setdefault(key, owner) == owner and logdirs.may_own(logdir, prefix, root, sources):
            return prefix
        number += 1
