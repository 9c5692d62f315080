"""Checkpoints as PyTorch and Stable-Baselines3 write them, made without either."""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from dumps import note_dump
from training import Config, Training

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from expectation import Expected


STORAGES = {
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "complex64": "ComplexFloatStorage",
}


_DAY = (1980, 1, 1, 0, 0, 0)


_STEPS = (100, 200)


class Pickle:
    """Pickles plain values and NumPy arrays as torch.save does; `storages` are the arrays'."""

    def __init__(self) -> None:
        self.storages: list[np.ndarray] = []

    def whole(self, value: Any) -> bytes:
        """A pickle of protocol 2."""
        return b"\x80\x02" + self.of(value) + b"."

    def of(self, value: Any) -> bytes:
        """The steps that put a value on the stack."""
        match value:
            case None | True | False:
                return {None: b"N", True: b"\x88", False: b"\x89"}[value]
            case int():
                size = value.bit_length() // 8 + 1
                return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)
            case float():
                return b"G" + struct.pack(">d", value)
            case str():
                return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
            case dict():
                items = b"".join(self.of(key) + self.of(entry) for key, entry in value.items())
                return b"}(" + items + b"u"
            case list() | tuple():
                begin, end = (b"](", b"e") if isinstance(value, list) else (b"(", b"t")
                return begin + b"".join(map(self.of, value)) + end
            case bytes():  # steps, as they are
                return value
        return self._tensor(value)

    def _tensor(self, array: np.ndarray) -> bytes:
        flat = np.ascontiguousarray(array).ravel()
        strides = [math.prod(array.shape[axis + 1 :]) for axis in range(array.ndim)]
        steps = self.view(flat, 0, array.shape, tuple(strides))
        self.storages.append(flat)
        return steps

    def view(
        self, flat: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> bytes:
        """The steps of a tensor that looks at the storage that comes next."""
        kind = f"ctorch\n{STORAGES[flat.dtype.name]}\n".encode()
        place = ("storage", kind, str(len(self.storages)), "cpu", flat.size)
        arguments = (self.of(place) + b"Q", offset, shape, strides, False, _call("collections"))
        return _call("torch._utils", "_rebuild_tensor_v2", self.of(arguments))


def _call(module: str, name: str = "OrderedDict", arguments: bytes = b")") -> bytes:
    return f"c{module}\n{name}\n".encode() + arguments + b"R"


def zip_file(pickle: bytes, storages: list[np.ndarray], name: str = "archive") -> bytes:
    """A checkpoint of PyTorch 1.6 or newer."""
    members = {f"{name}/data.pkl": pickle, f"{name}/byteorder": b"little"}
    members |= {f"{name}/data/{place}": one.tobytes() for place, one in enumerate(storages)}
    return archive({**members, f"{name}/version": b"3\n"})


def legacy_file(pickle: bytes, storages: list[np.ndarray]) -> bytes:
    """A checkpoint of PyTorch 1.5 or older."""
    plain = Pickle()
    sizes = {"short": 2, "int": 4, "long": 4}
    machine = {"protocol_version": 1001, "little_endian": True, "type_sizes": sizes}
    first = [plain.whole(0x1950A86A20F9469CFC6C), plain.whole(1001), plain.whole(machine)]
    names = plain.whole([str(place) for place in range(len(storages))])
    numbers = [struct.pack("<q", one.size) + one.tobytes() for one in storages]
    return b"".join([*first, pickle, names, *numbers])


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip file of members as they are, without the time of day."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name, data in members.items():
            zipped.writestr(zipfile.ZipInfo(name, _DAY), data)
    return stream.getvalue()


def saved(value: Any, *, legacy: bool = False) -> bytes:
    """What torch.save would write of a value."""
    pickle = Pickle()
    steps = pickle.whole(value)
    return (legacy_file if legacy else zip_file)(steps, pickle.storages)


def _state(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    moments = {
        "step": np.asarray(100, np.float32),
        "exp_avg": next(iter(arrays.values())).astype(np.float32) / 8,
    }
    return {"state": {0: moments}, "param_groups": [{"lr": 0.02, "params": [0]}]}


def _paths(arrays: Mapping[str, np.ndarray], below: str = "") -> dict[str, np.ndarray]:
    return {f"{below}{name.replace('.', '/')}": array for name, array in arrays.items()}


def checkpoints(root: Path, expected: Expected) -> None:
    """`checkpoint_step_000100.pt` as a loop saves it, and a model alone in the older form."""
    training = Training(Config(seed=21))
    for kind in ("torch", "torch-legacy"):
        run = f"formats/checkpoints/{kind}"
        (root / run).mkdir(parents=True, exist_ok=True)
        before = None
        for step in _STEPS:
            arrays = {n: a.astype(np.float32) for n, a in training.dumps[step].items()}
            legacy = kind == "torch-legacy"
            whole = {"epoch": step // 10, "global_step": step, "model_state_dict": arrays}
            content = arrays if legacy else {**whole, "optimizer_state_dict": _state(arrays)}
            path = root / run / f"checkpoint_step_{step:06d}.{'pth' if legacy else 'pt'}"
            path.write_bytes(saved(content, legacy=legacy))
            held = _paths(arrays)
            if not legacy:
                held |= _paths(_state(arrays)["state"][0], "optimizer/state_0/")
            note_dump(expected, path, run, step, held, before)
            before = held


def sb3(root: Path, expected: Expected) -> None:
    """`rl_model_2000_steps.zip`: JSON with pickles that are never loaded, and checkpoints."""
    run = "formats/checkpoints/sb3"
    (root / run).mkdir(parents=True, exist_ok=True)
    training = Training(Config(seed=22))
    before = None
    for place, step in enumerate(_STEPS, 1):
        arrays = {n: a.astype(np.float32) for n, a in training.dumps[step].items()}
        policy = {f"mlp_extractor.policy_net.{name}": array for name, array in arrays.items()}
        data = {
            "policy_class": {":type:": "<class 'abc.ABCMeta'>", ":serialized:": "gAWVMAAAAAA="},
            "num_timesteps": 2000 * place,
            "learning_rate": 0.0003,
        }
        members = {
            "data": json.dumps(data, indent=4).encode(),
            "pytorch_variables.pth": saved({}),
            "policy.pth": saved(policy),
            "policy.optimizer.pth": saved(_state(arrays)),
            "_stable_baselines3_version": b"2.9.2",
            "system_info.txt": b"- Python: 3.11.9\n- PyTorch: 2.13.0\n",
        }
        path = root / run / f"rl_model_{2000 * place}_steps.zip"
        path.write_bytes(archive(members))
        held = _paths(policy, "rl_model/policy/")
        held |= _paths(_state(arrays)["state"][0], "optimizer/rl_model/policy/state_0/")
        note_dump(expected, path, run, 2000 * place, held, before)
        before = held
