"""The one typed facade around the untyped tensorboardX.

Importing tensorboardX imports torch and comet_ml where they are installed, which takes over a
second for nothing: they are kept out of that import, unless they are loaded already.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAVY = ("torch", "torchvision", "caffe2", "tensorflow", "comet_ml")


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


@cache
def protos() -> Any:
    """TensorboardX's generated `summary_pb2` module."""
    with _without_heavy_packages():
        from tensorboardX.proto import summary_pb2
    return summary_pb2


@cache
def builders() -> Any:
    """TensorboardX's `summary` module, which builds Summary protos."""
    with _without_heavy_packages():
        from tensorboardX import summary
    return summary


@cache
def tensors() -> Any:
    """TensorboardX's generated `tensor_pb2` and `tensor_shape_pb2`, as a pair."""
    with _without_heavy_packages():
        from tensorboardX.proto import tensor_pb2, tensor_shape_pb2
    return tensor_pb2, tensor_shape_pb2


@cache
def hparams_protos() -> Any:
    """TensorboardX's generated `plugin_hparams_pb2` module."""
    with _without_heavy_packages():
        from tensorboardX.proto import plugin_hparams_pb2
    return plugin_hparams_pb2


@cache
def mesh_protos() -> Any:
    """TensorboardX's generated `plugin_mesh_pb2` module."""
    with _without_heavy_packages():
        from tensorboardX.proto import plugin_mesh_pb2
    return plugin_mesh_pb2


@cache
def graph_protos() -> Any:
    """TensorboardX's generated modules of graphs, nodes, attributes and versions."""
    with _without_heavy_packages():
        from tensorboardX.proto import attr_value_pb2, graph_pb2, node_def_pb2, versions_pb2
    return graph_pb2, node_def_pb2, attr_value_pb2, versions_pb2
