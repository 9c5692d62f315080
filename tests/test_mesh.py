"""Shapes: what TensorBoard's Mesh tab is given of `.obj` and `.ply` files, and what is refused."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers import tbhttp

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PLAIN = tbingest.Options(plots="none")
SQUARE = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.5], [1.0, 1.0, 0.25], [0.0, 1.0, -1.5]]
HEADER = "ply\nformat {form} 1.0\ncomment by hand\nelement vertex 4\n{vertex}element face {faces}\n"
XYZ = "".join(f"property float {name}\n" for name in "xyz")
RGB = "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
SHADES = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]]


def text_ply(faces: str = "4 0 1 2 3\n", count: int = 1) -> bytes:
    header = HEADER.format(form="ascii", vertex=XYZ + RGB, faces=count)
    rows = [" ".join(map(str, (*a, *b))) for a, b in zip(SQUARE, SHADES, strict=True)]
    header += "property list uchar int vertex_indices\nend_header\n"
    return (header + "\n".join(rows) + "\n" + faces).encode()


def binary_ply(order: str, faces: list[list[int]]) -> bytes:
    form = "binary_little_endian" if order == "<" else "binary_big_endian"
    header = HEADER.format(form=form, vertex=XYZ + RGB, faces=len(faces))
    header += "property list uchar int vertex_indices\nend_header\n"
    data = b"".join(
        struct.pack(f"{order}3f3B", *a, *b) for a, b in zip(SQUARE, SHADES, strict=True)
    )
    data += b"".join(struct.pack(f"{order}B{len(face)}i", len(face), *face) for face in faces)
    return header.encode() + data


FORMS = {
    "text.ply": text_ply(),
    "triangles.ply": text_ply("3 0 1 2\n3 0 2 3\n", 2),
    "little.ply": binary_ply("<", [[0, 1, 2, 3]]),
    "big.ply": binary_ply(">", [[0, 1, 2], [0, 2, 3]]),
    "mixed.ply": binary_ply("<", [[0, 1, 2], [0, 2, 3], [1, 2]]),
    "plain.obj": b"# by hand\nvn 0 0 1\n"
    + b"".join(
        " ".join(map(str, ["v", *a, *(c / 255 for c in b)])).encode() + b"\n"
        for a, b in zip(SQUARE, SHADES, strict=True)
    )
    + b"f 1/1/1 2/2/1 -2//1 4\n",
}


@pytest.fixture(scope="module", params=["true", "false"])
def url(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("mesh")
    (folder / "exp").mkdir()
    for name, data in FORMS.items():
        stem, _, suffix = name.partition(".")
        (folder / "exp" / f"{stem}_step_7.{suffix}").write_bytes(data)
    tbingest.convert(folder / "exp", folder / "runs", PLAIN)
    with tbhttp.tensorboard(folder / "runs", request.param) as address:
        tbhttp.wait_for(lambda: len(tbhttp.tags(address, "mesh").get("exp", ())) == len(FORMS))
        yield address


@pytest.mark.parametrize("name", FORMS)
def test_tensorboard_gives_the_same_shape(url: str, name: str) -> None:
    """Places, triangles and colours, byte by byte; a square is two triangles."""
    where: dict[str, Any] = {"run": "exp", "tag": name.partition(".")[0]}
    told = tbhttp.get_json(url, "/data/plugin/mesh/meshes", **where)
    assert sorted(one["content_type"] for one in told) == [1, 2, 3]
    assert {(one["step"], one["components"]) for one in told} == {(7, 14)}

    def part(kind: str, dtype: str) -> NDArray[Any]:
        asked = {**where, "content_type": kind, "step": 7, "sample": 0}
        data = tbhttp.get(url, "/data/plugin/mesh/data", **asked)
        return np.frombuffer(data, dtype).reshape(-1, 3)

    assert part("VERTEX", "<f4").tolist() == SQUARE
    assert part("FACE", "<i4").tolist() == [[0, 1, 2], [0, 2, 3]]
    assert part("COLOR", "u1").tolist() == SHADES


def problem_of(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    report = tbingest.convert(folder / name, folder / "runs", PLAIN)
    (source,) = report.sources
    assert (source.read, source.reported) == (1, 1)
    (problem,) = source.problems
    return f"{problem.line or ''}: {problem.what}"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.obj", b"v 0 0\n", "1: expected three numbers of a vertex"),
        ("a.obj", b"v 0 0 x\n", "1: expected numbers"),
        ("a.obj", b"v 0 0 nan\n", ": a shape with a vertex that is not finite"),
        ("a.obj", b"v 0 0 1e300\n", ": a shape with a vertex that is not finite"),
        ("a.obj", b"v 0 0 0\nf 1 2\n", "2: expected at least three corners of a face"),
        ("a.obj", b"v 0 0 0\nf 1 2 3\n", ": a shape with a face whose vertex is not there"),
        ("a.obj", b"v 0 0 0\nf -1 -2 -3\n", ": a shape with a face whose vertex is not there"),
        ("a.obj", b"f 1 2 3\n", ": a shape without vertices"),
        ("a.ply", b"ply\nformat ascii 1.0\n", ": a shape whose header does not end"),
        ("a.ply", b"ply\nformat odd 1.0\nend_header\n", "2: expected a line of a PLY header"),
        ("a.ply", text_ply()[:-20], ": expected 6 numbers of each vertex"),
        ("a.ply", text_ply("4 0 1 2\n"), ": expected the corners of each face"),
        ("a.ply", text_ply("99999999999 0 1 2\n"), ": expected the corners of each face"),
        ("a.ply", binary_ply("<", [[0, 1, 2]])[:-1], ": a shape that ends before its last face"),
        ("a.ply", binary_ply("<", [[0, 1, 9]]), ": a shape with a face whose vertex is not there"),
        (
            "a.ply",
            binary_ply("<", []).replace(b"vertex 4", b"vertex 400000000"),
            (
                ": a shape of 400,000,000 vertices and 0 faces:"
                " at most 500,000 and 1,000,000 are shown"
            ),
        ),
        (
            "a.ply",
            binary_ply("<", []).replace(b"float x", b"float q"),
            ": a shape whose vertices have no x, y and z",
        ),
        (
            "a.ply",
            binary_ply("<", [[0, 1, 2]]).replace(b"list uchar", b"list float"),
            "12: expected a line of a PLY header",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    assert problem_of(tmp_path, name, data) == said


@pytest.mark.parametrize("cut", range(0, len(FORMS["mixed.ply"]), 7))
def test_no_cut_is_a_bug(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.ply").write_bytes(FORMS["mixed.ply"][:cut])
    report = tbingest.convert(tmp_path, tmp_path / "runs", PLAIN)
    assert sum(source.reported for source in report.sources) + len(report.ignored) == 1


def test_a_cloud_has_no_faces(tmp_path: Path) -> None:
    (tmp_path / "cloud.obj").write_text("v 0 0 0\nv 1 2 3\n")
    reading = tbingest.read(tmp_path, PLAIN)
    ((points,),) = reading.batches()
    mesh = points.values[0][0]
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 2, 3]]
    assert mesh.faces.shape == (0, 3)
    assert mesh.colours is None
