"""Models of Stable-Baselines3: `best_model.zip`, a zip file that holds PyTorch checkpoints.

data                    {"policy_class": {":type:": ..., ":serialized:": ...}, "num_timesteps": 500}
policy.pth              the weights
policy.optimizer.pth    the state of the optimizer

The serialized parts of `data` are pickles, which are never loaded; its plain ones are facts.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import torch_legacy, torch_zip, zipped
from tbingest.formats.checkpoints.pickle_machine import Budget
from tbingest.formats.checkpoints.torch_checkpoint import dump_of
from tbingest.formats.checkpoints.torch_tree import count
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump

if TYPE_CHECKING:
    import zipfile

    from tbingest.formats.checkpoints.torch_checkpoint import Regions
    from tbingest.formats.checkpoints.torch_tree import Tree
    from tbingest.model.tensors import Opener

_SUFFIX = ".pth"
_STEP = "num_timesteps"
_MAX_DATA = 32 << 20
_MAX_FACT = 200
_MAX_FACTS = 50
_MEMBERS = frozenset({"policy.pth", "policy.optimizer.pth", "pytorch_variables.pth"})


def dump(open_: Opener, _: str) -> Dump:
    """The tensors of every checkpoint in the archive, below its name."""
    archive = zipped.opened(open_)
    found: list[tuple[Tree, Regions]] = []
    problems: list[Problem] = []
    budget = Budget()
    for member in archive.infolist():
        name = member.filename.removesuffix(_SUFFIX)
        if name == member.filename:
            continue
        try:
            found.append(_checkpoint(open_, member, name, budget))
        except SourceError as error:
            what = f"{member.filename}: {error.message}"
            problems.append(Problem("", None, None, what, error.hint, values=1))
    made = dump_of(found, open_)
    facts = _facts(archive)
    step = count(facts.get(_STEP))
    lost = [*made.problems, *problems]
    refused = "" if made.tensors or lost else "holds a Stable-Baselines3 model without tensors"
    return Dump(made.tensors, lost, step, _STEP if step is not None else "", facts, refused)


def _checkpoint(
    open_: Opener, member: zipfile.ZipInfo, name: str, budget: Budget
) -> tuple[Tree, Regions]:
    begin, size = zipped.data_offset(open_, member), member.file_size

    def inner() -> IO[bytes]:
        return zipped.part(open_(), begin, size)

    with inner() as stream:
        zipped_too = stream.read(2) == b"PK"
    if zipped_too:
        return torch_zip.objects(inner, name, budget)
    return torch_legacy.objects(inner, name, budget)


def _facts(archive: zipfile.ZipFile) -> dict[str, bool | float | str]:
    """The plain values of `data`."""
    member = next((one for one in archive.infolist() if one.filename == "data"), None)
    if member is None or member.file_size > _MAX_DATA:
        return {}
    try:
        with zipped.opener(archive, member)() as stream:
            said = json.loads(stream.read(_MAX_DATA))
    except (SourceError, ValueError, RecursionError):
        return {}
    plain = {
        str(name): value
        for name, value in (said.items() if isinstance(said, dict) else ())
        if isinstance(value, bool | int | float)
        or (isinstance(value, str) and 0 < len(value) <= _MAX_FACT)
    }
    first = {_STEP: plain[_STEP]} if _STEP in plain else {}
    return dict(list({**first, **plain}.items())[:_MAX_FACTS])


def detect(head: Head) -> Evidence:
    """A zip file that names a policy's weights, or begins with the model's data."""
    names = zipped.visible_members(head.data)
    data = names[:1] == ["data"] and b'"policy_class"' in head.data
    if names and (data or not _MEMBERS.isdisjoint(names)):
        return Evidence(0.99, "a model of Stable-Baselines3")
    return Evidence(0.0, "no model of Stable-Baselines3")


FORMAT = Format(
    name="sb3",
    about="models of Stable-Baselines3 as histograms",
    sample="rl_model_10000_steps.zip",
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
