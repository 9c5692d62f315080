"""Lines as a terminal shows them: without colours, each state that was overwritten a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tbingest.formats.textlog.wrapper import unwrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSI = re.compile(
    r"\x1b\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\x1b\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|\x1b[@-Z\\-_]"
)
_BACK = re.compile(r"\x08++")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTROLS = bytes({*range(9), 11, 12, *range(14, 32), 127})
_WIDE = str.maketrans("：，；（）［］【】％＝　", ":,;()[][]%= ")  # noqa: RUF001
_WIDE_ONES = [chr(one) for one in _WIDE]
_INSIDE = r"[^|\r\n\w:=.]|[█▉▊▋▌▍▎▏_]"
_SHARE_DRAWN = re.compile(
    r"%(?! \|\s{1,400}+\|)"  # an empty cell behind a share is no bar
    rf"\s?(?:\|(?:{_INSIDE}){{0,400}}+\d?(?:{_INSIDE}){{0,400}}+\|"  # not `50% | Loss: 0.5 |`
    r"|[━─╸╺█▉▊▋▌▍▎▏░▒▓#■]{2,400}+(?=\s))"  # begins with a letter: fast
)
_COUNT_DRAWN = re.compile(r" ?\[[=>.]{1,300}+ (\d{1,9}/\d{1,9}) [=>.]{0,300}+\]")
"""` [=====> 10/391 ......]  Step: 5ms | Loss: 0.5`."""
_ARROW_DRAWN = re.compile(r"\[[=>.]{3,400}+\]")
_LINE_DRAWN = re.compile(r"[━─╸╺]{2,400}+(?=\s)")
BAR = "\x01"
"""What stands for the drawing of a progress bar."""
LONGEST = 20_000
"""Characters of a state that are looked at."""


def _coco(found: re.Match[str]) -> str:
    """A line of COCO's summary under its usual short name: `AP`, `AP50`, `AP_small`, `AR_10`."""
    short, iou, area, most, value = found.groups()
    iou = "" if ":" in iou else iou[2:4]
    part = f"_{area}" if area != "all" else f"_{most}" if short == "AR" else ""
    return f"{short}{iou}{part}: {value}"


_REWRITTEN = (
    (
        " @[ IoU=",
        (
            r"^ ?Average (?:Precision|Recall) {1,9}\((A[PR])\) @\[ IoU=([\d.:]{1,20}) {0,9}"
            r"\| area= {0,9}(\w{1,20}) \| maxDets= {0,9}(\d{1,9}) \] = (-?[\d.]{1,20})$"
        ),
        _coco,
    ),
    ("IoU metric: ", r"^IoU metric: (\w{1,20})$", r"[\1]"),
    ("Fitting model: ", r"^Fitting model: ([\w.\-]{1,60}) \.\.\..{0,99}$", r"[\1]"),
    (
        "= Validation score",
        r"^\t(-?[\d.]{1,20})\t = Validation score {1,9}\(-?(\w{1,40})\)$",
        r"Validation \2: \1",
    ),
    ("batch:", r"(?<!\d)(\d{1,6})epoch:(\w{1,20}):\d+-(\d+)batch:", r"epoch: \1, \2, step: \3 "),
    (
        " finished with value: ",
        (
            r"Trial (\d+) finished with value: (\S+) and parameters: (.*?)\."
            r" Best is trial \d+ with value: "
        ),
        r"Trial: \1, value: \2, parameters: \3, best value: ",
    ),
    (
        " learning rate",
        (
            r"(?:\b\w{1,40} )?\b(?:[Ss]et|[Ss]etting|[Rr]educing|[Aa]djusting|[Uu]pdating)"
            r" learning rate(?: of group \d+)? to (?=\d)"
        ),
        "learning rate: ",
    ),
    ("fit progress: (", r"fit progress: \((\d+), ([\d.]+), \{", r"fit round: \1, loss: \2, {"),
    ("]<std", r"^\[\d+,(\d+)\]<std(?:out|err)>:", r"[rank \1] "),
    (" Batch ", r"\b(TRAIN|CV) Batch (\d+)/(\d+) loss", r"\1 epoch \2 batch \3 loss"),
    ("epoch results", r"(?<!\d)(\d{1,6})epoch results:", r"epoch: \1, "),
    ("Epoch 1/", r"(?<=[\d:])Epoch 1/\d+$", ""),
    (" and ", r"(\d+) hours?, (\d+) minutes? and (\d+(?:\.\d+)?) seconds?", r"\1h \2m \3s"),
    (" and ", r"(\d+) minutes? and (\d+(?:\.\d+)?) seconds?", r"\1m \2s"),
    ("inibatches", r".{0,400}'(\S{1,40})' for minibatches \d+-(\d+) is ", r"step: \2, \1: "),
    (
        " rate, ",
        r"^ ?(\d+): ([\d.]+), ([\d.]+) avg(?: loss)?, ([\d.]+) rate,",
        r"step: \1, loss: \2, avg loss: \3, rate: \4, time:",
    ),
)
"""(mark, pattern, what to read instead): ESPnet, Flower, Optuna, mpirun, WeNet, Keras in
notebooks, Kaldi, schedulers, Darknet, COCO, AutoGluon."""


