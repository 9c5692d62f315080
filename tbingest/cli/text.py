"""Reports and looks as text: what is worth a line, and how it is said."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.formats.generic.pattern import is_plain_number
from tbingest.names.escape import printable
from tbingest.names.words import plural
from tbingest.sources.discover import EVENT_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tbingest.check.verdict import Verdict
    from tbingest.cli.console import Talk
    from tbingest.model.contracts import Format, Store
    from tbingest.model.report import Report, SourceReport
    from tbingest.model.rows import Ignored, Problem
    from tbingest.pipeline.looks import Look
    from tbingest.pipeline.try_pattern import Tried
    from tbingest.pipeline.verify import Verification


_KINDS = (
    *("scalar", "histogram", "image", "audio", "mesh", "graph", "text"),
    *("hparams", "pr_curve", "layout", "other"),
)
_SHOWN_PROBLEMS = 3
_SHOWN_IGNORED = 5
_SHOWN_TAGS = 12
_SHOWN_FINDINGS = 10


def show_report(talk: Talk, report: Report) -> None:
    """What a conversion did: a line for each format and run, then the sum."""
    groups: dict[tuple[str, str], list[SourceReport]] = {}
    for entry in report.sources:
        groups.setdefault((entry.format, entry.run), []).append(entry)
    names = {key: _place_of(group) for key, group in groups.items()}
    width = max((len(printable(name)) for name in names.values()), default=0)
    formats = max((len(name) for name, _ in groups), default=0)
    for key, group in groups.items():
        _show_group(talk, key[0].ljust(formats), printable(names[key]).ljust(width), group)
    _show_adopted(talk, report)
    _show_ignored(talk, report)
    for note in report.notes:
        talk.line("  note  ", note)
    _show_sum(talk, report)


def show_verdict(talk: Talk, verdict: Verification) -> None:
    """Whether the event files hold what the logs do."""
    shown = verdict.findings if talk.verbose else verdict.findings[:_SHOWN_FINDINGS]
    for finding in shown:
        style = "bold red" if finding.failed else "yellow"
        word = "error: " if finding.failed else "note: "
        talk.line("  ", (word, style), f"{finding.where}: {finding.what}")
    if len(verdict.findings) > len(shown):
        talk.line(f"  and {len(verdict.findings) - len(shown):,} more (-v shows all)")
    if not verdict.failed and verdict.runs:
        runs = _plural(verdict.runs, "run")
        talk.line(("✓ ", "green"), f"verified: {verdict.values:,} values of {runs} are there")
    elif not verdict.failed and verdict.files:
        talk.line(("✓ ", "green"), f"{_plural(verdict.files, 'event file')} without damage")


class News:
    """Says what happens while logs are followed: new runs and problems, and one line of status."""

    def __init__(self, talk: Talk, status: Callable[[str], None]) -> None:
        self._talk = talk
        self._status = status
        self._points = self._more = 0
        self._runs: dict[str, None] = {}
        self._said: dict[str, int] = {}

    def reading(self, _: int, values: int) -> None:
        """In the middle of a turn: so many more values."""
        self._more += values
        if values:
            self._status(f"{self._points + self._more:,} points so far")

    def tell(self, report: Report) -> None:
        """Of one turn."""
        self._more = 0
        for run in report.runs:
            if run not in self._runs:
                self._talk.say("  ", (run, "cyan"), "  is a new run")
        self._runs |= dict.fromkeys(report.runs)
        for note in report.notes:
            self._talk.say("  note  ", note)
        for entry in report.sources:
            before = self._said.get(entry.source, 0)
            for problem in entry.problems[: max(_SHOWN_PROBLEMS - before, 0)]:
                self._talk.say("  ", ("└ ", "yellow"), said(problem))
            self._said[entry.source] = before + entry.problem_count
        self._points += report.points
        if report.points:
            now = datetime.now().astimezone().strftime("%H:%M:%S")
            runs = _plural(len(self._runs), "run")
            self._status(f"{self._points:,} points, {runs}; the last at {now}")


def _place_of(group: Sequence[SourceReport]) -> str:
    if len(group) == 1:
        return group[0].source
    folder = os.path.commonpath([str(Path(entry.source).parent) for entry in group])
    return f"{folder} ({len(group)} files)"


def _show_group(talk: Talk, name: str, place: str, group: Sequence[SourceReport]) -> None:
    written: Counter[str] = Counter()
    for entry in group:
        written.update(entry.written)
    said = [_plural(written[kind], kind) for kind in _KINDS if written[kind]]
    tags = max(entry.tags for entry in group)
    if written["scalar"]:
        said.insert(1, _plural(tags, "tag"))
    for attribute, word in _REMARKS:
        count = sum(getattr(entry, attribute) for entry in group)
        if count:
            said.append(f"{count:,} {word}")
    if all(entry.status == "unchanged" for entry in group):
        said = ["unchanged"]
    talk.line("  ", (name, "cyan"), "  ", place, "  ", "  ".join(said) or "nothing")
    repeats: Counter[str] = Counter()
    for entry in group:
        repeats.update(entry.repeats_by_format)
    for other, tags in repeats.items():
        talk.line(
            "  " + " " * len(name), f"  └ {_plural(tags, 'tag')} stand in {other}'s log already"
        )
    _show_falls(talk, name, group)
    _show_problems(talk, name, group)


_REMARKS = (
    ("superseded", "superseded"),
    ("replaced", "replaced"),
    ("repeated", "repeated"),
    ("left_out", "left out"),
    ("reported", "not read"),
    ("overflows", "beyond float32"),
)


def _show_falls(talk: Talk, name: str, group: Sequence[SourceReport]) -> None:
    """Where steps fall back: other trainings, resumptions, late records."""
    found = [f"{entry.source}:{fall}" for entry in group for fall in entry.falls]
    shown = found if talk.verbose else found[:_SHOWN_PROBLEMS]
    for fall in shown:
        talk.line("  " + " " * len(name), f"  └ {fall}")
    if len(found) > len(shown):
        more = f"  └ {len(found) - len(shown):,} more falls of the step (-v shows them)"
        talk.line("  " + " " * len(name), more)


def _show_problems(talk: Talk, name: str, group: Sequence[SourceReport]) -> None:
    problems = [problem for entry in group for problem in entry.problems]
    total = sum(entry.problem_count for entry in group)
    shown = problems if talk.verbose else problems[:_SHOWN_PROBLEMS]
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
    copied = f"{_plural(len(new), 'event file')} ({_plural(size, 'byte')})" if new else ""
    before = f"{_plural(there, 'event file')} as before" if there else ""
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
    shown = entries if talk.verbose else entries[:_SHOWN_IGNORED]
    talk.line("  ", ("ignored", "dim"), "  ", _plural(len(entries), "file"))
    for entry in shown:
        talk.line("           ", (f"{entry.shown}: {entry.reason}", "dim"))
    if len(entries) > len(shown):
        talk.line("           ", (f"and {len(entries) - len(shown):,} more (-v shows all)", "dim"))
    if events:
        what = "1 is an event file" if events == 1 else f"{events:,} are event files"
        talk.line("           ", f"{what}: --adopt copies {'it' if events == 1 else 'them'} as is")


def _show_sum(talk: Talk, report: Report) -> None:
    copied = {entry.run for entry in report.adopted if entry.size}
    runs = len({*report.runs, *copied}) or len({entry.run for entry in report.sources})
    seconds = f"({report.seconds:.1f} s)"
    if report.nothing_read:
        talk.line(("✗ nothing was read ", "bold red"), seconds)
    elif report.dry_run:
        points = _plural(report.points, "point")
        talk.line(f"{points}, {_plural(runs, 'run')} would go to {report.logdir}/  {seconds}")
    elif not report.bytes_written and not copied:
        talk.line(("✓ ", "green"), f"nothing new → {report.logdir}/  {seconds}")
    else:
        files = sum(entry.size > 0 for entry in report.adopted)
        said = [_plural(report.points, "point")] if report.points or not files else []
        said += [_plural(files, "event file")] if files else []
        where = f"{', '.join(said)}, {_plural(runs, 'run')} → {report.logdir}/  {seconds}"
        talk.line(("✓ ", "green"), where)


def _plural(count: int, word: str) -> str:
    plain = {"hparams": "hparams", "mesh": "mesh" if count == 1 else "meshes"}.get(word)
    if plain:
        return f"{count:,} {plain}"
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def show_looks(talk: Talk, found: Sequence[Look], ignored: Sequence[Ignored]) -> None:
    """What every file is taken for, and why."""
    for look in found:
        _show_look(talk, look)
    for entry in ignored:
        style = "red" if entry.failed else "dim"
        talk.line((f"{entry.shown}  not read: {entry.reason}", style))


def _show_look(talk: Talk, look: Look) -> None:
    planned = look.planned
    (name, best), *others = planned.evidence
    talk.line(
        (planned.source.shown, "bold"),
        "  ",
        (name, "cyan"),
        f" {best.confidence:.2f}  ",
        best.reason,
    )
    lines = [f"encoding: {planned.encoding}"] if planned.encoding != "utf-8" else []
    rejected = [f"{other} {said_.confidence:.2f} ({said_.reason})" for other, said_ in others[:3]]
    if rejected:
        lines.append("rejected: " + ", ".join(rejected))
    values = "  ".join(_plural(count, kind) for kind, count in look.values.items())
    lines.append(f"run {planned.run}   {values or 'no values'}   {_steps_of(look)}")
    for run, tags in look.tags.items():
        shown = [tag for tag in tags if not tag.startswith("_hparams_/")]
        more = f"  and {len(shown) - _SHOWN_TAGS:,} more" if len(shown) > _SHOWN_TAGS else ""
        place = f"tags in {run}: " if run != planned.run else "tags: "
        if shown:
            lines.append(place + "  ".join(shown[:_SHOWN_TAGS]) + more)
    lines.append(f"wall time: {_wall_time_of(look)}")
    for text in lines:
        talk.line("    ", text)
    for problem in look.problems[: None if talk.verbose else _SHOWN_PROBLEMS]:
        talk.line("    ", (f"not used: {said(problem)}", "yellow"))
    if look.problem_count > _SHOWN_PROBLEMS and not talk.verbose:
        talk.line("    ", f"and {look.problem_count - _SHOWN_PROBLEMS:,} more (-v shows more)")


def _steps_of(look: Look) -> str:
    why = look.planned.roles.why.get("step", "")
    if look.first_step is None:
        return f"step: {why}"
    return f"step: {why} ({look.first_step:,} to {look.last_step:,})"


def _wall_time_of(look: Look) -> str:
    planned = look.planned
    when = datetime.fromtimestamp(planned.base, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if planned.roles.unit == "elapsed":
        return f"{planned.roles.time!r} seconds after {when} ({planned.base_from})"
    if planned.roles.time:
        return f"{planned.roles.time!r}, from {when}"
    return f"{when} for all, from {planned.base_from}"


def show_tried(talk: Talk, tried: Tried) -> None:
    """What patterns match in a file, what they do not, and the rule to paste."""
    lines, matches = _plural(tried.lines, "line"), f"{tried.count:,} matches"
    matches = "1 match" if tried.count == 1 else matches
    talk.line((tried.shown, "bold"), f"  {lines}: {matches} in {tried.matched_lines:,} of them")
    for match in tried.matches:
        talk.line(f"  {match.line}: ", match.text)
        for group in match.groups:
            odd = "" if group.tag in {"time", "run"} or is_plain_number(group.text) else "no number"
            place = f"{group.start + 1}-{group.stop}"
            shown = f"      {group.tag}  {place}  {group.text!r}"
            talk.line((shown, "cyan"), (f"  ({odd})" if odd else "", "yellow"))
    if tried.count > len(tried.matches):
        talk.line(f"  and {tried.count - len(tried.matches):,} more")
    if tried.misses:
        talk.line((f"not matched: {_plural(tried.missed_lines, 'line')}", "bold"))
    for number, text in tried.misses:
        talk.line((f"  {number}: {text}", "dim"))
    if tried.missed_lines > len(tried.misses):
        talk.line(f"  and {tried.missed_lines - len(tried.misses):,} more")
    if tried.count:
        talk.line(("for tbingest.toml:", "bold"))
        for text in ["", *tried.rule.rstrip("\n").split("\n")]:
            talk.line(text)


def show_formats(talk: Talk, known: Sequence[Format], stores: Sequence[Store]) -> None:
    """A paragraph for each format, and one for each kind of folder."""
    pictures = [(entry.name, entry.about, entry.sample.expandtabs(4)) for entry in known]
    for name, about, picture in pictures + [(one.name, one.about, one.layout) for one in stores]:
        talk.line((name, "bold cyan"), "  ", about)
        for text in picture.split("\n"):
            talk.line("    ", (text, "dim"))
    talk.line()
    talk.line("More come with packages that have an entry point in the group tbingest.formats,")
    talk.line("and with the files that are named as plugins in tbingest.toml.")


def tell(talk: Talk, done: Report, *, serve: bool = False) -> None:
    """The report as text, and what to do next."""
    show_report(talk, done)
    if done.nothing_read:
        talk.error("nothing was read", "tbingest inspect says of every file what it is taken for")
    elif not serve and not done.dry_run:
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
