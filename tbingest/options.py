"""The options of a conversion: one frozen, picklable object, built at the edge."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tbingest.errors import UsageError
from tbingest.steps import OnRestart


class Plots(StrEnum):
    """For which runs an overview figure is drawn."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


AUTO_PLOTS = 20
"""`Plots.AUTO` draws for that many runs."""

BLOCK_BYTES = 2 << 20
"""So many decoded bytes are read, encoded, appended and committed at a time."""


@dataclass(frozen=True)
class Options:
    """How to read and map; empty means: find out.

    tag_map: (pattern, replacement) pairs over whole field names; wall_time: `mtime`, unix seconds
    or an ISO time for what has no time of its own.
    """

    as_format: str = ""
    run: str = ""
    step: str = ""
    time: str = ""
    wall_time: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tag_map: tuple[tuple[str, str], ...] = ()
    on_restart: OnRestart = OnRestart.LAST
    plots: Plots = Plots.AUTO
    force: bool = False
    block_bytes: int = BLOCK_BYTES

    @property
    def digest(self) -> str:
        """Of the options that change what is written."""
        parts = (
            self.as_format,
            self.step,
            self.time,
            self.wall_time,
            self.tag_map,
            str(self.on_restart),
            str(self.plots),
        )
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def parse_tag_map(rules: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`PATTERN=REPLACEMENT` rules. Raises UsageError for one that is none."""
    found = []
    for rule in rules:
        pattern, equals, to = rule.partition("=")
        try:
            compiled = re.compile(pattern)
            compiled.sub(to, "")
        except (re.error, IndexError) as error:
            raise UsageError(
                f"--tag-map {rule}: {error}", r"write it as 'val_(.*)=val/\1'"
            ) from None
        if not equals or not pattern or not to:
            raise UsageError(
                f"--tag-map {rule}: no PATTERN=REPLACEMENT", r"write it as 'val_(.*)=val/\1'"
            )
        found.append((pattern, to))
    return tuple(found)


def parse_wall_time(text: str) -> float | None:
    """Unix seconds of `--wall-time`, None for `mtime` or nothing. Raises UsageError."""
    if text in {"", "mtime"}:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = datetime.fromisoformat(text).timestamp()
        except ValueError:
            seconds = float("nan")
    if not abs(seconds) < 1e11:
        raise UsageError(
            f"--wall-time {text}: no time", "use mtime, unix seconds or 2026-11-23T04:14:00+00:00"
        )
    return seconds
