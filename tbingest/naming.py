"""Names: a field's tag, a path's step, a run's folder. Pure functions of the one name given."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_SPLIT = re.compile(r"(train|val|valid|validation|eval|test)_(.+)", re.DOTALL)
_DOT = re.compile(r"(?<=.)(?:(?<!\d)\.|\.(?!\d))(?=.)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAX_TAG = 500
_LOOKS_LIKE = str.maketrans({"\\": "\u29f5", '"': "\u201d"})
_MAX_COMPONENT = 120
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*%]')

_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how Python keeps a byte that is no UTF-8

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
_PATH = re.compile(r"[./]")
_AGAIN = re.compile(r" ?\((\d{1,4})\)$")
_PREFERRED = re.compile(r"step|iter", re.IGNORECASE)


def tag_of(field: str) -> str:
    """The tag of a field: `val_loss` is `val/loss`, `optim.lr` is `optim/lr`, `lr` stays."""
    name = _DOT.sub("/", field.strip())
    match = _SPLIT.fullmatch(name)
    return clean_tag(f"{match[1]}/{match[2]}" if match else name)


def tensor_path(name: str) -> str:
    """The module path of a tensor with `/`, where a number belongs to the name before it.

    >>> tensor_path("encoder.layer.0.attn.q_proj.weight")
    'encoder/layer_0/attn/q_proj/weight'
    """
    parts: list[str] = []
    for part in _PATH.split(name.removesuffix(":0")):
        if part.isdecimal() and parts:
            parts[-1] += f"_{part}"
        elif part:
            parts.append(part)
    return clean_tag("/".join(parts))


def clean_tag(tag: str) -> str:
    """A tag that any loader takes: valid Unicode, no control characters, at most 500 long."""
    tag = tag.encode("utf-8", "replace").decode("utf-8")
    tag = _CONTROL.sub(" ", tag).strip() or "value"
    return tag if len(tag) <= _MAX_TAG else f"{tag[: _MAX_TAG - 9]}~{_short_hash(tag)}"


def media_tag(tag: str) -> str:
    """A tag under which pictures and sounds are shown.

    The data server cannot find them under names that JSON writes with an escape: quotes and
    backslashes give way to letters that look like them.
    """
    return clean_tag(tag).translate(_LOOKS_LIKE)


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


def join(*parts: str) -> str:
    """The parts that are not empty, with `/` between them."""
    return "/".join(part for part in parts if part)


_ROTATED = re.compile(
    r"(?P<before>.+?)(?:\.(?P<number>\d{1,4})|"
    r"[-._](?P<date>\d{4}-?\d{2}-?\d{2}(?:[-_T.]?\d{2}(?:-?\d{2}){0,2})?)(?P<suffix>\.[A-Za-z]\w{0,9})?)"
)
_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)


def rotated_from(name: str, names: Container[str]) -> str:
    """Which of `names` a log bore before it was rotated or compressed, or an empty string.

    `train.log.1`, `train.log.2.gz`, `train.log-20261123` and `train-20261123.log` were `train.log`.
    """
    plain = _PACKED.sub("", name)
    match = _ROTATED.fullmatch(plain)
    found = [match["before"] + (match["suffix"] or "")] if match else []
    return next((one for one in [*found, plain] if one != name and one in names), "")


def rotation_age(name: str) -> tuple[int, str]:
    """Orders the rotated parts of a log by time: higher numbers are older, later dates newer."""
    match = _ROTATED.fullmatch(_PACKED.sub("", name))
    if not match:
        return 0, ""
    return (-int(match["number"]), "") if match["number"] else (-1, match["date"])


def stem_of(base: str) -> str:
    """A file's name without its compression and last suffix: `metrics.csv.gz` is `metrics`."""
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        if base.lower().endswith(suffix) and len(base) > len(suffix):
            base = base[: -len(suffix)]
    stem, dot, suffix = base.lstrip(".").rpartition(".")
    named = dot and stem and suffix.isalnum() and not suffix.isdigit()
    return (stem if named else base.lstrip(".")) or base


@dataclass(frozen=True)
class Download:
    """What the name of a downloaded file says; `again` counts from 0."""

    run: str
    tag: str
    again: int = 0


def downloaded(name: str) -> Download:
    """The run and tag of a path; the run is empty where the name has none, or is TensorBoard's `.`.

    >>> downloaded("run-train-tag-epoch_loss (1).csv")
    Download(run='train', tag='epoch_loss', again=1)
    """
    stem = stem_of(name.rpartition("/")[2])
    match = _AGAIN.search(stem)
    again = int(match[1]) if match else 0
    stem = stem[: match.start()] if match else stem
    run, mark, tag = stem.partition("-tag-")
    if not mark or not tag:
        return Download("", stem, again)
    run = run.removeprefix("run-")
    return Download("" if run == "." else run, tag, again)


def safe_run(name: str) -> str:
    """A run name that is a relative path below the logdir on any system, and no other.

    Parts that cannot be folder names are written with `%` escapes; overlong ones end in a hash.
    """
    return "/".join(_safe_part(part) for part in name.split("/") if part) or "run"


def safe_event_file(base: str) -> str:
    """The name under which an event file is copied: safe, and still that of an event file."""
    return safe_run(base).replace("%74fevents", "tfevents")


def _safe_part(part: str) -> str:
    safe = unicodedata.normalize("NFC", part)
    safe = _UNSAFE.sub(lambda match: _percent(match[0]), safe)
    safe = _NOT_UTF8.sub(lambda match: f"%{ord(match[0]) & 0xFF:02X}", safe)
    safe = safe.encode("utf-8", "replace").decode()
    safe = safe.replace("tfevents", "%74fevents")
    if safe.strip(".") == "" or safe[-1:] in {".", " "} or safe.startswith(" "):
        safe = "".join(_percent(letter) if letter in ". " else letter for letter in safe)
    if safe == ".tbingest" or _RESERVED.fullmatch(safe):
        safe = f"{_percent(safe[0])}{safe[1:]}"
    if len(safe.encode()) > _MAX_COMPONENT:
        kept = safe.encode()[: _MAX_COMPONENT - 9].decode("utf-8", "ignore")
        safe = f"{kept}~{_short_hash(part)}"
    return safe


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
