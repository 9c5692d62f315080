"""Names of runs that are safe as folders."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from tbingest.names.tags import short_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_COMPONENT = 120
_MAX_NAME = 1_000
"""Bytes of a whole name: an archive may hold folders a million deep, a path has 4,096."""


_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*%]')
_ESCAPE = r"%(?![0-9A-F]{2})"
_UNSAFE_BUT_ESCAPES = re.compile(_UNSAFE.pattern.replace("%]", f"]|{_ESCAPE}"))


_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how Python keeps a byte that is no UTF-8


def safe_run(name: str, *, escaped: bool = False) -> str:
    """A run name that is a relative path below the logdir on any system, and no other.

    Parts that cannot be folder names are written with `%` escapes, which stay as they are in a name
    that may be `escaped` already; overlong ones end in a hash.
    """
    unsafe = _UNSAFE_BUT_ESCAPES if escaped else _UNSAFE
    safe = "/".join(_safe_part(part, unsafe) for part in name.split("/") if part) or "run"
    if len(safe.encode()) <= _MAX_NAME:
        return safe
    kept = safe.encode()[: _MAX_NAME - 10].decode("utf-8", "ignore").rpartition("/")[0]
    return f"{kept}/~{short_hash(name)}"


def safe_event_file(base: str) -> str:
    """The name under which an event file is copied: safe, and still that of an event file."""
    return safe_run(base).replace("%74fevents", "tfevents")


def _safe_part(part: str, unsafe: re.Pattern[str]) -> str:
    safe = unicodedata.normalize("NFC", part)
    safe = unsafe.sub(lambda match: _percent(match[0]), safe)
    safe = _NOT_UTF8.sub(lambda match: f"%{ord(match[0]) & 0xFF:02X}", safe)
    safe = safe.encode("utf-8", "replace").decode()
    safe = safe.replace("tfevents", "%74fevents")
    if safe.strip(".") == "" or safe[-1:] in {".", " "} or safe.startswith(" "):
        safe = "".join(_percent(letter) if letter in ". " else letter for letter in safe)
    if safe == ".tbingest" or _RESERVED.fullmatch(safe):
        safe = f"{_percent(safe[0])}{safe[1:]}"
    if len(safe.encode()) > _MAX_COMPONENT:
        kept = safe.encode()[: _MAX_COMPONENT - 9].decode("utf-8", "ignore")
        safe = f"{kept}~{short_hash(part)}"
    return safe


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def renamed(run: str, rules: Sequence[tuple[str, str]]) -> str:
    """The name that the first rule whose glob matches gives a run; empty where none does.

    What the stars of the glob match goes to the stars of the name, in order.
    """
    for glob, name in rules:
        parts = [re.escape(part).replace(r"\?", ".") for part in glob.split("*")]
        match = re.fullmatch("(.*)".join(parts), run, re.DOTALL)
        if match:
            found = iter(match.groups())
            return "".join(next(found) if letter == "*" else letter for letter in name)
    return ""
