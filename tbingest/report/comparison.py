"""A comparison of runs as tables: for the terminal, Markdown and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.check.rules import number
from tbingest.names.words import plural
from tbingest.report.escape import markdown as safe
from tbingest.report.escape import markup
from tbingest.report.page import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.pipeline.compare import Comparison, Row

HEADS = ("tag", "run", "last", "at step", "delta", "best", "at step")
_LEFT = 2
"""So many columns hold names; the others hold numbers."""


def values(comparison: Comparison) -> list[tuple[str, ...]]:
    """A line for each tag of each run; the tag stands in its first line only."""
    lines, before = [], None
    for row in comparison.rows:
        lines.append(("" if row.tag == before else row.tag, *_cells(row)))
        before = row.tag
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    delta = ""
    if row.delta is not None:
        word = {True: " better", False: " worse", None: ""}[row.better]
        delta = f"{row.delta:+.4g}{word}"
    best = (number(row.best.value), str(row.best.step)) if row.best else ("", "")
    return (row.run, number(row.last.value), str(row.last.step), delta, *best)


def settings(comparison: Comparison) -> list[tuple[str, ...]]:
    """A line for each setting that differs: its name and the value of each run."""
    return [
        (name, *("" if one is None else one for one in held)) for name, held in comparison.settings
    ]


def as_markdown(comparison: Comparison) -> str:
    """Two tables."""
    lines: list[str] = []
    if comparison.settings:
        heads = ("setting", *comparison.runs)
        lines += [*_markdown(heads, settings(comparison), len(heads)), ""]
    lines += _markdown(HEADS, values(comparison), _LEFT)
    return "\n".join(lines) + "\n"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    yield "| " + " | ".join(map(safe, heads)) + " |"
    yield "|" + "---|" * left + "---:|" * (len(heads) - left)
    for row in rows:
        yield "| " + " | ".join(map(safe, row)) + " |"


def as_html(comparison: Comparison) -> str:
    """A page by itself: no scripts, nothing loaded."""
    parts = []
    if comparison.settings:
        heads = ("setting", *comparison.runs)
        parts += ["<h2>Settings that differ</h2>", _html(heads, settings(comparison), len(heads))]
    parts += ["<h2>Values</h2>", _html(HEADS, values(comparison), _LEFT)]
    title = markup(f"{plural(len(comparison.runs), 'run')} compared")
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    body = f"<h1>{title}</h1>" + "\n".join(parts)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def _html(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    def line(cells: Sequence[str], name: str) -> str:
        kinds = ["" if place < left else ' class="n"' for place in range(len(cells))]
        pairs = zip(kinds, cells, strict=True)
        return f"<tr>{''.join(f'<{name}{kind}>{markup(one)}</{name}>' for kind, one in pairs)}</tr>"

    lines = [line(heads, "th"), *(line(row, "td") for row in rows)]
    return "<div><table>" + "\n".join(lines) + "</table></div>"
