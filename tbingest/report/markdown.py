"""A verdict as Markdown, for pull-request comments and job summaries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tbingest.check.rules import number
from tbingest.names.words import plural
from tbingest.report.conversion import HEADS, PROBLEM_HEADS, headline, problems, sources
from tbingest.report.escape import markdown as safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.check.verdict import Curve, Failure, Verdict
    from tbingest.model.report import Report

COMMENT_CHARACTERS = 65_536
"""The longest comment that GitHub takes."""
SUMMARY_BYTES = 1 << 20
"""The longest step summary that GitHub takes."""
_SHOWN = 10


def as_markdown(
    verdict: Verdict, limit: int = COMMENT_CHARACTERS, report: Report | None = None
) -> str:
    """The worst ten failures, then the curves, cut at a whole line to `limit` UTF-8 bytes.

    `report` is the conversion that the page tells of, if it does of one.
    """
    kept: list[str] = []
    size = 0
    end = "\n_and more: the whole list is in the JSON report_\n"
    for line in _lines(verdict, report):
        size += len(line.encode("utf-8", "replace")) + 1
        if size > limit - len(end):
            return "\n".join(kept) + "\n" + end
        kept.append(line)
    return "\n".join(kept) + "\n"


def _lines(verdict: Verdict, report: Report | None) -> Iterator[str]:
    count = len(verdict.failures)
    said = f"✗ {plural(count, 'check')} failed" if count else "✓ checks passed"
    if report is not None:
        said = f"{'✗' if count else '✓'} {safe(headline(report))}"
    yield f"### {said}"
    yield ""
    yield f"{plural(len(verdict.runs), 'run')}, {plural(len(verdict.curves), 'curve')}"
    yield ""
    if count:
        yield "| rule | run | tag | step | what | where | curve |"
        yield "|---|---|---|---:|---|---|---|"
        yield from (_failed(one) for one in verdict.worst[:_SHOWN])
        if count > _SHOWN:
            yield ""
            yield f"and {count - _SHOWN:,} more"
        yield ""
    if report is not None:
        yield from _table(HEADS, sources(report))
        yield from _table(PROBLEM_HEADS, list(problems(report)))
    compared = any(curve.old is not None for curve in verdict.curves)
    if verdict.curves:
        yield (
            "| run | tag | last | lowest | highest |"
            + (" delta |" if compared else "")
            + " curve |"
        )
        yield "|---|---|---:|---:|---:|" + ("---:|" if compared else "") + "---|"
        yield from (_curve(one, compared=compared) for one in verdict.curves)
        yield ""
    yield from (f"- note: {safe(note)}" for note in verdict.notes)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(map(safe, row))} |" for row in rows[:_SHOWN])
    if len(rows) > _SHOWN:
        yield ""
        yield f"and {len(rows) - _SHOWN:,} more"
    yield ""


def _failed(one: Failure) -> str:
    step = "" if one.step is None else str(one.step)
    what = f"{one.what}; {one.hint}" if one.hint else one.what
    cells = [safe(text) for text in (one.rule, one.run, one.tag, step, what, one.place)]
    return f"| {' | '.join((*cells, one.sparkline))} |"


def _curve(one: Curve, *, compared: bool) -> str:
    cells = [safe(one.run), safe(one.tag), *map(number, (one.last, one.lowest, one.highest))]
    if compared:
        cells.append(delta(one))
    return f"| {' | '.join((*cells, one.sparkline))} |"


def delta(one: Curve) -> str:
    """The change since the baseline, with its share."""
    if one.delta is None or one.old is None:
        return ""
    share = one.delta / abs(one.old) * 100 if one.old else math.nan
    return f"{one.delta:+.4g}" + (f" ({share:+.2f}%)" if math.isfinite(share) else "")
