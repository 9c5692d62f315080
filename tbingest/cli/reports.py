"""How a conversion is told of in documents: the same pages as those of a check."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tbingest.check.verdict import Verdict
    from tbingest.model.report import Report


class Form(StrEnum):
    """How a conversion's report is written to stdout."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"


def rendered_conversion(done: Report, kind: str) -> str:
    """The report as a document."""
    if kind == "json":
        from tbingest.cli.console import as_json

        return as_json(done.to_dict())
    from tbingest.report.conversion import verdict_of

    return rendered(verdict_of(done), kind, done)


def on_github(done: Report, form: Form) -> None:
    """Annotations where they are asked for or GitHub reads them, and its step summary."""
    if not (form == Form.GITHUB or is_on_github()):
        return
    from tbingest.report.conversion import verdict_of
    from tbingest.report.github import commands, remarks

    verdict = verdict_of(done)
    if form in {Form.TEXT, Form.GITHUB}:
        workspace = os.environ.get("GITHUB_WORKSPACE", "")
        for line in (*commands(verdict, workspace), *remarks(done, workspace)):
            sys.stdout.write(line + "\n")
    summarise(verdict, done)


def kind_of(path: str) -> str:
    """What a report's suffix says it is. Raises UsageError."""
    from tbingest.errors import UsageError

    kinds = {".json": "json", ".md": "markdown", ".html": "html", ".htm": "html"}
    suffix = Path(path).suffix.lower()
    if suffix not in kinds:
        raise UsageError(f"--report {path}: unknown report type", "name it .json, .md or .html")
    return kinds[suffix]


def rendered(verdict: Verdict, kind: str, done: Report | None = None) -> str:
    """The verdict as a document; `done` is the conversion that a page tells of."""
    if kind == "json":
        from tbingest.cli.console import as_json

        return as_json(verdict.to_dict())
    if kind == "markdown":
        from tbingest.report.markdown import as_markdown

        return as_markdown(verdict, report=done)
    if kind == "html":
        from tbingest.report.page import as_html

        return as_html(verdict, done)
    if kind == "junit":
        from tbingest.report.junit import as_junit

        return as_junit(verdict)
    from tbingest.report.metrics import as_metrics, as_openmetrics

    return as_metrics(verdict) if kind == "metrics" else as_openmetrics(verdict)


def is_on_github() -> bool:
    """True in a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def summarise(verdict: Verdict, done: Report | None = None) -> None:
    """Add to the step's summary, where GitHub has one, as much as it still takes."""
    from tbingest.report.markdown import SUMMARY_BYTES, as_markdown

    summary = Path(os.environ.get("GITHUB_STEP_SUMMARY", ""))
    if summary.name:
        left = SUMMARY_BYTES - (summary.stat().st_size if summary.exists() else 0)
        text = as_markdown(verdict, left, done)
        if len(text.encode("utf-8", "replace")) <= left:
            write_text(str(summary), text, "the step summary", "a")


def write_text(path: str, text: str, flag: str, mode: str = "w") -> None:
    """A document into a file. Raises OutputError."""
    from tbingest.errors import OutputError

    try:
        with Path(path).open(f"{mode}b") as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}", f"see {flag}") from error


def exit_code(report: Report, *, strict: bool) -> int:
    """0, or 1 where nothing was read, something asked for could not be, or `strict` objects."""
    failed = any(entry.failed for entry in report.ignored) or any(
        entry.failed for entry in report.sources
    )
    lost = any(entry.account.is_notable or entry.account.lost for entry in report.sources)
    skipped = report.ignored or report.problem_count or lost
    return int(report.nothing_read or failed or (strict and bool(skipped)))
