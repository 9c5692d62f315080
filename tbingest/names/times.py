"""Durations as loggers write them: `0:00:19`, `00:05`, `1 day, 2:03:04`, `0 days 00:00:00.44`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tbingest.model.rows import Column


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


UNITS = ((1e17, "ns", 1e9), (1e14, "us", 1e6), (1e11, "ms", 1e3), (1e8, "s", 1.0))


_SCALE = {unit: scale for _, unit, scale in UNITS}


_COMMA = re.compile(r",(?=\d{3,6}$)")


def elapsed_seconds(column: Column) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds of numbers, or of texts such as 0:00:19; NaN where a cell holds none."""
    if isinstance(column, np.ndarray):
        return column.astype(np.float64)
    found = (parse_duration(text) if isinstance(text, str) else None for text in column)
    return np.fromiter(
        (np.nan if seconds is None else seconds for seconds in found), np.float64, len(column)
    )


def parse_time(text: str) -> float | None:
    """Unix seconds of an ISO 8601 time (or one with a blank and a decimal comma), else None.

    A time without a zone is in the machine's own zone, as loggers write it.
    """
    try:
        seconds = datetime.fromisoformat(_COMMA.sub(".", text.strip())).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if abs(seconds) < 1e11 else None


def to_seconds(
    column: Column, unit: str, base: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Unix seconds of a time column, NaN where a cell holds none."""
    if unit == "iso":
        parsed = (parse_time(str(text)) for text in column)
        return np.fromiter(
            (np.nan if seconds is None else seconds for seconds in parsed), np.float64, len(column)
        )
    if unit == "elapsed":
        return base + elapsed_seconds(column)
    if not isinstance(column, np.ndarray):
        return np.full(len(column), np.nan)
    return column.astype(np.float64) / _SCALE[unit]


_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(ms|s|m|h|d|)", re.ASCII)


def span(flag: str, text: str) -> float:
    """Seconds of `500ms`, `30s`, `10m`, `2h`, `1d` or a plain number. Raises UsageError."""
    from tbingest.errors import UsageError

    match = _SPAN.fullmatch(text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds <= 0:
        raise UsageError(f"{flag} {text}: is not a duration", "write it as 30s, 10m or 2h")
    return seconds
