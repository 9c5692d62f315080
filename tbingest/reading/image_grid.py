"""Pictures that belong together, drawn as one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from tbingest.errors import SourceError
from tbingest.figures.grids import MOST_CELLS, cell_side, grid
from tbingest.formats.media.image import cell
from tbingest.formats.readers.documents import MAX_DOCUMENT
from tbingest.model.rows import Problem, Rows
from tbingest.sources.stream import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.plan.planned import Planned
    from tbingest.sources.discover import Source


_PIECE = 1 << 20


def drawn(planned: Planned) -> Iterator[tuple[str, Rows | Problem]]:
    """The pictures of a grid as one, under a name that changes with theirs; what is not in it.

    They are read one by one, and kept as small as they are shown.
    """
    wanted = planned.grid[:MOST_CELLS]
    side = cell_side(len(wanted))
    cells = []
    for source, caption in wanted:
        found = _read(source)
        made = found if isinstance(found, str) else cell(found, side)
        if isinstance(made, str):
            yield "", Problem(source.shown, None, None, made, "is it complete?", values=1)
        else:
            cells.append((caption, made))
    left = len(planned.grid) - len(wanted)
    if left:
        what = f"the first {len(wanted)} of {len(planned.grid):,} pictures are shown"
        yield "", Problem("", None, None, what, values=left)
    if cells:
        names = "\n".join(source.name for source, _ in planned.grid)
        key = hashlib.blake2b(names.encode("utf-8", "replace"), digest_size=8).hexdigest()
        yield key, Rows({"": [grid(cells)]}, np.ones(1, np.int64))


def _read(source: Source) -> bytes | str:
    """The bytes of a picture, or why there are none."""
    data = bytearray()
    try:
        with Opened(source) as opened:
            while piece := opened.read(_PIECE):
                data += piece
                if len(data) > MAX_DOCUMENT:
                    return f"a picture of over {MAX_DOCUMENT >> 20} MiB"
    except SourceError as error:
        return error.message
    return bytes(data)
