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
from tbingest.cli.settings import options, take_up, was_given
from tbingest.cli.signals import INTERRUPTED
from tbingest.cli.tensorboard import running, until_stopped, without_interrupt

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tbingest.cli.console import Talk
    from tbingest.options import Options
    from tbingest.serve import Server

EXAMPLES = """
tbingest serve                    # the logdir runs
tbingest serve logs/              # from raw logs to the browser
tbingest serve runs --port 6006
tbingest serve runs -- --path_prefix /tb   # what follows -- is TensorBoard's
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
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LOGDIR|LOGS] [-- FLAGS OF TENSORBOARD]", help="A logdir, or raw logs."
        ),
    ] = None,
    logdir: Logdir = "runs",
) -> int:
    """Start TensorBoard on a logdir, or on raw logs, which are converted and followed."""
    from tbingest.logdir.files import is_logdir
    from tbingest.options import local_folder

    take_up(talking)
    path, more = _taken_apart(words or [])
    local_folder(logdir if path is None else path)
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if path is not None and (path == "-" or (Path(path).exists() and not is_logdir(Path(path)))):
        if not was_given(ctx, "logdir"):
            logdir = _of_its_own(talk, path, logdir)
        asked = options(ctx, [path], reading, writing, dumps)
        start = lambda: running(talk, logdir, serving, more)  # noqa: E731
        return _from_logs(talk, path, logdir, asked, live, start)
    return until_stopped(talk, path or logdir, serving, more)


def _taken_apart(words: list[str]) -> tuple[str | None, list[str]]:
    """(what is to be shown, flags for TensorBoard). Raises UsageError."""
    from tbingest.errors import UsageError

    first = words[:1] if words and not words[0].startswith("--") else []
    more = words[len(first) :]
    if more and not more[0].startswith("-"):
        raise UsageError(
            f"{more[0]}: one folder is shown at a time",
            "convert several into one logdir: tbingest convert A B --logdir runs",
        )
    return (first[0] if first else None), more


def _of_its_own(talk: Talk, path: str, logdir: str) -> str:
    """Another logdir than the default where that holds other logs, so that they do not mix."""
    from tbingest.logdir.tags import roots

    whole = str(Path(path).resolve())
    known = roots(logdir)
    if path == "-" or not known or any(_is_within(one, whole) for one in known):
        return logdir
    name = Path(whole).name
    own = f"{logdir}-{name}"
    talk.say(
        ("note: ", "yellow"),
        f"{logdir}/ holds other logs, so these go into {own}/; "
        f"--logdir {logdir} puts them together",
    )
    return own


def _is_within(one: str, other: str) -> bool:
    """True where one path is the other, or one lies below the other."""
    first, second = Path(one), Path(other)
    return first.is_relative_to(second) or second.is_relative_to(first)


def _from_logs(
    talk: Talk,
    path: str,
    logdir: str,
    asked: Options,
    live: Live,
    start: Callable[[], AbstractContextManager[Server]],
) -> int:
    """Convert and follow raw logs beside a TensorBoard."""
    from tbingest.cli.text import show_sum, tell

    try:
        done, code = following.work(talk, [path], logdir, asked, following.asked(live), start)
    except KeyboardInterrupt:  # what was in hand took too long: the next conversion completes it
        return 0
    if code == INTERRUPTED and not done.nothing_read:
        show_sum(talk, done)  # what was new was said as it came
    else:
        tell(talk, done, serve=True)
    if code and not (code == INTERRUPTED and done.nothing_read):
        return without_interrupt(code)
    return exit_code(done, strict=False)
