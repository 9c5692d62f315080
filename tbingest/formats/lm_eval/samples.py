"""Samples of the Language Model Evaluation Harness (`--log_samples`): one answer a line.

{"doc_id": 0, "target": "4", "resps": [["2 + 2 = 4"]], "filtered_resps": ["4"], "exact_match": 1.0}

They are shown as a table; their scores stand in the results beside them, as means over all samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import first_objects
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import is_number
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import Table
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS = {"doc_id", "resps", "filtered_resps"}
_OTHERS = frozenset({"doc", "arguments", "resps", "doc_hash", "prompt_hash", "target_hash"})
_MOST_ROWS = 200
_LONGEST = 300


@dataclass
class Samples(DocumentReader):
    """Reads the answers as one table."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """What was asked for, what was answered, and how it scored."""
        found: list[dict[str, Any]] = []
        for place, line in enumerate(data.split(b"\n"), 1):
            try:
                value = parse_json(line) if line.strip() else None
            except JsonError as error:
                yield "", Problem("", place, error.column, f"no JSON: {error}", values=1)
                continue
            if isinstance(value, dict):
                found.append(value)
        if not found:
            return
        header = tuple(
            key for key in dict.fromkeys(k for one in found for k in one) if _shown(key, found)
        )
        rows = tuple(tuple(_said(one.get(key)) for key in header) for one in found[:_MOST_ROWS])
        table = Table(header, rows, len(found) - len(rows))
        yield "samples", Rows({"samples": [table]}, np.ones(1, np.int64))


def _shown(key: str, found: list[dict[str, Any]]) -> bool:
    return key not in _OTHERS and any(not isinstance(one.get(key), dict) for one in found)


def _said(value: Any) -> str:
    if isinstance(value, list) and len(value) == 1:
        return _said(value[0])
    text = f"{value:.6g}" if is_number(value) else "" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def detect(head: Head) -> Evidence:
    """Lines with a document, the answers to it, and what was filtered out of them."""
    objects = first_objects(head)
    if objects and all(one.keys() >= _MARKS for one in objects):
        return Evidence(0.96, f"answers to {len(objects)} and more documents")
    return Evidence(0.0, "no answers to documents")


FORMAT = Format(
    name="lm-eval-samples",
    about="samples of the Language Model Evaluation Harness, as a table",
    sample='{"doc_id": 0, "target": "4", "resps": [["4"]], "filtered_resps": ["4"], "acc": 1.0}',
    detect=detect,
    reader=lambda _: Samples(),
    rewritten=True,
    fields=Fields(),
)
