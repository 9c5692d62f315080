"""One line understood by its template: bar, row of a table, row of a box, title, message."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from tbingest.formats.readers.terminal import is_stamp
from tbingest.formats.textlog.parts import ALONE, NAMELESS, Cell, Listed, Part, Slot
from tbingest.formats.textlog.pieces import pieces_of
from tbingest.formats.textlog.prefix import message_start, who_of
from tbingest.formats.textlog.screen import BAR
from tbingest.formats.textlog.template import Message
from tbingest.formats.textlog.tokens import JUNK, JUNK_MARK, NUMBER_MARK, TOKEN, is_number
from tbingest.formats.textlog.words import SPLITS, clean, label_of, rank_of, split_of

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_RULE = re.compile(r"^\s*[+|]?[-=_*#━─═+|┌└├╭╰┼┬┴╞╪╡┐┘┤╮╯]{4,}[+|]?\s*$")
_BOX = re.compile(r"^\s*[|│┃](?P<k>[^|│┃]*)[|│┃](?P<v>[^|│┃]*)[|│┃]\s*$")
_YAML = re.compile(
    r"^(?P<i>\s*)(?P<k>[A-Za-z_][\w./\- ]*|(?<=\s)(?:[-*•]\s+)?[^\W\d][\w./\-@()→ ]*)"
    r":(?:\s+(?P<v>\S.*)|\s*)$"
)
_CELL = re.compile(r"\0(?:/\0)?[GMK%smh]?B?")
_LIST_ALONE = re.compile(r"\s*[\[(]\0(?:,\s?\0){2,15}[\])]\s*")
_LIST_CELL = re.compile(r"\[\0(?:, ?\0){0,15}\]")
_CODE = re.compile(
    r"^\s*(?:def |class [A-Za-z_]\w{0,60}\s*(?:\([\w., =]{0,200}\)\s*)?[:{]\s*$"
    r"|import |from \S+ import|return\b|if .*:$|for .* in .*:$|#include|\"\"\""
    r"|@\w+|else:|elif |try:|except|with .*:$|self\.|print\(|assert |raise |>>> "
    r"|\w[\w.]{0,60}\([fFrRbBuU]{0,2}[\"']|\+?\s{0,3}[fF][\"']"
    r"|[\w.\[\]]+\s*=\s*[\w.]+\(|\w+(?:\.\w+)+\(.*\)\s*$)"
)
_MODULE = re.compile(r"\s*\([\w\-]+\): (?:\d+ x )?\w+\(")
_FLAGS = re.compile(r"(?:=|[\"']:) ?(?:True|False|None|true|false|null)\b")
_OPTIONS = re.compile(r"\s--\w[\w\-]*")
_NUMBERS_IN = re.compile(r"(?:^|[\s\[(:=])[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?(?:$|[\s\])%/])")
_COLUMNS = re.compile(r"\s{2,}|\s*[|│┃]\s*|\t")
_LISTED = re.compile(r"[^\W\d][\w./\- ]*(?:,\s*[^\W\d][\w./\- ]*){2,}")
_ASSIGNED = re.compile(r"\w=[\w'\"(\[]")
_WORD = re.compile(r"[^\W_]+")
_ENDS = re.compile(
    r"(?<![^\W_])(?:end|ends|ended|finish|finished|done|complete|completed|took|elapsed)(?![^\W_])"
    r"|结束|完成",
    re.IGNORECASE,
)
_REPORT = re.compile(
    r"\s*(?P<label>[A-Za-z_](?:[\w.\-]| (?! )){0,60}|\0)\s{2,}\0(?:\s{2,}\0){1,3}\s*$"
)
_FRAMED = re.compile(r"(={2,}+|-{2,}+|#{2,}+|\*{2,}+|~{2,}+)\s*+[^=\-#*~]{1,60}?\s*+\1")
"""A title between lines that are drawn: `=== Random Forest ===`."""
_GOES_ON = ("..", "…")
"""How a line ends that says what is being done: `Testing in eval mode...`."""
_TITLE_WORDS = 4
_MOST_WORDS = 8
_COUNTER = 3
_ITEM = re.compile(r"\s{0,40}-\s\S{1,80}\s*$")
_SETTING = re.compile(
    r"\s*[\"']?[A-Za-z_][\w./\-]{0,60}[\"']?\s*[:=]\s*"
    r"(?P<v>\"[^\"]{0,200}\"|'[^']{0,200}'|\[[^\]]{0,200}\]|\([^)]{0,200}\)|[^\s=:]{0,120}),?\s*$"
)
_IS_NUMBER = re.compile(r"[-+]?[\d.]{1,40}(?:[eE][-+]?\d{1,4})?")
_BARE = re.compile(r"\s*(?:(?P<word>[^\W\d_]{1,20}):?\s+)?\0(?:(?:\s*,\s*|\s+)\0)+\s*")
_STARRED = re.compile(r"(?:^|\s)\*\s++[^\W\d]")
_OF_A_TRAINER = frozenset({"learning_rate", "epoch"})
_MOST_COLUMNS = 16
_MOST_NUMBERS = 400
_MOST_CELLS = 200
_LONG = 2_000
_SHORT = 500


@dataclass(slots=True)
class Line:
    """What every line of a template is.

    parts: its messages, the bar's first. cells: those of a row of a table. header: the names of a
    table's columns. box: (name, place) of `| name | 5 |`, the place -1 where there is no number, -2
    for an empty cell. yaml: (indentation, name, place) likewise. title: a label for the lines
    below. heads: that ends in a colon. rule: a line that is drawn. time: the place of its
    timestamp, or -1. code: it looks like a line of a program. warns: such a line may follow, of
    which it warns. report: (label, places) of a row of a classification report, the label empty for
    a class's number. who: which of several ranks or workers says it, and the place of its number,
    -1 where that is a part of the name. setting: `number` or `word` of a single `name: value`,
    which settings are written as.
    """

    parts: tuple[Part, ...] = ()
    cells: tuple[Cell, ...] = ()
    header: tuple[str, ...] = ()
    box: tuple[str, int] | None = None
    yaml: tuple[int, str, int] | None = None
    title: str = ""
    heads: bool = False
    rule: bool = False
    settings: bool = False
    words: bool = False
    code: bool = False
    warns: bool = False
    report: tuple[str, tuple[int, ...]] | None = None
    setting: str = ""
    time: int = -1
    who: tuple[str, int] | None = None

    @property
    def alone(self) -> bool:
        """True where the lines around it have no part in what it says, but for a table's header."""
        begins = self.yaml is not None and self.yaml[0] == 0 and self.yaml[2] == -2
        around = self.box or self.header or self.rule or self.words
        around = around or (bool(self.parts) and self.parts[0].family == ALONE)
        return not around and not begins

    @property
    def is_row(self) -> bool:
        """True where it may be a row of a table: the header above tells."""
        return bool(self.cells or self.report)


