"""Numbers that a reader leaves out on purpose: it says how many, of which name and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tbingest.axis.shapes import numbers_in
from tbingest.model.accounts import Aside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tbingest.model.accounts import LineKind


@dataclass
class SetsAside:
    """A reader that accounts for what it leaves out, since it was last asked."""

    _aside: dict[str, Aside] = field(default_factory=dict, repr=False, kw_only=True)
    _whole: bool = field(default=False, repr=False, kw_only=True)

    def set_aside(self, name: str, values: int, why: str) -> None:
        """So many numbers of a name are not shown."""
        if values:
            found = self._aside.setdefault(name, Aside(name, 0, why, self._whole))
            found.values += values

    def set_aside_but(self, shown: Collection[str], node: Mapping[str, Any], why: str) -> None:
        """The numbers below all keys of a document that are not `shown`."""
        for name, item in node.items():
            if name not in shown:
                self.set_aside(str(name), numbers_in(item), why)

    def account(self) -> Iterable[LineKind | Aside]:
        """What was left out."""
        found, self._aside = list(self._aside.values()), {}
        return found
