"""A verdict for GitHub Actions: annotations, and where its step summary goes.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.check.verdict import Verdict
    from tbingest.report import Report

SHOWN = 10
"""GitHub shows so many errors of a step."""


def commands(verdict: Verdict) -> Iterator[str]:
    """One `::error` for each of the worst ten failures."""
    for one in verdict.worst[:SHOWN]:
        yield _command("error", one.source, one.line, f"tbingest {one.rule}", one.text)


def remarks(report: Report) -> Iterator[str]:
    """One `::warning` for each of the first ten problems of sources that could be read."""
    found = [one for entry in report.sources if not entry.failed for one in entry.problems]
    for one in found[:SHOWN]:
        yield _command("warning", one.source, one.line, "tbingest", f"{one.place}: {one.what}")


def _command(level: str, source: str, line: int | None, title: str, text: str) -> str:
    properties = [("file", source)] if source else []
    properties += [("line", str(line))] if line is not None else []
    properties.append(("title", title))
    said = ",".join(f"{name}={_property(value)}" for name, value in properties)
    return f"::{level} {said}::{_data(text)}"


def _data(text: str) -> str:
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
