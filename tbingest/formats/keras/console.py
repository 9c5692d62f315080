"""What Keras' `fit` prints: an epoch's heading, then a bar that is overwritten until it is full.

Epoch 1/30
313/313 [==============================] - 330s 1s/step - loss: 0.46 - acc: 0.77 - val_loss: 0.45
Epoch 2/30

Runs and tags are those of the Keras TensorBoard callback: runs `train` and `validation`, steps from
0. Of a bar only its last state counts; one that was cut off gives nothing. Keras 3 shows a full bar
twice where callbacks print something between: with 0 s to go, and with the time that it took. A bar
after an epoch's own, without a heading, is an `evaluate()`. Other lines below a full bar may tell
scores: of the epoch, of a callback, or of the whole training, as `Test accuracy: 0.88`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.formats.keras.csv_logger import tag as fit_tag
from tbingest.formats.readers.head import text_lines
from tbingest.formats.readers.lines import LineReader
from tbingest.formats.readers.records import group_records
from tbingest.formats.readers.terminal import shown
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.formats.textlog.scores import Scores
    from tbingest.model.rows import Problem, Rows

_EPOCH = re.compile(r"Epoch (\d{1,9})/\d{1,9}\s*")
_BAR = re.compile(
    r"\s*(\d{1,12})/(\d{1,12}|Unknown|\?)\s.*?(?:\d(?:\.\d+)?[mun\u00b5]?s|/step|/epoch)\b"
)
_VALUE = re.compile(
    r"- ([A-Za-z_][^:]{0,80}): "
    r"([-+]?(?:\d{1,40}(?:\.\d{0,40})?(?:[eE][-+]?\d{1,3})?|nan|inf))(?![\w.])"
)
_NO_TIME_LEFT = re.compile(r"\b0s\b")
_EVALUATE = "evaluate/"
_SAID = "said/"


@dataclass
class KerasConsole(LineReader):
    """Reads epochs. `epoch` is the heading's number, from 1; `told` says that its bar was full.

    `held` is an epoch's full bar that may stand again: its line, its total, its values. `above` is
    what stands above a line that is no bar: titles, the header of a table.
    """

    epoch: int = 0
    told: bool = False
    held: list[Any] = field(default_factory=list)
    above: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._scores: Scores | None = None

    def lines(self, block: bytes, *, final: bool) -> Iterator[Rows | Problem]:
        """The values of the bars that are full."""
        del final
        found: list[tuple[int, dict[str, Any]]] = []
        for number, line in enumerate(block.decode("utf-8", "replace").split("\n"), self.line + 1):
            text = shown(line)
            heading = _EPOCH.fullmatch(text)
            if heading:
                found += self._let_go()
                self.epoch, self.told = int(heading[1]), False
                self.above, self._scores = {}, None
                continue
            bar = _BAR.match(text)
            if bar and (bar[1] == bar[2] or not bar[2].isdecimal()):
                found += self._full(number, bar[1], text[bar.end(1) :])
            elif not bar and self.told:
                found += self._said(number, text)
        if self._scores:
            self.above = self._scores.above
        yield from _rows(found)

    def close(self) -> Iterator[Rows | Problem]:
        """The last line, and the last bar where it was held."""
        yield from super().close()
        yield from _rows(self._let_go())

    def _full(self, number: int, total: str, text: str) -> list[tuple[int, dict[str, Any]]]:
        """The values that are certain with one more bar that is full."""
        values = {name: float(value) for name, value in _VALUE.findall(text)}
        if not values:
            return []
        found = [] if self.held and self.held[1] == total else self._let_go()
        again, self.held = bool(self.held), []
        prefix = _EVALUATE if not again and (self.told or not self.epoch) else ""
        self.told = True
        step = {"epoch": max(self.epoch - 1, 0)}
        record = step | {f"{prefix}{name}": value for name, value in values.items()}
        own = not prefix and not any(name.startswith("val_") for name in values)
        if own and not again and _NO_TIME_LEFT.search(text.partition(" - ")[0]):
            self.held = [number, total, record]
            return found
        return [*found, (number, record)]

    def _said(self, number: int, text: str) -> list[tuple[int, dict[str, Any]]]:
        """The scores of a line that is no bar, as other text logs tell them."""
        from tbingest.formats.textlog.scores import Scores

        if self._scores is None:
            self._scores = Scores(self.above)
        step = {"epoch": max(self.epoch - 1, 0)}
        said = self._scores.of(number, text)
        return [(number, step | {f"{_SAID}{name}": value}) for name, value in said]

    def _let_go(self) -> list[tuple[int, dict[str, Any]]]:
        held, self.held = self.held, []
        return [(held[0], held[2])] if held else []


def _rows(found: Sequence[tuple[int, dict[str, Any]]]) -> Iterator[Rows | Problem]:
    places = [number for number, _ in found]
    for _, rows in group_records([record for _, record in found], places):
        yield rows


def tag(name: str) -> tuple[str, str] | None:
    """(run suffix, tag), as the TensorBoard callback names it."""
    if name.startswith(_EVALUATE):
        return "evaluation", name.removeprefix(_EVALUATE)
    if name.startswith(_SAID):
        return "", name.removeprefix(_SAID)
    return fit_tag(name)


def detect(head: Head) -> Evidence:
    """Headings of epochs, and bars with the time of a step."""
    lines = [shown(line) for line in text_lines(head)[:2000]] if b"poch " in head.data else []
    headings = sum(bool(_EPOCH.fullmatch(line)) for line in lines)
    bars = sum(bool(_BAR.match(line) and _VALUE.search(line)) for line in lines)
    if not headings or not bars:
        return Evidence(0.0, "no epochs with bars")
    said = f"{plural(headings, 'heading')} 'Epoch n/m'"
    return Evidence(0.93, f"{said}, {plural(bars, 'progress bar')} with values")


FORMAT = Format(
    name="keras-console",
    about="what Keras' fit prints",
    sample="Epoch 1/2\n10/10 [=====] - 1s 20ms/step - loss: 0.46 - val_loss: 0.45",
    detect=detect,
    reader=lambda _: KerasConsole(),
    rounded=True,
    fields=Fields(step=("epoch",), time=("@time",), elapsed=("@elapsed",), rename=tag),
)
