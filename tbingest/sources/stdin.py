"""The standard input, kept in a temporary file until we end: it is looked at more than once."""

from __future__ import annotations

import atexit
import functools
import os
import sys
import tempfile
import threading
from pathlib import Path

from tbingest.errors import OutputError

_PIECE = 1 << 16


class Spool:
    """What came from a file descriptor so far, in the file `path`. It is filled by a thread."""

    def __init__(self, descriptor: int) -> None:
        with tempfile.NamedTemporaryFile(prefix="tbingest-", delete=False) as made:
            self.path = made.name
        atexit.register(Path(self.path).unlink, missing_ok=True)
        self._size = 0
        self._error = ""
        self._filler = threading.Thread(target=self._fill, args=(descriptor,), daemon=True)
        self._filler.start()

    @property
    def size(self) -> int:
        """Bytes that are there. Raises OutputError where some could not be kept."""
        if self._error:
            raise OutputError(
                f"{tempfile.gettempdir()}: cannot keep the standard input: {self._error}",
                "is there room? TMPDIR names another folder",
            )
        return self._size

    @property
    def ended(self) -> bool:
        """True once no more will come."""
        return not self._filler.is_alive()

    def wait(self) -> None:
        """Until all is there."""
        while self._filler.is_alive():
            self._filler.join(0.2)  # in short turns, so that a signal is heard

    def _fill(self, descriptor: int) -> None:
        try:
            with Path(self.path).open("ab", buffering=0) as kept:
                while piece := os.read(descriptor, _PIECE):
                    kept.write(piece)
                    self._size += len(piece)
        except OSError as error:
            self._error = error.strerror or str(error)


@functools.cache
def standard_input() -> Spool:
    """The one of this process."""
    return Spool(sys.stdin.fileno())
