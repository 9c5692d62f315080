"""What PyTorch and NumPy write into a pickle, as plain records: where numbers lie, and their shape.

torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)
numpy.core.multiarray._reconstruct(ndarray, (0,), b"b")
collections.OrderedDict()

`CALLS` is all that is understood; everything else stays opaque.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from tbingest.errors import SourceError
from tbingest.formats.checkpoints.pickle_machine import Name, Opaque, key

_MAX_AXES = 64
_ELEMENTS = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
    "QInt8": "qint8",
    "QUInt8": "quint8",
    "QInt32": "qint32",
    "QUInt4x2": "quint4x2",
    "QUInt2x4": "quint2x4",
}
_STORAGE = re.compile(r"torch\.(?:cuda\.|xpu\.)?(\w+)Storage")
_PLAIN = re.compile(r"[<>|=]?(?:[iu][1248]|f[248]|c8|c16|b1|\?)")


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of `count` numbers named `key`; `dtype` is empty for one of bytes; from `start` on."""

    key: str
    dtype: str
    count: int
    start: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """A tensor: how it looks at a storage. `scale` and `zero` are those of a quantised one."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """A tensor that is there and cannot be read, and why."""

    why: str


@dataclass(slots=True, eq=False)
class Array:
    """A NumPy array whose bytes stand in the pickle; `text` says that it is one of strings."""

    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] | None = None
    fortran: bool = False
    data: bytes = b""
    text: bool = False

    def restore(self, state: Any) -> None:
        """Take (version, shape, dtype, order, bytes)."""
        match state:
            case (*_, tuple(shape), Kind() as kind, fortran, str() | bytes() as data):
                self.shape, self.fortran = integers(shape), bool(fortran)
                self.data = data.encode("latin-1") if isinstance(data, str) else data
                self.dtype, self.text = kind.plain(), kind.code.lstrip("<>|=")[:1] in {"S", "U"}


@dataclass(slots=True, eq=False)
class Kind:
    """A NumPy dtype by its code; `order` is what its state says."""

    code: str
    order: str = ""

    def restore(self, state: Any) -> None:
        """Take (version, byte order, ...)."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">"):
            self.order = state[1]

    def plain(self) -> np.dtype[Any] | None:
        """The dtype, where it is one of plain numbers."""
        if not _PLAIN.fullmatch(self.code):
            return None
        return np.dtype(self.order + self.code.lstrip("<>|="))


def integers(said: Any) -> tuple[int, ...]:
    """A shape or strides. Raises SourceError for anything else."""
    if not isinstance(said, tuple | list) or len(said) > _MAX_AXES:
        raise SourceError("a tensor whose shape is none")
    if not all(type(part) is int and 0 <= part < 1 << 62 for part in said):
        raise SourceError("a tensor whose shape or strides are not sizes")
    return tuple(said)


def storage(said: Any) -> Any:
    """The record of a persistent id: a storage, or the class of a module of old."""
    if isinstance(said, tuple) and len(said) > 1 and said[0] == "module":
        return said[1]
    match said:
        case ("storage", Name(kind), str() | int() as name, _, int(count), *view):
            pass
        case _:
            raise SourceError("a pickle with an object outside of it that is not a storage")
    if not 0 <= count < 1 << 62:
        raise SourceError("a storage whose size is none")
    found = Storage(str(name), element(kind), count)
    match view:
        case [(_, int(offset), int(size))] if offset >= 0 and size >= 0:
            return Storage(found.key, found.dtype, size, offset)
    return found


def element(kind: str) -> str:
    """The dtype of a storage by its class's name; empty for one of bytes."""
    if kind.startswith("torch.storage.") or kind.endswith("UntypedStorage"):
        return ""
    named = _STORAGE.fullmatch(kind)
    return _ELEMENTS.get(named[1], kind) if named else kind


def _dtype(said: Any) -> str:
    return said.name.removeprefix("torch.") if isinstance(said, Name) else ""


def _view(held: Any, offset: Any, size: Any, stride: Any, *_: Any) -> View | Unread:
    """_rebuild_tensor, and _rebuild_tensor_v2 with (requires_grad, hooks, metadata)."""
    if not isinstance(held, Storage):
        return Unread("its storage is none")
    if len(_) > 2 and isinstance(_[2], dict) and any(_[2].values()):
        return Unread("is conjugated or negated when it is loaded")
    return View(held, _place(offset), integers(size), integers(stride), held.dtype)


def _typed(
    held: Any, offset: Any, size: Any, stride: Any, _grad: Any, _hooks: Any, kind: Any, *_: Any
) -> View | Unread:
    """_rebuild_tensor_v3, for types that have no storage class."""
    if not isinstance(held, Storage):
        return Unread("its storage is none")
    return View(held, _place(offset), integers(size), integers(stride), _dtype(kind))


