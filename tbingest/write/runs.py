"""The runs of a job, and the appending of points to their event files."""

from __future__ import annotations

import sys
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tbingest.events.encode import encode, pieces
from tbingest.events.summaries import serialize
from tbingest.figures.drawn import pictured
from tbingest.figures.sketch import Sketch
from tbingest.model.points import Confusion, Curves, Points
from tbingest.model.rows import Problem
from tbingest.options import AUTO_PLOTS, OnRestart, Plots
from tbingest.series.admission import admitted
from tbingest.series.bands import edgeless, edges
from tbingest.series.owners import OURSELVES, UNKNOWN, How, Owner, Relation, relation
from tbingest.series.restarts import Restarts, follow_restarts, keep_first
from tbingest.series.slicing import take
from tbingest.series.timeseries import apply
from tbingest.write.again import remember
from tbingest.write.finish import forget_unsaid, has_graph, keep_hparams
from tbingest.write.run import Run
from tbingest.write.woven import Weaving

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from tbingest.logdir.state import JobState
    from tbingest.model.report import SourceReport
    from tbingest.options import Options
    from tbingest.series.timeseries import Applied
    from tbingest.series.track import Track

    Tell = Callable[[str, Sequence[Points]], None]

_RECORDS = 1 << 18
"""So many records are encoded at a time, where that can be told apart."""
_FLOAT32_MAX = float(np.finfo(np.float32).max)


