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
        shown: list[Server] = []

        def tell(report: Report) -> None:
            news.tell(report)
            if server and not shown and report.points:
                shown.append(running.enter_context(server()))

        def ended() -> bool:
            return stop() or any(one.ended for one in shown)

        talk.say(f"following {', '.join(paths)} into {logdir}; Ctrl-C stops it")
        done = follow(
            paths,
            logdir,
            options,
            how,
            stop=ended,
            progress=news.reading,
            tell=tell,
            wake=lambda alarm: setattr(stop, "heard", alarm.ring),
        )
        if not stop():
            for one in shown:
                one.check()
    return done, stop.code
