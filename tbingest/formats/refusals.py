"""Files that are known and hold no log: models made of trees, as boosting libraries save them.

{"learner": {"gradient_booster": {"model": {"gbtree_model_param": ...     XGBoost, also as UBJSON
tree / version=v4 / num_class=1 / num_tree_per_iteration=1                LightGBM
CBM1 and binary data                                                      CatBoost

Their numbers are splits and leaves: neither curves nor weights.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tbingest.model import Head


_INDEX = re.compile(rb'\{\s*"(metadata|weight_map)"\s*:\s*\{')


class _Known(NamedTuple):
    """What a model's first bytes look like, and what it says within the first 64 KiB."""

    what: str
    begins: re.Pattern[bytes]
    says: bytes = b""


_MODELS = (
    _Known("XGBoost", re.compile(rb'\{\s*"(learner|version|Config)"'), b'"gradient_booster"'),
    _Known(
        "XGBoost", re.compile(rb"binf|\{L\0{7}\x07learner|\{U\x07learner|\{[UiIlL]\0*\x06Config")
    ),
    _Known("XGBoost", re.compile(rb"booster\[0\]:\s*\n\s*0:")),
    _Known("XGBoost", re.compile(rb'\[\s*\{\s*"nodeid": ?0,'), b'"leaf"'),
    _Known("LightGBM", re.compile(rb"tree\r?\nversion=v\d")),
    _Known("LightGBM", re.compile(rb'\{\s*"name": ?"tree",\s*"version": ?"v\d')),
    _Known("CatBoost", re.compile(rb"CBM1")),
    _Known("CatBoost", re.compile(rb'\{\s*"'), b'"oblivious_trees"'),
)


def refusal(head: Head) -> str:
    """Why a source is not read though it is known; empty where nothing is against it."""
    data = head.data.lstrip(b"\xef\xbb\xbf \r\n\t")
    for known in _MODELS:
        if known.begins.match(data) and known.says in data:
            return f"a model of {known.what}: trees hold no metrics and no weights"
    if _INDEX.match(data) and b'"weight_map"' in data and b"-of-" in data:
        return "the index of the shards beside it, which are read by themselves"
    return ""