def _overwritten(line: str) -> str:
    r"""Backspaces as a terminal takes them: what follows is written over what stands there.

    Those over a whole line make it a state of its own.
    """
    states: list[str] = []
    shown: list[str] = []
    place = at = 0
    for found in _BACK.finditer(line + "\x08"):
        first, *more = line[at : found.start()].split("\r")
        shown[place : place + len(first)] = first
        place += len(first)
        for state in more:
            states.append("".join(shown))
            shown, place = list(state), len(state)
        at = found.end()
        place -= at - found.start()
        if place <= 0 and at < len(line):
            states.append("".join(shown))
            shown, place = [], 0
    return "\r".join([*states, "".join(shown)])


def _rewritten(text: str) -> str:
    """As `_REWRITTEN` says; only the lines with a mark are looked at, which are a few."""
    for mark, pattern, instead in _REWRITTEN:
        if mark in text:
            lines = text.split("\n")
            for at, line in enumerate(lines):
                if mark in line:
                    lines[at] = re.sub(pattern, instead, line)
            text = "\n".join(lines)
    return text


def _undrawn(text: str) -> str:
    """Without the drawings of progress bars."""
    if not ("%" in text or "[=" in text or "━" in text):
        return text
    text = _SHARE_DRAWN.sub(f"%{BAR}", text)
    if "[" in text:
        text = _COUNT_DRAWN.sub(rf"\1 {BAR}", text)
        text = _ARROW_DRAWN.sub(BAR, text)
    return text if text.isascii() else _LINE_DRAWN.sub(BAR, text)


def uncoloured(block: bytes) -> str:
    """A block's text without the codes for colours and the like."""
    text = block.decode("utf-8", "replace")
    return _ANSI.sub("", text) if "\x1b" in text else text


def states(block: bytes, first: int, wrapper: str = "") -> tuple[Sequence[int], list[str]]:
    r"""The line numbers and the texts of all states that a terminal has shown, of whole lines.

    A line that `\r` or backspaces wrote over is a state of its own. A `wrapper` stands before each.
    """
    text = uncoloured(block)
    if wrapper:
        text = unwrapped(text, wrapper)
    if "\x08" in text:
        text = "\n".join(map(_overwritten, text.split("\n")))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r\r", "\r")
    if len(block.translate(None, _CONTROLS)) < len(block):
        text = _CONTROL.sub("", text)
    if not text.isascii() and any(one in text for one in _WIDE_ONES):
        text = text.translate(_WIDE)
    text = _undrawn(_rewritten(text))
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if "\r" not in text and max(map(len, lines), default=0) <= LONGEST:
        return range(first, first + len(lines)), lines
    numbers, shown = [], []
    for number, line in enumerate(lines, first):
        for state in line.split("\r") if "\r" in line else [line]:
            if state is line or (state and not state.isspace()):
                numbers.append(number)
                shown.append(state[:LONGEST])
    return numbers, shown
