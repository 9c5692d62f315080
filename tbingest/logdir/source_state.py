"""What is saved of a source between conversions: where reading stands, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass
class SourceState:
    """What is known of one source; its fields are JSON. `saved.SCHEMA` is its version.

    owner: by which its points are known, 0 for none; format, rule, encoding, claim, sure, header:
    what it was taken for, why, and the header that it lacks; root: the folder it was found in; run,
    base, base_from, roles: where its points go, as frozen at its first record; head: (bytes,
    digest) of its beginning; feed: where reading stands, empty for a source that is to be read from
    its start; memory, restarts, trainings: what earlier records mean for later ones; unended: what
    its last line gave, which has no end; before: these three as they were before that line; stands:
    of a document of finals the step at which they are shown, and which of them below `final`.
    """

    owner: int = 0
    format: str = ""
    rule: str = ""
    run: str = ""
    root: str = ""
    encoding: str = ""
    sure: float = 0.0
    claim: str = ""
    head: list[Any] = field(default_factory=list)
    header: str = ""
    feed: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    restarts: dict[str, Any] = field(default_factory=dict)
    unended: list[list[Any]] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    trainings: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Any] = field(default_factory=dict)
    base: float = 0.0
    base_from: str = ""
    stands: list[Any] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        """False for a source of which only owner and run are known: it is read from its start."""
        return bool(self.feed)

    @property
    def beginning(self) -> tuple[int, str]:
        """(bytes, digest) of the beginning of the file."""
        return self.head[0], self.head[1]

    @property
    def seen(self) -> int:
        """How many records were read of it."""
        count: int = self.memory.get("seen", 0)
        return count

    def forgotten(self) -> SourceState:
        """What is left of it where it is to be read again from its start: also what it was taken
        for where its file cannot tell, which lacks its header.
        """
        left = SourceState(self.owner, rule=self.rule, run=self.run)
        if not self.header:
            return left
        known = ("format", "encoding", "sure", "claim", "head", "header", "roles")
        return replace(left, **{name: getattr(self, name) for name in known})
