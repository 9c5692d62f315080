"""`tbingest check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tbingest.cli import shared
from tbingest.cli.shared import context

EPILOG = """Examples:

tbingest check runs --verify
"""


def check(
    ctx: typer.Context,
    logdir: Annotated[str, typer.Argument(metavar="LOGDIR", help="What TensorBoard reads.")],
    verify: shared.Verify = False,
    config: shared.Config_ = "",
    quiet: shared.Quiet = False,
    verbose: shared.Verbose = 0,
) -> int:
    """Find event files that are damaged or of other makers; exit code 1 where one is damaged."""
    from tbingest.serve import check_logdir
    from tbingest.showing import show_verdict
    from tbingest.verify import verify_files, verify_logdir

    talk = context.talk(verbose, quiet=quiet)
    check_logdir(Path(logdir))
    if verify:
        asked = shared.command_context(ctx, "convert", ["--config", config, "--", logdir])
        verdict = verify_logdir(logdir, shared.options(asked, [logdir]))
    else:
        verdict = verify_files(logdir)
    show_verdict(talk, verdict)
    if not verdict.files:
        talk.error(f"{logdir}: holds no event files", "tbingest convert writes some")
    return int(verdict.failed or not verdict.files)
