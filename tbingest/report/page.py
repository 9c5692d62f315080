"""A verdict as one static page: no scripts, nothing loaded, light and dark, printable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.check.rules import number
from tbingest.names.words import plural
from tbingest.report.conversion import HEADS, PROBLEM_HEADS, headline, problems, sources
from tbingest.report.escape import markup, quoted, shortened
from tbingest.report.markdown import delta
from tbingest.report.svg import COLOURS, chart, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tbingest.check.verdict import Curve, Failure, Verdict
    from tbingest.model.report import Report

_SHOWN_CURVES = 2000
_SHOWN_ROWS = 500
_WORST = 10
_PICTURED = 20
_CHARTS = 24
_NUMBERS = frozenset({"step", "points", "last", "lowest", "highest", "since the baseline"})
_NUMBER = ' class="n"'
_ENDS = re.compile(r"[/_@=](?=\w)")
STYLE = """
:root { color-scheme: light dark; }
body { color: light-dark(#1c1c1c, #e8e8e8); background: light-dark(#fff, #161616);
  font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem;
  padding: 0 1rem; }
div { overflow-x: auto; }
p { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
td { overflow-wrap: anywhere; min-width: 7rem; max-width: 24rem; }
.n { text-align: right; overflow-wrap: normal; font-variant-numeric: tabular-nums;
  white-space: nowrap; min-width: 0; }
.bad { color: light-dark(#b3261e, #ff8a80); }
.good { color: light-dark(#19692c, #7fdc94); }
path { fill: none; stroke: light-dark(#b35900, #ffb066); stroke-width: 1.5; }
section { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
figure { margin: 0; width: 25rem; max-width: 100%; break-inside: avoid; }
figcaption { font-weight: 600; overflow-wrap: anywhere; }
figure p { margin: 0 0 .5rem; font-size: 13px; }
figure > svg { width: 100%; height: auto; }
text { fill: currentColor; font-size: 11px; }
.axis { stroke: #7777; stroke-width: 1; }
.c1 { stroke: light-dark(#1f5fa8, #7db7ff); } .c2 { stroke: light-dark(#19692c, #7fdc94); }
.c3 { stroke: light-dark(#8b1a8b, #f39cf3); } .c4 { stroke: light-dark(#b3261e, #ff8a80); }
.c5 { stroke: light-dark(#00696b, #6fdfe0); } .c6 { stroke: light-dark(#5b5b00, #dcdc6a); }
.c7 { stroke: light-dark(#4a3fb5, #b3a9ff); } .c8 { stroke: light-dark(#6a4a2f, #d9b796); }
.c9 { stroke: light-dark(#555, #bbb); }
@media print { :root { color-scheme: light; } body { margin: 0; max-width: none; padding: 0;
  font-size: 10px; } th, td { padding: .2rem .3rem; } td { min-width: 4rem; }
  .n { min-width: 2rem; white-space: normal; } div { overflow: visible; }
  figure { width: 47%; } figure p { font-size: 9px; } section { gap: .5rem 1rem; }
  tr { break-inside: avoid; } }
"""


def as_html(verdict: Verdict, report: Report | None = None) -> str:
    """The page: the worst ten failures, charts, the other failures, and at most 2,000 curves, those
    that failed before all others.

    `report` is the conversion that the page tells of, if it does of one.
    """
    count = len(verdict.failures)
    said = f"{plural(count, 'check')} failed" if count else "All checks passed"
    said = said if report is None else headline(report)
    worst = verdict.worst
    bad = {(one.run, one.tag) for one in verdict.failures}
    curves = sorted(verdict.curves, key=lambda one: (one.run, one.tag) not in bad)
    left = len(curves) - _SHOWN_CURVES
    notes = [*verdict.notes, *([f"and {left:,} more curves"] if left > 0 else [])]
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>tbingest: {markup(said)}</title><style>{STYLE}</style></head><body>",
        f'<h1 class="{"bad" if count else "good"}">{markup(said)}</h1>',
        f"<p>{plural(len(verdict.runs), 'run')}, {plural(len(verdict.curves), 'curve')}</p>",
        _failures(worst[:_WORST], verdict.curves, _PICTURED),
        *_charts(curves),
        _failures(worst[_WORST:_SHOWN_ROWS], verdict.curves, _PICTURED - _WORST),
        f"<p>and {count - _SHOWN_ROWS:,} more</p>" if count > _SHOWN_ROWS else "",
        _curves(curves[:_SHOWN_CURVES]) if curves else "",
        *([] if report is None else _conversion(report)),
        "".join(f"<p>{_name(note)}</p>" for note in notes),
        f"<p>Asked: {markup(', '.join(verdict.rules))}</p>" if verdict.rules else "",
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th{_NUMBER if one in _NUMBERS else ''}>{one}</th>" for one in heads)
    body = "\n".join(rows)
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>"


def _name(text: str) -> str:
    """A name or a sentence that may break where a word of it ends; a long one is cut."""
    return _ENDS.sub(r"\g<0><wbr>", markup(shortened(text)))


def _row(heads: Sequence[str], texts: Sequence[str], drawn: str | None = None) -> str:
    cells = "".join(map(_cell, heads, texts))
    return f"<tr>{cells}{'' if drawn is None else f'<td>{drawn}</td>'}</tr>"


def _cell(head: str, text: str) -> str:
    if head in _NUMBERS:
        return f"<td{_NUMBER}>{markup(text)}</td>"
    return f"<td>{_name(text if head == 'rule' else quoted(text))}</td>"


def _conversion(report: Report) -> Iterator[str]:
    for heads, rows in ((HEADS, sources(report)), (PROBLEM_HEADS, list(problems(report)))):
        if rows:
            yield _table(heads, [_row(heads, row) for row in rows[:_SHOWN_ROWS]])
        if len(rows) > _SHOWN_ROWS:
            yield f"<p>and {len(rows) - _SHOWN_ROWS:,} more</p>"


def _failures(worst: Sequence[Failure], curves: Sequence[Curve], pictured: int) -> str:
    if not worst:
        return ""
    shapes = {(one.run, one.tag): one.shape for one in curves}
    heads = ("rule", "run", "tag", "step", "what", "where")
    rows = []
    for place, one in enumerate(worst):
        step = "" if one.step is None else str(one.step)
        what = f"{one.what}; {one.hint}" if one.hint else one.what
        shape = shapes.get((one.run, one.tag), ()) if place < pictured else ()
        texts = (one.rule, one.run, one.tag, step, what, one.place)
        rows.append(_row(heads, texts, picture(shape)))
    return _table((*heads, "curve"), rows)


def _charts(curves: Sequence[Curve]) -> Iterator[str]:
    """A chart of each of the first tags, with the same runs in the same colours."""
    tags: dict[str, list[Curve]] = {}
    for one in curves:
        tags.setdefault(one.tag, []).append(one)
    runs = list(dict.fromkeys(one.run for one in curves))
    first = {run: colour for colour, run in enumerate(runs[:COLOURS])}
    drawn = [_figure(tag, of_tag, first, len(runs)) for tag, of_tag in [*tags.items()][:_CHARTS]]
    if any(drawn):
        yield "<section>" + "\n".join(drawn) + "</section>"
    if len(tags) > _CHARTS:
        yield f"<p>and {plural(len(tags) - _CHARTS, 'more tag')}, in the table</p>"


def _figure(tag: str, curves: Sequence[Curve], first: Mapping[str, int], runs: int) -> str:
    shown = [one for one in curves if one.run in first] or list(curves[:COLOURS])
    coloured = [(first.get(one.run, place), one) for place, one in enumerate(shown)]
    drawn = chart([(colour, one.shape) for colour, one in coloured])
    names = [_key(colour, one.run) for colour, one in coloured] if runs > 1 else []
    if len(curves) > len(shown):
        names.append(f"and {plural(len(curves) - len(shown), 'more run')}")
    legend = f"<p>{', '.join(names)}</p>" if names else ""
    caption = f"<figcaption>{_name(tag)}</figcaption>"
    return f"<figure>{caption}{drawn}{legend}</figure>" if drawn else ""


def _key(colour: int, run: str) -> str:
    line = (
        f'<svg width="16" height="9" aria-hidden="true"><path class="c{colour}" d="M1 5H15"/></svg>'
    )
    return f"{line} {_name(shortened(run, 60))}"


def _curves(curves: Sequence[Curve]) -> str:
    compared = any(one.old is not None for one in curves)
    heads = ["run", "tag", "points", "last", "lowest", "highest"]
    heads += ["since the baseline"] if compared else []
    rows = []
    for one in curves:
        texts = [one.run, one.tag, str(one.points)]
        texts += [number(value) for value in (one.last, one.lowest, one.highest)]
        texts += [delta(one)] if compared else []
        rows.append(_row(heads, texts, picture(one.shape)))
    return _table([*heads, "curve"], rows)
