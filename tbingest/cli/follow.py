"""What `convert --follow` and `serve logs/` share: follow logs, show them, say what happens."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tbingest.cli.signals import Stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tbingest.cli.console import Talk
    from tbingest.cli.flags import Live
    from tbingest.model.report import Report
    from tbingest.options import Options
    from tbingest.pipeline.follow import Following
    from tbingest.serve import Server


def asked(live: Live) -> Following:
    """How to follow, as the flags say. Raises UsageError."""
    from tbingest.names.times import span
    from tbingest.pipeline.follow import Following

    plain = Following()
    return Following(
        span("--interval", live.interval) if live.interval else plain.interval,
        span("--until-idle", live.until_idle) if live.until_idle else plain.until_idle,
        live.once_done,
    )


class _Beside:
    """A TensorBoard that is started, where one is asked for, once there is something to show."""

    def __init__(
        self, running: ExitStack, server: Callable[[], AbstractContextManager[Server]] | None
    ) -> None:
        self._running, self._start = running, server
        self._server: Server | None = None

    def show(self, report: Report) -> None:
        """Start it, if it is not running yet and there are points."""
        if self._start and not self._server and report.points:
            self._server = self._running.enter_context(self._start())

    @property
    def ended(self) -> bool:
        """True where it has ended by itself."""
        return bool(self._server and self._server.ended)

    def check(self) -> None:
        """Raises ServeError where it has ended by itself."""
        if self._server:
            self._server.check()


def work(
    talk: Talk,
    paths: list[str],
    logdir: str,
    options: Options,
    how: Following,
    server: Callable[[], AbstractContextManager[Server]] | None = None,
) -> tuple[Report, int]:
    """Follow until the end, beside a TensorBoard; the report, and the exit code of a signal.

    `server` starts it, once there is something to show. Raises ServeError where it ends by itself.
    """
    from tbingest.cli.text import News
    from tbingest.pipeline.follow import follow

    with ExitStack() as running, talk.status() as status, Stop() as stop:
        news = News(talk, status)
        beside = _Beside(running, server)

        def tell(report: Report) -> None:
            news.tell(report)
            beside.show(report)

        talk.say(f"following {', '.join(paths)} into {logdir}; Ctrl-C stops it")
        done = follow(
            paths,
            logdir,
            options,
            how,
            stop=lambda: stop() or beside.ended,
            progress=news.reading,
            tell=tell,
            wake=lambda alarm: setattr(stop, "heard", alarm.ring),
        )
        if not stop():
            beside.check()
    return done, stop.code
