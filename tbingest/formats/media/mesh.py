"""What the readers of shapes share: triangles, colours, limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tbingest.formats.readers.documents import DocumentReader
from tbingest.model.points import Mesh
from tbingest.model.rows import Problem, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MOST_VERTICES = 500_000
MOST_FACES = 1_000_000


class MeshError(ValueError):
    """A shape that cannot be shown, in words. `line` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class MeshReader(DocumentReader):
    """Reads a file that holds one shape; a subclass says in `mesh` which."""

    def parse(self, data: bytes) -> Iterator[tuple[str, Rows | Problem]]:
        """The one record of the file, or what is wrong with it."""
        try:
            yield "mesh", Rows({"": [self.mesh(data)]}, np.ones(1, np.int64))
        except MeshError as error:
            yield "", Problem("", error.line, None, str(error), "is it complete?", values=1)

    def mesh(self, data: bytes) -> Mesh:
        """The shape of a file. Raises MeshError."""
        raise NotImplementedError


def check_sizes(vertices: int, faces: int) -> None:
    """Raises MeshError for more than can be shown."""
    if vertices > MOST_VERTICES or faces > MOST_FACES:
        what = f"a shape of {vertices:,} vertices and {faces:,} faces: at most "
        raise MeshError(f"{what}{MOST_VERTICES:,} and {MOST_FACES:,} are shown")


def built(
    vertices: NDArray[Any],
    corners: Sequence[int],
    faces: NDArray[Any],
    colours: NDArray[Any] | None,
) -> Mesh:
    """A mesh of checked numbers: vertices (n, 3), as many `corners` for each face as it has, one
    after the other in `faces`, and colours (n, 3) from 0 to 255. Raises MeshError.
    """
    if not len(vertices):
        raise MeshError("a shape without vertices")
    with np.errstate(over="ignore"):
        places = np.asarray(vertices, np.float64).astype(np.float32)
    if not np.isfinite(places).all():
        raise MeshError("a shape with a vertex that is not finite")
    triangles = _triangles(np.asarray(corners, np.int64), np.asarray(faces, np.int64))
    if triangles.size and not 0 <= triangles.min() <= triangles.max() < len(places):
        raise MeshError("a shape with a face whose vertex is not there")
    shades = None if colours is None else np.clip(np.nan_to_num(colours), 0, 255).round()
    return Mesh(
        places, triangles.astype(np.int32), None if shades is None else shades.astype(np.uint8)
    )


def _triangles(corners: NDArray[np.int64], faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m, 3): a polygon becomes a fan around its first corner."""
    if (corners == 3).all():
        return faces.reshape(-1, 3)
    starts = np.concatenate(([0], np.cumsum(corners)[:-1]))
    fans = np.maximum(corners - 2, 0)
    first = np.repeat(starts, fans)
    second = first + 1 + (np.arange(len(first)) - np.repeat(np.cumsum(fans) - fans, fans))
    check_sizes(0, len(first))
    found: NDArray[np.int64] = faces[np.stack((first, second, second + 1), axis=1)]
    return found
