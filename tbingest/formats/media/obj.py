"""Shapes as Wavefront's `.obj`: vertices and faces, of which step and tag are in the file's name.

v 0.0 1.0 0.0
f 1 2 3

Colours behind a vertex are shown; normals, textures, lines and materials are not. A polygon is
split into triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbingest.formats.media.mesh import MeshError, MeshReader, built, check_sizes
from tbingest.model.contracts import Evidence, Fields, Format, Head
from tbingest.names.words import plural

if TYPE_CHECKING:
    from tbingest.model.points import Mesh


@dataclass
class Wavefront(MeshReader):
    """Gives the shape as one value."""

    def mesh(self, data: bytes) -> Mesh:
        """The shape of the file."""
        return _mesh(data)


def _mesh(data: bytes) -> Mesh:
    vertices: list[list[float]] = []
    corners: list[int] = []
    faces: list[int] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        word, _, rest = line.partition(b" ")
        try:
            if word == b"v":
                vertices.append([float(cell) for cell in rest.split()])
            elif word == b"f":
                cells = [int(cell.partition(b"/")[0]) for cell in rest.split()]
                corners.append(len(cells))
                faces += [cell - 1 if cell > 0 else len(vertices) + cell for cell in cells]
        except ValueError:
            raise MeshError("expected numbers", number) from None
        if word == b"v" and len(vertices[-1]) < 3:
            raise MeshError("expected three numbers of a vertex", number)
        if word == b"f" and corners[-1] < 3:
            raise MeshError("expected at least three corners of a face", number)
        check_sizes(len(vertices), len(corners))
    coloured = bool(vertices) and all(len(vertex) >= 6 for vertex in vertices)
    colours = np.asarray([vertex[3:6] for vertex in vertices]) if coloured else None
    if colours is not None and colours.max() <= 1:
        colours = colours * 255
    places = np.asarray([vertex[:3] for vertex in vertices]).reshape(-1, 3)
    return built(places, corners, np.asarray(faces, np.int64), colours)


def detect(head: Head) -> Evidence:
    """By its name, and vertices of three numbers."""
    if head.binary or not head.basename.lower().endswith(".obj"):
        return Evidence(0.0, "not called .obj")
    found = sum(line.startswith((b"v ", b"f ")) for line in head.data.split(b"\n"))
    return Evidence(0.97 if found else 0.0, f"{plural(found, 'line')} of vertices and faces")


FORMAT = Format(
    name="obj",
    about="shapes as Wavefront's .obj, for the Mesh tab",
    sample="v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3",
    detect=detect,
    reader=lambda _: Wavefront(),
    rewritten=True,
    fields=Fields(step_from_name=True),
)
