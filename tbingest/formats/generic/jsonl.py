"""JSON lines: one object a line, nested ones flattened with `/`.

{"step": 10, "loss": 0.91, "val": {"acc": 0.7}}
{"step": 20, "loss": NaN, "note": "warm-up done"}
{"step": 30, "loss": 0.55, "grads": [0.1, -0.2, 0.05]}

NaN and Infinity may stand bare. Keys come and go from line to line; a line that is no object costs
only itself.
"""

from __future__ import annotations

import re

from tbingest.formats.readers.json_lines import JsonLines
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import flatten
from tbingest.formats.readers.vocabulary import NO_TRAINING, tells_of_training
from tbingest.model.contracts import Evidence, Format, Head
from tbingest.names.words import plural


def detect(head: Head) -> Evidence:
    """Objects with numbers on each of the first lines."""
    if head.binary:
        return Evidence(0.0, "binary")
    everything = head.data.split(b"\n")
    # The last line may go on.
    lines = [line for line in everything[:-1][:50] if line.strip()] or everything
    if not lines or not lines[0].lstrip().startswith(b"{"):
        return Evidence(0.0, "does not begin with {")
    good = numeric = 0
    names: set[str] = set()
    for line in lines:
        try:
            # A first line that is longer than the head goes on.
            value = parse_json(line.strip(), partial=lines is everything and not head.complete)
        except JsonError:
            continue
        if isinstance(value, dict):
            good += 1
            numeric += has_number(value)
            names.update(name for name, item in flatten(value) if not isinstance(item, str))
    reason = (
        f"{good} of the first {plural(len(lines), 'line')} are JSON objects, {numeric} with numbers"
    )
    alone = len(lines) == 1 and (head.complete or lines is everything)  # longer than the head
    if alone and not _NAMED.search(head.basename.lower()):
        return Evidence(0.4 if numeric else 0.0, reason)
    if numeric and not tells_of_training(names):
        return Evidence(0.3, f"{reason}, but {NO_TRAINING}")
    return Evidence(0.9 * (good / len(lines)) if numeric else 0.0, reason)


_NAMED = re.compile(r"\.(?:jsonl|jsonlines|ldjson|ndjson|jl)(?:$|[.-])")


def has_number(value: object) -> bool:
    """True where a number stands somewhere in the object."""
    if isinstance(value, dict):
        return any(has_number(item) for item in value.values())
    return isinstance(value, int | float)


SAMPLE = '{"step": 10, "loss": 0.91, "val": {"acc": 0.7}}'

FORMAT = Format(
    name="jsonl",
    about="JSON lines: one object a line",
    sample=SAMPLE,
    detect=detect,
    reader=lambda _: JsonLines(),
)
