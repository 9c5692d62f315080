"""The parts that a format is made of: readers that take bytes however they are cut.

    from tbingest.formats.readers import LineReader

For formats of other packages, too: docs/plug-ins.md shows each by example. The names of `__all__`
stay; they are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tbingest.formats.readers.documents import DocumentReader as DocumentReader
    from tbingest.formats.readers.json_lines import JsonLines as JsonLines
    from tbingest.formats.readers.json_values import JsonError as JsonError
    from tbingest.formats.readers.json_values import parse_json as parse_json
    from tbingest.formats.readers.lines import LineReader as LineReader
    from tbingest.formats.readers.records import flatten as flatten
    from tbingest.formats.readers.records import group_records as group_records
    from tbingest.formats.readers.table import TableReader as TableReader
    from tbingest.formats.readers.table_layout import sniff as sniff

_HOMES = {
    "documents": ("DocumentReader",),
    "json_lines": ("JsonLines",),
    "json_values": ("JsonError", "parse_json"),
    "lines": ("LineReader",),
    "records": ("flatten", "group_records"),
    "table": ("TableReader",),
    "table_layout": ("sniff",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - the names are those of `_HOMES`, tested


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
