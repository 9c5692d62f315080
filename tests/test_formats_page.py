"""`docs/formats.md` says what the docstrings of the formats and stores say: it is written here."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.formats.registry import modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tbingest import Fields, Format
    from tbingest.model.contracts import Store

PAGE = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
TOP = """# Formats and folders

<!-- Written by tests/test_formats_page.py from the docstrings: edit those. -->

What `tbingest formats` lists, with what becomes the run, the step and the tags of each. A file is
recognised by its first 64 KiB, a folder by the names in it; `tbingest inspect` says which format
was chosen and why, and `--as` chooses one by name.

Where nothing else is said: the run is where the file lies, the step is the first of the usual
fields (`global_step`, `step`, `iteration`, `epoch`, ...) or else the number of the record, and a
field such as `val_loss` has the tag `val/loss`. Tags that are *the framework's own* are called as
the framework calls them where it writes to TensorBoard itself; nothing of them is changed.
"""


def paragraphs(module: str) -> list[str]:
    """The paragraphs of a module's docstring: what it is, a sample, its traps."""
    text = importlib.import_module(module).__doc__ or ""
    return text.strip().split("\n\n")


def names(fields: tuple[str, ...]) -> str:
    """Field names in order of preference, as they stand in the log: none that a reader makes."""
    return ", else ".join(f"`{name}`" for name in fields if name[:1] not in {"@", ":"})


def placed(fields: Fields) -> Iterator[str]:
    """What of a record becomes the step, the time, the run and the tag."""
    if fields.step_from_name:
        yield "- step and tag: from the file's name"
    elif named := names(fields.step):
        yield f"- step: {named}"
    if named := names(fields.time):
        yield f"- wall time: {named}"
    if named := names(fields.elapsed):
        yield f"- wall time: {named}, in seconds since the start"
    if named := names(fields.run):
        yield f"- run below the file's own: {named}"
    if named := names(fields.split):
        yield f"- first part of the tag: {named}"
    if fields.rename:
        yield "- tags: *the framework's own*"


def section(name: str, about: str, picture: str, said: list[str], traps: list[str]) -> str:
    """A heading, the sample, what becomes what, and the traps."""
    parts = [f"### {name}", about[:1].upper() + about[1:] + ".", f"```text\n{picture}\n```"]
    parts += ["\n".join(said)] if said else []
    return "\n\n".join(parts + traps) + "\n"


def page() -> str:
    """The whole page."""
    formats, stores = [], []
    for module in modules()["FORMAT"]:
        entry: Format = importlib.import_module(module).FORMAT
        _, picture, *traps = paragraphs(module)
        said = list(placed(entry.fields))
        formats.append(section(entry.name, entry.about, picture, said, traps))
    for module in modules()["STORE"]:
        store: Store = importlib.import_module(module).STORE
        _, picture, *traps = paragraphs(module)
        stores.append(section(store.name, store.about, picture, [], traps))
    return "\n".join([TOP, "## Formats\n", *sorted(formats), "## Folders\n", *sorted(stores)])


def test_the_page_of_formats_is_what_the_docstrings_say() -> None:
    """A stale page is written anew, and the test fails once."""
    fresh = page()
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != fresh
    if stale:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(fresh, encoding="utf-8")
    assert not stale, "docs/formats.md was stale: it was written anew"


def test_the_page_of_formats_names_no_field_that_a_reader_makes() -> None:
    """`:step` and `@time` stand in no log."""
    assert not re.search(r"`[@:][a-z]", page())
