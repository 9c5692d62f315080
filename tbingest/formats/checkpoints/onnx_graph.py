"""The graph of a model in ONNX, as TensorBoard's Graphs tab draws it.

A node is named after its own name, else after its operation; a value of another node is
`node` or `node:1`. Inputs of the graph are placeholders, weights are constants. Graphs within nodes
are not drawn.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.onnx_wire import Place, Walk
from tbingest.model.points import Graph, Node
from tbingest.model.protowire import WireError
from tbingest.names.tags import tensor_path

if TYPE_CHECKING:
    from tbingest.model.tensors import Opener

_MOST_NODES = 50_000
_MOST_NAMES = 10_000
_MOST_TEXT = 200
_GRAPH, _NODE, _WEIGHT, _INPUT, _OUTPUT, _VALUE = 7, 1, 5, 11, 12, 13


@dataclass
class _Raw:
    """A node as the file has it."""

    name: str = ""
    op: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)


def graph(open_: Opener) -> Graph | None:
    """The nodes of the outermost graph, or None where there are none.

    Raises SourceError for a graph that is damaged or has more than 50,000 nodes.
    """
    with open_() as stream:
        walk = Walk(stream)
        try:
            return _read(walk)
        except WireError as error:
            raise SourceError(f"its graph is damaged: {error}") from None


def _read(walk: Walk) -> Graph | None:
    nodes: list[_Raw] = []
    weights: list[str] = []
    inputs: list[str] = []
    shapes: dict[str, tuple[int, ...]] = {}
    for model in walk.fields(0, walk.end):
        for place in walk.inside(model) if model.number == _GRAPH and model.size else ():
            if place.number == _NODE:
                nodes.append(_node(walk, place))
            elif place.number == _WEIGHT:
                weights.append(_text_of(walk, place, 8))
            elif place.number in {_INPUT, _OUTPUT, _VALUE}:
                name, shape = _value(walk, place)
                if shape is not None:
                    shapes[name] = shape
                if place.number == _INPUT:
                    inputs.append(name)
            if len(nodes) + len(weights) + len(inputs) > _MOST_NODES:
                raise SourceError(f"its graph has more than {_MOST_NODES:,} nodes: it is not drawn")
    known = set(weights)
    named = [_Raw(name, "Placeholder", [], [name]) for name in inputs if name not in known]
    named += [_Raw(tensor_path(name), "Const", [], [name]) for name in weights]
    return _joined([*named, *nodes], shapes) if nodes else None


def _joined(raw: list[_Raw], shapes: dict[str, tuple[int, ...]]) -> Graph:
    """Names for all nodes, and inputs by the nodes that give them."""
    taken: Counter[str] = Counter()
    names = []
    givers: dict[str, str] = {}
    for one in raw:
        name = _clean(one.name) or one.op or "node"
        taken[name] += 1
        while taken[name] > 1:
            name = f"{name}_{taken[name] - 1}"
            taken[name] += 1
        names.append(name)
        for place, output in enumerate(one.outputs):
            givers.setdefault(output, f"{name}:{place}" if place else name)
    nodes = []
    for name, one in zip(names, raw, strict=True):
        inputs = tuple(givers[value] for value in one.inputs if value in givers)
        sizes = tuple(shapes[value] for value in one.outputs if value in shapes)
        whole = sizes if len(sizes) == len(one.outputs) else ()
        nodes.append(Node(name, one.op, inputs, one.about, whole))
    return Graph(tuple(nodes))


def _clean(name: str) -> str:
    """A name as TensorFlow has them: scopes with `/` between, and no `:` or `^`."""
    plain = "".join(letter if letter.isalnum() or letter in "_./-" else "_" for letter in name)
    return "/".join(part for part in plain.split("/") if part)


def _node(walk: Walk, node: Place) -> _Raw:
    found = _Raw()
    for place in walk.inside(node):
        if place.number == 1 and len(found.inputs) < _MOST_NAMES:
            found.inputs.append(walk.text(place))
        elif place.number == 2 and len(found.outputs) < _MOST_NAMES:
            found.outputs.append(walk.text(place))
        elif place.number == 3:
            found.name = walk.text(place)
        elif place.number == 4:
            found.op = walk.text(place)
        elif place.number == 5 and len(found.about) < _MOST_TEXT:
            name, text = _attribute(walk, place)
            found.about[name] = text
    return found


def _attribute(walk: Walk, attribute: Place) -> tuple[str, str]:
    """(name, value as a text) of an attribute; tensors and graphs are named only."""
    name = "attribute"
    values: list[str] = []
    for place in walk.inside(attribute):
        if place.number == 1:
            name = walk.text(place)
        elif len(values) > _MOST_TEXT:
            break
        elif place.number in {2, 7}:
            values += [f"{number:g}" for number in walk.floats(place)]
        elif place.number in {3, 8}:
            values += [str(number) for number in walk.whole(place)]
        elif place.number in {4, 9}:
            values.append(walk.text(place))
        elif place.number in {5, 6, 10, 11}:
            values.append("a tensor" if place.number in {5, 10} else "a graph")
    return name, ", ".join(values)[:_MOST_TEXT]


def _text_of(walk: Walk, message: Place, number: int) -> str:
    return next((walk.text(one) for one in walk.inside(message) if one.number == number), "")


def _value(walk: Walk, value: Place) -> tuple[str, tuple[int, ...] | None]:
    """(name, shape) of a value, -1 for a side that varies; no shape where none is said."""
    name, shape = "", None
    for place in walk.inside(value):
        if place.number == 1:
            name = walk.text(place)
        elif place.number == 2 and place.size:
            for kind in walk.inside(place):
                if kind.number == 1 and kind.size:
                    shape = _shape(walk, kind)
    return name, shape


def _shape(walk: Walk, tensor_type: Place) -> tuple[int, ...] | None:
    for place in walk.inside(tensor_type):
        if place.number == 2:
            sides = [one for one in walk.inside(place) if one.number == 1]
            return tuple(_side(walk, side) for side in sides[:_MOST_TEXT])
    return None


def _side(walk: Walk, dimension: Place) -> int:
    found = (one.value for one in walk.inside(dimension) if one.number == 1 and not one.size)
    return min(next(found, -1), 1 << 48)
