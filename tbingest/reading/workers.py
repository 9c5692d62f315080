"""Parameter dumps are read in other processes, a few ahead of the one that is written."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Self

from tbingest.formats.registry import use
from tbingest.reading.tensors import Part, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from tbingest.plan.planned import Planned


class Workers:
    """So many processes; with one, dumps are read where they are wanted. A context manager.

    What is read does not depend on how many there are.
    """

    def __init__(self, processes: int = 1, plugins: Iterable[str] = ()) -> None:
        self._plugins = tuple(plugins)
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[Planned] = deque()
        self._begun: dict[str, Future[list[Part]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._pool:
            return
        if kind:
            for process in multiprocessing.active_children():
                process.terminate()  # what they read is not wanted any more
        self._pool.shutdown(wait=True, cancel_futures=True)

    def expect(self, dumps: Iterable[Planned]) -> None:
        """These will be wanted next, in this order."""
        if self._processes > 1:
            self._waiting.extend(dumps)
            self._fill()

    def parts(self, planned: Planned) -> Iterator[Part]:
        """What a dump holds. Raises SourceError where it cannot be read."""
        future = self._begun.pop(planned.source.path, None)
        if future is None:
            yield from parts(planned)
            return
        self._fill()
        yield from future.result()

    def _fill(self) -> None:
        """One more than there are processes is under way or waits to be fetched."""
        while self._waiting and len(self._begun) <= self._processes:
            if not self._pool:
                # A forked process could inherit a lock that a thread holds.
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(
                    self._processes, context, initializer=_begin, initargs=(self._plugins,)
                )
            planned = self._waiting.popleft()
            self._begun[planned.source.path] = self._pool.submit(_all, planned)


def _begin(plugins: tuple[str, ...]) -> None:
    """Ctrl-C in a terminal reaches all processes: only the first of them decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use(plugins)


def _all(planned: Planned) -> list[Part]:
    return list(parts(planned))
