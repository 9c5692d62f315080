"""A process dies at one of the calls of the system with which it changes files."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGES = ("write", "fsync", "replace", "rename", "unlink", "mkdir", "open")


def killed(act: Callable[[], object], place: int, *, half: bool) -> bool:
    """Act in a child that dies at its `place`-th change of files; True where it did.

    With `half`, a half of what it was to write is there then.
    """
    pid = os.fork()
    if not pid:
        try:
            Dying(place, half=half).begin()
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


class Dying:
    """Takes the place of the functions of `os` that change files, for the rest of the process."""

    def __init__(self, place: int, *, half: bool) -> None:
        self.left, self.half = place, half

    def begin(self) -> None:
        for name in CHANGES:
            setattr(os, name, self._dying(name, getattr(os, name)))
        opened = os.fdopen
        os.fdopen = lambda handle, mode, *more: (  # type: ignore[assignment]
            Torn(self, handle) if mode == "wb" else opened(handle, mode, *more)
        )

    def is_due(self) -> bool:
        """Count a change; True where it is the last."""
        self.left -= 1
        return not self.left

    def _dying(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            changes = name != "open" or given[1] & os.O_CREAT
            if changes and self.is_due():
                if self.half and name == "write":
                    real(given[0], bytes(given[1])[: len(given[1]) // 2])
                os._exit(9)
            return real(*given, **named)

        return called


class Torn(io.BufferedWriter):
    """A stream whose process may die within what it writes."""

    def __init__(self, dying: Dying, handle: int) -> None:
        super().__init__(io.FileIO(handle, "wb"))
        self._dying = dying

    def write(self, data: Any) -> int:
        if self._dying.is_due():
            if self._dying.half:
                super().write(bytes(data)[: len(data) // 2])
                self.flush()
            os._exit(9)
        return super().write(data)
