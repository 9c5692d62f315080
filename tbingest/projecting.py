"""Embedding matrices of dumps, as the Projector reads them: files beside a run's event file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.dumping import is_wanted, numbers_of, place_of
from tbingest.errors import SourceError
from tbingest.logdir import put
from tbingest.naming import join
from tbingest.summaries import projector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tbingest.examining import Planned
    from tbingest.logdir import JobState
    from tbingest.model import Tensor


def project(sources: Iterable[Planned], glob: str, state: JobState) -> Iterator[str]:
    """Write the tensors that match `glob`, each from the last dump that holds it; in words what.

    The logdir's lock is held. Raises OutputError where the logdir cannot be written.
    """
    found = _last(sources, glob)
    for run in sorted({run for run, _ in found}):
        entries = []
        files: dict[str, bytes] = {}
        for (_, tag), (planned, tensor) in sorted(found.items()):
            if planned.run != run:
                continue
            made, said = _embedding(f"{tag} at step {planned.step}", tensor)
            yield f"{run}: {said}"
            if made and made.files:
                entries.append(made.entry)
                files |= made.files
        if entries:
            put(state.logdir, run, {**files, projector.CONFIG: projector.config(entries)})


def _last(sources: Iterable[Planned], glob: str) -> dict[tuple[str, str], tuple[Planned, Tensor]]:
    found = {}
    for planned in sorted(sources, key=lambda planned: planned.step or 0):
        if not planned.dump:
            continue
        try:
            held = planned.dump.file.open()
        except SourceError:
            continue  # it is reported where it is read
        for tensor in held.tensors:
            if is_wanted(tensor.name, (glob,)):
                tag = join(*place_of(planned.prefix, tensor.name))
                found[planned.run, tag] = (planned, tensor)
    return found


def _embedding(name: str, tensor: Tensor) -> tuple[projector.Embedding | None, str]:
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
    made = rows.embedding(name)
    left_out = f": {made.said}" if made.said else ""
    return made, f"{name} is in the Projector{left_out}"
