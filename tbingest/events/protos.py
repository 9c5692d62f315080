"""The one typed facade around TensorBoard's untyped protos, and around tensorboardX's builders.

The protos are loaded in a tenth of the time that TensorBoard takes. Importing tensorboardX imports
torch and comet_ml where they are installed, which takes over a second for nothing: they are kept
out of that import, unless they are loaded already.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAVY = ("torch", "torchvision", "caffe2", "tensorflow", "comet_ml")


def summaries() -> Any:
    """The generated `summary_pb2` module."""
    from tensorboard.compat.proto import summary_pb2

    return summary_pb2


def tensors() -> Any:
    """The generated `tensor_pb2` and `tensor_shape_pb2`, as a pair."""
    from tensorboard.compat.proto import tensor_pb2, tensor_shape_pb2

    return tensor_pb2, tensor_shape_pb2


def hparams() -> Any:
    """The generated module of the HParams plug-in."""
    from tensorboard.plugins.hparams import plugin_data_pb2

    return plugin_data_pb2


def meshes() -> Any:
    """The generated module of the Mesh plug-in."""
    from tensorboard.plugins.mesh import plugin_data_pb2

    return plugin_data_pb2


def graphs() -> Any:
    """The generated modules of graphs, nodes, attributes and versions."""
    from tensorboard.compat.proto import attr_value_pb2, graph_pb2, node_def_pb2, versions_pb2

    return graph_pb2, node_def_pb2, attr_value_pb2, versions_pb2


@cache
def builders() -> Any:
    """TensorboardX's `summary` module, which builds Summary protos of its own: see `taken_over`."""
    with _without_heavy_packages():
        from tensorboardX import summary
    return summary


def taken_over(built: Any) -> Any:
    """The one value of a Summary that tensorboardX built, as TensorBoard's proto."""
    return summaries().Summary.Value.FromString(built.value[0].SerializeToString())


@contextmanager
def _without_heavy_packages() -> Iterator[None]:
    hidden = [name for name in _HEAVY if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = cast("Any", None)  # makes `import` raise ImportError
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
