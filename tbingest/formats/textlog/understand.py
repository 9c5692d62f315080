"""One line understood by its template: bar, row of a table, row of a box, title, message."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tbingest.formats.readers.terminal import is_stamp
from tbingest.formats.textlog.bar import bar_of, with_bar
from tbingest.formats.textlog.layout import add_box_and_yaml, add_report, header_of, title_of
from tbingest.formats.textlog.line import Line
from tbingest.formats.textlog.message import add_message
from tbingest.formats.textlog.prefix import behind, message_start, who_of
from tbingest.formats.textlog.tokens import JUNK, JUNK_MARK, NUMBER_MARK, TOKEN, is_number
from tbingest.formats.textlog.words import clean

if TYPE_CHECKING:
    from collections.abc import Sequence


_RUNTIME = re.compile(r"\b(?:tensorflow|xla)/[\w./]{1,80}\.cc:\d")
"""The place in the sources of TensorFlow's runtime: it tells of devices and buffers."""
_RULE = re.compile(r"^\s*[+|]?[-=_*#━─═+|┌└├╭╰┼┬┴╞╪╡┐┘┤╮╯]{4,}[+|]?\s*$")
_CODE = re.compile(
    r"^\s*(?:def |class [A-Za-z_]\w{0,60}\s*(?:\([\w., =]{0,200}\)\s*)?[:{]\s*$"
    r"|import |from \S+ import|return\b|if .*:$|for .* in .*:$|#include|\"\"\""
    r"|@\w+|else:|elif |try:|except|with .*:$|self\.|print\(|assert |raise |>>> "
    r"|\w[\w.]{0,60}\([fFrRbBuU]{0,2}[\"']|\+?\s{0,3}[fF][\"']"
    r"|[\w.\[\]]+\s*=\s*[\w.]+\(|\w+(?:\.\w+)+\(.*\)\s*$)"
)
_ITEM = re.compile(r"\s{0,40}-\s\S{1,80}\s*$")
_SETTING = re.compile(
    r"\s*[\"']?[A-Za-z_][\w./\-]{0,60}[\"']?\s*[:=]\s*"
    r"(?P<v>\"[^\"]{0,200}\"|'[^']{0,200}'|\[[^\]]{0,200}\]|\([^)]{0,200}\)|[^\s=:]{0,120}),?\s*$"
)
_SENTENCE = re.compile(r"\s{0,99}[A-Z][^:]{60,2000}\.\s*+")
"""A long sentence: it says nothing of the lines below it, and takes no title from them."""
_IS_NUMBER = re.compile(r"[-+]?[\d.]{1,40}(?:[eE][-+]?\d{1,4})?")
_MOST_NUMBERS = 400
_FEW_WORDS = 6
_LONG = 2_000
_SHORT = 500


def understand(text: str) -> Line:
    """The line that a text is, whatever its numbers are.

    A log is looked at, sampled and read: the first line of each template is met three times.
    """
    return _remembered(text) if len(text) <= _SHORT else _understood(text)


@lru_cache(4096)
def _remembered(text: str) -> Line:
    return _understood(text)


def _understood(text: str) -> Line:
    start, logged = message_start(text)
    tokens = list(TOKEN.finditer(text))
    template, places = _template(text, start, tokens)
    if len(tokens) > _MOST_NUMBERS or len(template) > 20 * _LONG:
        return Line()
    drawn = behind(text, logged)
    line = Line(rule=bool(_RULE.match(drawn)))
    if start and _RUNTIME.search(text[:start]):
        return line
    line.code = bool(_CODE.match(text))
    line.warns = "Warning: " in text
    line.time = next((at for at, one in enumerate(tokens[:3]) if is_stamp(one[0])), -1)
    if line.rule:
        return line
    who = who_of(text[:start]) if start else None
    if who:
        at = next((at for at, one in enumerate(tokens) if one.span() == who.span(2)), -1)
        line.who = (who[1] if at >= 0 else f"{who[1]} {who[2]}", at)
    add_report(line, template, places)
    line.setting = _setting_of(text, start)
    at = len(text) - len(drawn)
    whole, all_places = (template, places) if at == start else _template(text, at, tokens)
    add_box_and_yaml(line, whole, all_places)
    line.header = header_of(text[start:], places)
    if line.header:
        return line
    bar = bar_of(template) if places else None
    if bar:
        with_bar(line, template, places, bar)
    elif not places:
        line.words = not _SENTENCE.fullmatch(text)
        line.title = title_of(text[start:])
        line.plain = clean(text[start:]) if len(text.split()) <= _FEW_WORDS else ""
        line.heads = text.rstrip().endswith(":")
    else:
        add_message(line, text, template, places)
    return line


def _setting_of(text: str, start: int) -> str:
    """`number` or `word`, as the value is of a line that may be a setting; empty for others."""
    if _ITEM.match(text):
        return "word"
    setting = _SETTING.match(text[start:])
    if not setting:
        return ""
    return "number" if _IS_NUMBER.fullmatch(setting["v"].strip("\"', ")) else "word"


def _template(text: str, start: int, tokens: Sequence[re.Match[str]]) -> tuple[str, list[int]]:
    """A text with marks for its numbers and for what only looks like one; the numbers' places."""
    junk = [found.span() for found in JUNK.finditer(text, start)]
    pieces: list[str] = []
    places: list[int] = []
    at = start
    spans = [(one.start(), one.end(), place) for place, one in enumerate(tokens)]
    for first, end, place in sorted([*spans, *((a, b, -1) for a, b in junk)]):
        if first < at:
            if place < 0 and end > at and first >= start:
                at = end
            continue
        pieces.append(text[at:first])
        if place < 0 or not is_number(text[first:end], text[max(first - 30, start) : first]):
            pieces.append(JUNK_MARK)
        else:
            pieces.append(NUMBER_MARK)
            places.append(place)
        at = end
    pieces.append(text[at:])
    return "".join(pieces), places
