"""Durations as loggers write them: `0:00:19`, `00:05`, `1 day, 2:03:04`, `0 days 00:00:00.44`."""

from __future__ import annotations

import re

_CLOCK = re.compile(
    r"(?:(\d{1,6}) ?d(?:ays?)?,? )?(?:(\d{1,6}):)?(\d{1,6}):(\d{2}(?:\.\d{1,9})?)", re.ASCII
)


def parse_duration(text: str) -> float | None:
    """Seconds of a duration with colons, else None; two parts are minutes and seconds."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        return None
    days, hours, minutes = (int(part or 0) for part in match.group(1, 2, 3))
    return ((days * 24 + hours) * 60 + minutes) * 60 + float(match[4])
