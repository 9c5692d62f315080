"""A table that goes on without its header: the writer kept its file open when the log was rotated.

The header of the oldest part holds for all that follow it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.readers.table import TableReader
from tbingest.formats.registry import ENOUGH, format_of
from tbingest.model.contracts import Evidence
from tbingest.names.files import base_of_parts, rotated_from, rotation_age
from tbingest.plan.planned import Planned
from tbingest.sources.identity import HEAD_DIGEST_BYTES, head_digest
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.model.rows import Ignored
    from tbingest.sources.discover import Source

    Found = tuple[Source, Planned | Ignored]


def with_headers(found: Sequence[Found]) -> list[Planned | Ignored]:
    """What was found; parts of a table without a header are read with that of an older one."""
    names = {source.name for source, _ in found}
    names |= base_of_parts(names)
    parts: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        source = one[0]
        base = rotated_from(source.name, names) or source.name
        parts.setdefault((source.root, base), []).append(one)
    results = {source.path: result for source, result in found}
    for (_, base), group in parts.items():
        if len(group) > 1:
            group.sort(key=lambda one: _age(one[0].name, base))
            results |= _headed(group)
    return [results[source.path] for source, _ in found]


def _age(name: str, base: str) -> tuple[int, int, str]:
    return (1, 0, "") if name == base else (0, *rotation_age(name))


def _headed(group: Sequence[Found]) -> dict[str, Planned]:
    """The parts that are tables by the header of the part before them, by path."""
    found: dict[str, Planned] = {}
    before: tuple[Planned, bytes] | None = None
    for source, result in group:
        if isinstance(result, Planned) and result.member:
            return {}
        try:
            reader = _table_reader(result) if isinstance(result, Planned) else None
            if isinstance(result, Planned) and reader and not (before and _lacks_header(reader)):
                before = result, result.header or _header(result)
            elif before and (headed := _under(source, *before)):
                found[source.path] = headed
        except SourceError:
            continue  # it is said where it is read
    return found


def _table_reader(planned: Planned) -> TableReader | None:
    made = None if planned.dump else format_of(planned.format).reader
    if not made:
        return None
    with Opened(planned.source) as opened:
        reader = made(opened.head(planned.source))
    return reader if isinstance(reader, TableReader) else None


def _lacks_header(reader: TableReader) -> bool:
    """Of numbers alone, which may go on under the header of an older part."""
    return isinstance(reader.layout, dict) and not reader.layout["has_header"]


def _header(planned: Planned) -> bytes:
    with Opened(planned.source) as opened:
        line, end, _ = opened.head(planned.source).data.partition(b"\n")
    return line + end


def _under(source: Source, before: Planned, header: bytes) -> Planned | None:
    """A source as a table with a header that it does not hold; None where that makes none."""
    chosen = format_of(before.format)
    with Opened(source) as opened:
        head = opened.head(source)
        encoding = "+".join(filter(None, (opened.compression, opened.encoding)))
    said = chosen.detect(replace(head, data=header + head.data))
    width = header.count(b",")
    if said.confidence < ENOUGH or head.data.partition(b"\n")[0].count(b",") != width:
        return None
    start = head.data[:HEAD_DIGEST_BYTES]
    reason = f"{said.reason}; goes on under the header of {before.source.name}"
    return replace(
        before,
        source=source,
        evidence=((chosen.name, Evidence(said.confidence, reason)),),
        encoding=encoding,
        head=(len(start), head_digest(start)),
        header=header,
    )
