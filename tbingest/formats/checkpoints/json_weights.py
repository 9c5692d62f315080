"""Weights as nested lists of numbers in a JSON document: named, in a list, or layer by layer.

{"0.weight": [[0.12, -0.4], [0.33, 0.1]], "0.bias": [0.01, 0.02]}
{"layers": [{"weights": [[0.3, 0.1], [0.2, -0.5]], "bias": [0.1, 0.2]}]}
[[[0.3, 0.1], [0.2, -0.5]], [0.1, 0.2]]

Lists of numbers are what a history of a training holds, too: what is called like a metric is none
of weights. A document is held whole, up to 64 MiB. A list of lists that have not one length is
taken apart into tensors, so are the layers of a network; ragged ones within are reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_values import JsonError, parse_json
from tbingest.formats.readers.records import MAX_TAGS_DEPTH, is_number, plain
from tbingest.formats.readers.vocabulary import tells_of_training
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.rows import Problem
from tbingest.model.tensors import Dump, Tensor
from tbingest.names.files import join
from tbingest.names.steps import step_of_name
from tbingest.names.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tbingest.model.tensors import Opener

_MAX_BYTES = 64 << 20
_MAX_LISTS = 1_000_000
_MAX_NUMBERS = 4_000_000
_MAX_TENSORS = 20_000
_MAX_PARTS = 1_000
_MAX_FACTS = 50
_MAX_LOOKED = 5_000
_PIECE = 1 << 17
_STEPS = ("global_step", "step", "iteration", "steps", "epoch")
_WEIGHT = re.compile(
    r"w[0-9]{0,4}|b[0-9]{0,4}|weights?|bias(es)?|kernels?|coefs?|coefficients?|intercepts?|gamma"
    r"|beta|embeddings?|params?|parameters"
)
_PER_LAYER = frozenset({"", "bias", "biases", "intercepts", "intercepts_", "b", "layers", "params"})
"""Names whose lists have a vector for each layer, not a row each."""
_WORDS = re.compile(r"[^a-z0-9]+|(?<=[a-z])(?=[0-9]+$)")


@dataclass
class _Found:
    """What a document holds: arrays by their path, plain facts, and what cannot be read."""

    arrays: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    facts: dict[str, bool | float | str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def walk(self, path: str, value: Any, depth: int = 0) -> None:
        """Take all numbers of `value`, down to the innermost list."""
        if depth > MAX_TAGS_DEPTH:
            self.lose(path, "is nested too deeply")
        elif isinstance(value, dict):
            self._walk_dict(path, value, depth)
        elif isinstance(value, list):
            self._walk_list(path, value, depth)
        elif value not in (None, "") and len(self.facts) < _MAX_FACTS:
            self.facts[path] = plain(value)

    def lose(self, path: str, why: str) -> None:
        """Note a tensor that cannot be read."""
        self.problems.append(Problem("", None, None, f"{path or 'its list'}: {why}", values=1))

    def keep(self, path: str, array: NDArray[np.float64]) -> None:
        """Note an array, where it holds anything. Raises SourceError for too many."""
        if len(self.arrays) >= _MAX_TENSORS:
            raise SourceError(f"holds more than {_MAX_TENSORS:,} lists of weights")
        if array.size:
            self.arrays[path] = array

    def _walk_dict(self, path: str, value: dict[str, Any], depth: int) -> None:
        vector = _numbered(value)
        if vector is not None:
            self.keep(path, vector)
            return
        for key, item in value.items():
            below = join(path, key)
            if _is_scalar_weight(key, item):
                self.keep(below, np.asarray(item, np.float64))
            else:
                self.walk(below, item, depth + 1)

    def _walk_list(self, path: str, value: list[Any], depth: int) -> None:
        array = array_of(value)
        if array is not None:
            self.keep(path, array)
        elif all(isinstance(item, list | dict | None) for item in value):
            if all(map(_is_vector, value)) and path.rpartition("/")[2].lower() not in _PER_LAYER:
                self.lose(path, "its rows have not one length")
            elif len(value) > _MAX_PARTS and not any(isinstance(item, dict) for item in value):
                self.lose(path, f"{len(value):,} lists of several shapes")
            else:
                self._walk_items(path, value, depth)
        elif any(isinstance(item, list) or is_number(item) for item in value):
            self.lose(path, "is not a list of numbers only")
        elif len(self.facts) < _MAX_FACTS:
            self.facts[path] = plain(value)

    def _walk_items(self, path: str, value: list[Any], depth: int) -> None:
        """Of neurons or connections one vector for each kind of weight; all else one by one."""
        columns: dict[str, list[float]] = {}
        for place, item in enumerate(value):
            rest = item
            if isinstance(item, dict):
                weights = {key: n for key, n in item.items() if _is_scalar_weight(key, n)}
                for key, number in weights.items():
                    columns.setdefault(key, []).append(number)
                rest = {key: n for key, n in item.items() if key not in weights}
            self.walk(join(path, str(place)), rest, depth + 1)
        for key, numbers in columns.items():
            self.keep(join(path, key), np.asarray(numbers, np.float64))


def array_of(value: list[Any]) -> NDArray[np.float64] | None:
    """Nested lists of one shape as an array; None for ragged ones, and for anything else."""
    leaf: Any = value
    while isinstance(leaf, list) and leaf:
        leaf = leaf[0]
    if isinstance(leaf, str) and leaf.lower() not in {"nan", "infinity", "-infinity"}:
        return None
    try:
        return np.asarray(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        return None


def _numbered(value: dict[str, Any]) -> NDArray[np.float64] | None:
    """A vector that JavaScript wrote as {"0": 0.1, "1": 0.2}."""
    if value and all(key.isdecimal() for key in value) and all(map(is_number, value.values())):
        return array_of(list(value.values()))
    return None


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_number, value))


def is_weight(name: str) -> bool:
    """True for the name of a parameter: `0.weight`, `dense_1/kernel`, `coefs_`, `W2`."""
    words = [word for word in _WORDS.split(name.lower()[-100:]) if word]
    while words and words[-1].isdecimal():
        words.pop()
    if words[-1:] in (["mean"], ["var"], ["variance"]):
        return words[-2:-1] in (["running"], ["moving"])
    return bool(words) and bool(_WEIGHT.fullmatch(words[-1]))


def _is_scalar_weight(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not is_number(value) or abs(value) > 1e308:
        return False
    return is_weight(name)


def dump(open_: Opener, path: str) -> Dump:
    """The lists of numbers of a document, each under the path of its keys."""
    value = _parsed(open_)
    found = _Found()
    found.walk("", value)
    stem = step_of_name(path)[1].rpartition("/")[2] or "weights"
    tensors = [
        Tensor(name or stem, array.shape, "float64", _chunks(array))
        for name, array in found.arrays.items()
    ]
    said = value if isinstance(value, dict) else {}
    step_from = next((name for name in _STEPS if type(said.get(name)) is int), "")
    step = said.get(step_from)
    if step is None or not 0 <= step < 1 << 62:
        step, step_from = None, ""
    return Dump(tensors, found.problems, step, step_from, found.facts)


def _parsed(open_: Opener) -> Any:
    """The document. Raises SourceError for one that is damaged, or larger than is held."""
    pieces: list[bytes] = []
    size = 0
    with open_() as stream:
        while size <= _MAX_BYTES and (piece := stream.read(1 << 20)):
            pieces.append(piece)
            size += len(piece)
    data = b"".join(pieces).removeprefix(b"\xef\xbb\xbf")
    pieces.clear()
    lists = data.count(b"[") + data.count(b"{")
    if size > _MAX_BYTES or lists > _MAX_LISTS or data.count(b",") > _MAX_NUMBERS:
        limits = f"{_MAX_BYTES >> 20} MiB, {_MAX_NUMBERS:,} numbers or {_MAX_LISTS:,} lists"
        raise SourceError(f"a JSON document of more than {limits}", "save it as .npz")
    try:
        return parse_json(data)
    except JsonError as error:
        raise SourceError(f"no whole JSON document: {error}", "was it copied completely?") from None


def _chunks(array: NDArray[np.float64]) -> Callable[[], Iterator[NDArray[Any]]]:
    flat = array.reshape(-1)
    return lambda: (flat[start : start + _PIECE] for start in range(0, len(flat), _PIECE))


@dataclass
class _Looked:
    """What lists of numbers a document shows: how deep, and whether they are called weights.

    `series` names the flat ones that are not, `single` the numbers that stand alone.
    """

    deep: int = 0
    named: int = 0
    deep_named: int = 0
    flat: int = 0
    pairs: int = 0
    others: int = 0
    scalars: int = 0
    series: list[str] = field(default_factory=list)
    single: list[str] = field(default_factory=list)
    left: int = _MAX_LOOKED

    def look(self, name: str, value: Any, depth: int = 0) -> None:
        """Count the lists below `value`, at most `left` of them; `name` is its last key."""
        self.left -= 1
        if self.left < 0 or depth > MAX_TAGS_DEPTH:
            return
        if isinstance(value, dict) and _numbered(value) is None:
            for key, item in value.items():
                self.look(key, item, depth + 1)
        elif isinstance(value, dict) or (isinstance(value, list) and _begins_with_number(value)):
            self._count(name, value)
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            for item in islice(value, self.left):
                self.look(name, item, depth + 1)
        elif _is_scalar_weight(name, value):
            self.scalars += 1
        else:
            self.others += value not in ([], {}, None)
            self.single += [name] if is_number(value) else []

    def _count(self, name: str, value: Any) -> None:
        nested = isinstance(value, list) and any(isinstance(item, list) for item in value)
        weight = is_weight(name)
        self.named += weight
        self.deep += nested
        self.deep_named += nested and weight and not _is_curve(value)
        self.flat += not nested
        self.pairs += nested and all(isinstance(row, list) and len(row) == 2 for row in value)
        self.series += [] if weight or nested else [name]


def _begins_with_number(value: Any) -> bool:
    while isinstance(value, list) and value:
        value = next((item for item in value if item != []), None)
    return is_number(value)


def _is_curve(value: list[Any]) -> bool:
    """True for pairs whose first numbers rise: steps and values."""
    if not all(_is_vector(row) and len(row) == 2 for row in value):
        return False
    return all(before[0] < after[0] for before, after in pairwise(value)) and len(value) > 1


def detect(head: Head) -> Evidence:
    """Nested lists of numbers and nothing else, or lists that are called weights."""
    value = _seen(head)
    if not isinstance(value, dict | list) or not value:
        return Evidence(0.0, "no JSON document")
    looked = _Looked()
    looked.look("", value)
    records = isinstance(value, list) and isinstance(value[0], dict)
    if tells_of_training(looked.series + (looked.single if records else [])):
        return Evidence(0.0, "lists that are called like metrics")
    size = f"{plural(looked.deep + looked.flat, 'list')} of numbers, {looked.deep:,} of them nested"
    if looked.deep_named:
        return Evidence(0.87, f"{size}, {looked.named} called weights")
    only = not looked.others and not looked.scalars and looked.left >= 0
    if only and looked.deep:
        all_pairs = looked.pairs == looked.deep and not looked.flat
        return Evidence(0.3 if all_pairs else 0.8, size)
    named = looked.named + looked.scalars
    all_named = not looked.others and looked.named == looked.flat + looked.deep > 0
    if all_named and (named > 1 or not head.complete):
        return Evidence(0.8, f"{size}, all called weights")
    if _of_a_network(value) and named > 1:
        return Evidence(0.7, f"{size}, {named} weights in layers")
    return Evidence(0.0, "no lists of weights")


def _seen(head: Head) -> Any:
    """The document as far as the head shows it, with the list that is torn off there."""
    value = document(head)
    if head.complete or not isinstance(value, dict | list):
        return value
    try:
        return parse_json(head.data, partial=True)
    except JsonError:
        return value


def _of_a_network(value: Any) -> bool:
    keys = (
        value
        if isinstance(value, dict)
        else chain.from_iterable(item for item in value if isinstance(item, dict))
    )
    return bool({"layers", "neurons", "connections", "nodes", "weights"} & set(keys))


FORMAT = Format(
    name="json-weights",
    about="weights as nested lists of numbers in a JSON document, as histograms",
    sample='{"0.weight": [[0.12, -0.4], [0.33, 0.1]], "0.bias": [0.01, 0.02]}',
    detect=detect,
    dump=dump,
    rewritten=True,
    fields=Fields(step_from_name=True),
)
