"""Numbers that only say again, at the same step, what lines of another family say."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tbingest.formats.textlog.tokens import is_whole, number
from tbingest.formats.textlog.words import split_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FEW = 3


class Claim(NamedTuple):
    """One value of a sample: its tag in lower case, its family's name, and what it is there.

    other: the words that tell its lines apart. slot: its name in the line. prose: the line is;
    last: of its kind, only the last one of each pass counts.
    """

    tag: str
    family: str
    other: str
    slot: str
    run: int
    step: int
    text: str
    prose: bool
    last: bool

    @property
    def whole(self) -> str:
        """The tag of a name that a trainer's line keeps whole: `train/train_loss`."""
        return f"train/{self.slot.lower()}"


def echoes(claims: Sequence[Claim]) -> set[tuple[str, str]]:
    """(family, slot) of what is said again: `Saved the best model of epoch 3: val loss 0.5`.

    Every value is there under the same tag at the same step, in lines of another family that stand
    at as many steps; of sentences under any tag, where they are a few and differ. What is measured
    on another part of the data (`val Acc` beside `train Acc`) says the same by chance.
    """
    families: dict[str, set[str]] = defaultdict(set)
    slots: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for one in claims:
        families[one.tag].add(one.family)
        slots[one.family, one.slot].append(one)
    found = set()
    sample: _Sample | None = None
    for key, values in slots.items():
        shared = all(len(families[one.tag]) > 1 for one in values)
        tells = _tells(values)
        if shared or tells:
            sample = sample or _Sample(claims)
            if (shared and all(map(sample.says_again, values))) or (
                tells and all(map(sample.says_elsewhere, values))
            ):
                found.add(key)
    return found


def passing(claims: Sequence[Claim]) -> set[tuple[str, str]]:
    """(family, slot) of a pass's last batch, where the mean over the pass stands beside it.

    `Test: [90/98] Acc@1 50.0 (61.2)` above ` * Acc@1 61.3`, which says what the pass came to.
    """
    whole = {one.tag for one in claims if not one.last}
    own = {(one.family, one.tag) for one in claims if one.last}
    return {
        (one.family, one.slot)
        for one in claims
        if one.last and one.tag in whole and (one.family, f"{one.tag}/avg") in own
    }


class _Sample:
    """The values of a sample by their steps, and which families go before others."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        steps: dict[str, set[tuple[int, int]]] = defaultdict(set)
        self._spots: dict[tuple[int, int], list[Claim]] = defaultdict(list)
        for one in claims:
            steps[one.family].add((one.run, one.step))
            self._spots[one.run, one.step].append(one)
        weak = {one.family for one in claims if one.prose or one.last}
        self._rank = {
            name: (name in weak, -len(found), place)
            for place, (name, found) in enumerate(steps.items())
        }

    def says_again(self, one: Claim) -> bool:
        """True where a family that goes before has the same value under the same tag."""
        return any(
            other.tag in {one.tag, one.whole}
            and self._rank[other.family] < self._rank[one.family]
            and split_of(one.other) in {"", split_of(other.other)}
            for other in self._same(one)
        )

    def says_elsewhere(self, one: Claim) -> bool:
        """True where lines that are no sentences have the same value."""
        return any(not other.prose for other in self._same(one))

    def _same(self, one: Claim) -> Iterator[Claim]:
        for other in self._spots[one.run, one.step]:
            if other.family != one.family and _alike(one.text, other.text):
                yield other


def without(claims: list[Claim], echoed: set[tuple[str, str]]) -> list[Claim]:
    """The claims that are no echoes."""
    if not echoed:
        return claims
    return [one for one in claims if (one.family, one.slot) not in echoed]


def _tells(values: Sequence[Claim]) -> bool:
    """Whether these are different broken numbers of sentences."""
    texts = {one.text for one in values}
    return (
        len(values) >= _FEW
        and len(texts) > 1
        and all(one.prose and not is_whole(one.text) for one in values)
    )


def _alike(one: str, other: str) -> bool:
    """Whether two numbers are the same, to the digits of the coarser one."""
    if one == other:
        return True
    digits = min(len(text.partition(".")[2]) for text in (one, other))
    if not digits or "e" in (one + other).lower():
        return number(one) == number(other)
    return bool(abs(number(one) - number(other)) <= 0.5000001 * 10**-digits)
