"""What a conversion lost of its logs, in words: a line a log and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.formats.registry import format_of
from tbingest.model.accounts import FELL, SAME_STEP
from tbingest.names.escape import printable
from tbingest.names.words import counted

if TYPE_CHECKING:
    from tbingest.model.accounts import Superseded
    from tbingest.model.report import Report, SourceReport

_SHOWN_TAGS = 3
_SAMPLE = 50


def losses(report: Report) -> list[tuple[str, str, str]]:
    """(`lost` or `missed`, the source, what) of all that is worth a line."""
    every = report.sources
    found = [("lost", one.source, lost(one, why)) for one in every for why in one.account.lost]
    return found + [("missed", one.source, missed(one)) for one in every if one.account.is_notable]


def lost(entry: SourceReport, one: Superseded) -> str:
    """How many values gave way, to which and where, and what to type if that is wrong."""
    tags = sorted(one.tags)
    named = ", ".join(printable(tag) for tag in tags[:_SHOWN_TAGS])
    named += ", …" if len(tags) > _SHOWN_TAGS else ""
    many = counted(one.values, "value")
    place = f", {_places(entry, one)}" if one.last else ""
    advice = _ADVICE.get(one.why, _APART)
    if one.why == SAME_STEP and entry.account.kinds:
        advice = "inspect shows what counts; a [[source]] rule counts otherwise"
    return f"{printable(entry.source)}: {many} gave way to {one.why} ({named}{place}): {advice}"


def _places(entry: SourceReport, one: Superseded) -> str:
    unit = "record" if format_of(entry.format).rewritten else "line"
    if one.first in {0, one.last}:
        return f"{unit} {one.last:,}"
    return f"{unit}s {one.first:,} to {one.last:,}"


_APART = "--run NAME keeps one of the logs apart"
_ADVICE = {
    SAME_STEP: "--step NAME counts by another field",
    FELL: "--on-restart sub-run keeps both",
}


def missed(entry: SourceReport) -> str:
    """How much of a text log was not taken, the first of it, and what shows the rest."""
    account = entry.account
    first = account.not_taken[0]
    whole = account.missed + account.taken
    sample = first.sample if len(first.sample) <= _SAMPLE else first.sample[:_SAMPLE] + "…"
    shown = f": {printable(sample)!r}" if sample else ""  # a block of lines has none
    return (
        f"{printable(entry.source)}: {account.missed:,} of {whole:,} numbers were not taken, such "
        f"as in line {first.line:,}{shown} (tbingest inspect shows them)"
    )
