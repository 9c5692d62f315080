"""Reports as text: what is worth a line, and how it is said."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.cli.console import in_notebook
from tbingest.model.rows import BOOK_KEEPING
from tbingest.names.escape import printable
from tbingest.names.shorten import shortened
from tbingest.names.words import counted, plural
from tbingest.report.losses import losses
from tbingest.sources.discover import EVENT_FILE, EXCLUDED, NOT_INCLUDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tbingest.check.verdict import Verdict
    from tbingest.cli.console import Talk
    from tbingest.model.report import Report, SourceReport
    from tbingest.model.rows import Ignored, Problem
    from tbingest.pipeline.verify import Verification


_KINDS = (
    *("scalar", "histogram", "image", "audio", "mesh", "graph", "text"),
    *("hparams", "pr_curve", "layout", "other"),
)
SHOWN_PROBLEMS = 3
_SHOWN_IGNORED = 5
_SHOWN_FINDINGS = 10
_SHOWN_LOSSES = 3
_SCREENFUL = 40
"""More lines of runs than that are folded."""
_NARROW = 24
"""Columns that a place has in any case."""


def show_report(talk: Talk, report: Report) -> None:
    """What a conversion did: a line for each format and run, then the sum."""
    groups = _by_run(report.sources)
    if len(groups) > _SCREENFUL and not talk.verbose:
        groups = _folded(groups.values())
    formats = max((len(name) for name, _ in groups), default=0)
    rows = [(_place_of(group), _said_of(group)) for group in groups.values()]
    room = _room(talk, formats, [said for _, said in rows])
    places = shortened([printable(place) for place, _ in rows], room)
    width = max(map(len, places), default=0)
    for (name, _), group, place, (_, said) in zip(
        groups, groups.values(), places, rows, strict=True
    ):
        talk.line("  ", (name.ljust(formats), "cyan"), "  ", place.ljust(width), "  ", said)
        _show_more(talk, name.ljust(formats), group)
    _show_losses(talk, report)
    _show_adopted(talk, report)
    _show_ignored(talk, report)
    for note in report.notes:
        talk.line("  note  ", note)
    if report.undrawn:
        runs = plural(report.undrawn, "run")
        talk.line("  note  ", f"{runs} without a figure: --plots all draws those of all runs")
    show_sum(talk, report)


def _room(talk: Talk, formats: int, said: Sequence[str]) -> int:
    """So wide may a place be that most lines fit the terminal; in a pipe, as it likes."""
    if not talk.shortens:
        return sys.maxsize
    usual = sorted(map(len, said))[3 * len(said) // 4] if said else 0
    return max(_NARROW, talk.out.width - formats - usual - 6)


def _by_run(sources: Sequence[SourceReport]) -> dict[tuple[str, str], list[SourceReport]]:
    """The sources by format and run.

    What a framework's formats give to a run is one line, with what has no curves beside it.
    """
    formats: dict[tuple[str, str], set[str]] = {}
    for entry in sources:
        formats.setdefault((_framework(entry.format), entry.run), set()).add(entry.format)
    stores = {run: name for (name, run), found in formats.items() if len(found) > 1}
    groups: dict[tuple[str, str], list[SourceReport]] = {}
    for entry in sources:
        name, store = _framework(entry.format), stores.get(entry.run, "")
        joins = name == store or (store and not entry.written["scalar"])
        groups.setdefault((store if joins else entry.format, entry.run), []).append(entry)
    return groups


def _framework(name: str) -> str:
    """`mlflow` of `mlflow-metric`."""
    return name.partition("-")[0]


def _folded(
    groups: Iterable[list[SourceReport]],
) -> dict[tuple[str, str], list[SourceReport]]:
    """The groups by format and by the folder that is given: thousands of runs are a few lines."""
    found: dict[tuple[str, str], list[SourceReport]] = {}
    for group in groups:
        for entry in group:
            top = entry.source.split("/")[0] if "/" in entry.source else ""
            found.setdefault((entry.format, top), []).append(entry)
    return found


def show_verdict(talk: Talk, verdict: Verification) -> None:
    """Whether the event files hold what the logs do."""
    shown = verdict.findings if talk.verbose else verdict.findings[:_SHOWN_FINDINGS]
    for finding in shown:
        style = "bold red" if finding.failed else "yellow"
        word = "error: " if finding.failed else "note: "
        talk.line("  ", (word, style), f"{finding.where}: {finding.what}")
    if len(verdict.findings) > len(shown):
        talk.line(f"  and {len(verdict.findings) - len(shown):,} more (-v shows all)")
    if verdict.failed:
        what = "tbingest convert reads what is new of the logs; with --force it makes the runs anew"
        talk.say(("hint: ", "bold"), f"{what}, and keeps points whose logs are gone")
    elif verdict.runs:
        runs = counted(verdict.runs, "run")
        talk.line(("✓ ", "green"), f"verified: {verdict.values:,} values of {runs} are there")
    elif verdict.files:
        talk.line(("✓ ", "green"), f"{counted(verdict.files, 'event file')} without damage")


class News:
    """Says what happens while logs are followed: new runs and problems, and one line of status."""

    def __init__(self, talk: Talk, status: Callable[[str], None]) -> None:
        self._talk = talk
        self._status = status
        self._points = self._more = 0
        self._runs: dict[str, None] = {}
        self._said: dict[str, int] = {}
        self._lost: set[tuple[str, str]] = set()

    def reading(self, _size: int, values: int, _undrawn: int = 0, /) -> None:
        """In the middle of a turn: so many more values."""
        self._more += values
        if values:
            self._status(f"{counted(self._points + self._more, 'point')} so far")

    def tell(self, report: Report) -> None:
        """Of one turn."""
        self._more = 0
        known = tuple(f"{entry.run}/" for entry in report.sources if entry.known)
        for run in report.runs:
            if run not in self._runs and not f"{run}/".startswith(known):
                self._talk.say("  ", (run, "cyan"), "  is a new run")
        self._runs |= dict.fromkeys(report.runs)
        for note in report.notes:
            self._talk.say("  note  ", note)
        for entry in report.sources:
            before = self._said.get(entry.source, 0)
            for problem in entry.problems[: max(SHOWN_PROBLEMS - before, 0)]:
                self._talk.say("  ", ("└ ", "yellow"), said(problem))
            self._said[entry.source] = before + entry.problem_count
        for word, source, what in losses(report):
            if (word, source) not in self._lost:
                self._lost.add((word, source))
                self._talk.say("  ", (word, "yellow"), "  ", what)
        self._points += report.points
        if report.points:
            now = datetime.now().astimezone().strftime("%H:%M:%S")
            runs = counted(len(self._runs), "run")
            self._status(f"{counted(self._points, 'point')}, {runs}; the last at {now}")


def _place_of(group: Sequence[SourceReport]) -> str:
    if len(group) == 1:
        return group[0].source
    folder = os.path.commonpath([str(Path(entry.source).parent) for entry in group])
    runs = {entry.run for entry in group}
    if len(runs) == 1:
        return f"{runs.pop() or folder} ({len(group):,} files)"
    return f"{folder} ({len(group):,} files, {len(runs):,} runs)"


def _said_of(group: Sequence[SourceReport]) -> str:
    written: Counter[str] = Counter()
    for entry in group:
        written.update(entry.written)
    said = [counted(written[kind], kind) for kind in _KINDS if written[kind]]
    tags = len(set().union(*(entry.names for entry in group)))
    if written["scalar"]:
        said.insert(1, counted(tags, "tag"))
    for attribute, word in _REMARKS:
        count = sum(getattr(entry, attribute) for entry in group)
        if count:
            said.append(f"{count:,} {word}")
    if all(entry.status == "unchanged" for entry in group):
        said = ["unchanged"]
    return "  ".join(said) or "nothing"


def _show_more(talk: Talk, name: str, group: Sequence[SourceReport]) -> None:
    repeats: Counter[str] = Counter()
    for entry in group:
        repeats.update(entry.repeats_by_format)
    for other, tags in repeats.items():
        stand = "stands" if tags == 1 else "stand"
        what = f"  └ {counted(tags, 'tag')} {stand} in {other}'s log already"
        talk.line("  " + " " * len(name), what)
    _show_falls(talk, name, group)
    few = [entry.account for entry in group if not entry.account.is_notable]  # others: `missed`
    left = sum(kind.left for account in few for kind in account.not_taken)
    if left and talk.verbose:
        what = f"  └ {counted(left, 'number')} not taken (tbingest inspect shows which)"
        talk.line("  " + " " * len(name), what)
    _show_problems(talk, name, group)


_REMARKS = (
    ("superseded", "superseded"),
    ("replaced", "replaced"),
    ("repeated", "repeated"),
    ("left_out", "left out"),
    ("reported", "not read"),
    ("overflows", "too large for float32, shown as infinite"),
)


def _show_falls(talk: Talk, name: str, group: Sequence[SourceReport]) -> None:
    """Where steps fall back: other trainings, resumptions, late records."""
    found = [f"{entry.source}:{fall}" for entry in group for fall in entry.falls]
    shown = found if talk.verbose else found[:SHOWN_PROBLEMS]
    for fall in shown:
        talk.line("  " + " " * len(name), f"  └ {fall}")
    if len(found) > len(shown):
        more = f"  └ {plural(len(found) - len(shown), 'more fall')} of the step (-v shows all)"
        talk.line("  " + " " * len(name), more)


def _show_losses(talk: Talk, report: Report) -> None:
    """Values that gave way to others, and numbers that were not taken: a line a log and reason."""
    found = [(word, what) for word, _, what in losses(report)]
    shown = found if talk.verbose else found[:_SHOWN_LOSSES]
    for word, what in shown:
        talk.line("  ", (word.ljust(6), "yellow"), "  ", what)
    if len(found) > len(shown):
        what = f"{counted(len(found) - len(shown), 'loss')} more like these (-v shows all)"
        talk.line("          ", what)


def _show_problems(talk: Talk, name: str, group: Sequence[SourceReport]) -> None:
    problems = [problem for entry in group for problem in entry.problems]
    total = sum(entry.problem_count for entry in group)
    shown = problems if talk.verbose else problems[:SHOWN_PROBLEMS]
    for problem in shown:
        talk.line("  " + " " * len(name), "  └ ", (said(problem), "yellow"))
    if total > len(shown):
        more = "" if talk.verbose else " (-v shows more)"
        talk.line("  " + " " * len(name), f"  └ and {total - len(shown):,} more{more}")


def said(problem: Problem) -> str:
    """A problem on one line: place, what, hint."""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.place}: {problem.what}{hint}"


def _show_adopted(talk: Talk, report: Report) -> None:
    if not report.adopted:
        return
    new = [entry for entry in report.adopted if entry.size]
    size = sum(entry.size for entry in new)
    there = len(report.adopted) - len(new)
    copied = f"{counted(len(new), 'event file')} ({counted(size, 'byte')})" if new else ""
    before = f"{counted(there, 'event file')} as before" if there else ""
    talk.line("  ", ("adopted", "cyan"), "  ", "  ".join(filter(None, (copied, before))))
    for entry in report.adopted if talk.verbose else ():
        talk.line("           ", (f"{entry.source} → {entry.run}", "dim"))


def _show_ignored(talk: Talk, report: Report) -> None:
    entries = [entry for entry in report.ignored if not entry.failed]
    for entry in report.ignored:
        if entry.failed:
            talk.line("  ", ("not read", "red"), "  ", f"{entry.shown}: {entry.reason}")
    if not entries:
        return
    events = sum(entry.reason == EVENT_FILE for entry in report.ignored)
    listed = sorted(entries, key=_is_odd)
    excluded = sum(entry.reason in _ASKED for entry in entries)
    own = sum(_is_own(entry) for entry in entries)
    if not talk.verbose:
        listed = [one for one in listed if not (one.reason in _ASKED or _is_own(one))]
    shown = listed if talk.verbose else listed[:_SHOWN_IGNORED]
    why = ""
    for count, what in ((excluded, "as you asked"), (own, "book-keeping")):
        if count:
            why += f", {'all' if count == len(entries) else f'{count:,} of them'} {what}"
    talk.line("  ", ("ignored", "dim"), "  ", counted(len(entries), "file"), why)
    for entry in shown:
        talk.line("           ", (f"{entry.shown}: {entry.reason}", "dim"))
    if len(listed) > len(shown):
        talk.line("           ", (f"and {len(listed) - len(shown):,} more (-v shows all)", "dim"))
    if events:
        what = "1 is an event file" if events == 1 else f"{events:,} are event files"
        talk.line("           ", f"{what}: --adopt copies {'it' if events == 1 else 'them'} as is")


_ASKED = frozenset({EXCLUDED, NOT_INCLUDED})
_LOG_LIKE = (".log", ".out", ".err", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


def _is_own(entry: Ignored) -> bool:
    """True for what a tracker keeps for itself: it holds nothing of a training."""
    return entry.reason.endswith(BOOK_KEEPING)


def _is_odd(entry: Ignored) -> bool:
    """False for what looks like a log by its name: it is listed first."""
    return not entry.shown.lower().endswith(_LOG_LIKE)


def show_sum(talk: Talk, report: Report) -> None:
    """The last line: how much was written, and where."""
    copied = {entry.run for entry in report.adopted if entry.size}
    runs = len({*report.runs, *copied}) or len({entry.run for entry in report.sources})
    seconds = f"({report.seconds:.1f} s)"
    if report.nothing_read:
        talk.line(("✗ nothing was read ", "bold red"), seconds)
    elif report.dry_run:
        new = report.points or report.adopted
        what = (
            f"{counted(report.points, 'point')}, {counted(runs, 'run')}" if new else "nothing new"
        )
        talk.line(f"{what} would go to {report.logdir}/  {seconds}")
    elif not report.bytes_written and not copied:
        talk.line(("✓ ", "green"), f"nothing new → {report.logdir}/  {seconds}")
    else:
        files = sum(entry.size > 0 for entry in report.adopted)
        said = [counted(report.points, "point")] if report.points or not files else []
        said += [counted(files, "event file")] if files else []
        where = f"{', '.join(said)}, {counted(runs, 'run')} → {report.logdir}/  {seconds}"
        talk.line(("✓ ", "green"), where)


def tell(talk: Talk, done: Report, *, serve: bool = False) -> None:
    """The report as text, and what to do next."""
    show_report(talk, done)
    if done.nothing_read:
        whole = done.ignored and all(one.reason == EVENT_FILE for one in done.ignored)
        hint = "tbingest inspect says of every file what it is taken for"
        if whole and not done.sources:
            hint = "these are event files already: tbingest serve shows the folder"
        talk.error("nothing was read", hint)
    elif not serve and not done.dry_run and not in_notebook():
        where = "" if done.logdir == "runs" else f" {done.logdir}"
        talk.say(f"next: {itself()} serve{where}")


def itself() -> str:
    """How this command was called, where `tbingest` is not on the PATH: it can be typed again."""
    called = Path(sys.argv[0])
    found = shutil.which("tbingest")
    is_script = called.name == "tbingest" and called.is_file()
    if not is_script or (found and Path(found).samefile(called)):
        return "tbingest"
    return os.path.relpath(called) if called.is_relative_to(Path.cwd()) else str(called)


def verdict_lines(
    verdict: Verdict, *, verbose: bool = False
) -> Iterator[list[str | tuple[str, str]]]:
    """Each line as parts: a string, or (string, style)."""
    for failure in verdict.failures:
        yield [("✗ ", "bold red"), failure.text, (f"  [{failure.rule}]", "dim")]
        if failure.sparkline:
            yield ["    ", (failure.sparkline, "cyan")]
        if failure.hint:
            yield ["    ", (f"hint: {failure.hint}", "dim")]
    for note in verdict.notes:
        yield [("note: ", "bold"), note]
    if verbose:
        for curve in verdict.curves:
            yield [f"  {curve.run}  {curve.tag}  {curve.last:.8g}  ", (curve.sparkline, "cyan")]
    size = f"{plural(len(verdict.runs), 'run')}, {plural(len(verdict.curves), 'curve')}"
    if verdict.passed:
        yield [("✓ ", "green"), f"all checks passed: {size}  ({verdict.seconds:.1f} s)"]
    else:
        said = f"{plural(len(verdict.failures), 'check')} failed"
        yield [("✗ ", "bold red"), f"{said}: {size}  ({verdict.seconds:.1f} s)"]
