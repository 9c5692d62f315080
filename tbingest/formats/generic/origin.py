"""Where a run came from: its commit and its command line, as texts.

command.txt            python train.py --lr 0.1
git_info.txt           4f1c0de on main
wandb-metadata.json    {"git": {"commit": "4f1c0de"}, "program": "train.py", "args": ["--lr", "1"]}

Sacred's `run.json` and MLflow's tags say it, too. The tags are `source/commit`, `source/command`
and `source/args`. Of the machine and its user nothing is shown: what looks like a password or a
key is `***`, also in the address of a repository, and the path of a home begins with `~`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.generic.notes import note
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_documents import load_document
from tbingest.formats.readers.redact import redacted
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TEXTS = (
    (
        "commit",
        re.compile(
            r"(?:git|git[-_]?(?:info|hash|sha|commit|rev|revision|status|version)|commit"
            r"|commit[-_]?(?:hash|id|sha)|code[-_]?version|mlflow\.source\.git\.commit)"
        ),
    ),
    (
        "command",
        re.compile(
            r"(?:cmd|cmd[-_]?line|command|command[-_]?line|run[-_]?(?:cmd|command)"
            r"|train[-_]?(?:cmd|command)|launch[-_]?(?:cmd|command)|argv|mlflow\.source\.name)"
        ),
    ),
    ("args", re.compile(r"(?:args|arguments|cli[-_]?args)")),
)
_SUFFIX = re.compile(r"\.(?:txt|log|sh)$")
_HASH = re.compile(r"[0-9a-f]{7,64}")
_MAX_ARGS = 10_000


@dataclass
class Origin(DocumentReader):
    """Gives a commit and a command line; `kind` is what a text holds, empty for a document."""

    kind: str = ""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record of texts."""
        if self.kind:
            found: Mapping[str, str] = {self.kind: data.decode("utf-8", "replace").strip()}
        else:
            value, problem = load_document(data)
            if problem:
                yield "", problem
            found = _said(value) if isinstance(value, dict) else {}
            if isinstance(value, dict):
                self.set_aside_but((), value, "about the run and its machine")
        columns: dict[str, Any] = {}
        for name, text in found.items():
            kept, problem = note(text.encode("utf-8", "replace"))
            if problem:
                yield "", problem
            if kept.strip():
                columns[name] = [shown(kept)]
        if columns:
            yield "origin", Rows(columns, np.ones(1, np.int64))


def _said(value: dict[str, Any]) -> dict[str, str]:
    """What W&B or Sacred notes."""
    if isinstance(value.get("experiment"), dict):
        return _sacred(value, value["experiment"])
    git = value.get("git")
    found = {"commit": _commit(git, "remote")} if isinstance(git, dict) else {}
    program = next((value[name] for name in ("program", "codePath") if value.get(name)), "")
    args = value.get("args")
    words = [program, *args[:_MAX_ARGS]] if isinstance(args, list) else [program]
    return {**found, "command": _line(words)}


def _sacred(value: dict[str, Any], experiment: dict[str, Any]) -> dict[str, str]:
    repositories = experiment.get("repositories")
    listed = repositories[:_MAX_ARGS] if isinstance(repositories, list) else []
    commits = [_commit(one, "url") for one in listed if isinstance(one, dict)]
    meta = value.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    options = meta.get("options")
    updates = options.get("UPDATE") if isinstance(options, dict) else None
    words = [experiment.get("mainfile") or "", meta.get("command") or value.get("command") or ""]
    if isinstance(updates, list) and updates:
        words += ["with", *updates[:_MAX_ARGS]]
    return {"commit": "\n".join(commits), "command": _line(words)}


def _commit(git: Mapping[str, Any], address: str) -> str:
    parts = [git.get("commit"), "(with changes)" if git.get("dirty") is True else ""]
    return " ".join(str(part) for part in (*parts, git.get(address)) if part)


def _line(words: list[Any]) -> str:
    """A command as a shell takes it."""
    plain = [str(word) for word in words if isinstance(word, str | int | float)]
    return shlex.join(word for word in plain if word)


def shown(text: str) -> str:
    """A command or commit as Markdown shows it letter by letter, without secrets."""
    return _as_code(redacted(_without_path(text.strip())))


def _without_path(text: str) -> str:
    r"""Of a lone Windows path, which is where a script lay, the file's name.

    >>> _without_path("e:\\work\\train.py")
    'train.py'
    """
    alone = re.fullmatch(r"[A-Za-z]:\\[^\n\"']{1,1000}", text)
    return text.rpartition("\\")[2] if alone else text


def _as_code(text: str) -> str:
    """As Markdown shows it letter by letter."""
    if _HASH.fullmatch(text):
        return text
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _kind(basename: str) -> str:
    lower = basename.lower()
    stem, suffixes = _SUFFIX.subn("", lower)
    mlflow = lower.startswith("mlflow.")
    if not (suffixes or mlflow):
        return ""
    return next((kind for kind, names in _TEXTS if names.fullmatch(stem)), "")


def detect(head: Head) -> Evidence:
    """By its name, or as Sacred's or W&B's document."""
    if head.binary:
        return Evidence(0.0, "binary")
    kind = _kind(head.basename)
    if kind:
        sure = 0.93 if head.complete else 0.2
        return Evidence(sure, f"{head.basename} holds the {kind} of a run")
    value = document(head)
    if not isinstance(value, dict):
        return Evidence(0.0, "not called command, args or git")
    if head.basename.lower() == "wandb-metadata.json":
        return Evidence(0.97, "what W&B notes of a run")
    if isinstance(value.get("experiment"), dict) and {"meta", "host"} <= value.keys():
        return Evidence(0.95, "what Sacred notes of a run")
    return Evidence(0.0, "no document of W&B or Sacred")


FORMAT = Format(
    name="origin",
    about="the commit and the command line of a run (command.txt, git_info.txt, W&B, Sacred)",
    sample="python train.py --lr 0.1",
    detect=detect,
    reader=lambda head: Origin(kind=_kind(head.basename)),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
