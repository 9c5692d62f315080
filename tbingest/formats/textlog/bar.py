"""A progress bar, the values in its title and behind it, and a message that follows."""

from __future__ import annotations

import re

from tbingest.formats.textlog.layout import row_of
from tbingest.formats.textlog.line import Line
from tbingest.formats.textlog.message import add_message, placed
from tbingest.formats.textlog.parts import Part
from tbingest.formats.textlog.screen import BAR
from tbingest.formats.textlog.template import Message
from tbingest.formats.textlog.tokens import NUMBER_MARK

_BAR = re.compile(
    r"(?P<desc>[^%\x01]*)\0%\s*+\x01?\s*+(?P<a>\0)/(?P<b>\0)"
    r"\s*+(?:\[(?P<in>[^\]\[]*+(?:\[[^\]\[]*+\][^\]\[]*+)*+)\])?(?P<rest>.*)$"
)
_COUNT_BAR = re.compile(r"(?P<desc>[^%\[]*)(?P<a>\0)it \[(?P<in>[^\]]*)\](?P<rest>.*)$")
_KERAS = re.compile(r"\s*(?P<a>\0)/(?P<b>\0|Unknown) (?:\x01|[━─])\s*(?P<rest>.*)$")
_BAR_HEAD = re.compile(
    r"^[^,]*<[^,]*,[^,=]*(?:it|s|step|steps|batch|epoch|\?)[^\s=]*\s*(?:,|$)|^[^,]*<[^,]*,(?=[^,=]*=)"
    r"|^[\x02\0]\s*,\s*\0\s*\S+/\S+\s*(?:,|$)|^\s*[\x02\0]\s*$"
)


def bar_of(template: str) -> re.Match[str] | None:
    """A bar of tqdm, with a total or without, or of Keras; None where there is none."""
    if "%" not in template and "it [" not in template and BAR not in template:
        return None
    return _BAR.match(template) or _COUNT_BAR.match(template) or _KERAS.match(template)


def _title_of_bar(text: str) -> str:
    """What stands before a bar, without the dash or colon that leads to it."""
    text = text.rstrip()
    return text[:-1].rstrip() if text.endswith("-") else text.removesuffix(":").rstrip()


def with_bar(line: Line, template: str, places: list[int], bar: re.Match[str]) -> None:
    """A progress bar, the values in its title and behind it, and a message that follows."""
    found = bar.groupdict()
    rest, rest_at = found["rest"] or "", bar.start("rest")
    desc = _title_of_bar(found.get("desc") or "")
    inside, inside_at = "", 0
    if "in" in found:
        text = found["in"] or ""
        head = _BAR_HEAD.match(text)
        if head:
            inside, inside_at = text[head.end() :], bar.start("in") + head.end()
    else:
        inside, inside_at, rest = rest, rest_at, ""

    def number_at(at: int) -> int:
        return template.count(NUMBER_MARK, 0, at)

    total = found.get("b") == NUMBER_MARK
    at = (
        places[number_at(bar.start("a"))],
        places[number_at(bar.start("b"))] if total else -1,
    )
    first = Message(desc, 0)
    second = Message(inside, number_at(inside_at))
    slots = [slot for slot in (*first.slots, *second.slots) if slot]
    name = re.sub(r"[\d\0]+", "#", desc.strip())[:60] or "#"
    cells = row_of(desc, places)
    part = Part(("bar", name), placed(slots, places), tuple(first.labels + second.labels), at)
    line.cells = cells
    line.parts = (part,)
    if rest.strip() and NUMBER_MARK in rest:
        below = Line()
        add_message(below, rest, rest, places[number_at(rest_at) :])
        line.parts += below.parts
