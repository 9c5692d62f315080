"""Embedding matrices of dumps, as the Projector reads them: files beside a run's event file."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.projector_store import LABELS, SPRITE
from tbingest.logdir.files import put
from tbingest.names.files import join
from tbingest.reading.tensors import is_wanted, numbers_of, place_of
from tbingest.sources.stream import Opened
from tbingest.write import projector_files as projector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.logdir.state import JobState
    from tbingest.model.tensors import Tensor
    from tbingest.plan.planned import Planned
    from tbingest.sources.discover import Source

_MOST_BYTES = 32 << 20


def project(sources: Iterable[Planned], glob: str, state: JobState) -> Iterator[str]:
    """Write embeddings, each from the last dump that holds it; in words what.

    Those are the tensors that match `glob`; without one, embeddings with labels beside their dump.
    The logdir's lock is held. Raises OutputError where the logdir cannot be written.
    """
    found = _last(sources, glob)
    for run in sorted({run for run, _ in found}):
        entries = []
        files: dict[str, bytes] = {}
        for (_, tag), (planned, tensor) in sorted(found.items()):
            if planned.run != run:
                continue
            made, said = _embedding(f"{tag} at step {planned.step}", planned.source, tensor)
            yield f"{run}: {said}"
            if made and made.files:
                entries.append(made.entry)
                files |= made.files
        if entries:
            put(state.logdir, run, {**files, projector.CONFIG: projector.config(entries)})


def _last(sources: Iterable[Planned], glob: str) -> dict[tuple[str, str], tuple[Planned, Tensor]]:
    found = {}
    for planned in sorted(sources, key=lambda planned: planned.step or 0):
        if not planned.dump or not (glob or _has_labels(planned.source)):
            continue
        try:
            held = planned.dump.file.open()
        except SourceError:
            continue  # it is reported where it is read
        for tensor in held.tensors:
            if is_wanted(tensor.name, (glob,)) if glob else _is_labelled(planned, tensor):
                tag = join(*place_of(planned.prefix, tensor.name))
                found[planned.run, tag] = (planned, tensor)
    return found


def _is_labelled(planned: Planned, tensor: Tensor) -> bool:
    """True for a matrix that is called an embedding, or is alone in its file, and has labels."""
    alone = planned.dump is not None and planned.dump.alone and projector.fits(tensor.shape)
    is_one = alone or projector.is_embedding(tensor.name, tensor.shape)
    return is_one and _labels(planned.source, tensor.shape[0]) is not None


def _embedding(name: str, source: Source, tensor: Tensor) -> tuple[projector.Embedding | None, str]:
    """(the embedding or None, what is to be said of it)."""
    if not projector.fits(tensor.shape):
        shape = " x ".join(map(str, tensor.shape)) or "one number"
        return None, f"{tensor.name} is {shape}, which the Projector cannot show"
    rows = projector.Rows(tensor.shape, tensor.order)
    try:
        for numbers in numbers_of(tensor):
            rows.add(numbers)
    except (SourceError, OSError, EOFError, ValueError) as error:
        return None, f"{tensor.name} is not in the Projector: {error}"
    sprite = _sprite(source)
    made = rows.embedding(name, _labels(source, tensor.shape[0]), sprite)
    said = [made.said] if made.said else []
    if sprite and not made.entry.sprite_path:
        said.append(f"{SPRITE} has no picture for each row")
    return made, f"{name} is in the Projector{': ' if said else ''}{'; '.join(said)}"


def _has_labels(source: Source) -> bool:
    return any(_beside(source, name) for name in LABELS)


def _labels(source: Source, count: int) -> projector.Labels | None:
    """The lines of the first file beside a dump that has one for each of its rows.

    Of a table with several columns the first line names them.
    """
    for name in LABELS:
        lines = _read(source, name).decode("utf-8", "replace").removesuffix("\n").split("\n")
        lines = [line.removesuffix("\r") for line in lines]
        if len(lines) == count:
            return projector.Labels(lines)
        if len(lines) == count + 1:
            return projector.Labels(lines[1:], lines[0])
    return None


def _sprite(source: Source) -> projector.Sprite | None:
    data = _read(source, SPRITE)
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return projector.Sprite(data, width, height)


def _beside(source: Source, name: str) -> int:
    """The size of a regular file beside a dump, no link, of at most 32 MiB; else 0.

    Beside a dump that the user named itself nothing is touched.
    """
    if source.single:
        return 0
    try:
        about = Path(source.path).with_name(name).lstat()
    except OSError:
        return 0
    return about.st_size if stat.S_ISREG(about.st_mode) and about.st_size <= _MOST_BYTES else 0


def _read(source: Source, name: str) -> bytes:
    size = _beside(source, name)
    if not size:
        return b""
    path = str(Path(source.path).with_name(name))
    try:
        with Opened(replace(source, path=path, size=size)) as stream:
            return b"".join(iter(lambda: stream.read(1 << 20), b""))[:_MOST_BYTES]
    except SourceError:
        return b""
