"""TensorBoard as a child of a command, until it ends or we are asked to stop."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.cli.signals import INTERRUPTED, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tbingest.cli.console import Talk
    from tbingest.cli.flags import Serving
    from tbingest.serve import Server


def until_stopped(
    talk: Talk, logdirs: Sequence[str], serving: Serving, more: Sequence[str] = ()
) -> int:
    """TensorBoard until a signal; its exit code, where that is not Ctrl-C."""
    try:
        with running(talk, logdirs, serving, more) as server, Stop() as stop:
            server.wait(stop)
    except KeyboardInterrupt:  # it came before signals only ask
        return 0
    return without_interrupt(stop.code)


def without_interrupt(code: int) -> int:
    """Ctrl-C is how a server is stopped: no failure."""
    return 0 if code == INTERRUPTED else code


@contextmanager
def running(
    talk: Talk, logdirs: Sequence[str], serving: Serving, more: Sequence[str] = ()
) -> Iterator[Server]:
    """A TensorBoard on one or several logdirs.

    Where it answers, with the cards that people look for first, is said last. Raises
    ServeError or UsageError where it cannot run.
    """
    from tbingest.logdir.files import event_files
    from tbingest.logdir.tags import scalar_tags
    from tbingest.series.metrics import first_look
    from tbingest.serve import ServeOptions, Server, pinned, side_by_side, ssh_hint

    options = ServeOptions(
        serving.port,
        bind_all=serving.bind_all,
        all_points=serving.all_points,
        more=tuple(more),
    )
    with side_by_side([*map(Path, logdirs)]) as folder, Server(folder, options) as server:
        url = pinned(server.url, first_look(*scalar_tags(logdirs)))
        hint = ssh_hint(server.url, os.environ)
        if hint:
            talk.say("from your own machine: ", (hint, "bold"))
        if serving.bind_all:
            talk.say(("warning: ", "yellow"), "any machine that reaches this port can look in")
        runs = {path.parent for logdir in logdirs for path in event_files(logdir)}
        for line in unselected(len(runs)):
            talk.say(("note: ", "yellow"), line)
        talk.say("Ctrl-C stops it")
        shown = ", ".join(logdirs)
        talk.line("TensorBoard on ", (shown, "bold"), " at ", (url, "bold underline"))
        if serving.open_ and talk.out.is_terminal:
            import webbrowser

            webbrowser.open(url)
        yield server
        talk.say("stopping")


def unselected(runs: int) -> Iterator[str]:
    """Of which tabs TensorBoard shows nothing at first, having so many runs; and what to press.

    The numbers are TensorBoard's own.
    """
    if runs > _MOST_IN_TIME_SERIES:
        yield (
            f"{runs:,} runs: Time Series selects none of them at first; "
            "filter the runs at the left, then tick the box above them"
        )
    if runs > _MOST_IN_OTHERS:
        yield (
            f"{runs:,} runs: the tabs beside Time Series select none of them at first; "
            "press TOGGLE ALL RUNS at the lower left"
        )


_MOST_IN_TIME_SERIES, _MOST_IN_OTHERS = 500, 40
