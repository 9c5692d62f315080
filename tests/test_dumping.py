"""Parameter dumps as points: their steps, their tags, what is said of every tensor."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.loaded import accumulated
from helpers.memory import PEAK
from helpers.places import parity_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.util.tensor_util import make_ndarray

import tbingest
from tbingest.formats.checkpoints.numbers import codes
from tbingest.names.steps import step_of_name
from tbingest.names.tags import tensor_path
from tbingest.options import Options
from tbingest.reading import tensors as dumping
from tbingest.reading.histograms import summarize
from tbingest.reading.tensors import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NO_PLOTS = Options(plots="none")
KINDS = {"float16": "F16", "float32": "F32", "float64": "F64", "int64": "I64", "bool": "BOOL"}


def save(path: Path, metadata: Mapping[str, str] | None = None, **arrays: Any) -> Path:
    """A safetensors file; two underlines in a name are a dot."""
    entries: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name, value in arrays.items():
        array = np.asarray(value)
        raw = array.tobytes()
        entries[name.replace("__", ".")] = {
            "dtype": KINDS[array.dtype.name],
            "shape": array.shape,
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    header = json.dumps(entries).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


def steps_of(logs: Path, options: Options = NO_PLOTS) -> dict[str, tuple[int | None, str]]:
    """(step, why) of every dump, by name."""
    found = tbingest.inspect(logs, "none", options)
    sources = [source for job in found.jobs for source in job.sources]
    return {one.source.name: (one.step, one.roles.why["step"]) for one in sources}


def scalars(logdir: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    return {
        (run, tag): [(event.step, event.value) for event in loaded.Scalars(tag)]
        for run, loaded in accumulated(logdir)
        for tag in loaded.Tags()["scalars"]
    }


def files_of(logdir: Path) -> dict[str, bytes]:
    return {
        path.relative_to(logdir).as_posix(): path.read_bytes()
        for path in sorted(logdir.rglob("*tfevents*"))
    }


# Steps


def test_a_step_in_the_file_goes_before_one_in_its_name(tmp_path: Path) -> None:
    """And `global_step` before an epoch."""
    save(tmp_path / "epoch_3.safetensors", {"epoch": "3", "global_step": "300"}, w=[1.0])
    assert steps_of(tmp_path) == {"epoch_3.safetensors": (300, "300, 'global_step' in the file")}


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("checkpoint-500/model.safetensors", 500),
        ("epoch=5-step=192.safetensors", 192),
        ("weights_step_000100.safetensors", 100),
        ("model_0005999.safetensors", 5999),
        ("rl_model_10000_steps.safetensors", 10000),
        ("ckpt/00007.safetensors", 7),
        ("iter_40000.safetensors", 40000),
        ("model-00001-of-00003.safetensors", 0),
        ("checkpoint-500/model-00002-of-00003.safetensors", 500),
        ("resnet50.safetensors", 0),
        ("weights.07.weights.safetensors", 7),
        ("weights.07-0.35.safetensors", 7),
        ("epoch_12_acc_0.93.safetensors", 12),
        ("epoch=3-val_loss=0.25.safetensors", 3),
    ],
)
def test_a_step_is_taken_from_a_name_or_a_folder(name: str, step: int, tmp_path: Path) -> None:
    """As training scripts name their checkpoints; a shard's number is none."""
    save(tmp_path / name, w=[1.0])
    assert [found for found, _ in steps_of(tmp_path).values()] == [step]


def test_a_number_before_its_word_is_a_step() -> None:
    """Also with what stands between them."""
    assert step_of_name("net_12_epochs.npz") == (12, "net")
    assert step_of_name("5steps.npz") == (5, "")


