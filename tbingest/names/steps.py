"""The step that a file or folder is named after."""

from __future__ import annotations

import re

from tbingest.names.files import join, stem_of
from tbingest.names.generated import step_of_generated

_STEP_WORDS = r"(?:global[_-]?step|steps?|iter(?:ation)?s?|epochs?|ep|checkpoint|ckpt|model|it)"


_NAMED_STEP = re.compile(
    rf"(?:^|[._\-=/ ]){_STEP_WORDS}[._\-= ]?(\d{{1,18}})(?=$|[._\-=/ ])", re.IGNORECASE
)


_SAID_STEP = re.compile(
    r"(?:global[-_]?)?(?:step|iter|iteration|checkpoint|ckpt)s?[-_=]?(\d{1,15})", re.IGNORECASE
)


_STEP_FOLDER = re.compile(
    r"(?:global[-_]?)?(?:step|iter|iteration|epoch|checkpoint|ckpt)s?[-_= ]?\d{1,15}", re.IGNORECASE
)


_STEP_BEHIND = re.compile(rf"(?:^|[._\-= ])(\d{{1,18}})[._\- ]?{_STEP_WORDS}$", re.IGNORECASE)


_LAST_NUMBER = re.compile(r"(?:[._\-= ](\d{1,18})|(\d{3,18}))$")


_DATE = re.compile(r"\d{4}[-_.]\d{2}[-_.]\d{2}")


_PREFERRED = re.compile(r"step|iter", re.IGNORECASE)


def step_of_name(path: str) -> tuple[int | None, str]:
    """(step, the name without it) of a dump or picture; the step is None where no part has one.

    A `step` or `iter` in the file's name goes before an `epoch`, a number after such a word
    before a bare last number, the file's name before its folders: `checkpoint-500/model.npz` is
    500, `epoch=5-step=192.npz` is 192, `model_10000_steps.zip` is 10000.
    """
    folder, _, base = path.rpartition("/")
    stem = stem_of(base)
    found = list(_NAMED_STEP.finditer(stem))
    behind = _STEP_BEHIND.search(stem)
    if behind and not any(_PREFERRED.search(match[0]) for match in found):
        return int(behind[1]), join(step_folder(folder)[1], stem[: behind.start()].strip("._-= "))
    if found:
        best = next((match for match in found if _PREFERRED.search(match[0])), found[0])
        return int(best[1]), join(step_folder(folder)[1], _NAMED_STEP.sub("", stem).strip("._-= "))
    last = None if _DATE.search(stem) else _LAST_NUMBER.search(stem)
    step, rest = step_folder(folder)
    if step is None and last:
        return int(last[1] or last[2]), join(rest, stem[: last.start()].strip("._-= "))
    return step, join(rest, stem)


def step_of_picture(path: str) -> tuple[int | None, str]:
    """The same of what lies in folders of a step, however deep: `epoch_3/val/0.png` is 3, `val/0`.

    A bare number is a step where no folder says one: `samples/5.png` is `samples`, 5.
    """
    folder, _, base = path.rpartition("/")
    if known := step_of_generated(stem_of(base)):
        return known[0], join(step_folder(folder)[1], known[1])
    parts = folder.split("/")
    above = next((part for part in reversed(parts) if _STEP_FOLDER.fullmatch(part)), "")
    if above:
        kept = [part for part in parts if not _STEP_FOLDER.fullmatch(part)]
        step, stem = step_of_name(join(above, base))
        return step, join(*kept, stem)
    step, rest = step_of_name(path)
    stem = stem_of(base)
    if step is None and stem.isdecimal() and len(stem) < 19:
        return int(stem), folder
    return step, rest


def step_said(path: str) -> tuple[int | None, str]:
    """(step, what stands before it) of a path that calls a number so: `x_global_step1000_2024`.

    Unlike `step_of_name`, takes no other number for one.
    """
    found = list(_SAID_STEP.finditer(path))
    return (int(found[-1][1]), path[: found[-1].start()]) if found else (None, path)


def folder_of_step(folder: str) -> tuple[int | None, str]:
    """(step, the folder above) of a folder that is called like a step: `run/checkpoint-500`."""
    above, _, last = folder.rpartition("/")
    if not _STEP_FOLDER.fullmatch(last):
        return None, folder
    return step_folder(last)[0], above


def step_folder(folder: str) -> tuple[int | None, str]:
    """(step, what is left) of a folder path that may end in `checkpoint-500` or the like."""
    step = None
    while folder:
        above, _, last = folder.rpartition("/")
        match = _NAMED_STEP.fullmatch(last) or _NAMED_STEP.fullmatch(f"_{last}")
        if not match:
            break
        step = int(match[1]) if step is None else step
        folder = above
    return step, folder


def above_steps(folder: str) -> str:
    """The folder that all those called like a step lie in: that of `exp/epoch_3/val` is `exp`."""
    parts = folder.split("/")
    place = next((at for at, part in enumerate(parts) if _STEP_FOLDER.fullmatch(part)), None)
    return step_folder(folder)[1] if place is None else join(*parts[:place])
