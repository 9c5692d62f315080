"""What a mapping remembers of a source between two batches, and where its points go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Memory:
    """What a mapping remembers of a source; its fields are JSON.

    `seen` counts records, `runs` those of each run below the source's own; `step` and `time` are
    the last ones, for records without their own; `names` says which field owns a tag; `texts` holds
    digests of the texts a tag has shown; `epochs` is where steps stand that begin anew with each.
    """

    seen: int = 0
    step: int | None = None
    time: float | None = None
    names: dict[str, str] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Naming:
    """Where the points of a source go.

    run: the run without a format's own suffix; prefix: stands before every tag, or is the tag of a
    source that gives one value; step: of a source whose name says it; base: the wall time, in unix
    seconds, of what has none, and the start of elapsed times; tag_map: the user's (pattern,
    replacement) rules over whole field names.
    """

    run: str
    prefix: str = ""
    step: int | None = None
    base: float = 0.0
    tag_map: tuple[tuple[str, str], ...] = ()
