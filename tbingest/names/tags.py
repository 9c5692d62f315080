"""Fields, tensors and media files as tags."""

from __future__ import annotations

import hashlib
import re

from tbingest.names.escape import RAW

_SPLIT = re.compile(r"(train|val|valid|validation|eval|test)_(.+)", re.DOTALL)


_DOT = re.compile(r"(?<=.)(?:(?<!\d)\.|\.(?!\d))(?=.)")


_MAX_TAG = 500


_LOOKS_LIKE = str.maketrans({"\\": "\u29f5", '"': "\u201d"})


_PATH = re.compile(r"[./]")


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
    tag = RAW.sub(" ", tag).strip() or "value"
    return tag if len(tag) <= _MAX_TAG else f"{tag[: _MAX_TAG - 9]}~{short_hash(tag)}"


def media_tag(tag: str) -> str:
    """A tag under which pictures and sounds are shown.

    The data server cannot find them under names that JSON writes with an escape: quotes and
    backslashes give way to letters that look like them.
    """
    return clean_tag(tag).translate(_LOOKS_LIKE)


def short_hash(text: str) -> str:
    """Eight digits that tell a long name from others that begin alike."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def as_is(name: str) -> tuple[str, str]:
    """(no run below the source's own, the name itself as the tag): for names that are tags."""
    return "", name
