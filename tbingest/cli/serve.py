"""`tbingest serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import flags as shared
from tbingest.cli.flags import context
from tbingest.cli.signals import INTERRUPTED
from tbingest.cli.tensorboard import running, until_stopped, without_interrupt

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

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
    from tbingest.logdir.files import is_logdir

    talk = context.talk(verbose, quiet=quiet)

    def start(logdir: str) -> AbstractContextManager[Server]:
        return running(
            talk, logdir, port=port, bind_all=bind_all, all_points=all_points, browser=open_
        )

    if path == "-" or (path and Path(path).exists() and not is_logdir(Path(path))):
        from tbingest.cli import follow as live
        from tbingest.cli.text import tell

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