def test_dumps_that_say_no_step_stand_in_the_order_of_their_folders(tmp_path: Path) -> None:
    """After those that say one; what is not a number in a name is told apart."""
    for folder in ("part10", "part9"):
        save(tmp_path / folder / "model.safetensors", w=[1.0])
    save(tmp_path / "checkpoint-30" / "model.safetensors", w=[1.0])
    (tmp_path / "log.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    found = steps_of(tmp_path)
    found.pop("log.csv")
    assert found == {
        "checkpoint-30/model.safetensors": (30, "30, from its name"),
        "part9/model.safetensors": (31, "31, by the order of the names"),
        "part10/model.safetensors": (32, "32, by the order of the names"),
    }


def test_one_state_in_two_forms_is_read_once(tmp_path: Path) -> None:
    """The second file is named with the reason; one with other tensors is read."""
    save(tmp_path / "step_1.safetensors", w=np.ones(3))
    np.savez(tmp_path / "step_1.npz", w=np.ones(3))
    save(tmp_path / "params_step_1.safetensors", other=np.ones(3))
    report = tbingest.convert(tmp_path, tmp_path / "runs", NO_PLOTS)
    assert len(report.sources) == 2
    assert [one.reason for one in report.ignored] == [
        "the tensors and the step of step_1.npz in another form"
    ]


def test_shards_are_one_model_at_one_step(tmp_path: Path) -> None:
    """Their tags hold no number of a shard; each has a summary of its own."""
    for number in (1, 2):
        save(tmp_path / f"model-0000{number}-of-00002.safetensors", **{f"w{number}": [1.0]})
    points = list(tbingest.read(tmp_path))
    assert {int(step) for one in points for step in one.steps} == {0}
    tags = {tag for one in points for tag in one.tags if one.kind != "scalar"}
    assert tags == {
        "weights/w1",
        "weights/w2",
        "weights/summary/00001-of-00002",
        "weights/summary/00002-of-00002",
    }


def test_one_of_every_few_dumps_is_taken(tmp_path: Path) -> None:
    """From the first on, in the order of their steps; the others are named."""
    logs = tmp_path / "logs"
    for step in (2, 10, 1, 30, 20):
        save(logs / f"step_{step}.safetensors", w=[float(step)])
    report = tbingest.convert(logs, tmp_path / "runs", Options(plots="none", every=2))
    found = scalars(tmp_path / "runs")
    assert found["logs", "weights_norm/w"] == [(1, 1.0), (10, 10.0), (30, 30.0)]
    assert [step for step, _ in found["logs", "weights_update/w"]] == [10, 30]
    assert {one.reason for one in report.ignored} == {"one of every 2 dumps is taken (--every)"}


# Tags


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("encoder.layer.0.attn.q_proj.weight", "encoder/layer_0/attn/q_proj/weight"),
        ("0.weight", "0/weight"),
        ("layers/dense/vars/0", "layers/dense/vars_0"),
        ("dense/kernel:0", "dense/kernel"),
        ("blocks.3.1.conv", "blocks_3_1/conv"),
    ],
)
def test_a_module_path_folds(name: str, path: str) -> None:
    """A number belongs to the name before it."""
    assert tensor_path(name) == path


@pytest.mark.parametrize(
    ("prefix", "name", "place"),
    [
        ("weights", "model_state_dict/0.weight", ("weights", "0/weight")),
        ("weights", "state_dict/net.a", ("weights", "net/a")),
        ("weights/best", "a.b", ("weights", "best/a/b")),
        ("weights", "optimizer_state_dict/state/0/exp_avg", ("optimizer", "state_0/exp_avg")),
        ("weights", "policy.optimizer/state/0/step", ("optimizer", "policy/state_0/step")),
        ("optimizer", "state/3/exp_avg", ("optimizer", "state_3/exp_avg")),
        ("weights", "model", ("weights", "model")),
    ],
)
def test_weights_and_optimizer_are_groups(prefix: str, name: str, place: tuple[str, str]) -> None:
    """What a checkpoint wraps its weights in says nothing."""
    assert place_of(prefix, name) == place


def test_two_tensors_of_one_path_keep_apart(tmp_path: Path) -> None:
    """Under the name that one of them has in the file."""
    path = tmp_path / "weights.npz"
    np.savez(path, **{"a.b": np.ones(2), "a/b": np.ones(3)})
    points = list(tbingest.read(path))
    tags = {tag for one in points if one.kind == "histogram" for tag in one.tags}
    assert tags == {"weights/a/b", "weights/a/b (a/b)"}


@pytest.mark.parametrize(
    ("globs", "tags"),
    [
        (("encoder.*",), {"encoder/0/weight", "encoder/0/bias"}),
        (("*/bias",), {"encoder/0/bias", "head/bias"}),
        (("head.*", "*.bias"), {"encoder/0/bias", "head/bias", "head/weight"}),
    ],
)
def test_only_the_tensors_that_are_asked_for_are_read(
    globs: tuple[str, ...], tags: set[str], tmp_path: Path
) -> None:
    """By their names in the file, or by their paths."""
    names = ("encoder__0__weight", "encoder__0__bias", "head__weight", "head__bias")
    save(tmp_path / "model.safetensors", **{name: [1.0] for name in names})
    reading = tbingest.read(tmp_path, Options(tensors=globs))
    found = {tag for one in reading if one.kind == "histogram" for tag in one.tags}
    assert found == {f"weights/{tag.replace('encoder/0', 'encoder_0')}" for tag in tags}
    (text,) = [one.values[0][0] for one in reading if one.kind == "text"]
    assert f"{4 - len(tags)} more were not asked for" in str(text)


