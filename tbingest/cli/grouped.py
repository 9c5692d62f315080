"""Options in groups: a command takes a few dataclasses, Typer sees their fields as flags."""

from __future__ import annotations

import inspect
import typing
from copy import copy
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from typer.models import ParameterInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """The command with a parameter for each field of the dataclasses among its parameters.

    The first line of a dataclass' docstring is the heading of its options in the help.
    """
    hints = typing.get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name in groups:
            parameters += _parameters(groups[parameter.name])
        else:
            parameters.append(parameter.replace(annotation=hints[parameter.name]))

    def call(**given: Any) -> int:
        for name, kind in groups.items():
            given[name] = kind(**{one.name: given.pop(one.name) for one in fields(kind)})
        return command(**given)

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    kinds = {one.name: get_args(one.annotation)[:1] for one in parameters}
    call.texts = frozenset(  # type: ignore[attr-defined]
        name for name, kind in kinds.items() if kind in {(str,), (list[str],)}
    )
    call.__signature__ = inspect.Signature(_by_default(parameters))  # type: ignore[attr-defined]
    return call


def _parameters(group: Any) -> Iterator[inspect.Parameter]:
    heading = (group.__doc__ or "").split("\n")[0].rstrip(".")
    hints = typing.get_type_hints(group, include_extras=True)
    for one in fields(group):
        yield inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(one),
            annotation=_headed(hints[one.name], heading),
        )


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default


def _headed(hint: Any, heading: str) -> Any:
    """The annotation of a field, its option standing below the heading of its group."""
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{hint}: a field of a group of options needs an option")
    kind, *about = get_args(hint)
    options = [copy(one) if isinstance(one, ParameterInfo) else one for one in about]
    for one in options:
        if isinstance(one, ParameterInfo):
            one.rich_help_panel = heading
    return Annotated[kind, *options]


def _by_default(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """As keywords, so that their order is free."""
    return [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
