"""What the values of a record are called: names, with the split or the title that holds."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tbingest.formats.textlog.slots import keys_of
from tbingest.formats.textlog.words import (
    SPLITS,
    is_measure,
    is_setting,
    label_of,
    rank_of,
    split_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from tbingest.formats.textlog.parts import Part, Slot


class Named(NamedTuple):
    """A value of a part: its tag, its name without the split, and the words that tell it apart."""

    slot: Slot
    tag: str
    base: str
    other: str


def label_of_part(part: Part, title: str) -> str:
    """The split that a line's words, its title or its bar name; the last one of several."""
    for label in (*reversed(part.labels), title):
        found = label_of(label) if label else ""
        if found:
            return found
    if part.family[0] == "bar":
        found = split_of(part.family[1])
        bracketed = _BRACKETED.search(part.family[1])  # Epoch 3 [Train]: 100%|
        if SPLITS.get(found, "") in {"val", "test"} or (bracketed and split_of(bracketed[0])):
            return found
    if part.family[:2] == ("box", "eval"):
        return ""
    return ""


def tags_of(part: Part, title: str, above: str, dropped: Collection[str]) -> list[Named]:
    """The tags of a part's values. `above` is the split that the lines before it set.

    A name that stands twice in a line has the split of the name before it, and so have further
    measures: `train_loss 0.5 acc 0.6 val_loss 0.5 acc 0.5 f1 0.4`.
    """
    labels = [*([title] if title else []), *part.labels]
    first = next(iter(part.slots), None)
    own = first is not None and part.family[0] == "line" and split_of(first.name)
    label = label_of_part(part, title) or ("" if own else above)
    other = " ".join(one for one in labels if not split_of(one) or len(words(one)) > 1)
    if not label and not other and part.family[0] == "line" and first:
        told = next((slot for slot in part.slots if not _counts(slot)), first)
        other = split_of(first.name) or split_of(told.name)
    other = other or ("" if label else part.apart)
    counts = Counter((_bare(slot.name), slot.label) for slot in part.slots)
    plain = {_tag(slot.name, label) for slot in part.slots if split_of(slot.name)}
    seen: Counter[tuple[str, str]] = Counter()
    found, hold, held = [], "", False
    for (name, _), slot in keys_of(part):
        own = split_of(name)
        if own and len(words(name)) > 1:
            hold = own
        if not name or name in dropped or slot.kind == "count":
            continue
        base, split = name, (label_of(slot.label) if slot.label else "") or label
        if counts[_bare(name), slot.label] > 1:
            seen[name, slot.label] += 1
            if hold and not own and _tag(base, hold) not in plain:
                split, held = hold, True
            elif seen[name, slot.label] > 1:
                base = f"{name} {seen[name, slot.label]}"
        elif held and not own and is_measure(name) and not is_setting(name):
            split = hold
        else:
            held = False
        apart = "" if other == split_of(other) and split_of(base) else other
        found.append(Named(slot, _tag(base, split), base, apart))
    return found


def _counts(slot: Slot) -> bool:
    return slot.kind == "count" or rank_of(slot.name) > 0


def _tag(base: str, split: str) -> str:
    """`Train Loss` is `train/Loss`, `valid_1's auc` is `valid_1/auc`."""
    owner = _OWNER.fullmatch(base)
    if owner and (_OF_DATA.search(owner[1]) or split_of(owner[1])):
        return f"{owner[1]}/{owner[2]}"
    own = _OWN_SPLIT.fullmatch(base)
    if own:
        return f"{_plain(own[1])}/{own[2]}"
    low = _plain(split)
    if not split or split_of(base) or base.lower().startswith(SPLITS.get(low, low)):
        return base
    return f"{low}/{base}"


def _bare(name: str) -> str:
    """A name without its split: `Val Loss` and `Loss` are twins in one line."""
    own = _OWN_SPLIT.fullmatch(name)
    return (own[2] if own else name).lower()


def _plain(split: str) -> str:
    low = split.lower()
    return _FULL.get(low, low)


_FULL = {
    "training": "train",
    "evaluation": "eval",
    "evaluating": "eval",
    "evaluate": "eval",
    "testing": "test",
    "validating": "val",
    "validate": "val",
}
_OWNER = re.compile(r"(\w+)'s (.+)")
_OF_DATA = re.compile(r"[\d_]")
"""In an owner's name: `valid_1's auc`, and not `Population's average fitness`."""
_BRACKETED = re.compile(r"\[[^\[\]]{1,20}\]")
_OWN_SPLIT = re.compile(
    r"(train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?|dev)[ _:/\-]\s?(.+)",
    re.IGNORECASE,
)


def told_apart(named: Named) -> str:
    """The tag with the words of its own lines in front, where another family has it, too."""
    if not named.other:
        return ""
    own = split_of(named.base) or split_of(named.other)
    return f"{named.other}/{named.base if own else named.tag}"
