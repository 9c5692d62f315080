"""Scores in lines that a framework's own console does not print: `Test accuracy: 0.88`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tbingest.formats.textlog.recorder import Record, Recorder
from tbingest.formats.textlog.tags import tags_of
from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import is_score, is_setting, rank_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.formats.textlog.parts import Slot


class Scores:
    """Reads lines for their scores: what is called a measure, is no whole number and stands in no
    sentence. `above`, which is JSON, is what stands above the next line.
    """

    def __init__(self, above: dict[str, Any]) -> None:
        self._recorder = Recorder(**above)

    @property
    def above(self) -> dict[str, Any]:
        """What stands above the next line."""
        return {name: one for name, one in vars(self._recorder).items() if name[:1] != "_"}

    def of(self, line: int, text: str) -> list[tuple[str, float]]:
        """The tags and values of a line."""
        records = self._recorder.take(line, text)
        found = [one for record in records for one in _of(record)]
        self._recorder.forget()
        return found


def _of(record: Record) -> Iterator[tuple[str, float]]:
    part = record.part
    if part.prose or part.bar:
        return
    for one in tags_of(part, record.title, "", ()):
        if _counts(one.slot, record.numbers[one.slot.place]):
            yield one.tag, number(record.numbers[one.slot.place])


def _counts(slot: Slot, text: str) -> bool:
    known = is_score(slot.name) and not (is_setting(slot.name) or rank_of(slot.name))
    return known and (slot.share or not is_whole(text))
