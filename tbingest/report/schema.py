"""The JSON Schemas of what the commands say, from the dataclasses that hold it.

https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

import types
import typing
from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any

from tbingest.check.verdict import SCHEMA as CHECK
from tbingest.check.verdict import Curve, Failure
from tbingest.formats.registry import SCHEMA as FORMATS
from tbingest.model.accounts import Superseded
from tbingest.model.report import SCHEMA as REPORT
from tbingest.model.report import Adopted, SourceReport
from tbingest.model.rows import Ignored, Problem
from tbingest.pipeline.looks import PATTERN_SCHEMA as PATTERN
from tbingest.pipeline.looks import SCHEMA as INSPECT

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_COUNTS = {"type": "object", "additionalProperties": _COUNT}
_NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}
_NULL = {"type": "null"}
_SIMPLE: dict[Any, dict[str, Any]] = {
    str: _TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: _NUMBER,
    type(None): _NULL,
}


def schemas() -> dict[str, dict[str, Any]]:
    """By name, as `tbingest.check/1`."""
    return {
        CHECK: _check(),
        REPORT: _report(),
        INSPECT: _inspect(),
        PATTERN: _pattern(),
        FORMATS: _formats(),
    }


def _check() -> dict[str, Any]:
    return _document(
        CHECK,
        "What `tbingest check` found.",
        passed=_SIMPLE[bool],
        rules=_list(_TEXT),
        failures=_list(_of(Failure)),
        curves=_list(_of(Curve, leave=("shape",))),
        notes=_list(_TEXT),
        seconds={"type": "number"},
    )


def _report() -> dict[str, Any]:
    return _document(
        REPORT,
        "What `tbingest convert` did.",
        logdir=_TEXT,
        dry_run=_SIMPLE[bool],
        totals=_COUNTS,
        runs=_COUNTS,
        sources=_list(_of(SourceReport, ("names",), repeats=_COUNTS, account=_account())),
        ignored=_list(_of(Ignored)),
        adopted=_list(_of(Adopted)),
        notes=_list(_TEXT),
        bytes_written=_COUNT,
        seconds={"type": "number"},
    )


def _inspect() -> dict[str, Any]:
    evidence = _object(format=_TEXT, confidence={"type": "number"}, reason=_TEXT)
    source = _object(
        source=_TEXT,
        format=_TEXT,
        encoding=_TEXT,
        evidence=_list(evidence),
        run=_TEXT,
        step=_TEXT,
        tried=_list(_TEXT),
        time={"anyOf": [_TEXT, _NULL]},
        wall_time=_object(base={"anyOf": [{"type": "number"}, _NULL]}, **{"from": _TEXT}),
        values=_COUNTS,
        steps=_list({"anyOf": [{"type": "integer"}, _NULL]}),
        tags={"type": "object", "additionalProperties": _COUNTS},
        problems=_list(_of(Problem)),
        problem_count=_COUNT,
        account=_account(),
        rule=_TEXT,
    )
    about = "What `tbingest inspect` says of files."
    return _document(INSPECT, about, sources=_list(source), ignored=_list(_of(Ignored)))


def _account() -> dict[str, Any]:
    return _object(
        taken=_COUNT,
        missed=_COUNT,
        not_taken=_COUNT,
        lines=_list(_line_kind()),
        superseded=_list(_of(Superseded, tags=_COUNTS)),
        aside=_list(_object(name=_TEXT, values=_COUNT, why=_TEXT)),
    )


def _line_kind() -> dict[str, Any]:
    return _object(
        sample=_TEXT,
        line=_COUNT,
        lines=_COUNT,
        numbers=_COUNT,
        taken=_COUNT,
        counter=_TEXT,
        kept={"type": "number"},
        why=_TEXT,
        aside=_list(_TEXT),
        missed=_SIMPLE[bool],
    )


def _pattern() -> dict[str, Any]:
    group = _object(
        name=_TEXT, tag=_TEXT, start=_COUNT, stop=_COUNT, text=_TEXT, number=_SIMPLE[bool]
    )
    return _document(
        PATTERN,
        "What `tbingest inspect --pattern` says of a file.",
        source=_TEXT,
        lines=_COUNT,
        matched_lines=_COUNT,
        count=_COUNT,
        matches=_list(_object(line=_COUNT, text=_TEXT, groups=_list(group))),
        misses=_list(_object(line=_COUNT, text=_TEXT)),
        rule=_TEXT,
    )


def _formats() -> dict[str, Any]:
    return _document(
        FORMATS,
        "What `tbingest formats` lists.",
        formats=_list(_object(name=_TEXT, about=_TEXT, sample=_TEXT)),
        stores=_list(_object(name=_TEXT, about=_TEXT, layout=_TEXT)),
    )


def _document(name: str, about: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": about,
        **_object(schema={"const": name}, **properties),
    }


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _of(held: type, leave: tuple[str, ...] = (), **said: dict[str, Any]) -> dict[str, Any]:
    """The schema of a dataclass, without some fields, and with what is said of others."""
    hints = typing.get_type_hints(held, localns={"Problem": Problem, "Counter": Counter})
    names = [one.name for one in fields(held) if one.name not in leave]
    return _object(**{name: said.get(name) or _type(hints[name]) for name in names})


def _type(hint: Any) -> dict[str, Any]:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return {"anyOf": [_type(one) for one in inner]}
    if origin is Counter:
        return _COUNTS
    if origin in {list, tuple}:
        return _list(_type(inner[0]))
    if is_dataclass(hint) and isinstance(hint, type):
        return _of(hint)
    raise TypeError(hint)
