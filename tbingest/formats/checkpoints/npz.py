"""Named NumPy arrays in a zip file: `weights_step_000100.npz`.

dense/kernel.npy
dense/bias.npy

What an array says of its size is held to what the archive holds before it is unpacked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import zipped
from tbingest.formats.checkpoints.npy import array_tensors, check_size, left_out, read_header
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump

if TYPE_CHECKING:
    import zipfile

    from tbingest.model.tensors import Opener, Tensor


def dump(open_: Opener, _: str) -> Dump:
    """The tensors of every array of the archive."""
    archive = zipped.opened(open_)
    tensors: list[Tensor] = []
    problems: list[Problem] = []
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            problems.append(Problem("", None, None, f"{name or 'a member'} is not an array"))
            continue
        try:
            found, lost = _array(archive, member, name)
            tensors += found
            problems += lost
        except SourceError as error:
            what = f"{name}: {error.message}"
            problems.append(Problem("", None, None, what, error.hint, values=1))
    return Dump(tensors, problems)


def _array(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str
) -> tuple[tuple[Tensor, ...], list[Problem]]:
    if unfit := zipped.oversized(member):
        raise SourceError(unfit)
    open_ = zipped.opener(archive, member)
    with open_() as stream:
        header = read_header(stream)
    check_size(header, member.file_size)
    return array_tensors(name, header, open_), left_out(name, header)


def detect(head: Head) -> Evidence:
    """A zip file whose first member is an array."""
    first = zipped.first_member(head.data)
    found = first.endswith(".npy")
    return Evidence(0.99 if found else 0.0, "a zip archive of NumPy arrays" if found else "no .npz")


FORMAT = Format(
    name="npz",
    about="named NumPy arrays as histograms",
    sample="weights_step_000100.npz",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
