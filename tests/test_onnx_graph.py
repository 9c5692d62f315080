"""The graph of an ONNX model: what the Graphs tab is given, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from google.protobuf import text_format
from helpers import tbhttp
from tensorboard.compat.proto.graph_pb2 import GraphDef

import tbingest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from helpers.writers import exports

PLAIN = tbingest.Options(plots="none")
WEIGHT = exports.onnx_tensor("w.x", np.float32([4, 5]))


def node(name: str, op: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> bytes:
    parts = [exports.sized(1, one.encode()) for one in inputs]
    parts += [exports.sized(2, one.encode()) for one in outputs]
    parts += [exports.sized(3, name.encode())] if name else []
    return exports.sized(1, b"".join(parts) + exports.sized(4, op.encode()))


def written(folder: Path) -> list[GraphDef]:
    """The graphs of the event files below a logdir, in their order."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    return [
        GraphDef.FromString(value.tensor.string_val[0])
        for path in sorted(folder.rglob("*tfevents*"))
        for event in EventFileLoader(str(path)).Load()
        for value in event.summary.value
        if value.tag == "__run_graph__"
    ]


def graph_of(tmp_path: Path, graph: bytes, tensors: list[bytes] | None = None) -> GraphDef:
    tmp_path.mkdir(exist_ok=True)
    model = exports.onnx_model([WEIGHT] if tensors is None else tensors, graph)
    (tmp_path / "model.onnx").write_bytes(model)
    tbingest.convert(tmp_path / "model.onnx", tmp_path / "runs", PLAIN)
    (found,) = written(tmp_path / "runs")
    return found


@pytest.fixture(scope="module", params=["true", "false"])
def url(request: pytest.FixtureRequest, samples: Path, tmp_path_factory: Any) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("graph") / "runs"
    tbingest.convert(samples / "formats/checkpoints/onnx", logdir, PLAIN)
    with tbhttp.tensorboard(logdir, request.param) as address:
        tbhttp.wait_for(lambda: tbhttp.get_json(address, "/data/plugin/graphs/info"))
        yield address


def test_tensorboard_draws_the_network(url: str) -> None:
    info = tbhttp.get_json(url, "/data/plugin/graphs/info")
    assert info["onnx"]["run_graph"] is True
    asked = {"run": "onnx", "conceptual": "false"}
    text = tbhttp.get(url, "/data/plugin/graphs/graph", **asked).decode()
    found = {one.name: one for one in text_format.Parse(text, GraphDef()).node}
    chain = ["x", "layer1/Gemm", "layer1/Relu", "layer2/Gemm", "layer2/Relu", "head/Gemm"]
    for before, name in pairwise(chain):
        assert found[name].input[0] == before
    assert list(found["layer1/Gemm"].input[1:]) == ["layer1/weight", "layer1/bias"]
    assert found["x"].op == "Placeholder"
    assert found["layer1/weight"].op == "Const"
    assert found["layer1/Gemm"].attr["transB"].s == b"0"
    shape = found["x"].attr["_output_shapes"].list.shape[0]
    assert [side.size for side in shape.dim] == [-1, 2]


def test_names_are_unique_and_outputs_are_counted(tmp_path: Path) -> None:
    graph = (
        node("", "Split", ("w.x",), ("a", "b"))
        + node("", "Split", ("b",), ("c",))
        + node("/x//y z:0", "Add", ("a", "b", "", "nowhere"), ("d",))
    )
    found = {one.name: list(one.input) for one in graph_of(tmp_path, graph).node}
    assert found == {
        "w/x": [],
        "Split": ["w/x"],
        "Split_1": ["Split:1"],
        "x/y_z_0": ["Split", "Split:1"],
    }


def test_a_graph_is_written_once(tmp_path: Path) -> None:
    """For all checkpoints of a run, and on a second conversion."""
    logs = tmp_path / "logs"
    logs.mkdir()
    graph = node("a", "Relu", ("w.x",), ("y",))
    for step in (1, 2):
        weights = exports.onnx_tensor("w.x", np.float32([4, step]))
        model = exports.onnx_model([weights], graph)
        (logs / f"model_step_{step}.onnx").write_bytes(model)
    tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert len(written(tmp_path / "runs")) == 1
    report = tbingest.convert(logs, tmp_path / "runs", PLAIN)
    assert report.bytes_written == 0


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (node("a", "Relu", (), ("y",)) * 50_001, "its graph has more than 50,000 nodes"),
        (exports.sized(1, b"\x0a\x7f"), "its graph is damaged"),
    ],
)
def test_what_cannot_be_drawn_is_said(tmp_path: Path, graph: bytes, said: str) -> None:
    """The weights are read all the same, unless the file itself is damaged."""
    (tmp_path / "model.onnx").write_bytes(exports.onnx_model([WEIGHT], graph))
    report = tbingest.convert(tmp_path / "model.onnx", tmp_path / "runs", PLAIN)
    told = [problem.what for source in report.sources for problem in source.problems]
    told += [ignored.reason for ignored in report.ignored]
    assert any(said in what or "no whole ONNX model" in what for what in told)
    assert written(tmp_path / "runs") == []


def test_the_nodes_are_those_that_onnx_reads(samples: Path, tmp_path: Path) -> None:
    library = pytest.importorskip("onnx")
    path = samples / "formats/checkpoints/onnx" / "model.onnx"
    theirs = library.load(path).graph
    tbingest.convert(path, tmp_path / "runs", PLAIN)
    (found,) = written(tmp_path / "runs")
    ours = [one for one in found.node if one.op not in {"Const", "Placeholder"}]
    assert [one.op for one in ours] == [one.op_type for one in theirs.node]
    assert [len(one.input) for one in ours] == [len(one.input) for one in theirs.node]
    held = {one.name.replace(".", "/") for one in theirs.initializer}
    assert {one.name for one in found.node if one.op == "Const"} == held
