"""HDF5: any tree of arrays, whatever its layout, and nothing beyond the file."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from helpers.memory import PEAK

import tbingest
from tbingest.errors import SourceError
from tbingest.formats.checkpoints import hdf5, keras_zip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tbingest.model.tensors import Dump


def made(path: Path, fill: Callable[[Any], object], **options: Any) -> Path:
    with h5py.File(path, "w", **options) as file:
        fill(file)
    return path


def read(path: Path) -> Dump:
    return hdf5.dump(lambda: path.open("rb"), path.name)


def numbers(found: Dump) -> dict[str, np.ndarray]:
    """The numbers of every tensor, flat and decoded."""
    held = {}
    for tensor in found.tensors:
        parts = [
            piece.reshape(-1).copy() if tensor.codes is None else tensor.codes[piece]
            for piece in tensor.chunks()
        ]
        held[tensor.name] = np.concatenate(parts or [np.zeros(0)])
    return held


def said(found: Dump) -> list[str]:
    return [problem.what for problem in found.problems]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (7, 300), "compression": "gzip"},
        {"chunks": (1000, 3), "shuffle": True, "compression": "lzf", "fletcher32": True},
    ],
    ids=["side by side", "gzip", "tall chunks"],
)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i8", ">i2", "u1", "?", "<c8"])
def test_numbers_come_out_as_they_went_in(
    dtype: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """Of every type and layout, in the order of C."""
    array = (np.arange(1000 * 301).reshape(1000, 301) % 97).astype(dtype)
    path = made(tmp_path / "a.h5", lambda file: file.create_dataset("a/b", data=array, **options))
    found = read(path)
    held = numbers(found)
    if array.dtype.kind == "c":
        assert set(held) == {"a/b/real", "a/b/imag"}
        assert np.array_equal(held["a/b/real"], array.real.ravel())
    else:
        assert np.array_equal(held["a/b"], array.ravel())
    assert {tensor.shape for tensor in found.tensors} == {(1000, 301)}
    assert said(found) == []


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3, 4, 5), (3, 1 << 20)])
def test_every_shape_is_read(shape: tuple[int, ...], tmp_path: Path) -> None:
    """A number alone, none, and rows longer than a piece, packed."""
    array = np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
    more = {"chunks": True, "compression": "gzip"} if array.size > 1 else {}
    path = made(tmp_path / "a.h5", lambda file: file.create_dataset("x", data=array, **more))
    held = numbers(read(path))
    assert np.array_equal(held["x"], array.ravel())


def test_the_layout_of_old_keras_names_a_step(tmp_path: Path) -> None:
    """The optimizer's iterations, wherever they stand; short attributes are facts."""

    def fill(file: Any) -> None:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = "x" * 5000
        file["model_weights/dense/dense/kernel:0"] = np.ones((2, 3), "f4")
        file["optimizer_weights/Adam/iter:0"] = np.int64(640)

    found = read(made(tmp_path / "model.h5", fill))
    assert [tensor.name for tensor in found.tensors] == [
        "model_weights/dense/dense/kernel:0",
        "optimizer_weights/Adam/iter:0",
    ]
    assert (found.step, found.step_from) == (640, "optimizer_weights/Adam/iter:0")
    assert found.facts == {"keras_version": "2.15.0"}


