"""A table for notebooks: cells escaped, a curve as a small picture."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHOWN = 200
"""So many rows are shown."""
_WIDE, _TALL = 120, 24


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A heading and the first 200 rows. Cells are text; one that `picture` made is kept."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:SHOWN])
    left = len(rows) - SHOWN
    more = f"<p>and {left:,} more</p>" if left > 0 else ""
    return f"<p><b>{escape(title)}</b></p><table><tr>{head}</tr>{body}</table>{more}"


class _Picture(str):
    """A cell that is HTML already."""

    __slots__ = ()


def _cell(text: str) -> str:
    return f"<td>{text if isinstance(text, _Picture) else escape(text)}</td>"


def picture(values: Iterable[float]) -> str:
    """A line through the finite values, as SVG."""
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    size = (high - low) or 1.0
    across = _WIDE / (len(finite) - 1)
    points = " ".join(
        f"{place * across:.1f},{_TALL - 1 - (value - low) / size * (_TALL - 2):.1f}"
        for place, value in enumerate(finite)
    )
    return _Picture(
        f'<svg width="{_WIDE}" height="{_TALL}"><polyline points="{points}" fill="none" '
        'stroke="currentColor"/></svg>'
    )
