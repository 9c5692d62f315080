"""Lines of a console as a terminal would show them, and the numbers that stand in them."""

from __future__ import annotations

import re

_ANSI = re.compile(
    r"\x1b(?:\[[0-9;?]{0,32}[A-Za-z]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[()][AB0-2])"
)
_BACK = re.compile(r"\x08+")
_BAR = re.compile(r"\d{1,3}%\|[^|]{0,400}\|")
_CONTROL = re.compile(r"[\x00-\x07\x0b-\x1f\x7f]")

STAMP = re.compile(
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/]\d\d[-/]\d{4})[T _-]{1,2}\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?:Z|[+-]\d\d:?\d\d)?(?!\d)"
)
_SPAN = r"(?:\d{1,3} days?,? )?\d{1,4}:\d\d(?::\d\d)?(?:\.\d{1,9})?(?![\w:])"
_SECONDS = r"\d{1,3}(?:\.\d{1,6})?s"
_SPOKEN = rf"(?:\d{{1,5}}d ?)?\d{{1,5}}h ?\d{{1,3}}m(?: ?{_SECONDS})?|\d{{1,5}}m ?{_SECONDS}"
NUMBER = re.compile(
    rf"({STAMP.pattern}|\d{{4}}-\d\d-\d\d(?![\w-])"
    rf"|(?<![\w.:]){_SPAN}|(?<![\w.])(?:{_SPOKEN})(?!\w)"
    r"|(?<![\w.@#\-+])[-+]?(?:\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,40})?(?![\d,])"
    r"|(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,4})?)(?!\d|\.\d|[A-Za-z_]{1,20}\d)"
    r"|(?<![\w.])(?<!of )[-+]?(?:nan|NaN|NAN|inf|Inf|INF|infinity|Infinity)(?=$|[^\w.]|ms|s\b|%))"
)
"""A timestamp, a date, a duration or a number that is no part of a word: `mAP_0.5` has none."""

_PARTS = re.compile(r"(\d{1,5}(?:\.\d{1,6})?)([dhms])")
_DAYS = re.compile(r"(\d{1,3}) days?,? ")
_MONTH_FIRST = re.compile(r"(\d\d)[-/](\d\d)[-/](\d{4})")


def shown(line: str) -> str:
    r"""A line as a terminal shows it at its end: without colours, and what was overwritten.

    Of the states that `\r` or backspaces overwrite, the last one that says anything.
    """
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    if "\b" in line:
        line = _BACK.sub("\r", line)
    if "\r" in line:
        states = [state for state in line.split("\r") if state.strip()]
        line = states[-1] if states else ""
    if "%|" in line:
        line = _BAR.sub(" ", line)
    return _CONTROL.sub(" ", line) if not line.isprintable() else line


def states(line: str) -> list[str]:
    """Every state of a line that is overwritten, each as `shown`."""
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    parts = _BACK.sub("\r", line).split("\r")
    return [shown(part) for part in parts if part.strip()]


def is_stamp(text: str) -> bool:
    """True for a date with a time of day."""
    return len(text) >= 19 and bool(STAMP.fullmatch(text))


def iso_stamp(text: str) -> str:
    """A timestamp as ISO 8601, in the zone that it names or none."""
    if text[2:3] in {"-", "/"}:
        text = _MONTH_FIRST.sub(r"\3-\1-\2", text, count=1)
    rest = text[10:].lstrip("T _-").replace(",", ".")
    return f"{text[:4]}-{text[5:7]}-{text[8:10]}T{rest}"


def to_float(text: str) -> float | None:
    """A number as `NUMBER` finds it; of a duration the seconds; None for a date."""
    try:
        return float(text)
    except ValueError:
        pass
    if ":" in text:
        return None if is_stamp(text) else _clock(text)
    if text[-1:] in "hms":
        units = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
        return sum(float(count) * units[unit] for count, unit in _PARTS.findall(text))
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _clock(text: str) -> float:
    days = _DAYS.match(text)
    text = text[days.end() :] if days else text
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds + 86400 * int(days[1]) if days else seconds
