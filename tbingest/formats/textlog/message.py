"""A line of names and values: its parts, and the family of lines that follow one counter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.formats.textlog.layout import TITLE_FRAMED, row_of
from tbingest.formats.textlog.parts import ALONE, NAMELESS, Part, Slot
from tbingest.formats.textlog.pieces import pieces_of
from tbingest.formats.textlog.template import Message
from tbingest.formats.textlog.tokens import NUMBER_MARK
from tbingest.formats.textlog.words import SPLITS, are_results, clean, label_of, rank_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.formats.textlog.line import Line


_LIST_ALONE = re.compile(r"\s*[\[(]\0(?:,\s?\0){2,15}[\])]\s*")
_MODULE = re.compile(r"\s*\([\w\-]+\): (?:\d+ x )?\w+\(")
_FLAGS = re.compile(r"(?:=|[\"']:) ?(?:True|False|None|true|false|null)\b")
_QUOTED = re.compile(r"(?:=|[\"']:) ?(?:[\"'][^\"'\0]{0,200}[\"'])")
_PARSED = re.compile(r"\b(?:Namespace|[A-Za-z]{0,40}(?:Config|Arguments|Options|HParams))\(\w+=")
_OPTIONS = re.compile(r"\s--\w[\w\-]*")
_ASSIGNED = re.compile(r"\w=[\w'\"(\[]")
_ENDS = re.compile(
    r"(?<![^\W_])(?:end|ends|ended|finish|finished|done|complete|completed|took|elapsed)(?![^\W_])"
    r"|结束|完成",
    re.IGNORECASE,
)
_BARE = re.compile(r"\s*(?:(?P<word>[^\W\d_]{1,20}):?\s+)?\0(?:(?:\s*,\s*|\s+)\0)+\s*")
_STARRED = re.compile(r"(?:^|\s)\*\s++[^\W\d]")
_OF_A_TRAINER = frozenset({"learning_rate", "epoch"})
_MOST_COLUMNS = 16
_MANY_WORDS = 3


def add_message(line: Line, text: str, template: str, places: list[int]) -> None:
    """The names and values of a line, unless it is settings, code or a model's print-out."""
    line.cells = row_of(template, places)
    if line.code or _is_code(text, template):
        return
    nameless = _nameless(template, places) or _numbered_title(template, places)
    if nameless:
        line.parts = (nameless,)
        return
    message = Message(template, 0)
    slots = [slot for slot in message.slots if slot]
    if not slots:
        return
    names = {slot.name for slot in slots}
    style = "dict" if template.lstrip()[:1] == "{" else ""
    if template.lstrip()[:2] == "{'" and names & {"loss", "train_loss"} and names & _OF_A_TRAINER:
        message.labels.append("train")
        slots = [_kept_whole(slot) for slot in slots]
    if _are_settings(template, names):
        line.settings = True
        return
    closes = bool(_ENDS.search(template))
    family = _family_of(message, style, ends=closes)
    where = placed(slots, places)
    labels = tuple(message.labels)
    apart = _apart(text, template, names)
    line.parts = (Part(family, where, labels, prose=message.prose, ends=closes, apart=apart),)


def _are_settings(template: str, names: set[str]) -> bool:
    """True for settings in one line: flags, options, or words in quotes where little is measured.

    `Namespace(data='a.txt', lr=0.1, kl=0.5)`, `{'model': 'mlp', 'data': 'a', 'out': 'b', 'lr': 1}`.
    """
    if len(_FLAGS.findall(template)) >= 2 or len(_OPTIONS.findall(template)) >= 3:
        return True
    if _PARSED.search(template):
        return True
    return len(_QUOTED.findall(template)) >= _MANY_WORDS and not are_results([*names])


def _is_code(text: str, template: str) -> bool:
    """True for a module of a model, a bracket that goes on in the next line, bytes of no text."""
    ends = template.rstrip()[-1:]
    goes_on = ends in {"(", "{", "["} or (ends == "," and _ASSIGNED.search(template))
    return bool(goes_on or _MODULE.match(text)) or "\ufffd" in template


def _nameless(template: str, places: list[int]) -> Part | None:
    """The part of a line of numbers that have no names; None for any other line."""
    columns = _BARE.fullmatch(template)
    if columns and 2 <= len(places) <= _MOST_COLUMNS:
        word = columns["word"] or ""
        if not word or word.lower() in SPLITS:
            return _bare_columns(places, word)
    if template.strip() == NUMBER_MARK:
        return Part(ALONE, (Slot(places[0], "value"),))
    if _LIST_ALONE.fullmatch(NUMBER_MARK.join(pieces_of(template))):
        return _listed(places)
    return None


def _numbered_title(template: str, places: list[int]) -> Part | None:
    """`***** Eval results 500 *****`: a title between lines that are drawn, whose number may count
    though no word says so.
    """
    framed = TITLE_FRAMED.fullmatch(template.strip()) if len(places) == 1 else None
    name, number, rest = (framed["title"] if framed else "").partition(NUMBER_MARK)
    label = label_of(clean(name))
    if not number or rest.strip() or not label or rank_of(clean(name)):
        return None
    return Part(("line", label, "#", "# alone"), (Slot(places[0], "", kind="count"),), (label,))


def _apart(text: str, template: str, names: set[str]) -> str:
    """Of what an evaluation prints: ` * MAE 0.5`; `{'global_step': 9, 'loss': 0.5}`, of TensorFlow.

    The training says its own loss in other lines.
    """
    if text.count("*") == 1 and _STARRED.search(text):
        return "val"
    return "eval" if template.lstrip()[:2] == "{'" and "global_step" in names else ""


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


def placed(slots: Sequence[Slot], places: list[int]) -> tuple[Slot, ...]:
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
            slot.share,
        )
        for slot in slots
    )