# What is said of a tensor


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "bool"])
@pytest.mark.parametrize("count", [1, 7, 20_000, 300_000])
def test_statistics_are_those_of_numpy(dtype: str, count: int, tmp_path: Path) -> None:
    """Whatever the type, and however many numbers."""
    numbers = (np.random.default_rng(count).standard_normal(count) * 3).astype(dtype)
    before = (np.random.default_rng(1).standard_normal(count) * 3).astype(dtype)
    logs = tmp_path / "logs"
    save(logs / "step_1.safetensors", w=before)
    save(logs / "step_2.safetensors", w=numbers)
    tbingest.convert(logs, tmp_path / "runs", Options(plots="none", statistics=True))
    found = {
        tag.partition("/")[0]: dict(points)[2]
        for (_, tag), points in scalars(tmp_path / "runs").items()
    }
    exact = numbers.astype(np.float64)
    earlier = before.astype(np.float64)
    wanted = {
        "weights_norm": np.linalg.norm(exact),
        "weights_mean": exact.mean(),
        "weights_std": exact.std(),
        "weights_min": exact.min(),
        "weights_max": exact.max(),
        "weights_zeros": (exact == 0).mean(),
        "weights_nonfinite": 0.0,
    }
    if earlier.any():
        wanted["weights_update"] = np.linalg.norm(exact - earlier) / np.linalg.norm(earlier)
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        assert found[name] == pytest.approx(np.float32(value), rel=1e-6, abs=1e-12), name


@given(
    st.sampled_from(["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int8", "bool"]),
    st.integers(0, 2**32),
    st.integers(1, 40_000),
)
@settings(max_examples=60, deadline=None)
def test_histograms_of_small_types_are_those_of_numpy(kind: str, seed: int, count: int) -> None:
    """Of any codes, those of NaN and infinities among them; few and many."""
    table = codes(kind)
    dtype = np.uint16 if len(table) > 256 else np.uint8
    drawn = np.random.default_rng(seed).integers(0, len(table), count).astype(dtype)
    made, statistics = summarize([drawn[:7], drawn[7:]], table)
    numbers = table[drawn]
    finite = numbers[np.isfinite(numbers)]
    assert statistics.nan == made.nan == np.isnan(numbers).sum()
    assert made.neg_inf + made.pos_inf == np.isinf(numbers).sum()
    assert statistics.zeros == (numbers == 0).sum()
    if not len(finite):
        assert not len(made.buckets)
        return
    edges = np.append(made.buckets[:, 0], made.buckets[-1, 1])
    assert made.buckets[:, 2].tolist() == np.histogram(finite, edges)[0].tolist()
    assert statistics.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9 * abs(finite).max())
    assert statistics.std == pytest.approx(finite.std(), rel=1e-9)


def test_a_spread_far_from_zero_is_not_lost() -> None:
    """A running mean of 1e6 with a spread of a thousandth."""
    numbers = 1e6 + 1e-3 * np.random.default_rng(0).standard_normal(100_000)
    _, statistics = summarize([numbers[:40_000], numbers[40_000:]])
    assert statistics.std == pytest.approx(numbers.std(), rel=1e-6)
    assert statistics.norm == pytest.approx(np.linalg.norm(numbers), rel=1e-12)


def test_numbers_that_are_not_finite_are_counted_and_said(tmp_path: Path) -> None:
    """The scalars are those of the finite ones; a tensor without any has its count only."""
    bad = np.array([1.0, math.nan, math.inf, -math.inf, 3.0])
    logs = save(tmp_path / "logs" / "m.safetensors", some=bad, none=[math.nan, math.nan], empty=[])
    report = tbingest.convert(logs.parent, tmp_path / "runs", NO_PLOTS)
    found = {tag: points[0][1] for (_, tag), points in scalars(tmp_path / "runs").items()}
    assert found["weights_nonfinite/m/some"] == 3
    assert found["weights_norm/m/some"] == pytest.approx(10**0.5)
    assert {tag for tag in found if tag.endswith("/none")} == {"weights_nonfinite/m/none"}
    (source,) = report.sources
    assert sorted((one.what, one.values) for one in source.problems) == [
        ("empty: is empty", 1),
        ("none: has no finite number", 1),
        ("some: 3 of its numbers are not finite and stand in no bucket", 0),
    ]
    assert source.read == sum(source.written.values()) + source.reported


