"""Where the config lies, and its text."""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from tbingest.errors import UsageError

NAME = "tbingest.toml"
TABLE = "tool.tbingest"
_HEADER = re.compile(r"\s*\[(\[)?([^\[\]]+)\]")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


def own_config() -> Path | None:
    """The config in the person's own configuration folder, where there is one."""
    fallback = os.environ.get("APPDATA", "") if os.name == "nt" else "~/.config"
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser(fallback)  # noqa: PTH111
    own = Path(folder, "tbingest", NAME)
    try:
        return own if own.is_absolute() and own.is_file() else None
    except OSError:
        return None


def nearest_config() -> Path | None:
    """The nearest config from the working directory upwards."""
    try:
        folder = Path.cwd()
    except OSError:  # it was deleted
        return None
    for place in (folder, *folder.parents):
        own, project = place / NAME, place / "pyproject.toml"
        with suppress(PermissionError):
            if own.is_file():
                return own
            if project.is_file() and _has_table(project):
                return project
    return None


def _has_table(project: Path) -> bool:
    """A project file that is not ours to judge is passed over, even where it is broken."""
    try:
        text = project.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return any(section(line)[0].split(".")[:2] == TABLE.split(".") for line in text.split("\n"))


def text_of(found: Path, shown: str) -> str:
    """The text of a config. Raises UsageError where it cannot be read."""
    try:
        return found.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}", "see --config") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{shown}: not UTF-8 text: {error.reason}", "save it as UTF-8") from None


def parsed(text: str, shown: str) -> dict[str, Any]:
    """What the text says. Raises UsageError where it is not valid TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = _AT.search(str(error))
        place = f"{shown}:{at[1]}:{at[2]}" if at else shown
        raise UsageError(
            f"{place}: not valid TOML: {_AT.sub('', str(error))}", "see toml.io"
        ) from None


def section(line: str) -> tuple[str, bool]:
    """(name, whether it is one of several) of the table that a line begins, if any."""
    header = _HEADER.match(line)
    return (re.sub(r"[\s\"']", "", header[2]), bool(header[1])) if header else ("", False)


def lies_in(path: str, folder: str) -> bool:
    """True where a file is in a folder, or is it, by its own place or by where its links lead."""
    places = (Path(os.path.realpath(path)), Path(os.path.realpath(Path(path).parent)))
    for place in places:
        for above in (place, *place.parents):
            try:
                if above.samefile(folder):
                    return True
            except OSError:
                continue
    return False
