"""What a line of a text log is, whatever its numbers are."""

from __future__ import annotations

from dataclasses import dataclass

from tbingest.formats.textlog.parts import ALONE, Cell, Part


@dataclass(slots=True)
class Line:
    """What every line of a template is.

    parts: its messages, the bar's first. cells: those of a row of a table. header: the names of a
    table's columns. box: (name, place) of `| name | 5 |`, the place -1 where there is no number, -2
    for an empty cell. yaml: (indentation, name, place) likewise. title: a label for the lines
    below; plain: what it says in a few words, which are a title between two lines that are drawn.
    heads: that ends in a colon. rule: a line that is drawn. time: the place of its timestamp, or
    -1. code: it looks like a line of a program. warns: such a line may follow, of
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
    plain: str = ""
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
