"""Configs beside logs: hyperparameters, and a readable table of them.

optimizer:
  name: adam
  lr: 1e-3

Nested names are joined with `/`. YAML tags such as `!!python/object` are read as plain values and
run nothing; an alias that repeats itself costs its size once.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.axis.words import word_set
from tbingest.formats.readers.documents import DocumentReader
from tbingest.formats.readers.head import document
from tbingest.formats.readers.json_values import JsonError, parse_json, said_twice, twice
from tbingest.formats.readers.records import (
    MAX_HPARAMS,
    SHOWN_OF_LIST,
    flatten,
    is_number,
    plain_hparams,
)
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.model.points import HParams
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_DIGITS = 400
_NAME = re.compile(
    r"(hparams|config|args|params|hyperparameters|hyperparams|training_options)\.(json|ya?ml)"
)
_LIKE = re.compile(
    r"(?!tokenizer|preprocessor|processor|generation|feature_extractor|scheduler)"
    r"(?:[a-z0-9-]{1,20}[_.-]){0,2}"
    r"(?:config|cfg|hparams|args|params|hyperparameters|hyperparams|settings|train_opt)"
    r"(?:[_.-](?:used|final|full|resolved|snapshot|train|training))?\.(?:json|ya?ml)"
)
_LONG = 16


@dataclass
class Config(DocumentReader):
    """Gives all hyperparameters as one value."""

    yaml: bool = True

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """One record with the hyperparameters."""
        again: list[str] = []
        try:
            value = load_yaml(data, again) if self.yaml else parse_json(data)
        except (JsonError, ConfigError) as error:
            kind = "YAML" if self.yaml else "JSON"
            yield "", Problem("", error.line, error.column, f"no {kind}: {error}")
            return
        problem = said_twice(again[0]) if again else None if self.yaml else twice(data)
        if problem:
            yield "", problem
        flat = plain_hparams(value) if isinstance(value, dict) else {}
        if flat:
            self._cut_lists(value)
        # No more are looked at: aliases may make them endless.
        if flat and any(islice(flatten(value), MAX_HPARAMS, None)):
            yield "", Problem("", None, None, f"only the first {MAX_HPARAMS:,} keys are shown")
        if flat:
            yield "config", Rows({"": [HParams(flat)]}, np.ones(1, np.int64))
        else:
            yield "", Problem("", None, None, "holds no hyperparameters")

    def _cut_lists(self, value: dict[str, Any]) -> None:
        for name, item in islice(flatten(value), MAX_HPARAMS):
            if isinstance(item, list) and len(item) > SHOWN_OF_LIST:
                left = sum(map(is_number, item[SHOWN_OF_LIST:]))
                self.set_aside(name, left, f"behind the first {SHOWN_OF_LIST} of a list")


class ConfigError(ValueError):
    """No YAML. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def load_yaml(data: bytes, again: list[str] | None = None) -> Any:
    """The first document; unknown tags (`!!python/object` and the like) are inert.

    again: gets the keys that stand twice in a mapping; the last one wins.
    """
    import yaml

    class Inert(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Builds plain values only."""

        def construct_mapping(self, node: Any, *args: Any, **options: Any) -> Any:
            if again is not None:
                again.extend(_twice_in(node))
            return super().construct_mapping(node, *args, **options)

    def build(loader: Any, tag: str, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            items = loader.construct_sequence(node, deep=True)
            return _pairs(items) if tag.endswith("OrderedDict") else items
        return loader.construct_scalar(node)

    def number(construct: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Long ones stay texts: Python refuses them, and reads `59:59:...` in quadratic time."""
        return lambda loader, node: (
            construct(loader, node) if len(node.value) <= _MAX_DIGITS else node.value
        )

    Inert.add_multi_constructor("", build)
    Inert.add_constructor("tag:yaml.org,2002:int", number(Inert.construct_yaml_int))
    Inert.add_constructor("tag:yaml.org,2002:float", number(Inert.construct_yaml_float))
    try:
        return yaml.load(data.decode("utf-8", "replace"), Inert)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise ConfigError(str(error.problem), *place) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ConfigError(str(error).partition("\n")[0]) from None


def _twice_in(node: Any) -> list[str]:
    """The plain keys that stand twice in a mapping, before others are merged into it."""
    keys = Counter((key.tag, key.value) for key, _ in node.value if type(key.value) is str)
    return [value for (_, value), count in keys.items() if count > 1]


def _pairs(items: list[Any]) -> Any:
    """An ordered dictionary as `pickle` writes it: a list of a list of [key, value]."""
    pairs = items[0] if len(items) == 1 and isinstance(items[0], list) else items
    if all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return {str(key): value for key, value in pairs}
    return items


def detect(head: Head) -> Evidence:
    """By its name: what it holds is not a log. `run_config.json` must hold no curve, too.

    JSON of another name by its keys, where it is taken for nothing else.
    """
    name = head.basename.lower()
    if head.binary:
        return Evidence(0.0, "binary")
    if not (_NAME.fullmatch(name) or _LIKE.fullmatch(name)):
        return _by_keys(head, name)
    if not _NAME.fullmatch(name) and _holds_curves(document(head)):
        return Evidence(0.0, "called like a config, but it holds curves")
    return Evidence(0.97, f"{head.basename} holds hyperparameters")


def _by_keys(head: Head, name: str) -> Evidence:
    """`run_meta.json` that says how a training was set: its rate, its batches, its seed."""
    value = document(head) if name.endswith(".json") else None
    found = islice(flatten(value), MAX_HPARAMS) if isinstance(value, dict) else ()
    said = {word_set(key.rpartition("/")[2]) for key, _ in found}
    kinds = sum(any(one & kind for one in said) for kind in _TOLD)
    if kinds < _MANY_KINDS or _holds_curves(value):
        return Evidence(0.0, "not called hparams, config, args or params")
    return Evidence(0.6, "its keys are those of a training's settings")


_TOLD = tuple(
    frozenset(words.split())
    for words in (
        "lr learning",
        "batch",
        "epochs epoch steps episodes",
        "optimizer",
        "seed",
        "hidden units neurons",
        "layers blocks",
        "heads",
        "dropout",
        "dim embedding",
        "momentum decay warmup",
        "gamma discount",
    )
)
"""What a training is set by, a kind each: settings of other programs have few of these."""
_MANY_KINDS = 3


def _holds_curves(value: Any) -> bool:
    found = flatten(value) if isinstance(value, dict) else ()
    return any(isinstance(item, list) and len(item) > _LONG for _, item in found)


FORMAT = Format(
    name="config",
    about="hyperparameters (hparams.yaml, config.json, args.yaml, params.json)",
    sample="optimizer:\n  name: adam\n  lr: 1e-3",
    detect=detect,
    reader=lambda head: Config(yaml=not head.basename.lower().endswith(".json")),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
