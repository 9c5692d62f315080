"""Files that are known and not read: models made of trees, pickles, notebooks, tables in columns,
sounds that need an extra.

{"learner": {"gradient_booster": {"model": {"gbtree_model_param": ...     XGBoost, also as UBJSON
tree / version=v4 / num_class=1 / num_tree_per_iteration=1                LightGBM
80 04 95 ... 8C 2D "sklearn.linear_model"                                 pickle, joblib

The numbers of trees are splits and leaves: neither curves nor weights. A pickle is a program:
loading one can run anything. PyTorch's checkpoints have formats of their own, which run nothing.
"""

from __future__ import annotations

import lzma
import re
import zlib
from typing import TYPE_CHECKING, NamedTuple

from tbingest.formats.media import audio_coded

if TYPE_CHECKING:
    from tbingest.model.contracts import Head


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
_TORCH_TAR = re.compile(rb"(\./)?(sys_info|pickle|storages|tensors)\0")
_PICKLE = re.compile(
    rb"\x80[\2-\5](?:\x95.{8})?[\x28-\x7d\x8c-\x94]|"
    rb"\([dl]p\d+\n|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n(?:p\d+\n|\()",
    re.DOTALL,
)
"""Of protocols 2 to 5, then 0; one that begins with a long number is PyTorch's magic one."""
_COLUMNS = ((b"PAR1", "Parquet"), (b"ARROW1\0\0", "Feather"), (b"FEA1", "Feather"))
_NOTEBOOK = re.compile(rb'\{\s*"(cells|metadata|nbformat)"\s*:')
_DAMAGE = (zlib.error, lzma.LZMAError, EOFError)
_PIECE = 4096
_FEW = 64


def refusal(head: Head) -> str:
    """Why a source is not read though it is known; empty where nothing is against it."""
    data = head.data.lstrip(b"\xef\xbb\xbf \r\n\t")
    for known in _MODELS:
        if known.begins.match(data) and known.says in data:
            return f"a model of {known.what}: trees hold no metrics and no weights"
    if _INDEX.match(data) and b'"weight_map"' in data and b"-of-" in data:
        return "the index of the shards beside it, which are read by themselves"
    for magic, name in _COLUMNS:
        if head.data.startswith(magic):
            return f"a table in columns ({name}), which is not read: save it as CSV"
    if head.basename.endswith(".ipynb") and _NOTEBOOK.match(data):
        return "a notebook, whose outputs are not read: let its cells write a log"
    if _TORCH_TAR.match(head.data) and head.data[257:262] == b"ustar":
        return "a PyTorch checkpoint from before 0.2: load and save it with a newer PyTorch"
    if _PICKLE.match(head.data) or _PICKLE.match(_unpacked(head.data)):
        return (
            "a Python pickle, which could run code when loaded: "
            "save the arrays with numpy.savez or safetensors"
        )
    return audio_coded.refusal(head)


def _unpacked(data: bytes) -> bytes:
    """The first few bytes of what joblib compressed; empty where it did not.

    What a magic number tells (gzip, bzip2, xz) is unpacked before it comes here.
    """
    try:
        if data[:1] == b"x" and int.from_bytes(data[:2], "big") % 31 == 0:
            return zlib.decompressobj().decompress(data[:_PIECE], _FEW)
        if data[:3] == b"\x5d\0\0":
            return lzma.LZMADecompressor(memlimit=128 << 20).decompress(data[:_PIECE], _FEW)
    except _DAMAGE:
        return b""
    return b""