def test_a_dataset_is_read_once_however_often_it_is_linked(tmp_path: Path) -> None:
    """Hard links may make circles."""

    def fill(file: Any) -> None:
        file["a/x"] = np.ones(3)
        file["a/again"] = file["a/x"]
        file["a/round"] = file["a"]

    assert list(numbers(read(made(tmp_path / "a.h5", fill)))) == ["a/again"]


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    """Neither by links, nor by storage elsewhere, nor by virtual datasets: each is named."""
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\x01" * 800)
    other = made(tmp_path / "other.h5", lambda file: file.create_dataset("x", data=np.ones(5)))

    def fill(file: Any) -> None:
        file["good"] = np.ones(2)
        file["soft"] = h5py.SoftLink("/good")
        file["away"] = h5py.ExternalLink(str(other), "/x")
        file.create_dataset("raw", (100,), "f8", external=[(str(secret), 0, 800)])
        layout = h5py.VirtualLayout((5,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "x", (5,))
        file.create_virtual_dataset("virtual", layout)

    found = read(made(tmp_path / "a.h5", fill, libver="latest"))
    assert list(numbers(found)) == ["good"]
    assert said(found) == [
        "away: a link to somewhere else, which is not followed",
        "raw: its numbers lie in other files",
        "soft: a link to somewhere else, which is not followed",
        "virtual: its numbers lie in other files",
    ]


def test_what_holds_no_numbers_is_named(tmp_path: Path) -> None:
    """Texts, references, records and types of no width."""

    def fill(file: Any) -> None:
        file["good"] = np.ones(2)
        file["text"] = "abc"
        file["record"] = np.zeros(2, [("a", "f4"), ("b", "i4")])
        file.create_dataset("reference", data=file["good"].ref, dtype=h5py.ref_dtype)
        file["none"] = h5py.Empty("f4")

    found = read(made(tmp_path / "a.h5", fill))
    assert list(numbers(found)) == ["good"]
    assert len(said(found)) == 4
    assert all("no numbers" in what for what in said(found))


def test_eight_terabytes_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """Before a byte is read: what is stored says how much can be meant."""

    def fill(file: Any) -> None:
        file.create_dataset("sparse", (1 << 40,), "f8", chunks=(1 << 16,))
        file["good"] = np.ones(2)

    found = read(made(tmp_path / "a.h5", fill))
    assert list(numbers(found)) == ["good"]
    assert said(found) == [
        "sparse: says 1,099,511,627,776 numbers, of which the file holds next to nothing"
    ]


def test_one_process_reads_many_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed ones, too."""

    def fill(file: Any) -> None:
        for number in range(300):
            more = {"chunks": (4,), "compression": "gzip"} if number % 2 else {}
            file.create_dataset(f"layer{number}/w", data=np.full(8, number, "f4"), **more)

    path = made(tmp_path / "a.h5", fill)
    started = []
    popen = subprocess.Popen

    def counted(*arguments: Any, **options: Any) -> Any:
        started.append(arguments)
        return popen(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", counted)
    held = numbers(read(path))
    assert len(started) == 1
    assert len(held) == 300
    assert all(set(held[f"layer{n}/w"]) == {n} for n in range(0, 300, 37))


def test_memory_does_not_grow_with_a_dataset(tmp_path: Path) -> None:
    """200 MB, once side by side and once packed."""

    def fill(file: Any) -> None:
        file.create_dataset("plain", (25_000_000,), "f4", data=np.zeros(25_000_000, "f4"))
        file.create_dataset("packed", data=np.zeros(25_000_000, "f4"), chunks=True, compression=1)

    path = made(tmp_path / "a.h5", fill)
    code = (
        "import pathlib\n"
        "from tbingest.formats.checkpoints import hdf5\n"
        f"path = pathlib.Path({str(path)!r})\n"
        "found = hdf5.dump(lambda: path.open('rb'), path.name)\n"
        f"before = {PEAK}\n"
        "count = sum(piece.size for tensor in found.tensors for piece in tensor.chunks())\n"
        f"print(count, {PEAK} - before >> 10)\n"
        "print(found.problems)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, grown = map(int, done.stdout.splitlines()[0].split())
    assert count == 50_000_000, done.stdout
    assert grown < 50


def test_damage_never_ends_the_conversion(tmp_path: Path) -> None:
    """Bytes changed at random, and ends cut off: an error of the source, or its problems."""
    rng = random.Random(5)

    def fill(file: Any) -> None:
        file.attrs["keras_version"] = "3"
        for number in range(5):
            file[f"layers/d{number}/vars/0"] = np.arange(20.0)
        file.create_dataset("z", data=np.arange(4000.0), chunks=(100,), compression="gzip")

    good = made(tmp_path / "good.h5", fill).read_bytes()
    path = tmp_path / "bad.h5"
    outcomes = set()
    for _ in range(60):
        bad = bytearray(good)
        for _ in range(rng.randrange(1, 12)):
            bad[rng.randrange(8, len(bad))] = rng.randrange(256)
        path.write_bytes(bad[: rng.choice([len(bad), rng.randrange(9, len(bad))])])
        try:
            found = read(path)
            for tensor in found.tensors:
                for _ in tensor.chunks():
                    pass
            outcomes.add("read")
        except SourceError as error:
            outcomes.add(error.message[:20])
    assert "read" in outcomes
    assert len(outcomes) > 1


def children() -> set[str]:
    """This process' own: other tests read HDF5 at the same time."""
    command = ["ps", "--ppid", str(os.getpid()), "-o", "pid,args"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return {line for line in listed.stdout.splitlines() if "hdf5_child" in line}


def test_no_process_is_left(tmp_path: Path) -> None:
    """When the dump is forgotten, its process is gone, also after damage."""
    path = made(tmp_path / "a.h5", lambda file: file.create_dataset("x", data=np.ones(3)))
    before = children()
    found = read(path)
    numbers(found)
    del found
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(SourceError, match="no HDF5 file that the library can read"):
        read(path)
    assert children() == before


def test_a_file_that_lies_behind_a_block_of_the_users_is_known(tmp_path: Path) -> None:
    """The signature then stands at 512, 1024 and so on."""
    path = made(
        tmp_path / "model.dat",
        lambda file: file.create_dataset("x", data=np.arange(9.0)),
        userblock_size=512,
    )
    assert numbers(read(path))["x"].tolist() == list(range(9))
    (job,) = tbingest.inspect(path).jobs
    assert job.sources[0].format == "hdf5"


def test_without_the_library_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In full."""
    path = made(tmp_path / "a.h5", lambda file: file.create_dataset("x", data=np.ones(3)))
    monkeypatch.setattr(hdf5, "find_spec", lambda _: None)
    report = tbingest.convert(path, tmp_path / "runs")
    assert [one.reason for one in report.ignored] == ["needs h5py: pip install h5py"]


# Keras' archive


def archive(path: Path, weights: bytes, packing: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as packed:
        packed.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "x": [1]}))
        packed.writestr("config.json", '{"class_name": "Lambda", "module": "os", "system": 1}')
        packed.writestr("model.weights.h5", weights)
    return path


def weights() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["layers/dense/vars/0"] = np.arange(6, dtype="f4").reshape(2, 3)
        file.create_dataset("packed", data=np.arange(300.0), chunks=(10,), compression="gzip")
    return stream.getvalue()


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_model_of_keras_is_its_weights(packing: int, tmp_path: Path) -> None:
    """Where they lie in the archive, or unpacked; the config is not looked at."""
    path = archive(tmp_path / "model.keras", weights(), packing)
    found = keras_zip.dump(lambda: path.open("rb"), path.name)
    held = numbers(found)
    assert held["layers/dense/vars/0"].tolist() == list(range(6))
    assert held["packed"].tolist() == list(range(300))
    assert found.facts == {"keras_version": "3.15.1"}
    (job,) = tbingest.inspect(path).jobs
    assert job.sources[0].format == "keras"


def test_an_archive_of_keras_with_other_bytes_for_weights_is_refused(tmp_path: Path) -> None:
    """And one that holds none."""
    path = archive(tmp_path / "model.keras", b"no HDF5 at all" * 100)
    with pytest.raises(SourceError, match="no HDF5 file that the library can read"):
        keras_zip.dump(lambda: path.open("rb"), path.name)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("metadata.json", "{}")
        packed.writestr("config.json", "{}")
    found = keras_zip.dump(lambda: path.open("rb"), path.name)
    assert found.refused == "a Keras model without weights in HDF5"


def test_a_conversion_shows_the_weights(tmp_path: Path) -> None:
    """With tags that fold, in a run."""
    path = tmp_path / "logs" / "epoch_3.weights.h5"
    path.parent.mkdir()
    path.write_bytes(weights())
    report = tbingest.convert(path.parent, tmp_path / "runs", tbingest.Options(plots="none"))
    (source,) = report.sources
    assert source.step == "3, from its name"
    tags = {tag for one in tbingest.read(path.parent) for tag in one.tags if one.kind != "scalar"}
    assert tags == {"weights/layers/dense/vars_0", "weights/packed", "weights/summary"}
    assert list(path.parent.iterdir()) == [path]
