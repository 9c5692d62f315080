"""Which tags are sides of one quantity: those of training, validation and test."""

from __future__ import annotations

import re

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "test": "test",
}
_SIDE = "|".join(_SPLITS)
_BEFORE = re.compile(rf"(?:epoch_)?({_SIDE})[_-](.+)", re.DOTALL)
_AFTER = re.compile(rf"(.+)[_-]({_SIDE})", re.DOTALL)


def split_of(tag: str) -> tuple[str, str]:
    """(split, metric): `val/loss`, `val_loss` and `loss/val` are the validation side of `loss`."""
    *folders, name = parts = tag.split("/")
    for place, part in enumerate(parts):
        if part.lower() in _SPLITS and len(parts) > 1:
            rest = parts[:place] + parts[place + 1 :]
            return _SPLITS[part.lower()], "/".join((*rest[:-1], rest[-1].removeprefix("epoch_")))
    if match := _BEFORE.fullmatch(name):
        return _SPLITS[match[1]], "/".join((*folders, match[2]))
    if match := _AFTER.fullmatch(name):
        return _SPLITS[match[2]], "/".join((*folders, match[1]))
    return "", tag


def pattern_of(metric: str) -> str:
    """A regular expression for the tags of a metric, whatever their split."""
    *folders, name = map(re.escape, metric.split("/"))
    below = f"(?:(?i:{_SIDE})/)?"
    path = "".join(f"{below}{folder}/" for folder in folders)
    last = f"{below}(?:epoch_)?(?:(?:{_SIDE})[_-])?{name}(?:[_-](?:{_SIDE}))?"
    return f"^{path}{last}(?:/(?i:{_SIDE}))?$"