@pytest.mark.parametrize("other", [np.zeros((2, 3)), np.ones((3, 2)), np.ones(6)])
def test_no_change_is_said_of_what_cannot_be_compared(other: Any, tmp_path: Path) -> None:
    """A tensor of zeros before, or one of another shape."""
    logs = tmp_path / "logs"
    save(logs / "step_1.safetensors", w=other)
    save(logs / "step_2.safetensors", w=np.ones((2, 3)))
    tags = {tag for one in tbingest.read(logs) for tag in one.tags}
    assert "weights_update/w" not in tags
    assert "weights_norm/w" in tags


def test_a_change_is_found_over_other_types_and_forms(tmp_path: Path) -> None:
    """Half precision in one file, float64 in the next, in another format."""
    logs = tmp_path / "logs"
    first = np.arange(1, 500_001) % 9
    save(logs / "step_1.safetensors", w=first.astype(np.float16))
    np.savez(logs / "step_2.npz", w=first * 1.5)
    tbingest.convert(logs, tmp_path / "runs", NO_PLOTS)
    assert scalars(tmp_path / "runs")["logs", "weights_update/w"] == [(2, 0.5)]


def test_the_summary_is_a_table_of_the_tensors(tmp_path: Path) -> None:
    """Shapes, types, counts, the file's own facts, and what is not as it should be."""
    metadata = {"format": "pt", "step": "7"}
    path = save(
        tmp_path / "m.safetensors",
        metadata,
        a__weight=np.ones((2, 3)),
        b=np.float16(1),
        c=[math.nan],
    )
    (text,) = [one.values[0][0] for one in tbingest.read(path) if one.kind == "text"]
    assert str(text).startswith("**3 tensors, 8 numbers** (7 float64, 1 float16); safetensors")
    assert "| a.weight | 2 x 3 | float64 | 6 |" in str(text)
    assert "| b | a number | float16 | 1 |" in str(text)
    assert "| step | 7 |" in str(text)
    assert "| c: has no finite number |" in str(text)


# Again, and in parts


def test_converting_again_adds_what_changed(tmp_path: Path) -> None:
    """Nothing for a touched file; a new dump has its change since the last one."""
    logs, runs = tmp_path / "logs", tmp_path / "runs"
    save(logs / "step_1.safetensors", w=np.ones(4))
    tbingest.convert(logs, runs, NO_PLOTS)
    before = files_of(runs)
    os.utime(logs / "step_1.safetensors", (1, 1))
    tbingest.convert(logs, runs, NO_PLOTS)
    assert files_of(runs) == before
    save(logs / "step_2.safetensors", w=np.full(4, 2.0))
    tbingest.convert(logs, runs, NO_PLOTS)
    assert scalars(runs)["logs", "weights_update/w"] == [(2, 1.0)]
    fresh = tmp_path / "fresh"
    os.utime(logs / "step_1.safetensors", (1, 1))
    tbingest.convert(logs, fresh, NO_PLOTS)
    assert scalars(fresh) == scalars(runs)


def test_a_dump_that_was_overwritten_replaces_its_points(tmp_path: Path) -> None:
    """As `best.pt` is, again and again."""
    logs, runs = tmp_path / "logs", tmp_path / "runs"
    for value in (1.0, 2.0):
        save(logs / "best.safetensors", w=[value])
        tbingest.convert(logs, runs, NO_PLOTS)
    assert scalars(runs)["logs", "weights_norm/best/w"] == [(0, 2.0)]


