"""Which files belong to a store, as each store says of the listing of a root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.blame import blamed
from tbingest.formats.registry import stores
from tbingest.model.rows import Ignored
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tbingest.model.contracts import Member, Store
    from tbingest.sources.discover import Source


def claimed(
    sources: Sequence[Source], ignored: list[Ignored] | None = None
) -> dict[str, tuple[str, Member | str]]:
    """By path, what the first store that knows a file says of it, and that store's name.

    A store that fails claims nothing, which is added to `ignored`.
    """
    roots: dict[str, dict[str, Source]] = {}
    for source in sources:
        if not source.single:
            roots.setdefault(source.root, {})[source.name] = source
    claims: dict[str, tuple[str, Member | str]] = {}
    for root, found in roots.items():
        listing = Folder(root, found)
        for store in stores().values():
            for name, claim in _claims(store, listing, ignored).items():
                claims.setdefault(found[name].path, (store.name, claim))
    return claims


def _claims(
    store: Store, listing: Folder, ignored: list[Ignored] | None
) -> Mapping[str, Member | str]:
    try:
        with blamed(store):
            return store.claim(listing)
    except SourceError as error:
        if ignored is not None:
            ignored.append(Ignored(listing.root, f"{error.message}; {error.hint}", failed=True))
        return {}


class Folder:
    """The sources below one root, as a store looks at them."""

    def __init__(self, root: str, sources: Mapping[str, Source]) -> None:
        self.root = root
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
