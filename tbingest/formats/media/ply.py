"""Shapes as `.ply`, in text or binary: vertices, faces and colours.

ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
end_header
0 0 0
1 0 0
0 1 0

Step and tag are in the file's name. A polygon is split into triangles; without faces the shape is a
cloud of points. Other elements and properties are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.media.mesh import MeshError, MeshReader, built, check_sizes
from tbingest.model.contracts import Evidence, Fields, Format, Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tbingest.model.points import Mesh

_TYPES = {
    "char": "i1",
    "uchar": "u1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "uint": "u4",
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "float": "f4",
    "double": "f8",
    "float32": "f4",
    "float64": "f8",
}
_WHOLE = {name: kind for name, kind in _TYPES.items() if kind[0] != "f"}
_FORMS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_MOST_HEADER = 64 << 10
_MOST_PROPERTIES = 200


@dataclass
class _Property:
    """`count` is the type of a list's length, empty for a single number."""

    name: str
    kind: str
    count: str = ""


@dataclass
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)

    @property
    def has_lists(self) -> bool:
        return any(one.count for one in self.properties)


@dataclass
class Polygons(MeshReader):
    """Gives the shape as one value."""

    def mesh(self, data: bytes) -> Mesh:
        """The shape of the file."""
        return _mesh(data)


def _mesh(data: bytes) -> Mesh:
    form, elements, start = _header(data)
    sizes = {element.name: element.count for element in elements}
    check_sizes(sizes.get("vertex", 0), sizes.get("face", 0))
    body: _Text | _Binary = _Binary(data, start, form) if form else _Text(data[start:])
    columns: dict[str, NDArray[Any]] = {}
    corners: NDArray[np.int64] = np.zeros(0, np.int64)
    faces: NDArray[np.int64] = np.zeros(0, np.int64)
    for element in elements:
        if element.name == "vertex" and not element.has_lists:
            columns = body.columns(element)
        elif element.name == "face" and element.has_lists:
            corners, faces = body.lists(element)
        else:
            body.skip(element)
    if not {"x", "y", "z"} <= columns.keys():
        raise MeshError("a shape whose vertices have no x, y and z")
    places = np.stack([columns[name] for name in "xyz"], axis=1)
    colours = None
    if {"red", "green", "blue"} <= columns.keys():
        shades = [columns[name] for name in ("red", "green", "blue")]
        colours = np.stack(shades, axis=1).astype(np.float64)
        if shades[0].dtype.kind == "f" and colours.size and colours.max() <= 1:
            colours *= 255
    return built(places, corners.tolist(), faces, colours)


def _header(data: bytes) -> tuple[str, list[_Element], int]:
    """(byte order or an empty string for text, elements, where the numbers begin)."""
    end = data.find(b"end_header", 0, _MOST_HEADER)
    start = data.find(b"\n", end) + 1
    if end < 0 or not start:
        raise MeshError("a shape whose header does not end")
    form = None
    elements: list[_Element] = []
    for number, line in enumerate(data[:end].decode("ascii", "replace").splitlines(), 1):
        words = line.split()
        try:
            if words[:1] == ["format"]:
                form = _FORMS[words[1]]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2])))
            elif words[:2] == ["property", "list"]:
                _, _, count, kind, name = words
                elements[-1].properties.append(_Property(name, _TYPES[kind], _WHOLE[count]))
            elif words[:1] == ["property"]:
                _, kind, name = words
                elements[-1].properties.append(_Property(name, _TYPES[kind]))
        except (KeyError, IndexError, ValueError):
            raise MeshError("expected a line of a PLY header", number) from None
        if elements and (elements[-1].count < 0 or len(elements[-1].properties) > _MOST_PROPERTIES):
            raise MeshError("expected a line of a PLY header", number)
    if form is None:
        raise MeshError("a shape whose header names no format")
    return form, elements, start


def _faces_of(element: _Element) -> int:
    """Which property holds the corners."""
    for place, one in enumerate(element.properties):
        known = one.name in {"vertex_indices", "vertex_index"}
        if known and one.count and one.kind[0] != "f":
            return place
    raise MeshError("a shape whose faces have no vertex_indices")


