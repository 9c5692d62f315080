"""From the objects of a checkpoint to its dump: every tensor, or why it cannot be read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.torch_objects import Array, Storage, Unread, View
from tbingest.formats.checkpoints.torch_views import Region, array_tensors, view_tensors
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tbingest.formats.checkpoints.torch_tree import Tree
    from tbingest.model.tensors import Opener

    Regions = Callable[[Storage], Region]

_GENERATORS = frozenset({"cpu", "cuda", "mlu", "npu", "numpy", "python", "xla"})
"""The keys of what Hugging Face's Trainer saves as `rng_state.pth`."""
_MAX_REPEATED = 1 << 28
_MAX_REPEATS = 64


def dump_of(found: list[tuple[Tree, Regions]], open_: Opener) -> Dump:
    """The dump of the trees of a file; a `Regions` says where a storage lies.

    A storage may serve many tensors, each of which is given in full; a file whose tensors say far
    more numbers than it has bytes is made to keep us busy.
    """
    tensors: list[Tensor] = []
    problems: list[Problem] = []
    with open_() as stream:
        room = max(_MAX_REPEATED, _MAX_REPEATS * stream.seek(0, 2))
    for tree, regions in found:
        for name, thing in tree.tensors:
            try:
                made = _tensors(name, thing, regions, room)
                room -= sum(math.prod(tensor.shape) for tensor in made)
                tensors += made
            except SourceError as error:
                what = f"{name}: {error.message}"
                problems.append(Problem("", None, None, what, error.hint, values=1))
        for name, why in tree.lost:
            problems.append(Problem("", None, None, f"{name[:200]}: {why}", values=1))
        if tree.more:
            what = f"{tree.more:,} more lie too deep, or are some of too many"
            problems.append(Problem("", None, None, what, values=tree.more))
    step, field = next((said for tree, _ in found if (said := tree.step())[1]), (None, ""))
    facts = {name: said for tree, _ in found for name, said in tree.facts.items()}
    refused = ""
    if tensors and {tensor.name.partition("/")[0] for tensor in tensors} <= _GENERATORS:
        tensors, refused = [], "holds the states of random number generators and no weights"
    elif not tensors and not problems:
        refused = " and ".join(f"holds {tree.holds} and no tensors" for tree, _ in found)
    return Dump(tensors, problems, step, field, facts, refused)


def regions(
    open_: Opener, places: Mapping[str, tuple[int, int] | SourceError], *, big: bool = False
) -> Regions:
    """Where storages lie in a file: first byte and bytes of each, or why it cannot be read.

    big: the numbers are big-endian.
    """

    def region(asked: Storage) -> Region:
        place = places.get(asked.key)
        if place is None:
            raise SourceError("its numbers are not in the file", "was it copied completely?")
        if isinstance(place, SourceError):
            raise place
        return Region(open_, *place, big)

    return region


def _tensors(
    name: str, thing: View | Array | Unread, regions: Regions, room: int
) -> tuple[Tensor, ...]:
    if room < 0:
        raise SourceError("the tensors say far more numbers than the file has")
    if isinstance(thing, Unread):
        raise SourceError(thing.why)
    if isinstance(thing, Array):
        return array_tensors(name, thing)
    return view_tensors(name, thing, regions(thing.storage))
