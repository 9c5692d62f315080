"""`tbingest serve`."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import shared
from tbingest.cli.shared import context

if TYPE_CHECKING:
    from tbingest.console import Talk

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
    """Start TensorBoard on a logdir, or on raw logs, which are converted first."""
    from tbingest.serve import is_logdir

    talk = context.talk(verbose, quiet=quiet)
    target = path or logdir
    if path and Path(path).exists() and not is_logdir(Path(path)):
        from tbingest.cli.convert import tell, work

        asked = shared.command_context(ctx, "convert", ["--config", config, "--", path])
        done = work(talk, [path], logdir, shared.options(asked, [path]))
        tell(talk, done, serve=True)
        if done.nothing_read:
            return 1
        target = logdir
    return run_server(
        talk, target, port=port, bind_all=bind_all, all_points=all_points, browser=open_
    )


def run_server(
    talk: Talk,
    logdir: str,
    *,
    port: int | None = None,
    bind_all: bool = False,
    all_points: bool = False,
    browser: bool = False,
) -> int:
    """TensorBoard until it is stopped. Raises ServeError or UsageError where it cannot run."""
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
        try:
            server.wait()
        except KeyboardInterrupt:
            talk.say("stopping")
    return 0
