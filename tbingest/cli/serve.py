"""`tbingest serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli import follow as following
from tbingest.cli.context import context
from tbingest.cli.flags import Dumps, Live, Logdir, Reading, Serving, Talking, Writing
from tbingest.cli.grouped import grouped
from tbingest.cli.reports import exit_code
from tbingest.cli.settings import options, take_up
from tbingest.cli.signals import INTERRUPTED
from tbingest.cli.tensorboard import running, until_stopped, without_interrupt

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.options import Options

EXAMPLES = """
tbingest serve                    # the logdir runs
tbingest serve logs/              # from raw logs to the browser
tbingest serve runs --port 6006
"""


@grouped
def serve(
    ctx: typer.Context,
    reading: Reading,
    writing: Writing,
    dumps: Dumps,
    live: Live,
    serving: Serving,
    talking: Talking,
    path: Annotated[
        str, typer.Argument(metavar="[LOGDIR|LOGS]", help="A logdir, or raw logs.")
    ] = "",
    logdir: Logdir = "runs",
) -> int:
    """Start TensorBoard on a logdir, or on raw logs, which are converted and followed."""
    from tbingest.logdir.files import is_logdir
    from tbingest.options import local_folder

    take_up(talking)
    local_folder(path or logdir)
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if path == "-" or (path and Path(path).exists() and not is_logdir(Path(path))):
        asked = options(ctx, [path], reading, writing, dumps)
        return _from_logs(talk, path, logdir, asked, live, serving)
    return until_stopped(talk, path or logdir, serving)


def _from_logs(
    talk: Talk, path: str, logdir: str, asked: Options, live: Live, serving: Serving
) -> int:
    """Convert and follow raw logs beside a TensorBoard."""
    from tbingest.cli.text import tell

    start = lambda: running(talk, logdir, serving)  # noqa: E731
    done, code = following.work(talk, [path], logdir, asked, following.asked(live), start)
    tell(talk, done, serve=True)
    if code and not (code == INTERRUPTED and done.nothing_read):
        return without_interrupt(code)
    return exit_code(done, strict=False)
