"""Names: a field's tag, a path's step, a run's folder. Pure functions of the one name given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable


_AGAIN = re.compile(r" ?\((\d{1,4})\)$")


def join(*parts: str) -> str:
    """The parts that are not empty, with `/` between them."""
    return "/".join(part for part in parts if part)


_ROTATED = re.compile(
    r"(?P<before>.+?)(?:\.(?P<number>\d{1,4})|"
    r"[-._](?P<date>\d{4}-?\d{2}-?\d{2}(?:[-_T.]?\d{2}(?:-?\d{2}){0,2})?)(?P<suffix>\.[A-Za-z]\w{0,9})?)"
)
_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)


def rotated_from(name: str, names: Container[str]) -> str:
    """Which of `names` a log bore before it was rotated or compressed, or an empty string.

    `train.log.1`, `train.log.2.gz`, `train.log-20261123` and `train-20261123.log` were `train.log`.
    """
    plain = _PACKED.sub("", name)
    match = _ROTATED.fullmatch(plain)
    found = [match["before"] + (match["suffix"] or "")] if match else []
    return next((one for one in [*found, plain] if one != name and one in names), "")


def log_of(name: str) -> str:
    """The log of which a file may be a numbered or compressed part, be it there or not."""
    plain = _PACKED.sub("", name)
    match = _ROTATED.fullmatch(plain)
    return match["before"] if match and match["number"] else plain


def base_of_parts(names: Iterable[str]) -> set[str]:
    """Which logs have rotated parts among `names` and are not there themselves, or are empty.

    `train.log.1` is a part of `train.log`. Beside a `train.log.0` it is that of a rank or worker:
    rotation counts from 1.
    """
    numbered: dict[str, set[int]] = {}
    for name in names:
        match = _ROTATED.fullmatch(_PACKED.sub("", name))
        if match and match["number"] and "." in match["before"].rpartition("/")[2].lstrip("."):
            numbered.setdefault(match["before"], set()).add(int(match["number"]))
    return {base for base, numbers in numbered.items() if 0 not in numbers}


def rotation_age(name: str) -> tuple[int, str]:
    """Orders the rotated parts of a log by time: higher numbers are older, later dates newer."""
    match = _ROTATED.fullmatch(_PACKED.sub("", name))
    if not match:
        return 0, ""
    return (-int(match["number"]), "") if match["number"] else (-1, match["date"])


def stem_of(base: str) -> str:
    """A file's name without its compression and last suffix: `metrics.csv.gz` is `metrics`."""
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        if base.lower().endswith(suffix) and len(base) > len(suffix):
            base = base[: -len(suffix)]
    stem, dot, suffix = base.lstrip(".").rpartition(".")
    named = dot and stem and suffix.isalnum() and not suffix.isdigit()
    return (stem if named else base.lstrip(".")) or base


@dataclass(frozen=True)
class Download:
    """What the name of a downloaded file says; `again` counts from 0."""

    run: str
    tag: str
    again: int = 0


def downloaded(name: str) -> Download:
    """The run and tag of a path; the run is empty where the name has none, or is TensorBoard's `.`.

    >>> downloaded("run-train-tag-epoch_loss (1).csv")
    Download(run='train', tag='epoch_loss', again=1)
    """
    stem = stem_of(name.rpartition("/")[2])
    match = _AGAIN.search(stem)
    again = int(match[1]) if match else 0
    stem = stem[: match.start()] if match else stem
    run, mark, tag = stem.partition("-tag-")
    if not mark or not tag:
        return Download("", stem, again)
    run = run.removeprefix("run-")
    return Download("" if run == "." else run, tag, again)
