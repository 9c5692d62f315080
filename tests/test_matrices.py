"""Weights as text: nested lists in JSON, bare numbers as CSV; and the logs that look like them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.dumps import arrays, dump_of, refused

import tbingest
from tbingest.errors import SourceError
from tbingest.formats.registry import evidence
from tbingest.model.contracts import Head

if TYPE_CHECKING:
    from pathlib import Path

    from tbingest.model.tensors import Dump


def weights(value: Any) -> Dump:
    return dump_of("json-weights", json.dumps(value).encode(), "net_step_7.json")


def shapes(value: Any) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tensor.shape for tensor in weights(value).tensors}


def chosen(data: bytes, name: str = "x.json") -> str:
    """The format that is surest of these bytes, where it is sure enough."""
    best, said = evidence(Head(name, data[: 64 << 10], len(data), complete=len(data) <= 64 << 10))[
        0
    ]
    return best.name if said.confidence >= 0.5 else ""


def matrix(*shape: int) -> Any:
    return np.random.default_rng(len(shape)).normal(size=shape).tolist()


# Shapes of documents

KERNEL = matrix(3, 2)
NETS: dict[str, tuple[Any, dict[str, tuple[int, ...]]]] = {
    "state_dict": (
        {"0.weight": matrix(8, 3, 3, 3), "0.bias": matrix(8)},
        {"0.weight": (8, 3, 3, 3), "0.bias": (8,)},
    ),
    "get_weights": ([KERNEL, matrix(2), matrix(2, 4), matrix(4)], {"0": (3, 2), "3": (4,)}),
    "one matrix": (matrix(3, 5), {"net": (3, 5)}),
    "layers": (
        {
            "layers": [
                {"type": "dense", "units": 2, "weights": KERNEL, "bias": [0.1, 0.2]},
                {"type": "dense", "units": 4, "weights": matrix(2, 4), "bias": matrix(4)},
            ],
            "epoch": 12,
        },
        {"layers/0/weights": (3, 2), "layers/0/bias": (2,), "layers/1/weights": (2, 4)},
    ),
    "sklearn": (
        {"coefs_": [matrix(10, 8), matrix(8, 1)], "intercepts_": [matrix(8), matrix(1)]},
        {"coefs_/0": (10, 8), "coefs_/1": (8, 1), "intercepts_/1": (1,)},
    ),
    "brain.js": (
        {
            "type": "NeuralNetwork",
            "sizes": [2, 3, 1],
            "layers": [
                {"weights": [], "biases": []},
                {"weights": matrix(3, 2), "biases": matrix(3)},
                {"weights": matrix(1, 3), "biases": matrix(1)},
            ],
            "trainOpts": {"iterations": 20000, "errorThresh": 0.005, "log": False},
        },
        {"layers/1/weights": (3, 2), "layers/2/biases": (1,)},
    ),
    "brain.js 1": (
        {
            "sizes": [2, 2],
            "layers": [
                {"x": {}, "y": {}},
                {"0": {"bias": 0.5, "weights": {"0": 0.25, "1": -3.5}}, "1": {"bias": 1.5}},
            ],
        },
        {"layers/1/0/bias": (), "layers/1/0/weights": (2,), "layers/1/1/bias": ()},
    ),
    "synaptic": (
        {
            "neurons": [{"trace": {}, "bias": 0.5, "layer": "0", "squash": "LOGISTIC"}] * 4,
            "connections": [{"from": 0, "to": 2, "weight": 0.5, "gater": None}] * 6,
        },
        {"neurons/bias": (4,), "connections/weight": (6,)},
    ),
    "nielsen": (
        {
            "sizes": [4, 3, 2],
            "weights": [matrix(3, 4), matrix(2, 3)],
            "biases": [matrix(3, 1), matrix(2, 1)],
            "cost": "CrossEntropyCost",
        },
        {"weights/0": (3, 4), "biases/1": (2, 1)},
    ),
    "a model with its loss": (
        {"epochs": 100, "loss": 0.3, "weights": [matrix(3, 4), matrix(2, 3)]},
        {"weights/0": (3, 4)},
    ),
    "a line": ({"coef": [0.5, 0.25, 1], "intercept": 0.5}, {"coef": (3,), "intercept": ()}),
    "two columns": ({"weight": [[0.3, 0.2], [0.1, -0.5]]}, {"weight": (2, 2)}),
}


@pytest.mark.parametrize("name", NETS)
def test_a_net_in_any_shape_gives_its_tensors(name: str) -> None:
    """It is known by its content, and every tensor has the path of its keys."""
    value, some = NETS[name]
    assert chosen(json.dumps(value).encode()) == "json-weights"
    found = shapes(value)
    assert some.items() <= found.items()
    assert not weights(value).problems


@pytest.mark.parametrize(
    "value",
    [
        {"layers": [{"weights": matrix(99, 99), "bias": matrix(99)}]},
        [matrix(99, 99), matrix(99)],
        {"fc.weight": matrix(99, 99), "fc.bias": matrix(99)},
        {"coef": matrix(9_000), "intercept": 0.5},
    ],
    ids=["layers", "list", "named", "line"],
)
def test_a_net_is_known_by_its_beginning(value: Any) -> None:
    """Where the first list is longer than the head."""
    data = json.dumps(value).encode()
    assert len(data) > 2 * (64 << 10)
    assert chosen(data) == "json-weights"


def test_every_number_is_given_exactly() -> None:
    """As the text says it, in the order of the text."""
    value = {"w": matrix(40, 50), "b": [1, 2.5, -3e-320, 1e308, 12345678901234567]}
    for name, array in arrays(weights(value)).items():
        assert array.tolist() == np.asarray(value[name], np.float64).tolist()


def test_what_is_no_number_in_json_is_kept() -> None:
    """NaN and Infinity as Python writes them, as strings, and the null of JavaScript."""
    data = b'\xef\xbb\xbf{"w": [[NaN, Infinity], [-Infinity, null]], "b": ["NaN", 1]}'
    found = arrays(dump_of("json-weights", data))
    assert np.isnan(found["w"][0, 0])
    assert np.isnan(found["w"][1, 1])
    assert found["w"][1, 0] == -math.inf
    assert np.isnan(found["b"][0])


def test_ragged_and_mixed_lists_are_reported() -> None:
    """Each costs one tensor; the others are read."""
    value = {
        "a.weight": [[1, 2], [3]],
        "b.weight": [[1, "x"], [3, 4]],
        "c.weight": [[1, 2], [3, 4]],
        "d.weight": [1.5, [2.5]],
    }
    dump = weights(value)
    assert [tensor.name for tensor in dump.tensors] == ["b.weight/1", "c.weight"]
    lost = {problem.what.partition(":")[0]: problem.values for problem in dump.problems}
    assert lost == {"a.weight": 1, "b.weight/0": 1, "d.weight": 1}


def test_a_step_in_the_document_counts() -> None:
    """The others are facts."""
    dump = weights({"epoch": 3, "step": 40, "name": "net", "w": KERNEL})
    assert (dump.step, dump.step_from) == (40, "step")
    assert dump.facts == {"epoch": 3, "step": 40, "name": "net"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"w": [[1, 2], [3', "no whole JSON document"),
        (b"", "no whole JSON document"),
        (b"[" * 100_000, "no whole JSON document"),
        (b"[" + b"[]," * 1_100_000 + b"[]]", "a JSON document of more than 64 MiB"),
        (b"[" + b"1," * 5_100_000 + b"1]", "a JSON document of more than 64 MiB"),
        (b"[" + b" " * (65 << 20) + b"1]", "a JSON document of more than 64 MiB"),
    ],
    ids=["torn", "empty", "deep", "lists", "numbers", "bytes"],
)
def test_a_document_that_cannot_be_held_is_refused(data: bytes, words: str) -> None:
    """Before it is parsed, where its size says so."""
    assert words in refused("json-weights", data)


LOGS: tuple[Any, ...] = (
    {"loss": [0.9, 0.7], "acc": [0.5, 0.6]},
    {"loss": [0.9, 0.7], "val_loss": [0.8, 0.7], "lr": [0.1, 0.1]},
    {"loss": [0.9, 0.7], "confusion": [[3, 1], [2, 4]]},
    {"train/loss": [[10, 0.9], [20, 0.7]], "val/loss": [[20, 0.8]]},
    {"weight": [[10, 0.9], [20, 0.7]]},
    [{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.7}],
    [
        {"epoch": 1, "loss": 0.9, "weights": [[1, 2]]},
        {"epoch": 2, "loss": 0.8, "weights": [[1, 3]]},
    ],
    {"loss_mean": [0.9, 0.7], "loss_var": [0.1, 0.2]},
    {"epoch": [1, 2], "w": [0.9, 0.7], "b": [0.1, 0.2]},
    {"lr": 0.1, "betas": [0.9, 0.999], "class_weights": [0.3, 0.7]},
    {"accuracy": 0.9, "confusion_matrix": [[3, 1, 0], [2, 4, 1], [0, 0, 3]]},
    [[1780000000.5, 1, 0.5], [1780000001.5, 2, 0.4]],
    {"columns": ["a", "b"], "data": [[1, 2, 3], [3, 4, 5]]},
)


@pytest.mark.parametrize("value", LOGS, ids=[json.dumps(value)[:40] for value in LOGS])
def test_a_log_is_no_dump_of_weights(value: Any) -> None:
    """Its curves would be lost in a histogram."""
    assert chosen(json.dumps(value).encode()) != "json-weights"


# Bare numbers


def csv(text: str, name: str = "w_step_3.csv") -> Dump:
    return dump_of("matrix", text.encode(), name)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1.5 2.5\n  3e2   -4\n", [[1.5, 2.5], [300, -4]]),
        ("1\t2\r\n3\t4\r\n", [[1, 2], [3, 4]]),
        ("1;2;3\n4;5;6", [[1, 2, 3], [4, 5, 6]]),
        ("1,5;2,5\n3,25;4,5\n", [[1.5, 2.5], [3.25, 4.5]]),
        ("# by savetxt\n# twice\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("0.1,0.2,\n0.3,0.4,\n0.5,0.6,\n", [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
        ('"1.5","2"\n"3","4"\n', [[1.5, 2], [3, 4]]),
        ("\n1,2\n\n3,4\n\n", [[1, 2], [3, 4]]),
        ("1.5\n2.5\n-3\n", [[1.5], [2.5], [-3]]),
        ("0.1,nan\ninf,-inf\n", [[0.1, math.nan], [math.inf, -math.inf]]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_matrix_is_one_tensor(text: str, rows: list[list[float]], encoding: str) -> None:
    """Whatever stands between its numbers."""
    dump = dump_of("matrix", text.encode(encoding), "a/w_step_3.csv")
    [(name, array)] = arrays(dump).items()
    assert name == "w"
    assert np.array_equal(array, rows, equal_nan=True)
    assert not dump.problems


def test_cells_without_a_number_are_counted() -> None:
    """They are NaN, so that the shape stays."""
    dump = csv("1,2\n3,\n5,x\n")
    [array] = arrays(dump).values()
    assert np.array_equal(array, [[1, 2], [3, np.nan], [5, np.nan]], equal_nan=True)
    assert [one.what for one in dump.problems] == ["2 cells hold no number: they are NaN"]


def test_rows_that_are_not_of_one_width_are_counted() -> None:
    """All their numbers are there."""
    dump = csv("1,2\n" * 10 + "3,4,5\n")
    [tensor] = dump.tensors
    assert tensor.shape == (23,)
    assert [one.what for one in dump.problems] == ["not every row has 2 numbers"]


def test_a_large_matrix_is_read_piece_by_piece() -> None:
    """Rows longer than a piece are cut between two numbers."""
    wide = np.random.default_rng(1).normal(size=(3, 150_000))
    tall = np.random.default_rng(2).normal(size=(150_000, 3))
    for array in (wide, tall):
        for mark in (",", " "):
            text = "\n".join(mark.join(map(repr, row)) for row in array.tolist()) + "\n"
            assert chosen(text.encode(), "w.txt") == "matrix"
            dump = csv(text)
            assert not dump.problems
            assert np.array_equal(arrays(dump)["w"], array)
    with pytest.raises(SourceError, match="over a million characters"):
        csv("1,2\n3,4\n" + "5" * (4 << 20))


@pytest.mark.parametrize("text", ["", "\n\n", "a b c\n", "{}"])
def test_a_text_without_rows_of_numbers_is_refused(text: str) -> None:
    """Where it was asked for by name."""
    with pytest.raises(SourceError, match="holds no rows of numbers"):
        csv(text)


@pytest.mark.parametrize(
    "text",
    ["step,loss\n1,0.5\n2,0.4\n", "epoch 1 loss 0.5\nepoch 2 loss 0.4\n", "a,b\n1,2\n3,4\n"],
)
def test_a_table_with_names_is_no_matrix(text: str) -> None:
    """Its columns are curves."""
    assert chosen(text.encode(), "x.csv") != "matrix"


def test_a_matrix_is_one_histogram_named_by_its_file(tmp_path: Path) -> None:
    """The step is in the name, too."""
    (tmp_path / "weights_step_000030.csv").write_text("0.5,1.5\n2.5,3.5\n")
    [points] = [one for one in tbingest.read(tmp_path) if one.kind == "histogram"]
    assert points.steps.tolist() == [30]
    [value] = points.values[0]
    assert not isinstance(value, str | float)
    assert value.buckets[:, 2].sum() == 4
