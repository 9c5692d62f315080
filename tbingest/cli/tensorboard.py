"""TensorBoard as a child of a command, until it ends or we are asked to stop."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tbingest.cli.signals import INTERRUPTED, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest.cli.console import Talk
    from tbingest.serve import Server


def until_stopped(talk: Talk, logdir: str, **how: Any) -> int:
    """TensorBoard until a signal; its exit code, where that is not Ctrl-C."""
    with running(talk, logdir, **how) as server, Stop() as stop:
        server.wait(stop)
    return without_interrupt(stop.code)


def without_interrupt(code: int) -> int:
    """Ctrl-C is how a server is stopped: no failure."""
    return 0 if code == INTERRUPTED else code


@contextmanager
def running(
    talk: Talk,
    logdir: str,
    *,
    port: int | None = None,
    bind_all: bool = False,
    all_points: bool = False,
    browser: bool = False,
) -> Iterator[Server]:
    """A TensorBoard, and where it answers is said.

    Raises ServeError or UsageError where it cannot run.
    """
    from tbingest.serve import ServeOptions, Server, ssh_hint

    options = ServeOptions(port=port, bind_all=bind_all, all_points=all_points)
    with Server(Path(logdir), options) as server:
        talk.line("TensorBoard on ", (logdir, "bold"), " at ", (server.url, "bold underline"))
        hint = ssh_hint(server.url, os.environ)
        if hint:
            talk.say("from your own machine: ", (hint, "bold"))
        if bind_all:
            talk.say(("warning: ", "yellow"), "any machine that reaches this port can look in")
        talk.say("Ctrl-C stops it")
        if browser and talk.out.is_terminal:
            import webbrowser

            webbrowser.open(server.url)
        yield server
        talk.say("stopping")
