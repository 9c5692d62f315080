"""A line by how it is laid out: row of a table, of a box or report, header, title, YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.formats.textlog.parts import Cell, Listed
from tbingest.formats.textlog.screen import BAR
from tbingest.formats.textlog.tokens import JUNK_MARK, NUMBER_MARK
from tbingest.formats.textlog.words import SPLITS, clean, label_of, rank_of, split_of

if TYPE_CHECKING:
    from tbingest.formats.textlog.line import Line


_BOX = re.compile(r"^\s*[|│┃](?P<k>[^|│┃]*)[|│┃](?P<v>[^|│┃]*)[|│┃]\s*$")
_YAML = re.compile(
    r"^(?P<i>\s*)(?P<k>[A-Za-z_][\w./\- ]*|(?<=\s)(?:[-*•]\s+)?[^\W\d][\w./\-@()→ ]*)"
    r":(?:\s+(?P<v>\S.*)|\s*)$"
)
_CELL = re.compile(r"\0(?:/\0)?[GMK%smh]?B?")
_LIST_CELL = re.compile(r"\[\0(?:, ?\0){0,15}\]")
_NUMBERS_IN = re.compile(r"(?:^|[\s\[(:=])[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?(?:$|[\s\])%/])")
_COLUMNS = re.compile(r"\s{2,}|\s*[|│┃]\s*|\t")
_PARTS_CELLS = ("  ", "|", ",", "\t", "│", "┃")
"""What parts the cells of a row: one of these, else it is none."""
_LISTED = re.compile(r"[^\W\d][\w./\- ]*(?:,\s*[^\W\d][\w./\- ]*){2,}")
_WORD = re.compile(r"[^\W_]+")
_REPORT = re.compile(
    r"\s*(?P<label>[A-Za-z_](?:[\w.\-]| (?! )){0,60}|\0)\s{2,}\0(?:\s{2,}\0){1,3}\s*$"
)
TITLE_FRAMED = re.compile(
    r"(={2,}+|-{2,}+|#{2,}+|\*{2,}+|~{2,}+)\s*+(?P<title>[^=\-#*~]{1,60}?)\s*+\1"
)
"""A title between lines that are drawn: `=== Random Forest ===`."""
_SPLITS_ALONE = re.compile(
    rf"(?:{'|'.join(one for one in SPLITS if one.isascii())}|phase|mode)"
    rf"(?:\s?:\s?|\s|\son\s|\sset\s)(?:{'|'.join(one for one in SPLITS if one.isascii())})",
    re.IGNORECASE,
)
"""A title of words for splits alone: `evaluate:dev`, `Evaluating test`."""
_FOR = re.compile(r"\sfor ([^\W\d]\w{0,30})$")
_GOES_ON = ("..", "…")
"""How a line ends that says what is being done: `Testing in eval mode...`."""
_TITLE_WORDS = 4
_MOST_WORDS = 8
_COUNTER = 3
_MOST_CELLS = 200


def add_box_and_yaml(line: Line, template: str, places: list[int]) -> None:
    """What a line is as a row of a box, `| loss | 0.5 |`, or as YAML, `loss: 0.5`."""
    box = _BOX.match(template)
    if box and NUMBER_MARK not in box["k"]:
        line.box = (box["k"].strip(), _cell_place(box["v"].strip(), places))
    yaml = _YAML.match(template) if not box else None
    if yaml:
        value = (yaml["v"] or "").strip("'\" ")
        name = yaml["k"].lstrip("-*• ")
        line.yaml = (len(yaml["i"]), name, _cell_place(value, places))


def add_report(line: Line, template: str, places: list[int]) -> None:
    """What a line is as a row of a classification report."""
    row = _REPORT.match(template)
    if row:
        named = row["label"] != NUMBER_MARK
        line.report = (row["label"].strip() if named else "", tuple(places[0 if named else 1 :]))


def _cell_place(value: str, places: list[int]) -> int:
    if not value:
        return -2
    return places[0] if value.rstrip("% ") == NUMBER_MARK and len(places) == 1 else -1


def header_of(text: str, places: list[int]) -> tuple[str, ...]:
    """The names of the columns, where a line is the header of a table."""
    body = text.partition("%")[0] if BAR in text else text
    body = body.rstrip("0123456789") if BAR in text else body
    body = body.strip("|│┃ :\t")
    if not any(mark in body for mark in _PARTS_CELLS):
        return ()
    least = 4 if places else 3
    cells = tuple(cell for cell in _COLUMNS.split(body) if cell)
    if len(cells) > 1 and not places and all(cell.lower() in SPLITS for cell in cells):
        return ("", *cells)  # Training |  Validation, above `loss | 0.5 | 0.6`
    if len(cells) < least and _LISTED.fullmatch(body) and not places:
        cells = tuple(re.split(r",\s*", body))
    if not least <= len(cells) <= _MOST_CELLS or re.search(r"[:=]\s+[\d.]|=[\d.]|[:=]\s\w", body):
        return ()
    fits = all(len(cell.split()) <= 2 and not _NUMBERS_IN.search(cell) for cell in cells)
    return cells if fits and _WORD.search(body) else ()


def named_for(title: str, names: list[str]) -> list[str]:
    """The names of a header, of what the title above says its table is for.

    `Evaluation results for bbox:` above `| AP | AP50 |`.
    """
    found = _FOR.search(title)
    if not found or any(rank_of(name) >= _COUNTER for name in names):
        return names
    return [f"{found[1]}/{name}" for name in names]


def row_of(template: str, places: list[int]) -> tuple[Cell, ...]:
    """The cells of a line that may be a row of a table: numbers, and one word at most.

    Or short lists, two blanks apart: `1000      [2.05e-01, 5.00e-02]      [1.00e-01]`.
    """
    body = template.strip().strip("|│┃").rstrip(": ")
    barred = bool(re.search(r"[|│┃]", body))
    if barred:
        texts = [cell.strip(f" {JUNK_MARK}") for cell in re.split(r"[|│┃]", body)]
    elif body.count(",") >= 2 and " " not in body:
        texts = body.split(",")
    elif _LIST_CELL.search(body):
        texts = re.split(r"\s{2,}", body)
    else:
        texts = body.split()
    cells: list[Cell] = []
    at = 0
    for text in texts if barred else filter(None, texts):
        if _CELL.fullmatch(text):
            total = places[at + 1] if text.count(NUMBER_MARK) == 2 else -1
            cells.append((places[at], total))
        elif _LIST_CELL.fullmatch(text):
            cells.append(Listed(tuple(places[at : at + text.count(NUMBER_MARK)])))
        else:
            cells.append(text)
        at += text.count(NUMBER_MARK)
    words = [cell for cell in cells if isinstance(cell, str) and cell]
    numbers = sum(not isinstance(cell, str) for cell in cells)
    fits = numbers >= max(2, 0.66 * (numbers + len(words))) and len(words) <= 1
    return tuple(cells) if fits and not any(NUMBER_MARK in word for word in words) else ()


def title_of(text: str) -> str:
    """A line without numbers that labels what follows: `Test Error:`, `[Validation]`, `train`.

    Not `Best iteration:`, under which a line stands again.
    """
    text = text.strip()
    name = clean(text)
    if _SPLITS_ALONE.fullmatch(name) and SPLITS.get(label_of(name), "train") != "train":
        return label_of(name)  # evaluate:dev
    going = text.endswith(_GOES_ON) and SPLITS.get(label_of(name), "train") != "train"
    if going and len(name.split()) <= _MOST_WORDS:
        return label_of(name)
    counts = rank_of(name) >= _COUNTER and not split_of(name)
    if not name or len(name.split()) > _TITLE_WORDS or counts:
        return ""
    framed = (text[:1] == "[" and text[-1:] == "]") or TITLE_FRAMED.fullmatch(text)
    return name if text.endswith(":") or framed or name.lower() in SPLITS else ""
