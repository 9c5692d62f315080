"""`tbingest serve`."""

from __future__ import annotations

import os
import webbrowser
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tbingest.cli import shared
from tbingest.cli.shared import context
from tbingest.cli.stopping import INTERRUPTED, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tbingest.console import Talk
    from tbingest.serve import Server

EPILOG = """Examples:

tbingest serve the logdir runs

tbingest serve logs/ from raw logs to the browser

tbingest serve runs --port 6006
"""


def serve(
    ctx: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="[LOGDIR|LOGS]", help="A logdir, or raw logs.")
    ] = "",
    logdir: shared.Logdir = "runs",
    port: shared.Port = None,
    bind_all: shared.BindAll = False,
    all_points: Annotated[
        bool,
        typer.Option(
            "--all-points",
            envvar="TBINGEST_ALL_POINTS",
            help="Show every point, at 250-500 bytes each.",
        ),
    ] = False,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the browser, where there is a terminal.")
    ] = False,
    config: shared.Config_ = "",
    quiet: shared.Quiet = False,
    verbose: shared.Verbose = 0,
) -> int:
    """Start TensorBoard on a logdir, or on raw logs, which are converted and followed."""
    from tbingest.verify import is_logdir

    talk = context.talk(verbose, quiet=quiet)

    def start(logdir: str) -> AbstractContextManager[Server]:
        return running(
            talk, logdir, port=port, bind_all=bind_all, all_points=all_points, browser=open_
        )

    if path == "-" or (path and Path(path).exists() and not is_logdir(Path(path))):
        from tbingest.cli import live
        from tbingest.cli.convert import tell

        asked = shared.command_context(ctx, "convert", ["--config", config, "--", path])
        options = shared.options(asked, [path])
        done, code = live.work(
            talk, [path], logdir, options, live.asked(asked.params), lambda: start(logdir)
        )
        tell(talk, done, serve=True)
        if code and not (code == INTERRUPTED and done.nothing_read):
            return without_interrupt(code)
        return shared.exit_code(done, strict=False)
    return until_stopped(
        talk, path or logdir, port=port, bind_all=bind_all, all_points=all_points, browser=open_
    )


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
            webbrowser.open(server.url)
        yield server
        talk.say("stopping")
