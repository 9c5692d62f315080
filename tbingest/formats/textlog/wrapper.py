"""What a launcher or a container writes before every line of what it runs, whatever the line is."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tbingest.formats.textlog.prefix import STAMPED

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOST = r"(?:node|worker|gpu|host|server|compute|ip|cn|nid|dgx|hgx|slurm|login)[\w.\-]{0,60}"
_TASK = r"^ {0,4}(\d{1,4}): ?"
_WRAPPERS = {
    "task": (re.compile(_TASK, re.MULTILINE), ""),
    "tasks": (re.compile(_TASK, re.MULTILINE), r"[rank \1] "),
    "rank": (re.compile(r"^(\[(?:rank|default|trainer)_?\d{1,4}\]:?) ?", re.MULTILINE), ""),
    "ranks": (re.compile(r"^\[(?:default|trainer)(\d{1,4})\]: ?", re.MULTILINE), r"[rank \1] "),
    "service": (
        re.compile(r"^([\w.]{1,60}+(?:-[a-z]\w{0,60}+)*+-\d{1,4}) {1,60}\| ?", re.MULTILINE),
        "",
    ),
    "pod": (re.compile(r"^(\[pod/[^\]\s]{1,200}\]) ?", re.MULTILINE), ""),
    "journal": (
        re.compile(
            rf"^({STAMPED}) ([\w.\-]{{1,60}} [\w.\-/@]{{1,60}}\[\d{{1,8}}\]): ?", re.MULTILINE
        ),
        r"\1 ",
    ),
    "host": (re.compile(rf"^({_HOST}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}): ?", re.MULTILINE), ""),
}
"""(pattern, what to read instead) by name: `0: ` of srun --label, one task's or several tasks',
`[rank0]:` and `[default0]:` of torchrun, `trainer-1  | ` of docker compose, `[pod/trainer/main] `
of kubectl, `May  1 12:00:00 gpu01 train[4711]: ` of syslog, `node-1: ` of pdsh. What the last group
holds comes again in each line."""
_OF_SEVERAL = frozenset({"tasks", "ranks"})
_FEW = 10
_SHARE = 0.98
_MOST = 64


def wrapper_of(texts: Sequence[str]) -> str:
    """The name of what stands before nearly every line of a sample's blocks; empty for nothing.

    One does; of several, only tasks and ranks are known, which go on saying who speaks: other
    names tell curves apart. Tasks speak at the same time: what only rises counts something.
    """
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    if len(lines) < _FEW:
        return ""
    for name, (pattern, _) in _WRAPPERS.items():
        if not pattern.match(lines[len(lines) // 2]):
            continue
        said = [found[found.re.groups] for line in lines if (found := pattern.match(line))]
        if len(said) < _SHARE * len(lines) or len({*said}) > min(_MOST, len(said) // _FEW):
            continue
        if name == "tasks" and all(int(a) <= int(b) for a, b in pairwise(said)):
            continue
        if name in _OF_SEVERAL or len({*said}) == 1:
            return name
    return ""


def unwrapped(text: str, wrapper: str) -> str:
    """A block's lines without what stands before them; which of several tasks says them is kept."""
    pattern, instead = _WRAPPERS[wrapper]
    return pattern.sub(instead, text)