class _Text:
    """A line for each vertex or face."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.split(b"\n")
        self._at = 0

    def _next(self, element: _Element) -> list[bytes]:
        found = self._lines[self._at : self._at + element.count]
        self._at += element.count
        if len(found) < element.count:
            raise MeshError(f"a shape that ends before its last {element.name}")
        return found

    def skip(self, element: _Element) -> None:
        self._next(element)

    def columns(self, element: _Element) -> dict[str, NDArray[Any]]:
        width = len(element.properties)
        try:
            cells = np.asarray([line.split()[:width] for line in self._next(element)], np.float64)
            table = cells.reshape(element.count, width)
        except ValueError:
            raise MeshError(f"expected {width} numbers of each vertex") from None
        with np.errstate(all="ignore"):
            return {
                one.name: table[:, place].astype(np.dtype(one.kind))
                for place, one in enumerate(element.properties)
            }

    def lists(self, element: _Element) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        wanted = _faces_of(element)
        corners, faces = [], []
        try:
            for line in self._next(element):
                cells, at = line.split(), 0
                for place, one in enumerate(element.properties):
                    length = int(cells[at]) if one.count else 1
                    at += bool(one.count)
                    if place == wanted:
                        faces += [int(cells[at + corner]) for corner in range(length)]
                        corners.append(length)
                    at += max(length, 0)
        except (ValueError, IndexError):
            raise MeshError("expected the corners of each face") from None
        return np.asarray(corners, np.int64), np.asarray(faces, np.int64)


class _Binary:
    """Numbers without gaps."""

    def __init__(self, data: bytes, start: int, order: str) -> None:
        self._data, self._at, self._order = data, start, order

    def _table(self, element: _Element, fields: list[tuple[str, str]]) -> NDArray[Any]:
        dtype = np.dtype(fields)
        if self._at + dtype.itemsize * element.count > len(self._data):
            raise MeshError(f"a shape that ends before its last {element.name}")
        return np.frombuffer(self._data, dtype, element.count, self._at)

    def skip(self, element: _Element) -> None:
        if element.has_lists:
            self._walk(element, -1)
        else:
            self.columns(element)

    def columns(self, element: _Element) -> dict[str, NDArray[Any]]:
        fields = [(str(n), self._order + one.kind) for n, one in enumerate(element.properties)]
        if not fields:
            return {}
        table = self._table(element, fields)
        self._at += table.nbytes
        return {one.name: table[str(n)] for n, one in enumerate(element.properties)}

    def lists(self, element: _Element) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        wanted = _faces_of(element)
        if len(element.properties) == 1:
            one = element.properties[0]
            fields = [("n", self._order + one.count), *((c, self._order + one.kind) for c in "abc")]
            if self._at + np.dtype(fields).itemsize * element.count <= len(self._data):
                table = self._table(element, fields)
                if (table["n"] == 3).all():
                    self._at += table.nbytes
                    triangles = np.stack([table[c].astype(np.int64) for c in "abc"], axis=1)
                    return np.full(element.count, 3), triangles.reshape(-1)
        return self._walk(element, wanted)

    def _walk(self, element: _Element, wanted: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """The lists of one property, list by list, where their lengths differ."""
        corners, faces = [], [np.zeros(0, np.int64)]
        kinds = [
            (np.dtype(self._order + one.kind), one.count and np.dtype(self._order + one.count))
            for one in element.properties
        ]
        for _ in range(element.count):
            for place, (kind, count) in enumerate(kinds):
                length = int(self._numbers(count, 1, element)[0]) if count else 1
                found = self._numbers(kind, length, element)
                if place == wanted:
                    corners.append(length)
                    faces.append(found.astype(np.int64))
        return np.asarray(corners, np.int64), np.concatenate(faces)

    def _numbers(self, kind: Any, count: int, element: _Element) -> NDArray[Any]:
        size = kind.itemsize * count
        if count < 0 or self._at + size > len(self._data):
            raise MeshError(f"a shape that ends before its last {element.name}")
        found: NDArray[Any] = np.frombuffer(self._data, kind, count, self._at)
        self._at += size
        return found


def detect(head: Head) -> Evidence:
    """By magic."""
    begins = head.data.startswith((b"ply\nformat ", b"ply\r\nformat ", b"ply\ncomment"))
    return Evidence(0.98 if begins else 0.0, "begins as PLY does" if begins else "no PLY")


FORMAT = Format(
    name="ply",
    about="shapes and clouds of points as .ply, for the Mesh tab",
    sample="ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n"
    "property float z\nend_header\n0 0 0",
    detect=detect,
    reader=lambda _: Polygons(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
