"""A comparison of runs as tables: for the terminal, Markdown and HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.names.words import plural
from tbingest.report.escape import markdown as safe
from tbingest.report.escape import markup
from tbingest.report.page import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.pipeline.compare import Comparison, Row

HEADS = ("tag", "run", "last", "step", "delta", "best", "step")
NAMED_BY_SOME = "named by some runs only:"
_FEW = 10
"""More settings than that which only some runs name are listed by their names."""
_FRACTION = re.compile(r"-?\d{1,20}\.\d{1,30}(?:e[+-]?\d{1,3})?")
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
    best = (f"{row.best.value:.6g}", str(row.best.step)) if row.best else ("", "")
    return (row.run, f"{row.last.value:.6g}", str(row.last.step), delta, *best)


def settings(comparison: Comparison) -> list[tuple[str, ...]]:
    """The names that head them, then a line for each setting that differs, with each run's value.

    Where there are more runs than settings, a line for each run. Many settings that only some runs
    name are no rows: `unshared` names them.
    """
    hidden = set(unshared(comparison))
    shown = [(name, held) for name, held in comparison.settings if name not in hidden]
    if not shown:
        return []
    rows = [("", *comparison.runs)]
    rows += [(name, *("" if one is None else _short(one) for one in held)) for name, held in shown]
    turned = len(shown) < len(comparison.runs)
    return [*zip(*rows, strict=True)] if turned else rows


def unshared(comparison: Comparison) -> list[str]:
    """The settings of which those runs that name them say the same, where these are many."""
    found = [name for name, held in comparison.settings if len({one for one in held if one}) < 2]
    return found if len(found) > _FEW else []


def _short(value: str) -> str:
    return f"{float(value):.6g}" if _FRACTION.fullmatch(value) else value


def as_markdown(comparison: Comparison) -> str:
    """Two tables."""
    lines: list[str] = []
    if held := settings(comparison):
        lines += [*_markdown(held[0], held[1:], len(held[0])), ""]
    if names := unshared(comparison):
        lines += [f"{NAMED_BY_SOME} {safe(', '.join(names))}", ""]
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
    if held := settings(comparison):
        parts += ["<h2>Settings that differ</h2>", _html(held[0], held[1:], len(held[0]))]
    if names := unshared(comparison):
        parts += [f"<p>{NAMED_BY_SOME} {markup(', '.join(names))}</p>"]
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
