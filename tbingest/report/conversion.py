"""What a page says of a conversion: its sources, its problems, and the curves it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.check.curves import gather_runs
from tbingest.check.verdict import Failure, Verdict, curves_of
from tbingest.names.words import plural
from tbingest.report.losses import losses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.report import Report, SourceReport

HEADS = ("source", "format", "run", "what")
PROBLEM_HEADS = ("where", "problem", "hint")


def verdict_of(report: Report) -> Verdict:
    """The curves that a conversion's runs have now; what could not be read are failures."""
    failures = [
        Failure("input", entry.reason, source=entry.shown)
        for entry in report.ignored
        if entry.failed or report.nothing_read
    ]
    failures += [
        Failure("input", problem.what, source=problem.source, hint=problem.hint)
        for entry in report.sources
        if entry.failed
        for problem in entry.problems
    ]
    verdict = Verdict(failures=failures, notes=list(report.notes), seconds=report.seconds)
    if not report.dry_run:
        runs = {*report.runs, *(entry.run for entry in report.sources)}
        verdict.curves = curves_of(gather_runs(report.logdir, runs))
    return verdict


def headline(report: Report) -> str:
    """The sum in one line."""
    if report.nothing_read:
        return "Nothing was read"
    runs = len({*report.runs, *(entry.run for entry in report.sources)})
    points, problems = report.points, report.problem_count
    said = f"{plural(points, 'point')} of {plural(runs, 'run')} in {report.logdir}"
    said += f", {plural(problems, 'problem')}" if problems else ""
    return said + (" (dry run)" if report.dry_run else "")


def sources(report: Report) -> list[tuple[str, str, str, str]]:
    """A row for each file, as in HEADS: first those with problems, last those not read."""
    known = sorted(report.sources, key=lambda one: (not one.failed, not one.problem_count))
    rows = [(one.source, one.format, one.run, _what(one)) for one in known]
    rows += [(one.source, "event file", one.run, f"{one.size:,} bytes") for one in report.adopted]
    return rows + [(one.shown, "", "", f"not read: {one.reason}") for one in report.ignored]


def problems(report: Report) -> Iterator[tuple[str, str, str]]:
    """A row for each problem that was kept, and for what was lost, as in PROBLEM_HEADS."""
    for entry in report.sources:
        yield from ((one.place, one.what, one.hint) for one in entry.problems)
    for _, source, what in losses(report):
        yield source, what.removeprefix(f"{source}: "), ""


def _what(entry: SourceReport) -> str:
    said = [plural(count, kind) for kind, count in sorted(entry.written.items()) if count]
    said += [f"{entry.superseded:,} superseded"] if entry.superseded else []
    said += [plural(entry.problem_count, "problem")] if entry.problem_count else []
    return ", ".join(said) or entry.status
