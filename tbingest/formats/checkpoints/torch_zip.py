"""PyTorch checkpoints as torch.save writes them since 1.6, and TorchScript: `checkpoint.pt`.

checkpoint/data.pkl     {"epoch": 3, "state_dict": {"0.weight": <storage 0, shape (8, 3), ...>}}
checkpoint/byteorder    little
checkpoint/data/0       the numbers

The pickle is read by a machine that runs nothing of it. PyTorch stores members as they are: one
that is compressed, or there twice, was not written by it.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import pickles, zipped
from tbingest.formats.checkpoints.torch_checkpoint import dump_of, regions
from tbingest.formats.checkpoints.torch_objects import CALLS, storage
from tbingest.formats.checkpoints.torch_tree import Tree
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    import zipfile

    from tbingest.formats.checkpoints.pickle_machine import Budget
    from tbingest.formats.checkpoints.torch_checkpoint import Regions
    from tbingest.model.tensors import Dump, Opener

_DATA = "data.pkl"
_FIRST = re.compile(r"[^/]+/(?:data/\d+|code/.+|byteorder|\.format_version)")


def dump(open_: Opener, _: str) -> Dump:
    """The tensors of everything that data.pkl holds."""
    return dump_of([objects(open_)], open_)


def objects(open_: Opener, path: str = "", budget: Budget | None = None) -> tuple[Tree, Regions]:
    """(what the archive holds, named below `path`; where a storage lies).

    Raises SourceError for a damaged one.
    """
    members = {member.filename: member for member in zipped.opened(open_).infolist()}
    pickle = _pickle_of(members)
    folder = pickle.removesuffix(_DATA)
    tree = Tree()
    with open_() as stream:
        begin = _offset(stream, members[pickle])
        own = zipped.part(stream, begin, members[pickle].file_size)
        held = pickles.load(own, CALLS, storage, budget)
    tree.add(held, path)
    places = _places(open_, members, folder)
    order = members.get(folder + "byteorder")
    big = bool(order) and _small(open_, members[folder + "byteorder"]) == b"big"
    return tree, regions(open_, places, big=big)


def _pickle_of(members: dict[str, zipfile.ZipInfo]) -> str:
    found = [name for name in members if name.rpartition("/")[2] == _DATA and name.count("/") <= 1]
    if len(found) != 1:
        old = any(name.endswith("/model.json") for name in members)
        what = "a TorchScript archive of PyTorch 1.3 or older" if old else "a zip archive"
        raise SourceError(f"{what} without the one data.pkl of PyTorch", "save it with a newer one")
    return found[0]


def _offset(stream: Any, member: zipfile.ZipInfo) -> int:
    return zipped.data_offset(lambda: nullcontext(stream), member)  # type: ignore[arg-type,return-value]


def _small(open_: Opener, member: zipfile.ZipInfo) -> bytes:
    with open_() as stream:
        stream.seek(_offset(stream, member))
        return stream.read(min(member.file_size, 16)).strip()


def _places(
    open_: Opener, members: dict[str, zipfile.ZipInfo], folder: str
) -> dict[str, tuple[int, int] | SourceError]:
    """Where the bytes of every storage lie, and how many they are."""
    found: dict[str, tuple[int, int] | SourceError] = {}
    below = folder + "data/"
    with open_() as stream:
        end = stream.seek(0, 2)
        for name, member in members.items():
            if name.startswith(below):
                try:
                    place = _offset(stream, member)
                except SourceError as error:
                    found[name.removeprefix(below)] = error
                else:
                    size = max(0, min(member.file_size, end - place))
                    found[name.removeprefix(below)] = place, size
    return found


def detect(head: Head) -> Evidence:
    """A zip file that names data.pkl, or begins with what PyTorch writes besides."""
    names = zipped.visible_members(head.data)
    first = names[0] if names else ""
    folder = first.partition("/")[0] + "/" if "/" in first else ""
    if folder + _DATA in names:
        return Evidence(0.99, "a zip archive with PyTorch's data.pkl")
    if _FIRST.fullmatch(first):
        return Evidence(0.9, "a zip archive that begins as PyTorch's do")
    return Evidence(0.0, "no zip archive of PyTorch")


FORMAT = Format(
    name="torch",
    about="PyTorch checkpoints and TorchScript as histograms, read without PyTorch",
    sample="checkpoint_step_000100.pt",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
