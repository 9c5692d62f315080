"""PyTorch checkpoints are read without PyTorch, and nothing of them is ever run."""

from __future__ import annotations

import io
import json
import math
import os
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers.memory import PEAK
from helpers.work import calls
from helpers.writers import Pickle, archive, saved, zip_file

from tbingest.errors import SourceError
from tbingest.formats.checkpoints import pickles, sb3, torch_legacy, torch_zip
from tbingest.formats.checkpoints.torch_objects import CALLS, storage
from tbingest.formats.readers.refusals import refusal
from tbingest.model.contracts import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tbingest.model.tensors import Dump

CORPUS = os.environ.get("TBINGEST_CORPUS", "")
MODULES = {"torch": torch_zip, "torch-legacy": torch_legacy, "sb3": sb3}


def dumped(data: bytes, kind: str = "") -> Dump:
    """What a file of these bytes holds."""
    kind = kind or ("torch" if data[:2] == b"PK" else "torch-legacy")
    return MODULES[kind].dump(lambda: io.BytesIO(data), "model.pt")


def arrays(dump: Dump) -> dict[str, np.ndarray]:
    """The numbers of every tensor, in its shape."""
    found = {}
    for tensor in dump.tensors:
        parts = [piece.copy() for piece in tensor.chunks()]
        flat = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
        flat = flat if tensor.codes is None else tensor.codes[flat]
        found[tensor.name] = flat.reshape(tensor.shape, order=tensor.order)  # type: ignore[call-overload]
    return found


def whats(dump: Dump) -> list[str]:
    """What is said of the tensors that cannot be read."""
    return [problem.what for problem in dump.problems]


def viewed(offset: int, shape: tuple[int, ...], strides: tuple[int, ...], count: int = 24) -> bytes:
    """A checkpoint with one tensor, which looks at a storage of 0, 1, 2, ..."""
    flat = np.arange(count, dtype=np.float32)
    pickle = Pickle()
    steps = pickle.whole({"w": pickle.view(flat, offset, shape, strides)})
    return zip_file(steps, [flat])


