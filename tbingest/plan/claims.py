"""Which files belong to a store, as each store says of the listing of a root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.registry import stores
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tbingest.model.contracts import Member
    from tbingest.sources.discover import Source


def claimed(sources: Sequence[Source]) -> dict[str, tuple[str, Member | str]]:
    """By path, what the first store that knows a file says of it, and that store's name."""
    roots: dict[str, dict[str, Source]] = {}
    for source in sources:
        if not source.single:
            roots.setdefault(source.root, {})[source.name] = source
    claims: dict[str, tuple[str, Member | str]] = {}
    for found in roots.values():
        listing = Folder(found)
        for store in stores().values():
            for name, claim in store.claim(listing).items():
                claims.setdefault(found[name].path, (store.name, claim))
    return claims


class Folder:
    """The sources below one root, as a store looks at them."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self.names: Sequence[str] = sorted(sources)

    def text(self, name: str) -> str:
        """The first 64 KiB of a file, decoded; empty where it is no text."""
        source = self._sources.get(name)
        if source is None:
            return ""
        try:
            with Opened(source) as opened:
                head = opened.head(source)
        except SourceError:
            return ""  # said when the file is read
        return "" if head.binary else head.data.decode("utf-8", "replace")