def many(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for step in (1, 2, 3):
        tensors = {f"layer{n:03d}": rng.standard_normal(n % 40 + 1) for n in range(100)}
        save(folder / f"step_{step}.safetensors", **tensors)
        os.utime(folder / f"step_{step}.safetensors", (1_780_000_000, 1_780_000_000))
    return folder


def test_several_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """And in the same order."""
    logs = many(tmp_path / "logs")
    for processes in (1, 2):
        options = Options(plots="none", processes=processes)
        tbingest.convert(logs, tmp_path / f"runs{processes}", options)
    assert files_of(tmp_path / "runs1") == files_of(tmp_path / "runs2") != {}


def test_a_dump_is_given_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The points are the same; a dump stopped between its parts goes on where it stood."""
    logs = many(tmp_path / "logs")
    tbingest.convert(logs, tmp_path / "whole", NO_PLOTS)
    monkeypatch.setattr(dumping, "_TENSORS", 7)
    tbingest.convert(logs, tmp_path / "parts", NO_PLOTS)
    assert scalars(tmp_path / "parts") == scalars(tmp_path / "whole")
    parts = dumping.parts

    class StopError(Exception):
        pass

    def interrupted(planned: Any) -> Any:
        for place, part in enumerate(parts(planned)):
            if place == 9 and planned.step == 2:
                raise StopError
            yield part

    monkeypatch.setattr("tbingest.reading.workers.parts", interrupted)
    with pytest.raises(StopError):
        tbingest.convert(logs, tmp_path / "stopped", NO_PLOTS)
    monkeypatch.setattr("tbingest.reading.workers.parts", parts)
    tbingest.convert(logs, tmp_path / "stopped", NO_PLOTS)
    assert scalars(tmp_path / "stopped") == scalars(tmp_path / "parts")
    assert files_of(tmp_path / "stopped") == files_of(tmp_path / "parts")


@pytest.mark.parametrize("count", [3_000, pytest.param(50_000, marks=pytest.mark.soak)])
def test_many_tensors_are_few_events(count: int, tmp_path: Path) -> None:
    """Not one each: their histograms share events, and memory hardly grows with them."""
    logs = tmp_path / "logs"
    save(logs / "step_1.safetensors", **{f"t{n}": [float(n)] for n in range(count)})
    code = (
        "import tbingest\n"
        f"report = tbingest.convert({str(logs)!r}, {str(tmp_path / 'runs')!r}, "
        "tbingest.Options(plots='none'))\n"
        f"assert report.points == {count} * 2 + 2, report.points\n"
        f"print({PEAK} >> 10)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240
    )
    assert int(done.stdout) < 150 + count / 50
    (path,) = (tmp_path / "runs").rglob("*tfevents*")
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

    assert sum(1 for _ in RawEventFileLoader(str(path)).Load()) < count / 50


# What the frameworks' own writers made of the same tensors


def test_histograms_hold_what_keras_own_callback_counted(tmp_path: Path) -> None:
    """Of each of its histograms there is one of ours, as many numbers in the same range."""
    folder = parity_folder("keras")
    tbingest.convert(folder / "log", tmp_path, NO_PLOTS)
    found = dict(accumulated(folder / "tb"))["train"]
    ours = {
        (event.step - 1, *reach(make_ndarray(event.tensor_proto)))
        for _, loaded in accumulated(tmp_path)
        for tag in loaded.Tags()["tensors"]
        if tag.startswith("weights/layers/")
        for event in loaded.Tensors(tag)
    }
    native = {
        (event.step, *reach(make_ndarray(event.tensor_proto)))
        for tag in found.PluginTagToContent("histograms")
        for event in found.Tensors(tag)
    }
    assert len(native) > 30
    assert native <= ours


def reach(buckets: np.ndarray) -> tuple[int, float, float]:
    """How many numbers, and where they begin and end; equal ones, half a unit to each side."""
    low, high = float(buckets[0, 0]), float(buckets[-1, 1])
    if len(buckets) == 1 and high - low == pytest.approx(1):
        low = high = (low + high) / 2
    return int(buckets[:, 2].sum()), round(low, 5), round(high, 5)


def test_histograms_hold_what_torchs_own_writer_counted(tmp_path: Path) -> None:
    """Count, smallest, largest, and by the norm the sum of squares."""
    folder = parity_folder("torchdump")
    tbingest.convert(folder / "log", tmp_path, NO_PLOTS)
    ((_, native),) = accumulated(folder / "tb")
    ((run, ours),) = accumulated(tmp_path)
    names = native.Tags()["histograms"]
    assert len(names) > 5
    norms = scalars(tmp_path)
    for name in names:
        tag = f"weights/{tensor_path(name)}"
        shown = {event.step: make_ndarray(event.tensor_proto) for event in ours.Tensors(tag)}
        norm = dict(norms[run, tag.replace("weights/", "weights_norm/", 1)])
        events = native.Histograms(name)
        assert [event.step for event in events] == list(shown)
        for event in events:
            buckets, value = shown[event.step], event.histogram_value
            assert buckets[:, 2].sum() == value.num
            if value.min < value.max:
                assert (buckets[0, 0], buckets[-1, 1]) == (value.min, value.max)
            assert norm[event.step] ** 2 == pytest.approx(value.sum_squares, rel=1e-6)
