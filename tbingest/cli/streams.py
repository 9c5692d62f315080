"""Whatever the encoding of stdout, what is said can be written: a pipe on Windows takes cp1252."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path

_HANDLER = "tbingest-plain"
_PLAIN = {
    "✓": "ok",
    "✗": "x",
    "└": "`-",
    "→": "->",
    "±": "+-",
    "…": "...",
    **dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True)),
}
"""Our own marks in ASCII."""


def encode_anything() -> None:
    """Write marks in ASCII where the encoding lacks them, and other characters as escapes."""
    codecs.register_error(_HANDLER, _plain)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as in `>&-`
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        change = getattr(stream, "reconfigure", None)
        if change:
            change(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    escaped = (one.encode("ascii", "backslashreplace").decode("ascii") for one in lacking)
    return "".join(map(_PLAIN.get, lacking, escaped)), error.end
