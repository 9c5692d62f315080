"""How a conversion is told of in documents: the same pages as those of a check."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from tbingest.cli.check import rendered as page
from tbingest.cli.check import summarise

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
    """Annotations where they are asked for, and the step summary where GitHub has one."""
    if form != Form.GITHUB:
        return
    from tbingest.check.conversion import verdict_of
    from tbingest.check.github import commands, remarks

    verdict = verdict_of(done)
    for line in (*commands(verdict), *remarks(done)):
        sys.stdout.write(line + "\n")
    summarise(verdict, done)