def understand(text: str) -> Line:
    """The line that a text is, whatever its numbers are.

    A log is looked at, sampled and read: the first line of each template is met three times.
    """
    return _remembered(text) if len(text) <= _SHORT else _understood(text)


@lru_cache(4096)
def _remembered(text: str) -> Line:
    return _understood(text)


def _understood(text: str) -> Line:
    start = message_start(text)
    tokens = list(TOKEN.finditer(text))
    template, places = _template(text, start, tokens)
    if len(tokens) > _MOST_NUMBERS or len(template) > 20 * _LONG:
        return Line()
    line = Line(rule=bool(_RULE.match(text)))
    line.code = bool(_CODE.match(text))
    line.warns = "Warning: " in text
    line.time = next((at for at, one in enumerate(tokens[:3]) if is_stamp(one[0])), -1)
    if line.rule:
        return line
    who = who_of(text[:start]) if start else None
    if who:
        at = next((at for at, one in enumerate(tokens) if one.span() == who.span(2)), -1)
        line.who = (who[1] if at >= 0 else f"{who[1]} {who[2]}", at)
    _report(line, template, places)
    setting = _SETTING.match(text[start:])
    if _ITEM.match(text):
        line.setting = "word"
    elif setting:
        line.setting = "number" if _IS_NUMBER.fullmatch(setting["v"].strip("\"', ")) else "word"
    whole, all_places = (template, places) if not start else _template(text, 0, tokens)
    _box_and_yaml(line, whole, all_places)
    line.header = _header(text[start:], places)
    if line.header:
        return line
    bar = _bar_of(template) if places else None
    if bar:
        _with_bar(line, template, places, bar)
    elif not places:
        line.words = True
        line.title = _title(text[start:])
        line.heads = text.rstrip().endswith(":")
    else:
        _message(line, text, template, places)
    return line


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


def _box_and_yaml(line: Line, template: str, places: list[int]) -> None:
    box = _BOX.match(template)
    if box and NUMBER_MARK not in box["k"]:
        line.box = (box["k"].strip(), _cell_place(box["v"].strip(), places))
    yaml = _YAML.match(template) if not box else None
    if yaml:
        value = (yaml["v"] or "").strip("'\" ")
        name = yaml["k"].lstrip("-*• ")
        line.yaml = (len(yaml["i"]), name, _cell_place(value, places))