@pytest.mark.parametrize("legacy", [False, True])
def test_every_type_shape_and_level_comes_out(*, legacy: bool) -> None:
    """Nested names, 0-d, empty and complex tensors, the step and the facts."""
    weights = {
        "0.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
        "half": np.asarray([0.5, -2], np.float16),
        "mask": np.asarray([True, False]),
        "count": np.asarray(7, np.int64),
        "none": np.zeros((0, 3)),
        "wave": np.asarray([1 + 2j, 3 - 4j], np.complex64),
    }
    said = {"epoch": 3, "global_step": 40, "note": "x", "net": weights, "more": [weights["half"]]}
    held = dumped(saved(said, legacy=legacy))
    assert (held.step, held.step_from) == (40, "global_step")
    assert held.facts == {"epoch": 3, "global_step": 40, "note": "x"}
    got = arrays(held)
    wave = weights.pop("wave")
    assert np.array_equal(got.pop("net/wave/real"), wave.real)
    assert np.array_equal(got.pop("net/wave/imag"), wave.imag)
    assert np.array_equal(got.pop("more/0"), weights["half"])
    assert list(got) == [f"net/{name}" for name in weights]
    for name, array in weights.items():
        assert np.array_equal(got[f"net/{name}"], array), name


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (4, 6), (1, 4)),
        (3, (2, 3, 2), (1, 2, 7)),
        (1, (5, 3), (0, 2)),
        (2, (4,), (5,)),
        (0, (20, 5), (1, 1)),
        (23, (), ()),
        (24, (0,), (1,)),
        (5, (1, 1, 3), (99, 99, 1)),
    ],
)
def test_any_view_of_a_storage_comes_out_in_the_order_of_its_shape(
    offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    """Transposed, strided, expanded, overlapping, 0-d and empty."""
    flat = np.arange(24, dtype=np.float32)
    expected = np.zeros(shape, np.float32)
    for index in np.ndindex(*shape):
        expected[index] = flat[offset + sum(i * s for i, s in zip(index, strides, strict=True))]
    assert np.array_equal(arrays(dumped(viewed(offset, shape, strides)))["w"], expected)


def test_a_large_transposed_tensor_is_gathered_block_by_block() -> None:
    """More than one block, each from many reads."""
    flat = np.arange(3000 * 1200, dtype=np.float32)
    pickle = Pickle()
    steps = pickle.whole([pickle.view(flat, 0, (1200, 3000), (1, 1200))])
    got = arrays(dumped(zip_file(steps, [flat])))["0"]
    assert np.array_equal(got, flat.reshape(3000, 1200).T)


def test_a_big_endian_checkpoint_is_turned_round() -> None:
    """As its member `byteorder` says."""
    pickle = Pickle()
    steps = pickle.whole({"w": np.asarray([1, 2.5], np.float32), "i": np.asarray(3, np.int64)})
    members = {"m/data.pkl": steps, "m/byteorder": b"big"}
    for place, one in enumerate(pickle.storages):
        members[f"m/data/{place}"] = one.byteswap().tobytes()
    got = arrays(dumped(archive(members)))
    assert got["w"].tolist() == [1, 2.5]
    assert got["i"] == 3


def module(name: str, parts: Mapping[str, Mapping[str, Any]], pickle: Pickle) -> bytes:
    """The steps of a whole module, as protocol 2 has them."""
    kind, _, attribute = name.rpartition(".")
    return f"c{kind}\n{attribute}\n)\x81".encode("latin-1") + pickle.of(dict(parts)) + b"b"


def test_a_module_saved_whole_gives_the_names_of_its_state_dict() -> None:
    """Its class is never looked for."""
    pickle = Pickle()
    inner = {"_parameters": {"weight": np.ones(2, np.float32), "bias": None}, "_modules": {}}
    layer = module("evil.Linear", inner, pickle)
    outer = {"_buffers": {"mean": np.zeros(3, np.float32)}, "_modules": {"layer1": layer}}
    steps = pickle.whole({"net": module("evil.Net", outer, pickle)})
    assert list(arrays(dumped(zip_file(steps, pickle.storages)))) == [
        "net/mean",
        "net/layer1.weight",
    ]


def test_a_model_of_stable_baselines_gives_every_checkpoint() -> None:
    """Below the members' names; the step is the count of steps."""
    weights = {"policy_net.0.weight": np.ones((2, 2), np.float32)}
    data = {"policy_class": {":serialized:": "gAWV"}, "num_timesteps": 512, "gamma": 0.9}
    members = {
        "data": json.dumps(data).encode(),
        "policy.pth": saved(weights),
        "policy.optimizer.pth": saved({"state": {0: weights}}, legacy=True),
        "broken.pth": b"PK no",
    }
    held = dumped(archive(members), "sb3")
    assert list(arrays(held)) == [
        "policy/policy_net.0.weight",
        "policy.optimizer/state/0/policy_net.0.weight",
    ]
    assert (held.step, held.step_from) == (512, "num_timesteps")
    assert held.facts == {"num_timesteps": 512, "gamma": 0.9}
    assert whats(held) == ["broken.pth: no whole zip archive: File is not a zip file"]


def test_a_file_without_tensors_says_what_it_holds() -> None:
    """A scheduler, or the arguments of a training."""
    assert dumped(saved({"last_epoch": 3})).refused == "holds a dict of last_epoch and no tensors"
    steps = Pickle().whole(b"ctransformers\nTrainingArguments\n)\x81}b")
    refused = dumped(zip_file(steps, [])).refused
    assert refused == "holds a transformers.TrainingArguments and no tensors"


def test_a_plain_pickle_is_refused_in_clear_words() -> None:
    """Also one that joblib compressed."""
    import pickle
    import zlib

    for protocol in (0, 2, 4, 5):
        plain = pickle.dumps({"a": [1.5]}, protocol)
        for data in (plain, zlib.compress(plain, 3)):
            assert refusal(Head("m.joblib", data, len(data))).startswith("a Python pickle, which")
    for data in (saved({}), saved({}, legacy=True), b"x", b"\x80", b"x\x9c"):
        assert refusal(Head("m.pt", data, len(data))) == ""


def test_detection_goes_by_content() -> None:
    """A large first member may hide what comes later."""
    weights = {"w": np.zeros(40_000, np.float32)}
    samples = {
        "torch": [saved(weights), archive({"m/data/0": bytes(90_000), "m/data.pkl": b"."})],
        "torch-legacy": [saved(weights, legacy=True)],
        "sb3": [
            archive({"data": b'{"policy_class": {}}' + b" " * 90_000, "policy.pth": saved({})}),
            archive({"data": b"{}", "policy.pth": saved({})}),
        ],
    }
    for kind, files in samples.items():
        for data in files:
            head = Head("model.bin", data[: 64 << 10], len(data), binary=True)
            sure = {name for name, one in MODULES.items() if one.detect(head).confidence > 0.5}
            assert sure == {kind}


REDUCED = b"\x80\x02cos\nsystem\nX\x0b\0\0\0touch canary\x85R."


def deflated() -> bytes:
    """A checkpoint that was packed anew."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("m/data.pkl", b"\x80\x02" + b"N0" * 1000 + b"N.")
    return stream.getvalue()


def duplicated() -> bytes:
    """Which of the two members counts is anyone's guess."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("m/data.pkl", b"\x80\x02N.")
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr("m/data.pkl", b"\x80\x02N.")
    return stream.getvalue()


def overlapping() -> bytes:
    """Two names for the same bytes."""
    data = archive({"m/data.pkl": b"\x80\x02N.", "m/data/0": bytes(8)})
    second = data.rindex(b"PK\1\2")
    return data[: second + 42] + bytes(4) + data[second + 46 :]


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "reduce": (lambda: zip_file(REDUCED.replace(b"\x0b", b"\x0c"), []), "a os.system and no"),
    "inst": (
        lambda: zip_file(b"(X\x0c\0\0\0touch canaryios\nsystem\n.", []),
        "a os.system and no",
    ),
    "obj": (lambda: zip_file(b"(cos\nsystem\nX\x0c\0\0\0touch canaryo.", []), "a os.system and"),
    "newobj": (
        lambda: zip_file(b"\x80\x02cos\nsystem\nX\x0c\0\0\0touch canary\x85\x81.", []),
        "a os.system and no",
    ),
    "build": (
        lambda: zip_file(b"\x80\x02cevil\nThing\n)\x81X\x0c\0\0\0touch canaryb.", []),
        "a evil.Thing and no",
    ),
    "stack global": (
        lambda: zip_file(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0ctouch canary\x85R.", []),
        "a os.system and no",
    ),
    "memo bomb": (lambda: zip_file(b"\x80\x02Nr\xff\xff\xff\x7f.", []), "remembers something in"),
    "hash bomb": (
        lambda: zip_file(b"\x80\x02}" + b"K\x01\x85" + b"2\x86" * 40 + b"Ns.", []),
        "a dict key that is a tuple of more than plain values",
    ),
    "long text": (lambda: zip_file(b"\x80\x02X\xff\xff\xff\x7fabc.", []), "a string of 2,147,483"),
    "long text 8": (
        lambda: zip_file(b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fabc.", []),
        "a string of 9,223",
    ),
    "long number": (lambda: zip_file(b"\x80\x02\x8b\xff\xff\xff\x7f1.", []), "a number of 2,147"),
    "strides": (lambda: viewed(0, (4, 6), (7, 1)), "reach beyond its storage"),
    "offset": (lambda: viewed(1, (24,), (1,)), "reach beyond its storage"),
    "negative stride": (lambda: viewed(9, (4,), (-1,)), "are not sizes"),
    "expanded": (lambda: viewed(0, (10**6, 10**6), (0, 0)), "repeats its storage"),
    "too short": (
        lambda: viewed(0, (24,), (1,)).replace(b"\x8a\x01\x18", b"\x8a\x01\x7f"),
        "says 127 numbers, more than the file holds",
    ),
    "deflated": (deflated, "is compressed, so that it cannot be read in place"),
    "duplicate": (duplicated, "holds a name twice"),
    "overlapping": (overlapping, "lie over each other"),
    "many steps": (lambda: zip_file(b"\x80\x02" + b"N0" * 5_000_000 + b".", []), "steps"),
    "many objects": (lambda: zip_file(b"\x80\x02" + b"}" * 7_000_000 + b".", []), "of memory"),
    "deep nesting": (
        lambda: zip_file(b"\x80\x02" + b"]" * 500_000 + b"a" * 499_999 + b".", []),
        "lies too deep",
    ),
    "copied text": (
        lambda: zip_file(
            b"\x80\x02X" + struct.pack("<I", 1 << 24) + bytes(1 << 24) + b"q\x000]"
            + b"c_codecs\nencode\nh\0X\6\0\0\0latin1\x86Ra" * 99 + b".",
            [],
        ),
        "of memory",
    ),
    "names": (
        lambda: zip_file(b"\x80\x02](cos\nsystem\nX\x0c\0\0\0touch canary\x85Rq\x00h\x00" * 9, []),
        "ends within a pickle",
    ),
}  # fmt: skip


WATCHED = """
import io, json, sys
from tbingest.formats.checkpoints import numbers, pickles, torch_zip, torch_legacy, zipped
from tbingest.errors import SourceError
data = sys.stdin.buffer.read()
seen = []
def watch(event, arguments):
    if event.partition(".")[0] in WATCH or event in WATCH:
        seen.append(event)
WATCH = {"exec", "import", "open", "os", "socket", "subprocess", "compile", "pickle", "ctypes"}
def read(data):
    made = torch_zip.dump(lambda: io.BytesIO(data), "m.pt")
    for tensor in made.tensors:
        for piece in tensor.chunks():
            pass
    return made.refused or "; ".join(problem.what for problem in made.problems)
WARM
sys.addaudithook(watch)
try:
    said = read(data)
except SourceError as error:
    said = error.message
events = list(seen)
print(json.dumps([said, events, PEAK // 1024]))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_does_nothing_and_is_named(name: str, tmp_path: Path) -> None:
    """No import, no open file, no command, little memory; and the reason is said."""
    make, reason = HOSTILE[name]
    warm = f"read({viewed(0, (4, 6), (1, 4))!r})"  # what Python itself loads once
    code = WATCHED.replace("WARM", warm).replace("PEAK", PEAK)
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=make(),
        capture_output=True,
        cwd=tmp_path,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    said, seen, peak = json.loads(done.stdout)
    assert reason in said
    assert seen == []
    assert peak < 400
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("legacy", [False, True])
def test_any_damage_is_a_source_error_or_a_problem(*, legacy: bool) -> None:
    """Bytes flipped, and the file cut."""
    weights = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.asarray(1.0)}
    good = saved({"epoch": 1, "w": weights, "l": [1.5, "x", (None, True)]}, legacy=legacy)
    dice = random.Random(4)
    for number in range(600):
        data = bytearray(good)
        if number % 3:
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(len(data))] = dice.randrange(256)
        else:
            del data[dice.randrange(len(data)) :]
        try:
            held = dumped(bytes(data), "torch-legacy" if legacy else "torch")
        except SourceError:
            continue
        for tensor in held.tensors:
            try:
                assert sum(len(piece) for piece in tensor.chunks()) == math.prod(tensor.shape)
            except SourceError:
                continue


def test_a_pickle_of_every_harmless_kind_is_what_python_makes_of_it() -> None:
    """All protocols, against the standard library, of plain objects."""
    import pickle
    from collections import OrderedDict

    plain = {
        "text": "ä€", "bytes": b"\x00\xff", "ints": [0, 255, 256, 70_000, -1, 1 << 70, -(1 << 40)],
        "floats": (1.5, -0.0, 1e300), "flags": [True, False, None], "deep": [[[()]]],
        "long": "x" * 300, "map": OrderedDict(a=1), (1, "t"): 2, 3: "three", "none": {},
    }  # fmt: skip
    for protocol in range(6):
        data = pickle.dumps(plain, protocol)
        assert pickles.load(io.BytesIO(data), CALLS, storage) == plain


FACTS = {
    "blazeface.pth": ("torch-legacy", 74, 101390, None),
    "ocp_epoch=212.ckpt": ("torch-legacy", 36, 4243, 214),
    "gen_seed1/state_dict_legacy.pth": ("torch-legacy", 9, 3147, None),
    "gen_seed1/state_dict.pt": ("torch", 9, 3147, None),
    "gen_seed1/whole_module.pt": ("torch", 9, 3147, None),
    "gen_seed1/checkpoint.pth": ("torch", 27, 9413, 3),
    "gen_seed1/lightning_epoch=5-step=192.ckpt": ("torch", 17, 590, 192),
    "gen_seed1/optimizer.pt": ("torch", 123, 25181, None),
    "gen_seed1/sb3_model.zip": ("sb3", 32, 641, 6016),
    "model_weights.pth": ("torch", 4, 31, None),
    "gen_seed1/training_args.bin": ("torch", 0, 0, None),
    "scheduler.pt": ("torch", 0, 0, None),
}


@pytest.mark.skipif(not CORPUS, reason="TBINGEST_CORPUS names no corpus")
@pytest.mark.parametrize("name", FACTS)
def test_a_real_file_gives_what_was_counted(name: str) -> None:
    """Tensors, numbers and step; nothing is left out."""
    kind, tensors, values, step = FACTS[name]
    data = (Path(CORPUS) / "weights" / name).read_bytes()
    head = Head(name, data[: 64 << 10], len(data), binary=True)
    assert MODULES[kind].detect(head).confidence > 0.9
    held = dumped(data, kind)
    assert len(held.tensors) == tensors
    assert sum(array.size for array in arrays(held).values()) == values
    assert held.step == step
    assert not held.problems
    assert bool(held.refused) == (not tensors)


@pytest.mark.parametrize("legacy", [False, True])
def test_what_pytorch_saves_comes_out_as_pytorch_loads_it(*, legacy: bool) -> None:
    """Every type and view, a whole module, and the state of an optimizer."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    base = torch.randn(40, 30, 20)
    state = {
        "permuted": base.permute(2, 0, 1),
        "strided": base[3:30:4, ::3, 5:15:2],
        "expanded": torch.randn(3, 1).expand(3, 7),
        "zero": torch.tensor(3.5),
        "empty": torch.zeros(0, 4),
        "bool": torch.randn(9) > 0,
        "bfloat16": torch.randn(4, 5).bfloat16().t(),
        "half": torch.randn(4, 5).half(),
        "float8": torch.randn(10).to(torch.float8_e4m3fn),
        "float8 transposed": torch.randn(10).to(torch.float8_e5m2).reshape(2, 5).t(),
        "int8": torch.arange(-5, 5, dtype=torch.int8),
        "int64": torch.arange(12).reshape(3, 4).t(),
        "parameter": torch.nn.Parameter(torch.randn(3, 3)),
        "unfolded": torch.arange(20.0).unfold(0, 5, 1),
        **torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).state_dict(),
    }
    stream = io.BytesIO()
    torch.save(state, stream, _use_new_zipfile_serialization=not legacy)
    got = arrays(dumped(stream.getvalue()))
    assert list(got) == list(state)
    for name, tensor in state.items():
        expected = tensor.detach().to(torch.float64).numpy()
        assert np.array_equal(got[name].astype(np.float64), expected), name


def test_the_states_of_random_number_generators_are_no_weights() -> None:
    """As Hugging Face's Trainer saves them: numbers, and none of the model."""
    state = {"numpy": ["MT19937", np.arange(624, dtype=np.uint8)], "cpu": np.ones(9, np.uint8)}
    found = torch_zip.dump(lambda: io.BytesIO(saved(state)), "rng_state.pth")
    assert found.refused == "holds the states of random number generators and no weights"


def test_what_is_named_twice_by_each_of_sixty_is_not_walked_for_ever() -> None:
    """As paths, 60 dicts of which each holds the next one twice are 2**60."""
    levels = b"".join(b"0}(X\1\0\0\0ah%cX\1\0\0\0bh%cuq%c" % (n, n, n + 1) for n in range(60))
    data = zip_file(b"\x80\x02}q\x00" + levels + b".", [])
    assert calls(lambda: torch_zip.dump(lambda: io.BytesIO(data), "m.pt")) < 500_000
