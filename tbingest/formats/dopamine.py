"""Dopamine's published curves: a JSON list of records, one for each iteration, agent and seed.

[
 {"Iteration": 0, "Value": -44.9, "Agent": "SAC"},
 {"Iteration": 10, "Value": -213.2, "Agent": "SAC"}
]

Seeds are not named: they repeat the iterations. The n-th value of an iteration is taken to be the
n-th seed's. Each agent is a run, and each of its seeds one below it where there are several.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tbingest.formats.generic.json_document import read_records
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import JsonDocumentReader
from tbingest.formats.readers.records import is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.files import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.model.rows import Problem, Rows

RUN = "agent and seed"
STEP, AGENT, GAME = "Iteration", "Agent", "Game"


@dataclass
class Curves(JsonDocumentReader):
    """Reads the records."""

    def series(self, value: Any) -> Iterator[tuple[str, Rows | Problem]]:
        """The records, each with its run."""
        if isinstance(value, list):
            yield from read_records(with_runs(value))


def with_runs(records: list[Any]) -> list[Any]:
    """The records with the run of each; what is no record stays as it is."""
    keys = [_key(record) if isinstance(record, dict) else None for record in records]
    several = {key[0] for key, count in Counter(keys).items() if key and count > 1}
    seen: Counter[tuple[str, Any]] = Counter()
    placed = []
    for record, key in zip(records, keys, strict=True):
        if key is None:
            placed.append(record)
            continue
        seen[key] += 1
        run = f"{key[0]}/seed {seen[key]}" if key[0] in several else key[0]
        others = {name: item for name, item in record.items() if name not in {AGENT, GAME}}
        placed.append({**others, RUN: run})
    return placed


def _key(record: dict[str, Any]) -> tuple[str, Any]:
    """(agent and game, iteration) of a record: 10 and 10.0 are the same iteration."""
    step = record.get(STEP)
    run = join(*(str(record.get(name) or "") for name in (AGENT, GAME)))
    return run, step if is_number(step) else repr(step)


def detect(head: Head) -> Evidence:
    """Records with Iteration, Value and Agent."""
    if head.data.lstrip()[:1] != b"[":
        return Evidence(0.0, "does not begin with [")
    value = document(head)
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict) and {STEP, "Value", AGENT} <= set(first):
        return Evidence(0.95, "records with Iteration, Value and Agent")
    return Evidence(0.0, "no records with Iteration, Value and Agent")


FORMAT = Format(
    name="dopamine",
    about="Dopamine's curves: a JSON list of records by iteration, agent and seed",
    sample='[{"Iteration": 0, "Value": -44.9, "Agent": "SAC"}]',
    detect=detect,
    reader=lambda _: Curves(),
    rewritten=True,
    fields=Fields(step=(STEP,), run=(RUN,)),
)
