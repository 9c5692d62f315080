"""One source as a binary file: as it lies on disk, or decompressed and read forwards."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Self, cast

from tbingest.errors import SourceError
from tbingest.sources.stream import Opened, open_raw

if TYPE_CHECKING:
    from tbingest.model.tensors import Opener
    from tbingest.sources.discover import Source


def opener(source: Source, *, compressed: bool) -> Opener:
    """Opens a source anew, each time it is called. Raises SourceError where that fails."""

    def open_() -> IO[bytes]:
        if compressed:
            return cast("IO[bytes]", _Forwards(Opened(source, "binary")))
        return open_raw(source)

    return open_


class _Forwards:
    """A decompressed source as a binary file that is only read forwards."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._opened.__exit__(None, None, None)

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._opened.position

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence or offset < self._opened.position:
            raise SourceError("is compressed as a whole and cannot be searched", "unpack it first")
        self._opened.skip(offset)
        return offset

    def read(self, size: int = -1) -> bytes:
        pieces = []
        while size and (piece := self._opened.read(size if size > 0 else _PIECE)):
            pieces.append(piece)
            size -= len(piece) if size > 0 else 0
        return b"".join(pieces)

    def readinto(self, space: memoryview) -> int:
        data = self._opened.read(len(space))
        space[: len(data)] = data
        return len(data)


_PIECE = 1 << 20
