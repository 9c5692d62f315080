"""A verdict for GitHub Actions: annotations, and where its step summary goes.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.check.verdict import Verdict

SHOWN = 10
"""GitHub shows so many errors of a step."""


def commands(verdict: Verdict) -> Iterator[str]:
    """One `::error` for each of the worst ten failures."""
    for failure in verdict.worst[:SHOWN]:
        properties = [("file", failure.source)] if failure.source else []
        properties += [("line", str(failure.line))] if failure.line is not None else []
        properties.append(("title", f"tbingest {failure.rule}"))
        said = ",".join(f"{name}={_property(value)}" for name, value in properties)
        yield f"::error {said}::{_data(failure.text)}"


def _data(text: str) -> str:
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