def _report(line: Line, template: str, places: list[int]) -> None:
    row = _REPORT.match(template)
    if row:
        named = row["label"] != NUMBER_MARK
        line.report = (row["label"].strip() if named else "", tuple(places[0 if named else 1 :]))


def _cell_place(value: str, places: list[int]) -> int:
    if not value:
        return -2
    return places[0] if value.rstrip("% ") == NUMBER_MARK and len(places) == 1 else -1


def _header(text: str, places: list[int]) -> tuple[str, ...]:
    """The names of the columns, where a line is the header of a table."""
    body = text.partition("%")[0] if BAR in text else text
    body = body.rstrip("0123456789") if BAR in text else body
    body = body.strip("|│┃ :\t")
    least = 4 if places else 3
    cells = tuple(cell for cell in _COLUMNS.split(body) if cell)
    if len(cells) < least and _LISTED.fullmatch(body) and not places:
        cells = tuple(re.split(r",\s*", body))
    if not least <= len(cells) <= _MOST_CELLS or re.search(r"[:=]\s+[\d.]|=[\d.]|[:=]\s\w", body):
        return ()
    fits = all(len(cell.split()) <= 2 and not _NUMBERS_IN.search(cell) for cell in cells)
    return cells if fits and _WORD.search(body) else ()


def _bar_of(template: str) -> re.Match[str] | None:
    if "%" not in template and "it [" not in template and BAR not in template:
        return None
    return _BAR.match(template) or _COUNT_BAR.match(template) or _KERAS.match(template)


def _title_of_bar(text: str) -> str:
    """What stands before a bar, without the dash or colon that leads to it."""
    text = text.rstrip()
    return text[:-1].rstrip() if text.endswith("-") else text.removesuffix(":").rstrip()


def _with_bar(line: Line, template: str, places: list[int], bar: re.Match[str]) -> None:
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
    cells = _row(desc, places)
    part = Part(("bar", name), _placed(slots, places), tuple(first.labels + second.labels), at)
    line.cells = cells
    line.parts = (part,)
    if rest.strip() and NUMBER_MARK in rest:
        below = Line()
        _message(below, rest, rest, places[number_at(rest_at) :])
        line.parts += below.parts


def _message(line: Line, text: str, template: str, places: list[int]) -> None:
    line.cells = _row(template, places)
    ends = template.rstrip()[-1:]
    no_message = (
        _MODULE.match(text)
        or line.code
        or "\ufffd" in template
        or ends in {"(", "{", "["}
        or (ends == "," and _ASSIGNED.search(template))
    )
    if no_message:
        return
    columns = _BARE.fullmatch(template)
    if columns and 2 <= len(places) <= _MOST_COLUMNS:
        word = columns["word"] or ""
        if not word or word.lower() in SPLITS:
            line.parts = (_bare_columns(places, word),)
            return
    if template.strip() == NUMBER_MARK:
        line.parts = (Part(ALONE, (Slot(places[0], "value"),)),)
        return
    if _LIST_ALONE.fullmatch(NUMBER_MARK.join(pieces_of(template))):
        line.parts = (_listed(places),)
        return
    message = Message(template, 0)
    slots = [slot for slot in message.slots if slot]
    if not slots:
        return
    names = {slot.name for slot in slots}
    style = "dict" if template.lstrip()[:1] == "{" else ""
    if template[:2] == "{'" and names & {"loss", "train_loss"} and names & _OF_A_TRAINER:
        message.labels.append("train")
        slots = [_kept_whole(slot) for slot in slots]
    if len(_FLAGS.findall(template)) >= 2 or len(_OPTIONS.findall(template)) >= 3:
        line.settings = True
        return
    closes = bool(_ENDS.search(template))
    family = _family_of(message, style, ends=closes)
    placed = _placed(slots, places)
    labels = tuple(message.labels)
    apart = _apart(text, template, names)
    line.parts = (Part(family, placed, labels, prose=message.prose, ends=closes, apart=apart),)


def _apart(text: str, template: str, names: set[str]) -> str:
    """Of what an evaluation prints: ` * MAE 0.5`; `{'global_step': 9, 'loss': 0.5}`, of TensorFlow.

    The training says its own loss in other lines.
    """
    if text.count("*") == 1 and _STARRED.search(text):
        return "val"
    return "eval" if template[:2] == "{'" and "global_step" in names else ""


