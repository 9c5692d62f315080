"""`tbingest formats`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli.context import context
from tbingest.cli.flags import Answer, OutputFormat, Reading, Talking
from tbingest.cli.grouped import grouped
from tbingest.cli.settings import choice, config, options, take_up
from tbingest.errors import UsageError

if TYPE_CHECKING:
    from tbingest.cli.console import Talk

EXAMPLES = """
tbingest formats
tbingest formats lightning   # what is read of it?
tbingest formats train.log   # what is this file?
"""


@grouped
def formats(
    ctx: typer.Context,
    talking: Talking,
    path: Annotated[
        str, typer.Argument(metavar="[NAME|FILE]", help="This format only, or: what is this file?")
    ] = "",
    output_format: Answer = "text",
) -> int:
    """List what can be read, or say what a file is taken for."""
    from tbingest.formats.registry import use

    take_up(talking)
    form = choice(OutputFormat, output_format, "--output-format")
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    use(config().plugins)
    if not path or not Path(path).exists():
        return _listed(talk, path, form)
    from tbingest.cli.inspect import look
    from tbingest.cli.settings import command_context, group_of

    asked = command_context(ctx, "inspect", ["--config", talking.config, "--", path])
    reading = options(asked, [path], group_of(Reading, asked))
    return look(talk, [path], asked.params["logdir"], reading, form=form)


def _listed(talk: Talk, name: str, form: OutputFormat) -> int:
    """All formats and folders, or those of a name. Raises UsageError for a name of none."""
    from tbingest.cli.looks import show_formats
    from tbingest.formats.registry import SCHEMA, formats, stores

    known = [entry for entry in formats().values() if _is_called(entry.name, name)]
    folders = [entry for entry in stores().values() if _is_called(entry.name, name)]
    if not known and not folders:
        near = get_close_matches(name, [*formats(), *stores()], 1)
        hint = f"did you mean {near[0]}?" if near else "tbingest formats lists them"
        raise UsageError(f"{name}: no such format, file or folder", hint)
    if form == OutputFormat.TEXT:
        show_formats(talk, known, folders, every=not name)
        return 0
    entries = [{"name": one.name, "about": one.about, "sample": one.sample} for one in known]
    places = [{"name": one.name, "about": one.about, "layout": one.layout} for one in folders]
    talk.document({"schema": SCHEMA, "formats": entries, "stores": places})
    return 0


def _is_called(entry: str, name: str) -> bool:
    """True for the name of a format, of its framework, or another one that people use."""
    from tbingest.options import FORMATS

    return not name or entry == FORMATS.get(name, name) or entry.startswith(f"{name}-")
