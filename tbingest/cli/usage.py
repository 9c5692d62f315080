"""Mistakes on the command line, said in one style: what is wrong, and what to type instead."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tbingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_WRONG = re.compile(r"Invalid value for '(?P<name>[^']+)'(?: \([^)]*\))?: (?P<what>.*)", re.DOTALL)
_NEEDS = re.compile(r"Option '(?P<name>[^']+)' requires (?P<what>.*)", re.DOTALL)
_ANYWHERE = {"--debug": 0, "--color": 1, "--config": 1, "-q": 0, "--quiet": 0, "--verbose": 0}
"""Options of every command that may stand before it, and how many words each takes."""
_VERBOSE = re.compile(r"-v+")


def in_order(arguments: list[str]) -> list[str]:
    """The arguments with `help` and `version` as the options that they mean, and with what stands
    before the command and belongs to it behind it.
    """
    moved: list[str] = []
    place = 0
    while place < len(arguments):
        name, equals, _ = arguments[place].partition("=")
        if name not in _ANYWHERE and not _VERBOSE.fullmatch(name):
            break
        size = 1 if equals else 1 + _ANYWHERE.get(name, 0)
        moved += arguments[place : place + size]
        place += size
    command, rest = arguments[place : place + 1], arguments[place + 1 :]
    if command == ["help"]:
        return [*rest[:1], "--help"]
    if command in (["version"], ["-V"]):
        return ["--version"]
    if not command or command[0].startswith("-"):
        return [*command, *rest]
    return [*command, *moved, *rest]


def no_command(name: str, known: Iterable[str]) -> UsageError:
    """A word that is no command: a path, or one that was mistyped."""
    if os.path.exists(name):  # noqa: PTH110 - nothing else is asked of it
        return UsageError(
            f"{name}: is not a command", f"to see it in TensorBoard: tbingest serve {name}"
        )
    if "/" in name or "\\" in name:
        there = "to see a folder in TensorBoard: tbingest serve FOLDER"
        return UsageError(f"{name}: no such file or folder, and no command", there)
    near = get_close_matches(name, list(known), 1)
    there = "the commands are " + ", ".join(known)
    return UsageError(f"{name}: no such command", f"did you mean {near[0]}?" if near else there)


def of_typer(error: Exception, command: str) -> UsageError | None:
    """What Typer says of a command line in our words; None for an error of another kind."""
    told = getattr(error, "format_message", None)
    if not callable(told):
        return None
    see = f"{command} --help shows what there is"
    option = getattr(error, "option_name", "")
    if type(error).__name__ == "NoSuchOption":
        near = get_close_matches(option, getattr(error, "possibilities", None) or (), 1)
        return UsageError(f"{option}: no such option", f"did you mean {near[0]}?" if near else see)
    if type(error).__name__ == "MissingParameter":
        parameter: Any = getattr(error, "param", None)
        name = parameter.metavar or parameter.name if parameter else "argument"
        return UsageError(f"{name} is missing", f"{command} --help shows examples")
    message = str(told())
    for pattern in (_WRONG, _NEEDS):
        if found := pattern.fullmatch(message):
            what = found["what"] if pattern is _WRONG else f"needs {found['what']}"
            return UsageError(f"{found['name']}: {what.rstrip('.')}", see)
    return UsageError(f"{message[:1].lower()}{message[1:].rstrip('.')}", see)
