"""`tbingest serve`."""

from __future__ import annotations

from glob import glob
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
tbingest serve runs/exp1 runs/exp2   # several logdirs beside each other, or several logs
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
            metavar="[LOGDIR|LOGS] [-- FLAGS OF TENSORBOARD]", help="Logdirs, or raw logs."
        ),
    ] = None,
    logdir: Logdir = "runs",
) -> int:
    """Start TensorBoard on a logdir, or on raw logs, which are converted and followed."""
    from tbingest.options import local_folder

    take_up(talking)
    paths, more = _taken_apart(words or [])
    for path in paths or [logdir]:
        local_folder(path)
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if not _are_logs(paths):
        return until_stopped(talk, paths or [logdir], serving, more)
    if not was_given(ctx, "logdir"):
        logdir = _of_its_own(talk, paths, logdir)
    asked = options(ctx, paths, reading, writing, dumps)
    start = lambda: running(talk, [logdir], serving, more)  # noqa: E731
    return _from_logs(talk, paths, logdir, asked, live, start)


def _taken_apart(words: list[str]) -> tuple[list[str], list[str]]:
    """(what is to be shown, flags for TensorBoard); patterns are expanded, as by a shell."""
    place = next((at for at, word in enumerate(words) if word.startswith("--")), len(words))
    paths: list[str] = []
    for word in words[:place]:
        found = [] if Path(word).exists() else sorted(glob(word))  # noqa: PTH207 - may be absolute
        paths += found or [word]
    return paths, words[place:]


def _are_logs(paths: list[str]) -> bool:
    """True for raw logs, False for logdirs or what is not there. Raises UsageError for both."""
    from tbingest.errors import UsageError
    from tbingest.logdir.files import is_logdir

    logs = [path == "-" or (Path(path).exists() and not is_logdir(Path(path))) for path in paths]
    if any(logs) and not all(logs):
        raise UsageError(
            f"{paths[logs.index(False)]}: is not a raw log, but {paths[logs.index(True)]} is",
            "convert the logs first: tbingest convert LOGS --logdir runs",
        )
    return any(logs)


def _of_its_own(talk: Talk, paths: list[str], logdir: str) -> str:
    """Another logdir than the default where that holds other logs, so that they do not mix."""
    from tbingest.logdir.tags import roots

    whole = [str(Path(path).resolve()) for path in paths]
    known = roots(logdir)
    if "-" in paths or not known or any(_is_within(one, own) for one in known for own in whole):
        return logdir
    own = "-".join([logdir, *(Path(one).name for one in whole)])
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
    paths: list[str],
    logdir: str,
    asked: Options,
    live: Live,
    start: Callable[[], AbstractContextManager[Server]],
) -> int:
    """Convert and follow raw logs beside a TensorBoard."""
    from tbingest.cli.text import show_sum, tell

    try:
        done, code = following.work(talk, paths, logdir, asked, following.asked(live), start)
    except KeyboardInterrupt:  # what was in hand took too long: the next conversion completes it
        return 0
    if code == INTERRUPTED and not done.nothing_read:
        show_sum(talk, done)  # what was new was said as it came
    else:
        tell(talk, done, serve=True)
    if code and not (code == INTERRUPTED and done.nothing_read):
        return without_interrupt(code)
    return exit_code(done, strict=False)
