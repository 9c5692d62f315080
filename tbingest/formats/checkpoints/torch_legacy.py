"""PyTorch checkpoints as torch.save wrote them before 1.6: `model.pth` that is no zip file.

80 02 8A 0A 6C FC 9C 46 F9 20 6A A8 50 19 2E    a pickle of the magic number
pickles of the version, the machine, the objects, the names of the storages
for every storage how many numbers it has (8 bytes), and the numbers

The numbers are little-endian on every machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import pickles
from tbingest.formats.checkpoints.pickle_machine import Budget
from tbingest.formats.checkpoints.torch_checkpoint import dump_of, regions
from tbingest.formats.checkpoints.torch_objects import CALLS, Storage, storage
from tbingest.formats.checkpoints.torch_tree import Tree
from tbingest.formats.checkpoints.torch_views import unit
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    from tbingest.formats.checkpoints.torch_checkpoint import Regions
    from tbingest.model.tensors import Dump, Opener

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_BEGINS = re.compile(
    rb"(?:\x80[\2-\5](?:\x95.{8})?)?(?:\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19|"
    rb"L119547037146038801333356L?\n)\.",
    re.DOTALL,
)


def dump(open_: Opener, _: str) -> Dump:
    """The tensors of the objects."""
    return dump_of([objects(open_)], open_)


def objects(open_: Opener, path: str = "", budget: Budget | None = None) -> tuple[Tree, Regions]:
    """(what the file holds, named below `path`; where a storage lies).

    Raises SourceError for a damaged one.
    """
    units: dict[str, str] = {}

    def note(said: Any) -> Any:
        found = storage(said)
        if isinstance(found, Storage):
            units.setdefault(found.key, found.dtype)
        return found

    budget = budget or Budget()

    def load(calls: Any) -> Any:
        return pickles.load(stream, calls, note if calls else None, budget)

    tree = Tree()
    with open_() as raw:
        stream = pickles.buffered(raw)
        if load({}) != _MAGIC or load({}) != _VERSION:
            raise SourceError("no checkpoint of PyTorch: it has another magic number or version")
        load({})
        tree.add(load(CALLS), path)
        places = _places(stream, load({}), units)
    return tree, regions(open_, places)


def _places(stream: Any, names: Any, units: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Where the bytes of every storage lie, and how many they are; up to a damaged one."""
    found: dict[str, tuple[int, int]] = {}
    place = stream.tell()
    end = stream.seek(0, 2)
    for name in names if isinstance(names, list) else ():
        if place + 8 > end or not isinstance(name, str | int) or str(name) not in units:
            break
        stream.seek(place)
        count = int.from_bytes(stream.read(8), "little")
        size = count * unit(units[str(name)])
        found[str(name)] = (place + 8, min(size, end - place - 8))
        place += 8 + size
    return found


def detect(head: Head) -> Evidence:
    """By the magic number, which is pickled first."""
    if _BEGINS.match(head.data):
        return Evidence(0.99, "PyTorch's magic number")
    return Evidence(0.0, "no magic number of PyTorch")


FORMAT = Format(
    name="torch-legacy",
    about="PyTorch checkpoints from before 1.6 as histograms, read without PyTorch",
    sample="checkpoint_step_000100.pth",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