def _family_of(message: Message, style: str, *, ends: bool) -> tuple[str, ...]:
    """What lines have in common that follow one counter: labels, the first name, the counters.

    `Epoch 1 start` and `Epoch 1 end` are two families.
    """
    slots = [slot for slot in message.slots if slot]
    labels = [*message.labels, *dict.fromkeys(slot.label for slot in slots if slot.label)]
    first = slots[0].name or "#" if slots else ""
    if first == "#":
        first += next((slot.name for slot in slots if slot.name), "")
    counters = "dict"
    if style != "dict":
        counters = ",".join(
            slot.name or "#" for slot in slots if slot.kind == "count" or rank_of(slot.name)
        )
        if all(slot.kind == "count" or rank_of(slot.name) for slot in slots):
            counters += " ends" if ends else " alone"
    return ("line", " ".join(labels), first, counters)


def _kept_whole(slot: Slot) -> Slot:
    """The mean that a trainer gives at its end is `train/train_loss`, beside `train/loss`."""
    return replace(slot, name="train/train_loss") if slot.name == "train_loss" else slot


def _bare_columns(places: list[int], split: str) -> Part:
    """`0 0.2027 0.8717`, `train 000 2.3`: columns without names, of which the first may count."""
    slots = [Slot(places[0], "", kind="count")]
    names = ["value"] if len(places) == 2 else [f"column {at + 2}" for at in range(len(places))]
    slots += [Slot(at, name, strong=True) for name, at in zip(names, places[1:], strict=False)]
    if split:
        return Part(("bare", str(len(places)), split), tuple(slots), (split,))
    return Part(("bare", str(len(places))), tuple(slots))


def _listed(places: list[int]) -> Part:
    """`[2.9, 3.1, 80.2]`, alone: values without names, where nothing else in the log has any."""
    slots = [Slot(at, f"value/{index}", "list", strong=True) for index, at in enumerate(places)]
    return Part((NAMELESS, str(len(places))), tuple(slots))


def _placed(slots: Sequence[Slot], places: list[int]) -> tuple[Slot, ...]:
    """Slots that count the template's numbers, as slots that count the line's tokens."""
    return tuple(
        Slot(
            places[slot.place],
            slot.name,
            slot.kind,
            slot.strong,
            slot.scale,
            places[slot.total] if slot.total >= 0 else -1,
            slot.label,
        )
        for slot in slots
    )


def _row(template: str, places: list[int]) -> tuple[Cell, ...]:
    """The cells of a line that may be a row of a table: numbers, and one word at most.

    Or short lists, two blanks apart: `1000      [2.05e-01, 5.00e-02]      [1.00e-01]`.
    """
    body = template.strip().strip("|│┃").rstrip(": ")
    if re.search(r"[|│┃]", body):
        texts = [cell.strip() for cell in re.split(r"[|│┃]", body)]
    elif body.count(",") >= 2 and " " not in body:
        texts = body.split(",")
    elif _LIST_CELL.search(body):
        texts = re.split(r"\s{2,}", body)
    else:
        texts = body.split()
    cells: list[Cell] = []
    at = 0
    for text in filter(None, texts):
        if _CELL.fullmatch(text):
            total = places[at + 1] if text.count(NUMBER_MARK) == 2 else -1
            cells.append((places[at], total))
        elif _LIST_CELL.fullmatch(text):
            cells.append(Listed(tuple(places[at : at + text.count(NUMBER_MARK)])))
        else:
            cells.append(text)
        at += text.count(NUMBER_MARK)
    words = [cell for cell in cells if isinstance(cell, str)]
    numbers = len(cells) - len(words)
    fits = numbers >= max(2, 0.7 * len(cells)) and len(words) <= 1
    return tuple(cells) if fits and not any(NUMBER_MARK in word for word in words) else ()


def _title(text: str) -> str:
    """A line without numbers that labels what follows: `Test Error:`, `[Validation]`, `train`.

    Not `Best iteration:`, under which a line stands again.
    """
    text = text.strip()
    name = clean(text)
    going = text.endswith(_GOES_ON) and SPLITS.get(label_of(name), "train") != "train"
    if going and len(name.split()) <= _MOST_WORDS:
        return label_of(name)
    counts = rank_of(name) >= _COUNTER and not split_of(name)
    if not name or len(name.split()) > _TITLE_WORDS or counts:
        return ""
    framed = (text[:1] == "[" and text[-1:] == "]") or _FRAMED.fullmatch(text)
    return name if text.endswith(":") or framed or name.lower() in SPLITS else ""