class Runs:
    """All runs of one job. `written` counts the values that were encoded this time; `tell` is told
    (run, points) of each append.
    """

    def __init__(
        self, state: JobState, options: Options, *, draw: bool, tell: Tell | None = None
    ) -> None:
        self.state = state
        self.tell = tell
        self.written: Counter[str] = Counter()
        self._policy = options.on_restart
        self._block_bytes = options.block_bytes
        self.layouts_wanted = options.layouts
        self.best_wanted = options.best
        self.draw = draw
        self._plots = options.own_plots
        self.watches = options.plots != Plots.NONE
        self._most = AUTO_PLOTS if options.plots == Plots.AUTO else sys.maxsize
        self._drawn = 0
        self.runs: dict[str, Run] = {}
        self.unknown: dict[str, list[str]] = {}  # event files with what no state tells of, by run
        self.rebuilt: list[str] = []
        self.notes: list[str] = []
        self._work = 0
        self._woven: set[str] = set()
        self.uncommitted = False
        self.turned = False  # all that a source says shows that what was found of it is wrong
        self.owners = {0: UNKNOWN, 1: OURSELVES}
        for number, owner in state.owners.items():
            self.owners[int(number)] = Owner(**owner)
        self._next_owner = max(self.owners) + 1
        forget_unsaid(self)
        for name, saved in state.runs.items():
            self.runs[name] = Run.of(saved, self.blank(draw=self._draws_one_more()))

    def run(self, name: str) -> Run:
        """What is known of a run, which is made where it is not."""
        if name not in self.runs:
            self.runs[name] = Run(sketch=self.blank(draw=self._draws_one_more()))
            if len(self.state.ours(name)) > 1:
                remember(self, name)
        return self.runs[name]

    def blank(self, *, draw: bool) -> Sketch:
        """Figures that show nothing yet."""
        return Sketch(draw, plots=self._plots)

    def _draws_one_more(self) -> bool:
        """True, and counted, while figures are drawn of fewer runs than the options say."""
        more = self.draw and self._drawn < self._most
        self._drawn += more
        return more

    @property
    def undrawn(self) -> int:
        """How many runs have curves, and get no figure because there are so many runs."""
        if not self.watches:
            return 0
        return sum(bool(run.sketch.curves) and not run.sketch.draw for run in self.runs.values())

    def owner(self, like: Owner, number: int = 0, story: int = 0) -> Owner:
        """The owner of a number, brought up to date from `like`; another one for number 0, which
        goes on with a `story` where one is given.
        """
        known = self.owners.get(number) if number > 1 else None
        if not known:
            number = self._next_owner
            self._next_owner += 1
        story = known.story if known else story or number
        self.owners[number] = Owner(**{**vars(like), "number": number, "story": story})
        return self.owners[number]

    def gone(self, there: Container[int]) -> None:
        """What any other owners said than those that are `there` stands in no file any more."""
        for number, owner in self.owners.items():
            if number > 1 and number not in there:
                self.owners[number] = replace(owner, gone=True)

    def restarted(self, groups: Sequence[Points], memory: Restarts) -> list[Points]:
        """The groups as the policies `sub-run` and `renumber` want them; others change nothing."""
        if not groups or self._policy not in {OnRestart.SUB_RUN, OnRestart.RENUMBER}:
            return list(groups)
        return follow_restarts(groups, memory, renumber=self._policy == OnRestart.RENUMBER)

    def write(
        self, groups: Sequence[Points], owner: Owner, entry: SourceReport, how: How = How.NEW
    ) -> None:
        """Encode and append the points of one batch of a source; `flush` once it has said all."""
        by_run: dict[str, list[Points]] = {}
        for points in groups:
            if points.kind == "hparams":
                keep_hparams(self, points, owner, entry)
                continue
            if points.kind == "graph" and has_graph(self, points.run):
                entry.repeated += len(points)
                continue
            if isinstance(points.values[0][0], Confusion | Curves):
                if not self.draw:
                    continue
                entry.read += len(points)
                points = pictured(points)  # noqa: PLW2901 - the same ones, in their last form
            mine = by_run.setdefault(points.run, [])
            mine.append(points)
            wide = edgeless(points.tags, self.layouts_wanted)
            if wide and isinstance(points.values, np.ndarray):
                mine.append(edges(points, wide))
                entry.read += 2 * len(points) * len(wide)
        for name in sorted(by_run):
            run = self.run(name)
            shown = [part for points in by_run[name] for part in _admit(points, run, entry)]
            if self._policy == OnRestart.KEEP_FIRST and shown:
                last = {tag: self._last(track, owner, how) for tag, track in run.tracks.items()}
                shown, dropped = keep_first(shown, last)
                entry.superseded += dropped
            if shown:
                self._take(name, run, shown, owner, entry, how)

    def _last(self, track: Track, owner: Owner, how: How) -> int | None:
        """The last step of what comes before what a source says."""
        chain = [
            first + stride * (count - 1)
            for first, stride, count, number in track.progressions
            if how == How.NEW
            and (number == owner.number or self.owners[number].story != owner.story)
            and relation(owner, self.owners[number]) == Relation.EARLIER
        ]
        return max(chain, default=None)

    def _take(
        self,
        name: str,
        run: Run,
        groups: list[Points],
        owner: Owner,
        entry: SourceReport,
        how: How,
    ) -> None:
        """Append what goes on, and weave the rest in."""
        first = min(groups, key=lambda points: int(points.order[0]))
        plain, others = self._parted(run, groups, owner, how)
        unsure = self.state.uncommitted(name, float(first.times[0]))
        if unsure and others:
            self._remember(name)
            plain, others = self._parted(run, groups, owner, how)
            unsure = False
        if plain and not self.append(name, run, plain, entry, owner, unsure=unsure):
            # What a crash left, or an earlier conversion, is not what the sources say now.
            self.unknown.setdefault(name, self.state.ours(name))
            self._remember(name)
            self._take(name, run, groups, owner, entry, how)
            return
        if others:
            run.weaving = run.weaving or Weaving(self, name, owner, how)
            self._woven.add(name)
            run.weaving.take(others, entry)

    def _remember(self, name: str) -> None:
        """Take what no state tells of, and save it: what is given out again after a rewind is
        half there after a crash, and nothing else would tell of the rest.
        """
        remember(self, name)
        if not self._woven:
            self.commit()

    def _parted(
        self, run: Run, groups: Sequence[Points], owner: Owner, how: How
    ) -> tuple[list[Points], list[Points]]:
        """What is simply appended, and what is woven with what stands."""
        low: dict[str, int] = {}
        rising: dict[str, bool] = {}
        for points in groups:
            up = bool((points.steps[1:] > points.steps[:-1]).all())
            least = int(points.steps[0]) if up else int(points.steps.min())
            for tag in points.tags:
                rising[tag] = up and tag not in rising
                low[tag] = min(low.get(tag, least), least)
        late = {
            tag
            for tag, step in low.items()
            if not self._goes_on(run, tag, step, owner, how, rising=rising[tag])
        }
        if not late:
            return list(groups), []
        plain: list[Points] = []
        others: list[Points] = []
        for points in groups:
            every = np.arange(len(points))
            for wanted, into in ((True, others), (False, plain)):
                found = [n for n, tag in enumerate(points.tags) if (tag in late) == wanted]
                if len(found) == len(points.tags):
                    into.append(points)
                elif found:
                    into.append(take(points, every, np.asarray(found, np.int64)))
        return plain, others

    def _goes_on(
        self, run: Run, tag: str, low: int, owner: Owner, how: How, *, rising: bool
    ) -> bool:
        """True where points can simply be appended, though they may take away what is theirs."""
        if run.weaving and tag in run.weaving.known:
            return False
        track = run.tracks[tag]
        last = track.last
        if last is None:
            return True
        if how == How.LATE and last >= low:
            return False
        for number in track.owners():
            if number == owner.number:
                continue
            other = self.owners[number]
            above = rising and last < low
            if other.family != owner.family and number > 1:
                return False
            if above:
                continue
            again = number == 0 or other.story == owner.story
            if again or relation(owner, other) != Relation.EARLIER:
                return False
        return True

    def append(
        self,
        name: str,
        run: Run,
        groups: list[Points],
        entry: SourceReport | None,
        owner: Owner = OURSELVES,
        *,
        unsure: bool = False,
    ) -> bool:
        """Encode and append points of one run; `entry` is of their source, if they have one.

        False where an `unsure` event file holds something else: then nothing has changed.
        """
        first = min(groups, key=lambda points: int(points.order[0]))
        before = deepcopy((run.tracks, run.sketch)) if unsure else None
        applied = apply(groups, run.tracks, owner.number, run.sketch if self.watches else None)
        cut = sys.maxsize if unsure else _RECORDS
        for points, rewinds in pieces(applied.points, applied.rewinds, cut):
            data = encode(points, rewinds, serialize)
            if not self.state.append(name, data, float(first.times[0])):
                if before:
                    run.tracks, run.sketch = before
                    return False
                self.state.begin_file(name)
                self.state.append(name, data, float(first.times[0]))
        if self.tell:
            self.tell(name, applied.points)
        run.time = max(float(points.times.max()) for points in groups)
        self._count(name, groups, applied, entry)
        return True

    def _count(
        self, name: str, groups: Sequence[Points], applied: Applied, entry: SourceReport | None
    ) -> None:
        for points in groups:
            values = len(points) * len(points.tags)
            self.written[name] += values
            if entry:
                entry.written[points.kind] += values
                entry.overflows += overflows(points)
        if entry:
            entry.superseded += applied.superseded.total() - applied.repeated
            entry.repeated += applied.repeated
            entry.account.absorb(applied.account)
            entry.replaced += applied.replaced
            entry.written.subtract(applied.superseded)

    def flush(self, entry: SourceReport) -> None:
        """A source has said all that it has for now: give out what still stands of others."""
        for name in sorted(self._woven):
            run = self.runs[name]
            if run.weaving:
                run.weaving.finish(entry)
                run.weaving = None
        if self._woven:
            self._work += self._worth  # what was given out again is not put at risk
        self._woven.clear()

    def worked(self, size: int) -> None:
        """A batch was written that was read from so many bytes."""
        self._work += size
        self.uncommitted = True

    @property
    def is_due(self) -> bool:
        """True where so much was done that a commit is worth its cost, and nothing forbids it:

        while something that stands is not shown is no moment for one.
        """
        return self._work >= self._worth and not self._woven

    @property
    def _worth(self) -> int:
        """So many bytes of sources are read before a commit, which waits for the disk and writes
        the whole state: so all commits together cost a share of the reading, however many sources.
        """
        return 4 * max(self._block_bytes, self.state.size)

    def commit(self) -> None:
        """Hand everything to the state and make it durable."""
        for name, run in self.runs.items():
            saved = self.state.runs.get(name)
            if saved:
                run.save(saved)
        self._work, self.uncommitted = 0, False
        speak = {saved.owner for saved in self.state.sources.values()}
        speak |= {n for run in self.runs.values() for t in run.tracks.values() for n in t.owners()}
        self.state.owners = {
            str(number): vars(owner)
            for number, owner in self.owners.items()
            if number > 1 and number in speak
        }
        self.state.commit()


def _admit(points: Points, run: Run, entry: SourceReport) -> list[Points]:
    """The points without the tags that hold values of another kind, of which that is said."""
    keep = []
    for place in admitted(points.tags, points.kind, len(points), run.tracks):
        if isinstance(place, Problem):
            entry.add(place)
        else:
            keep.append(place)
    if len(keep) == len(points.tags):
        return [points]
    return [take(points, np.arange(len(points)), np.asarray(keep, np.int64))] if keep else []


def overflows(points: Points) -> int:
    """How many finite values TensorBoard shows as infinite."""
    if not isinstance(points.values, np.ndarray):
        return 0
    over = np.abs(points.values) > _FLOAT32_MAX
    return int((over & np.isfinite(points.values)).sum()) if over.any() else 0
