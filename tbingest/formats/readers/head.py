"""What several formats look at in the first 64 KiB of a source, worked out once for all of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tbingest.formats.readers.json_documents import load_document
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.lines import one_line_end

if TYPE_CHECKING:
    from tbingest.model.contracts import Head

_LINES = 50


@lru_cache(maxsize=4)
def text_lines(head: Head) -> tuple[str, ...]:
    """The whole lines of a text, of a source that goes on without the last; of a binary, none."""
    if head.binary:
        return ()
    lines = one_line_end(head.data).decode("utf-8", "replace").split("\n")
    if len(lines) > 1 and not (head.complete and lines[-1]):
        lines.pop()
    return tuple(lines)


@lru_cache(maxsize=4)
def first_objects(head: Head) -> tuple[dict[str, Any], ...]:
    """The objects of the first 50 lines, where most lines hold a JSON object each; else none."""
    if head.binary or head.data.lstrip()[:1] != b"{":
        return ()
    found = []
    lines = [line for line in text_lines(head)[: 2 * _LINES] if line.strip()][:_LINES]
    for line in lines:
        try:
            value = parse_json(line.strip().encode())
        except JsonError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return tuple(found) if 2 * len(found) >= len(lines) else ()


def first_object(head: Head) -> dict[str, Any]:
    """The object on the first line, as far as the head shows it; empty where there is none."""
    objects = first_objects(head)
    first = objects[0] if objects else document(head)
    return first if isinstance(first, dict) else {}


@lru_cache(maxsize=4)
def document(head: Head) -> Any:
    """The JSON document as far as the head shows it; None where it is none."""
    if head.binary or head.data.lstrip()[:1] not in {b"{", b"["}:
        return None
    return load_document(head.data)[0]


def cut_json(head: Head) -> str:
    """What is wrong with a file that is called a JSON document and is none: cut in the middle, say.

    Nothing of one that goes on behind the head, and of lines of JSON.
    """
    whole = head.whole
    named = head.basename.lower().endswith(".json")
    if not named or head.binary or not whole or whole.lstrip()[:1] not in {b"{", b"["}:
        return ""
    try:
        parse_json(whole)
    except JsonError as error:
        if str(error).startswith("trailing"):
            return ""
        where = f"line {error.line}, column {error.column}"
        return f"not valid JSON: {where}: {error} (was it cut? write it again)"
    return ""
