"""Other processes: they read dumps, a few ahead of the one that is written, or do whole jobs.

What starts and awaits them is imported once one is wanted: it takes 20 ms.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tbingest.errors import OutputError
from tbingest.formats.registry import use
from tbingest.reading.tensors import Part, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess
    from multiprocessing.synchronize import Event

    from tbingest.plan.planned import Planned

Item = TypeVar("Item")
Found = TypeVar("Found")
_MANY = 8
"""Of fewer things, other processes are not worth their start."""
_CHUNK = 16
_CHUNK_BYTES = 1 << 23
"""A task is so many things, or as many as hold so many bytes."""
_POLL = 0.1
"""Seconds after which whoever waits for a task asks whether to stop."""


class Workers:
    """So many processes; with one, all is done where it is wanted. A context manager, also within
    itself: whoever holds a lock ends them before it is given back.

    What is read and written does not depend on how many there are.
    """

    def __init__(self, processes: int = 1, plugins: Iterable[str] = ()) -> None:
        self._plugins = tuple(plugins)
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._halt: Event | None = None
        self._others: list[BaseProcess] = []
        self._waiting: deque[Planned] = deque()
        self._begun: dict[str, Future[list[Part]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._pool:
            return
        if kind:
            from multiprocessing import active_children

            for process in active_children():
                if process not in self._others:
                    process.terminate()  # what they read is not wanted any more
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None

    def share(self, count: int) -> bool:
        """True where so many things are worth other processes."""
        return self._processes > 1 and count >= _MANY

    def each(
        self,
        act: Callable[[Item], Found],
        items: Sequence[Item],
        sizes: Sequence[int],
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Found]:
        """What `act` makes of each item, in their order; `sizes` are their bytes.

        Once `stop` says so, `halted` tells all processes. Raises OutputError where one was killed.
        """
        from concurrent.futures import BrokenExecutor, wait

        pool = self._open()
        tasks = deque(pool.submit(_every, act, part) for part in _parts(items, sizes))
        try:
            while tasks:
                if stop() and self._halt:
                    self._halt.set()
                if wait([tasks[0]], _POLL).done:
                    yield from tasks.popleft().result()
        except BrokenExecutor as error:
            raise _killed() from error

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
        from concurrent.futures import BrokenExecutor

        self._fill()
        try:
            yield from future.result()
        except BrokenExecutor as error:
            raise _killed() from error

    def _fill(self) -> None:
        """One more than there are processes is under way or waits to be fetched."""
        while self._waiting and len(self._begun) <= self._processes:
            planned = self._waiting.popleft()
            self._begun[planned.source.path] = self._open().submit(_all, planned)

    def _open(self) -> ProcessPoolExecutor:
        if not self._pool:
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            # A forked process could inherit a lock that a thread holds.
            context = multiprocessing.get_context("spawn")
            self._halt = context.Event()
            self._others = multiprocessing.active_children()
            self._pool = ProcessPoolExecutor(
                self._processes, context, initializer=_begin, initargs=(self._plugins, self._halt)
            )
        return self._pool


def halted() -> bool:
    """True in one of several processes, once all are to end."""
    return bool(_told) and _told[0].is_set()


_told: list[Event] = []


def _killed() -> OutputError:
    hint = "was there memory enough? convert again: it goes on where it stood"
    return OutputError("a process that read for this one was killed", hint)


def _parts(items: Sequence[Item], sizes: Sequence[int]) -> Iterator[list[Item]]:
    part: list[Item] = []
    held = 0
    for item, size in zip(items, sizes, strict=True):
        if part and (len(part) == _CHUNK or held + size > _CHUNK_BYTES):
            yield part
            part, held = [], 0
        part.append(item)
        held += size
    if part:
        yield part


def _every(act: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return [act(item) for item in items]


def _begin(plugins: tuple[str, ...], halt: Event) -> None:
    """Ctrl-C in a terminal reaches all processes: only the first of them decides. They end with
    it: nobody else holds the logdir then.
    """
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _told[:] = [halt]
    Thread(target=_end_with_the_first, daemon=True).start()
    use(plugins)


def _end_with_the_first() -> None:
    from multiprocessing import parent_process

    first = parent_process()
    if first:
        first.join()
        os._exit(1)


def _all(planned: Planned) -> list[Part]:
    return list(parts(planned))
