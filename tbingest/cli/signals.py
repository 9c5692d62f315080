"""Ctrl-C, SIGTERM and a terminal that goes away: asked once, what is in hand is finished; asked
twice, nothing is.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 128 + signal.SIGINT
_GRACE = 0.7
"""Seconds for what is in hand. What is cut off after them is completed by the next run."""


class Terminated(BaseException):
    """A signal other than Ctrl-C, where nothing waits for the end of what is in hand."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def listen() -> None:
    """Raise Terminated at a signal, outside of `Stop`."""
    for number in _heard() - {signal.SIGINT}:
        signal.signal(number, _terminate)


def _terminate(number: int, _: object) -> None:
    raise Terminated(128 + number)


def _heard() -> set[int]:
    """The signals that ask us to stop; `nohup` has the terminal's ignored."""
    hangup = getattr(signal, "SIGHUP", signal.SIGTERM)
    kept = signal.getsignal(hangup) == signal.SIG_IGN
    return {signal.SIGINT, signal.SIGTERM} | (set() if kept else {hangup})


class Stop:
    """Whether we were asked to stop. A context manager: within it, signals only ask.

    Call it to know. `code` is the exit code that says so, or 0.
    """

    def __init__(self) -> None:
        self.code = 0
        self.heard: Callable[[], None] = lambda: None
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        """True once a signal came."""
        return bool(self.code)

    def __enter__(self) -> Self:
        for number in _heard():
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _: object) -> None:
        if self.code:
            self._end()
        self.code = 128 + number
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, lambda *_: self._end())
            signal.setitimer(signal.ITIMER_REAL, _GRACE)
        self.heard()

    def _end(self) -> None:
        raise KeyboardInterrupt if self.code == INTERRUPTED else Terminated(self.code)