def _quantised(held: Any, offset: Any, size: Any, stride: Any, how: Any, *_: Any) -> View | Unread:
    match how:
        case (Name(scheme), float(scale), int(zero), *_) if scheme.endswith("per_tensor_affine"):
            shape, strides = integers(size), integers(stride)
            return View(held, _place(offset), shape, strides, held.dtype, scale, zero)
    return Unread("is quantised by channel, which is not read")


def _place(said: Any) -> int:
    return integers((said,))[0]


def _unread(why: str) -> Any:
    return lambda *_: Unread(why)


def _first(said: Any, *_: Any) -> Any:
    return said


def _from_type(function: Any, _kind: Any, arguments: Any, *_: Any) -> Any:
    """A tensor of a subclass: made by another function, which makes it itself."""
    call = CALLS.get(function.name) if isinstance(function, Name) else None
    if call and call is not _from_type and isinstance(arguments, tuple):
        return call(*arguments)
    return Unread("is of a class of its own")


def _mapping(said: Any = (), *_: Any) -> dict[Any, Any]:
    pairs = said.items() if isinstance(said, dict) else said
    return {key(name): value for name, value in pairs}


def _default(_factory: Any = None, said: Any = (), *_: Any) -> dict[Any, Any]:
    return _mapping(said)


def _listed(said: Any = (), *_: Any) -> list[Any]:
    return list(said) if isinstance(said, list | tuple | dict) else []


def _encoded(text: str, encoding: str = "latin1", *_: Any) -> bytes:
    if encoding not in {"latin1", "latin-1"}:
        raise ValueError(encoding)
    return text.encode("latin-1")


def _scalar(kind: Kind, data: Any = b"", *_: Any) -> Any:
    plain = kind.plain()
    if isinstance(data, str):
        data = data.encode("latin-1")
    if plain is None or len(data) != plain.itemsize:
        return Opaque("numpy.generic", (kind,))
    return np.frombuffer(data, plain)[0].item()


def _from_buffer(data: Any, kind: Kind, shape: Any, order: str = "C", *_: Any) -> Array:
    return Array(integers(shape), kind.plain(), order == "F", bytes(data))


def _kind(code: str, *_: Any) -> Kind:
    return Kind(code if isinstance(code, str) else "O")


def _device(said: Any = "", index: Any = None, *_: Any) -> str:
    if not isinstance(said, str | int) or not isinstance(index, int | None):
        raise TypeError("a device of no name")  # what holds itself many times has no end of a text
    return f"{said}" if index is None else f"{said}:{index}"


_SPARSE = _unread("is a sparse tensor, which is not read")
_TORCH = {
    "_rebuild_tensor": _view,
    "_rebuild_tensor_v2": _view,
    "_rebuild_tensor_v3": _typed,
    "_rebuild_qtensor": _quantised,
    "_rebuild_parameter": _first,
    "_rebuild_parameter_with_state": _first,
    "_rebuild_device_tensor_from_numpy": _first,
    "_rebuild_device_tensor_from_cpu_tensor": _first,
    "_rebuild_xla_tensor": _first,
    "_rebuild_mlc_tensor": _first,
    "_rebuild_sparse_tensor": _SPARSE,
    "_rebuild_sparse_csr_tensor": _SPARSE,
    "_rebuild_meta_tensor_no_storage": _unread("is a meta tensor: it has no numbers"),
    "_rebuild_nested_tensor": _unread("is a nested tensor, which is not read"),
    "_rebuild_wrapper_subclass": _unread("is of a class of its own"),
}
CALLS: dict[str, Any] = {
    **{f"torch._utils.{name}": call for name, call in _TORCH.items()},
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch._tensor._rebuild_from_type": _from_type,
    "torch.tensor._rebuild_from_type": _from_type,
    "torch.jit._pickle.restore_type_tag": _first,
    **{
        f"torch.jit._pickle.build_{kind}list": _listed
        for kind in ("int", "double", "bool", "tensor")
    },
    "torch.Size": lambda said=(), *_: tuple(said) if isinstance(said, list | tuple) else (),
    "torch.device": _device,
    "torch.serialization._get_layout": _first,
    "collections.OrderedDict": _mapping,
    "collections.Counter": _mapping,
    "collections.defaultdict": _default,
    "collections.deque": _listed,
    **{
        f"{module}.{kind}": _listed
        for module in ("builtins", "__builtin__")
        for kind in ("set", "frozenset", "list", "tuple")
    },
    "_codecs.encode": _encoded,
    "numpy.dtype": _kind,
    **{
        f"numpy.{core}.{name}": call
        for core in ("core", "_core")
        for name, call in (
            ("multiarray._reconstruct", lambda *_: Array()),
            ("multiarray.scalar", _scalar),
            ("numeric._frombuffer", _from_buffer),
        )
    },
}
"""What stands for the result of a call, by the function's qualified name."""
