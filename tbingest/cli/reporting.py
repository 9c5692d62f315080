"""How a conversion is told of in documents: the same pages as those of a check."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from tbingest.cli.check import is_on_github, summarise
from tbingest.cli.check import rendered as page

if TYPE_CHECKING:
    from tbingest.report import Report


class Form(StrEnum):
    """How a conversion's report is written to stdout."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"


def rendered(done: Report, kind: str) -> str:
    """The report as a document."""
    if kind == "json":
        from tbingest.console import as_json

        return as_json(done.to_dict())
    from tbingest.check.conversion import verdict_of

    return page(verdict_of(done), kind, done)


def on_github(done: Report, form: Form) -> None:
    """Annotations where they are asked for or GitHub reads them, and its step summary."""
    if not (form == Form.GITHUB or is_on_github()):
        return
    from tbingest.check.conversion import verdict_of
    from tbingest.check.github import commands, remarks

    verdict = verdict_of(done)
    if form in {Form.TEXT, Form.GITHUB}:
        workspace = os.environ.get("GITHUB_WORKSPACE", "")
        for line in (*commands(verdict, workspace), *remarks(done, workspace)):
            sys.stdout.write(line + "\n")
    summarise(verdict, done)
