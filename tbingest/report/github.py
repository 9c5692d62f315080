"""A verdict for GitHub Actions: annotations, and where its step summary goes.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.names.escape import printable
from tbingest.report.escape import shortened
from tbingest.sources.discover import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.check.verdict import Verdict
    from tbingest.model.report import Report

SHOWN = 10
"""GitHub shows so many errors of a step."""
_TITLE, _MESSAGE = 200, 8_000
"""So many characters are below GitHub's limits of 255 characters and 64 KiB."""


def commands(verdict: Verdict, workspace: str = "") -> Iterator[str]:
    """One `::error` for each of the worst ten failures; GitHub knows files below `workspace`."""
    for one in verdict.worst[:SHOWN]:
        place = _place(one.source, one.line, workspace)
        yield _command("error", place, f"tbingest {one.rule}", one.text)


def remarks(report: Report, workspace: str = "") -> Iterator[str]:
    """One `::warning` for each of the first ten problems of sources that could be read."""
    found = [one for entry in report.sources if not entry.failed for one in entry.problems]
    for one in found[:SHOWN]:
        place = _place(one.source, one.line, workspace)
        yield _command("warning", place, "tbingest", f"{one.place}: {one.what}")


def _place(source: str, line: int | None, workspace: str) -> list[tuple[str, str]]:
    """Where GitHub shows it: by its path in the repository, whatever folder the step is in."""
    if not source or source == STDIN:
        return []
    path = Path(source).absolute()
    inside = workspace and path.is_relative_to(workspace)
    shown = path.relative_to(workspace).as_posix() if inside else source
    return [("file", shown)] + ([("line", str(line))] if line is not None else [])


def _command(level: str, place: list[tuple[str, str]], title: str, text: str) -> str:
    known = [*place, ("title", shortened(title, _TITLE))]
    said = ",".join(f"{name}={_property(value)}" for name, value in known)
    return f"::{level} {said}::{_data(shortened(text, _MESSAGE))}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
