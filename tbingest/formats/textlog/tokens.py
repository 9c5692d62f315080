"""A line cut at its numbers and times: the texts between them are its template."""

from __future__ import annotations

import math
import re

from tbingest.formats.readers.terminal import STAMP, to_float

NUMBER_MARK = "\0"
"""Stands for a number in a template."""
JUNK_MARK = "\x02"
"""Stands for what only looks like a number: a time, a path, a version, an id."""

_GLUED = "|".join(
    f"(?<=(?<![A-Za-z]){word}{joint})"
    for word in ("epoch", "Epoch", "EPOCH", "step", "Step", "iter", "Iter", "ep", "it")
    for joint in ("", "_", "-")
)
SPAN = (
    r"(?:\d{1,3} days?,? )?(?<![\w.:])\d{1,4}:\d\d(?::\d\d)?(?:\.\d{1,9})?(?![\w:])(?:\s?[AP]M\b)?"
)
SPOKEN = r"(?<![\w.])(?:\d{1,5}d ?)?(?:\d{1,5}h ?)?\d{1,5}m ?\d{1,3}(?:\.\d{1,6})?s?\b(?<=[ms])"
_PARTS = "|".join(
    f"(?<=[{word[0].upper()}{word[0]}]{word[1:]}{blanks})"
    for word in (
        "class client agent head layer style content branch output domain decoder label".split()
    )
    for blanks in (" ", "  ")
)
_NO_COUNTER = "".join(
    f"(?<!{end} )" for end in "poch step Step iter Iter tion ound sode atch pdate ycle ame".split()
)
_THRESHOLD = (
    r"(?!(?:(?<=AP )|(?<=IoU )|(?<=IOU )|(?<=op )|(?<=R ))\d{1,4}(?:\.\d{1,4})?\s?[:=]\s?[-+.\d])"
    r"(?<!R\^)(?!(?<=[lL]ast )\d{1,6}(?: [A-Za-z]{2,12}|: ))"
    r"(?!(?<=over )\d{1,6} (?:episode|run|seed|trial|game|fold)s?:\s)"
    rf"(?!(?:{_PARTS})\d{{1,2}}(?:\s?\([^()\d]{{1,30}}\))?(?::\s|\s[|,\-]\s|\s[A-Za-z]\w{{0,20}}(?:\s?[:=]|\s\d{{1,6}}\.\d)))"
    rf"(?!(?<=[a-z] ){_NO_COUNTER}\d{{1,3}}\s{{2,40}}\d{{1,6}}\.\d{{1,9}}\s{{0,9}}$)"
)
"""No part of a name: not `mAP 0.5: 0.67`, `top 5 = 0.9`, `R^2`, `reward of last 100 episodes`,
`last 100: 0.5`, `reward over 10 episodes: 0.5`, `Style 2 loss: 0.5`, `Client 3: loss 0.5`,
`layer 3 loss 0.5`, `Organ 12      0.5`."""
DIGITS = r"(?:\d{1,3}(?:,\d{3})++(?!\d|,\d)(?:\.\d++)?+|\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?\d++)?+"
TOKEN = re.compile(
    r"(?=[-+.\d]|[nN][aA][nN]|[iI][nN])"  # most characters begin nothing: said first, it is fast
    rf"({STAMP.pattern}|(?<!\d)\d{{4}}[-/]\d\d[-/]\d\d(?![\w/-])|{SPAN}|{SPOKEN}"
    r"|(?:(?<![A-Za-z0-9_\u00c0-\u04ff@.])(?<![A-Za-z]-)(?<!\d:)|"
    rf"{_GLUED}|(?<=loss)(?=\d{{1,9}}\.\d)|(?<=[\[(][eE])|(?<=(?<!.)E)){_THRESHOLD}"
    rf"[-+]?(?:{DIGITS}(?!\.\d|[eE][-+]?$|\u00d7[A-Za-z]|[A-Za-z_]{{5}}|[A-Za-z_]{{1,4}}\d)|(?:nan|inf|NaN|NAN|Inf|INF|Infinity|-inf)\b(?![@/-])))"
)
"""A stamp, a date, a duration or a number that is no part of a word: `mAP_0.5` has none, and
`kl=6.4e-`, where the log is cut off, has none either."""
JUNK = re.compile(
    r"https?://[^\s\0]++"
    r"|(?<![\w.])(?![\d.]{1,40}+(?:/[\d.]{1,40}+){1,40}+(?![\w/]))"
    r"/?(?:[\w.\-~]{1,120}+/){2,40}+[\w\-=]{0,120}\.\w{1,10}"
    r"|(?<![\w.])(?:/[\w.\-~=]{1,120}+){2,40}+/?"
    r"|(?<![\w.])[\w.\-=/]{1,200}+"
    r"(?:(?<=\.pt|\.py|\.gz|pth|npy|npz|kpt|pkl|txt|png|jpg|\.h5|csv|log)|(?<=json))(?![\w/])"
    r"|\bcuda:\d{1,3}|\b\d{1,5}\.\d{1,5}\.\d{1,5}[\w.+]{0,60}|\b0x[0-9a-fA-F]{1,40}\b"
    r"|(?<![\w.])(?=\d{0,12}[a-f])(?=[a-f]{0,12}\d)[0-9a-f]{12,64}\b"
)
"""Addresses, paths, names of files, devices, versions and ids, whose digits are no numbers."""
_NOTHING = ("", "0")
_MOST_DIGITS = 23
_PLAIN = re.compile(r"[-+]?\d[\d,]{0,22}")


def is_whole(text: str) -> bool:
    """True for a whole number as counters are written, perhaps as `3.0` or `3.`."""
    if text.isdecimal():  # nearly all of them: ten times as fast
        return len(text) <= _MOST_DIGITS
    whole, _, rest = text.partition(".")
    return rest in _NOTHING and bool(_PLAIN.fullmatch(whole))


def number(text: str) -> float:
    """The value of a token; NaN where it is a time or none."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = to_float(text.rstrip("."))
    except ValueError:
        return math.nan
    return math.nan if found is None else found


def is_number(text: str, before: str) -> bool:
    """True for a token that is no time and no date, or a duration that has a name."""
    if _DATE.match(text):
        return False
    if ":" not in text and text[-1:] not in "msM":
        return True
    return bool(_NAMED.search(before)) and text[-1:] != "M" and not _LEFT.search(before)


_NAMED = re.compile(r"[A-Za-z)]\s?[:=]\s?$")
_LEFT = re.compile(r"\b(?:eta|remaining|left|date|now|at|start\w*|end\w*)\b", re.IGNORECASE)


_DATE = re.compile(r"\d{4}[-/]\d\d[-/]\d\d")
