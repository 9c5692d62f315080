"""The Projector's files: what TensorBoard shows of them, and what they leave out."""

from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import numpy as np
import pytest
from helpers import tbhttp
from hypothesis import given, settings
from hypothesis import strategies as st

import tbingest
from tbingest.write import projector_files as projector
from tbingest.write.projector_files import (
    Embedding,
    Entry,
    Labels,
    Rows,
    config,
    fits,
    is_embedding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

VECTORS = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
NAMES = {
    "model/embed.weight": VECTORS,
    'odd "name" \\ of ünïcode': VECTORS[::-1],
    "zeros": np.zeros((4, 3), np.float32),
    "long": np.arange(60_000, dtype=np.float32).reshape(-1, 2) / 7,
}


def taken(
    array: NDArray[Any],
    name: str = "w",
    labels: Labels | None = None,
    order: str = "C",
    most: int = projector.MOST_ROWS,
    cut: int = 1000,
) -> Embedding:
    rows = Rows(array.shape, order, most)
    flat = array.ravel(order)
    for start in range(0, flat.size, cut):
        rows.add(flat[start : start + cut])
    return rows.embedding(name, labels)


def numbers(embedding: Embedding) -> NDArray[np.float32]:
    data = embedding.files[embedding.entry.tensor_path]
    if embedding.entry.tensor_path.endswith(".bytes"):
        return np.frombuffer(data, "<f4").reshape(embedding.entry.shape)
    lines = data.decode("ascii").splitlines()
    return np.array([line.split("\t") for line in lines], np.float64).astype(np.float32)


def lines(embedding: Embedding) -> list[str]:
    return embedding.files[embedding.entry.metadata_path].decode().split("\n")


@pytest.fixture(scope="module", params=["true", "false"])
def url(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[str]:
    """A TensorBoard over a run with a curve and four embeddings, by each of its loaders."""
    folder: Path = tmp_path_factory.mktemp("projector")
    (folder / "exp").mkdir()
    (folder / "exp" / "metrics.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    target = folder / "runs"
    tbingest.convert(folder / "exp", target, tbingest.Options(plots="none"))
    made = [taken(array, name, labels(name)) for name, array in NAMES.items()]
    for embedding in made:
        for path, data in embedding.files.items():
            (target / "exp" / path).parent.mkdir(exist_ok=True)
            (target / "exp" / path).write_bytes(data)
    text = config(embedding.entry for embedding in made)
    (target / "exp" / projector.CONFIG).write_bytes(text)
    with tbhttp.tensorboard(target, request.param) as address:
        tbhttp.wait_for(lambda: asked(address, "runs") == ["exp"])
        yield address


def labels(name: str) -> Labels | None:
    return Labels([f"word {row}" for row in range(50)]) if name.startswith("model") else None


def asked(url: str, what: str, **query: str) -> Any:
    return tbhttp.get_json(url, f"/data/plugin/projector/{what}", **query)


def test_tensorboard_lists_every_embedding_with_its_shape(url: str) -> None:
    found = asked(url, "info", run="exp")["embeddings"]
    assert {entry["tensorName"]: entry["tensorShape"] for entry in found} == {
        name: [min(len(array), 10_000), array.shape[1]] for name, array in NAMES.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_tensorboard_gives_the_same_numbers(url: str, name: str) -> None:
    data = tbhttp.get(url, "/data/plugin/projector/tensor", run="exp", name=name)
    array = NAMES[name]
    shown = array[np.arange(min(len(array), 10_000)) * len(array) // min(len(array), 10_000)]
    assert np.array_equal(np.frombuffer(data, "<f4").reshape(shown.shape), shown)


def test_tensorboard_gives_the_rows_names(url: str) -> None:
    def told(name: str) -> list[str]:
        data = tbhttp.get(url, "/data/plugin/projector/metadata", run="exp", name=name)
        return data.decode().splitlines()

    assert told("model/embed.weight")[:2] == ["label\trow", "word 0\t0"]
    assert len(told("model/embed.weight")) == 51
    assert told("zeros") == ["0", "1", "2", "3"]
    assert told("long")[-1] == "29997"


def test_the_projectors_tab_is_there(url: str) -> None:
    plugins = tbhttp.wait_for(
        lambda: (
            (found := tbhttp.get_json(url, "/data/plugins_listing"))["projector"]["enabled"]
            and found
        )
    )
    assert plugins["projector"]["enabled"]
    with pytest.raises(HTTPError):
        asked(url, "info", run="none")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 60),
    st.integers(2, 12),
    st.integers(1, 70),
    st.lists(st.integers(1, 90), min_size=1),
    st.sampled_from("CF"),
)
def test_the_rows_chosen_do_not_depend_on_the_cuts(
    total: int, width: int, most: int, cuts: list[int], order: str
) -> None:
    array = np.arange(total * width, dtype=np.float64).reshape(total, width) + 0.25
    rows = Rows(array.shape, order, most)
    flat, done = array.ravel(order), 0
    while done < flat.size:
        for cut in cuts:
            rows.add(flat[done : done + cut])
            done += cut
    found = rows.embedding("w")
    count = min(total, most)
    assert list(found.rows) == [place * total // count for place in range(count)]
    assert np.array_equal(numbers(found), array[found.rows])
    assert found.left_out == total - count


def test_what_is_left_out_is_said() -> None:
    array = np.ones((20_000, 2), np.float32)
    array[2, 1], array[4, 0] = np.nan, np.inf
    found = taken(array)
    assert (len(found.rows), found.left_out, found.not_finite) == (9_998, 10_000, 2)
    assert found.entry.shape == (9_998, 2)
    assert list(found.rows[:3]) == [0, 6, 8]
    assert lines(found)[:3] == ["0", "6", "8"]
    assert found.said == (
        "10,000 of 20,000 rows, evenly chosen, without 2 rows with NaN or infinities"
    )
    assert not taken(array[10:5000]).said


def test_an_embedding_without_a_finite_row_has_no_files() -> None:
    found = taken(np.full((3, 3), np.nan))
    assert not found.files
    assert found.said == "without 3 rows with NaN or infinities"


def test_a_file_that_could_pass_for_text_is_written_as_text() -> None:
    """TensorBoard would take raw zeros for a line of text, and fail for all runs."""
    assert taken(np.zeros((5, 5))).entry.tensor_path == "projector/w.tensors.tsv"
    assert taken(np.full((5, 5), 1.5)).entry.tensor_path.endswith(".tensors.tsv") is False
    newline_first = np.frombuffer(b"abc\n" + b"\xff\xff\x7f\x3f" * 3, "<f4").reshape(2, 2)
    assert taken(newline_first).entry.tensor_path.endswith(".tsv")


@given(
    st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=4, max_size=4
    ).map(lambda found: np.array(found, np.float32).reshape(2, 2))
)
def test_every_float32_comes_back(array: NDArray[np.float32]) -> None:
    found = taken(array)
    assert np.array_equal(numbers(found), array)
    text = projector._text(array).decode().splitlines()
    back = np.array([[float(part) for part in line.split("\t")] for line in text], "float32")
    assert np.array_equal(back, array)


def test_numbers_beyond_float32_are_its_largest() -> None:
    found = taken(np.array([[1e308, 0], [-1e308, 1]]))
    assert np.isfinite(numbers(found)).all()
    assert not found.not_finite


def test_labels_are_one_line_each() -> None:
    found = taken(VECTORS[:4], labels=Labels(["a\tb", "c\r\nd\u2028e", "\udcff" + "x" * 500, ""]))
    assert lines(found)[:3] == ["label\trow", "a b\t0", "c d e\t1"]
    assert [len(line.split("\t")) for line in lines(found)] == [2, 2, 2, 2, 2, 1]
    assert len(lines(found)[3]) < 210


ODD = ["../../etc/x", "a/b", "A.B", "a\\b", "a//b", "a.b", "/x", "CON", "..", "n\x00\n", "\udcff"]
ODD += ["", "x" * 900]


@pytest.mark.parametrize("name", ODD)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    for path in taken(VECTORS, name).files:
        folder, base = path.split("/")
        assert folder == "projector"
        assert not {"/", "\\", "\x00", "\n"} & set(base)
        assert len(base.encode()) < 256


def test_two_names_have_no_file_in_common() -> None:
    paths = [path for name in ODD for path in taken(VECTORS, name).files]
    assert len({path.lower() for path in paths}) == 2 * len(ODD)


@given(st.lists(st.text(min_size=1).filter(lambda name: not name.endswith(":0")), unique=True))
def test_the_config_says_what_was_meant(names: list[str]) -> None:
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    entries = [Entry(name, (3, 2), f"projector/{name}", "m.tsv") for name in names]
    text = config(entries)
    assert text == config(reversed(entries))
    found = text_format.Parse(text.decode("ascii"), ProjectorConfig()).embeddings
    assert [(one.tensor_name, list(one.tensor_shape)) for one in found] == [
        (name, [3, 2]) for name in sorted(names)
    ]
    assert [one.tensor_path for one in found] == [f"projector/{name}" for name in sorted(names)]


def test_names_that_tensorboard_cannot_tell_apart_are_numbered() -> None:
    entries = [taken(VECTORS, name).entry for name in ("w", "w:0", "w:0:0", "")]
    assert [line for line in config(entries).decode().split("\n") if "tensor_name" in line] == [
        '  tensor_name: "value"',
        '  tensor_name: "w"',
        '  tensor_name: "w (2)"',
        '  tensor_name: "w (3)"',
    ]


@pytest.mark.parametrize(
    ("shape", "is_one"),
    [
        ((30_000, 768), True),
        ((2, 2), True),
        ((1, 8), False),
        ((8, 1), False),
        ((8,), False),
        ((8, 2, 2), False),
        ((2, 1 << 20), False),
    ],
)
def test_any_matrix_of_several_points_fits(shape: tuple[int, ...], *, is_one: bool) -> None:
    assert fits(shape) == is_one
    if not is_one:
        with pytest.raises(ValueError, match="is not a matrix of points"):
            Rows(shape)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("bert/embeddings.word_embeddings.weight", True),
        ("transformer.wte.weight", True),
        ("layers/embedding/vars/0", True),
        ("quantize.codebook", True),
        ("encoder.weight", False),
        ("embedding.bias", False),
        ("optimizer/state/embed.weight", False),
        ("member.weight", False),
    ],
)
def test_embeddings_are_known_by_name(name: str, *, is_one: bool) -> None:
    assert is_embedding(name, (30, 8)) == is_one
    assert not is_embedding(name, (30,))
    assert not is_embedding(name, (2, 8))


def test_memory_is_bounded_whatever_the_size() -> None:
    chunk = np.full(1 << 18, 0.5, np.float32)
    tracemalloc.start()
    rows = Rows((1 << 16, 4096))
    for _ in range(64):
        rows.add(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 << 20
    assert len(rows._rows) == 2048


def test_a_large_text_file_costs_no_more_than_four_times_its_size() -> None:
    rows = Rows((2_000, 200))
    rows.add(np.full(400_000, 0.5, np.float32))
    tracemalloc.start()
    (data,) = (data for path, data in rows.embedding("w").files.items() if "tensors" in path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(data) == 1_600_000
    assert peak < 4 * len(data)


def test_two_runs_give_the_same_bytes() -> None:
    assert taken(VECTORS).files == taken(VECTORS, cut=7).files


# Labels and sprites beside a dump


def png(width: int, height: int) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(stream, "png")
    return stream.getvalue()


def dumped(folder: Path, name: str = "vectors.npy", rows: int = 12) -> Path:
    (folder / "exp").mkdir(parents=True, exist_ok=True)
    np.save(folder / "exp" / name, VECTORS[:rows])
    (folder / "exp" / "log.csv").write_text("step,loss\n1,2\n2,1\n")
    return folder / "exp"


def config_of(folder: Path) -> list[Any]:
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    path = folder / "exp" / projector.CONFIG
    if not path.exists():
        return []
    return list(text_format.Parse(path.read_text("ascii"), ProjectorConfig()).embeddings)


PLAIN = tbingest.Options(plots="none")


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("labels.txt", "\n".join(f"w{n}" for n in range(12)), ["label\trow", "w0\t0", "w1\t1"]),
        ("vocab.txt", "".join(f"w{n}\r\n" for n in range(12)), ["label\trow", "w0\t0", "w1\t1"]),
        (
            "metadata.tsv",
            "word\tkind\n" + "".join(f"w{n}\tk{n % 2}\n" for n in range(12)),
            ["word\tkind\trow", "w0\tk0\t0", "w1\tk1\t1"],
        ),
        ("labels.txt", "one\ntwo\n", None),
    ],
)
def test_labels_beside_a_dump_bring_it_to_the_projector(
    tmp_path: Path, name: str, text: str, wanted: list[str] | None
) -> None:
    """Where there is one for each row, unasked; nothing is written again."""
    (dumped(tmp_path) / name).write_bytes(text.encode())
    report = tbingest.convert(tmp_path, tmp_path / "runs", PLAIN)
    found = config_of(tmp_path / "runs")
    assert len(found) == bool(wanted)
    if wanted:
        assert any("is in the Projector" in note for note in report.notes)
        told = (tmp_path / "runs" / "exp" / found[0].metadata_path).read_text().splitlines()
        assert told[:3] == wanted
        path = tmp_path / "runs" / "exp" / projector.CONFIG
        path.unlink()
        tbingest.convert(tmp_path, tmp_path / "runs", PLAIN)
        assert not path.exists()


@pytest.mark.parametrize(
    ("size", "tile"), [((32, 24), (8, 8)), ((32, 32), (8, 8)), ((30, 24), None)]
)
def test_a_sprite_has_a_picture_for_each_row(
    tmp_path: Path, size: tuple[int, int], tile: tuple[int, int] | None
) -> None:
    """Twelve in a square of four by four, whose last line may lack."""
    (dumped(tmp_path) / "sprite.png").write_bytes(png(*size))
    options = replace(PLAIN, projector="vectors")
    report = tbingest.convert(tmp_path, tmp_path / "runs", options)
    (found,) = config_of(tmp_path / "runs")
    assert tuple(found.sprite.single_image_dim) == (tile or ())
    if tile:
        copied = tmp_path / "runs" / "exp" / found.sprite.image_path
        assert copied.read_bytes() == png(*size)
    said = any("sprite.png has no picture for each row" in note for note in report.notes)
    assert said is (tile is None)


def test_nothing_is_followed_out_of_the_tree(tmp_path: Path) -> None:
    """A link is no file of labels; beside a dump that was named itself nothing is read."""
    (tmp_path / "secret").write_text("\n".join(f"s{n}" for n in range(12)))
    exp = dumped(tmp_path / "logs")
    (exp / "labels.txt").symlink_to(tmp_path / "secret")
    tbingest.convert(tmp_path / "logs", tmp_path / "runs", PLAIN)
    assert config_of(tmp_path / "runs") == []
    (exp / "labels.txt").unlink()
    (exp / "labels.txt").write_text("\n".join(f"s{n}" for n in range(12)))
    tbingest.convert(exp / "vectors.npy", tmp_path / "alone", PLAIN)
    assert not list((tmp_path / "alone").rglob(projector.CONFIG))
