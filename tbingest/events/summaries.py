"""Values that are written rarely, as serialised Summary protos."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tbingest.events import protos
from tbingest.model.charts import Layout
from tbingest.model.markdown import markdown
from tbingest.model.points import (
    Audio,
    Encoded,
    Graph,
    Histogram,
    HParams,
    Image,
    Mesh,
    PrCurve,
    Recorded,
    Session,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tbingest.model.points import Kind, Value

_CATEGORY = "charts"


def serialize(kind: Kind, tags: tuple[str, ...], values: Sequence[Value]) -> bytes:
    """The Summary that holds one value for each tag. The same values give the same bytes.

    A mesh is up to three values, their tags with `_VERTEX`, `_FACE` and `_COLOR` behind. `kind` and
    the types of the values agree; hyperparameters stand under a tag of their own,
    `_hparams_/session_start_info`, whatever is given. Raises ValueError where tags and values
    differ in number.
    """
    if values and all(isinstance(value, Encoded) for value in values):
        return b"".join(cast("Sequence[bytes]", values))
    summary = protos.summaries().Summary()
    for tag, value in zip(map(_clean, tags), values, strict=True):
        if isinstance(value, Mesh):
            summary.value.extend(_mesh(tag, value))
        else:
            summary.value.append(_value(kind, tag, value))
    return cast("bytes", summary.SerializeToString(deterministic=True))


def _value(kind: Kind, tag: str, value: Value) -> Any:
    build = _BUILDERS.get(type(value))
    if build:
        return build(tag, value)
    if kind == "text":
        return _text(tag, str(value))
    return protos.summaries().Summary.Value(tag=tag, simple_value=float(cast("float", value)))


def _histogram(tag: str, value: Histogram) -> Any:
    """A [k, 3] float64 tensor: the one form that both of TensorBoard's loaders show exactly."""
    tensor_pb2, shape_pb2 = protos.tensors()
    pb2 = protos.summaries()
    count, width = value.buckets.shape
    dims = [shape_pb2.TensorShapeProto.Dim(size=size) for size in (count, width)]
    tensor = tensor_pb2.TensorProto(
        dtype="DT_DOUBLE",
        tensor_shape=shape_pb2.TensorShapeProto(dim=dims),
        tensor_content=np.ascontiguousarray(value.buckets, "<f8").tobytes(),
    )
    plugin = pb2.SummaryMetadata.PluginData(plugin_name="histograms")
    metadata = pb2.SummaryMetadata(plugin_data=plugin)
    return pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


def _image(tag: str, value: Image) -> Any:
    pb2 = protos.summaries()
    image = pb2.Summary.Image(
        height=value.height, width=value.width, colorspace=3, encoded_image_string=value.data
    )
    return pb2.Summary.Value(tag=tag, image=image)


def _pr_curve(tag: str, value: PrCurve) -> Any:
    """The six rows of TensorBoard's plug-in: four counts, precision and recall."""
    counts = (
        *(value.true_positives, value.false_positives),
        *(value.true_negatives, value.false_negatives),
    )
    built = protos.builders().pr_curve_raw(tag, *counts, *precision_recall(value), len(counts[0]))
    return protos.taken_over(built)


def precision_recall(value: PrCurve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both at each threshold; a share of nothing is 0."""
    right = np.asarray(value.true_positives)
    taken = right + np.asarray(value.false_positives)
    there = right + np.asarray(value.false_negatives)
    return right / np.maximum(taken, 1), right / np.maximum(there, 1)


def _audio(tag: str, value: Audio) -> Any:
    pb2 = protos.summaries()
    audio = pb2.Summary.Audio(
        sample_rate=value.rate,
        num_channels=value.channels,
        length_frames=value.frames,
        encoded_audio_string=value.data,
        content_type="audio/wav",
    )
    return pb2.Summary.Value(tag=tag, audio=audio)


_PARTS = ("VERTEX", "FACE", "COLOR")


def _mesh(tag: str, value: Mesh) -> Iterator[Any]:
    """A [1, n, 3] tensor for each part; all say which parts there are."""
    tensor_pb2, shape_pb2 = protos.tensors()
    pb2 = protos.summaries()
    arrays: tuple[Any, ...] = (value.vertices, value.faces, value.colours)
    types = (("DT_FLOAT", "<f4"), ("DT_INT32", "<i4"), ("DT_UINT8", "u1"))
    parts = [one for one in enumerate(arrays, 1) if one[1] is not None and len(one[1])]
    present = sum(1 << content for content, _ in parts)
    for content, array in parts:
        shape = (1, *array.shape)
        about = protos.meshes().MeshPluginData(
            name=tag, content_type=content, json_config="{}", shape=shape, components=present
        )
        dtype, order = types[content - 1]
        dims = [shape_pb2.TensorShapeProto.Dim(size=size) for size in shape]
        yield pb2.Summary.Value(
            tag=f"{tag}_{_PARTS[content - 1]}",
            metadata=pb2.SummaryMetadata(
                plugin_data=pb2.SummaryMetadata.PluginData(
                    plugin_name="mesh",
                    content=about.SerializeToString(),
                )
            ),
            tensor=tensor_pb2.TensorProto(
                dtype=dtype,
                tensor_shape=shape_pb2.TensorShapeProto(dim=dims),
                tensor_content=np.ascontiguousarray(array, order).tobytes(),
            ),
        )


def _graph(tag: str, value: Graph) -> Any:
    """A blob, as both loaders make one of an event with a graph."""
    graph_pb2, node_pb2, attr_pb2, versions_pb2 = protos.graphs()
    tensor_pb2, shape_pb2 = protos.tensors()
    pb2 = protos.summaries()
    made = graph_pb2.GraphDef(versions=versions_pb2.VersionDef(producer=22))
    for node in value.nodes:
        attributes = {
            _clean(name): attr_pb2.AttrValue(s=_clean(text).encode())
            for name, text in node.about.items()
        }
        if node.shapes:
            shapes = [
                shape_pb2.TensorShapeProto(
                    dim=[shape_pb2.TensorShapeProto.Dim(size=side) for side in shape]
                )
                for shape in node.shapes
            ]
            listed = attr_pb2.AttrValue.ListValue(shape=shapes)
            attributes["_output_shapes"] = attr_pb2.AttrValue(list=listed)
        made.node.append(
            node_pb2.NodeDef(name=node.name, op=node.op, input=node.inputs, attr=attributes)
        )
    plugin = pb2.SummaryMetadata.PluginData(plugin_name="graphs")
    metadata = pb2.SummaryMetadata(plugin_data=plugin, data_class=pb2.DATA_CLASS_BLOB_SEQUENCE)
    tensor = tensor_pb2.TensorProto(
        dtype="DT_STRING",
        tensor_shape=shape_pb2.TensorShapeProto(dim=[shape_pb2.TensorShapeProto.Dim(size=1)]),
        string_val=[made.SerializeToString(deterministic=True)],
    )
    return pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


def _text(tag: str, text: str) -> Any:
    """A tensor of rank 0, which is Markdown; a vector would be a table."""
    tensor_pb2, shape_pb2 = protos.tensors()
    pb2 = protos.summaries()
    tensor = tensor_pb2.TensorProto(
        dtype="DT_STRING",
        tensor_shape=shape_pb2.TensorShapeProto(),
        string_val=[_clean(text).replace("\0", "").encode()],
    )
    plugin = pb2.SummaryMetadata.PluginData(plugin_name="text")
    metadata = pb2.SummaryMetadata(plugin_data=plugin)
    return pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


def _hparams(_: str, value: HParams) -> Any:
    """Only the session's start: TensorBoard derives the experiment from all runs."""
    plain = {_clean(name): _plain(item) for name, item in sorted(value.values.items())}
    start = protos.taken_over(protos.builders().hparams(plain, {})[1])
    # The builder serialises a map, whose order on the wire is not stable.
    plugin_data = start.metadata.plugin_data
    content = protos.hparams().HParamsPluginData.FromString(plugin_data.content)
    content.session_start_info.start_time_secs = value.session.start
    plugin_data.content = content.SerializeToString(deterministic=True)
    return start


def _session(_: str, value: Session) -> Any:
    """The session's end."""
    end = protos.taken_over(protos.builders().hparams({}, {})[2])
    plugin_data = end.metadata.plugin_data
    content = protos.hparams().HParamsPluginData.FromString(plugin_data.content)
    content.session_end_info.status = f"STATUS_{value.status.upper() or 'UNKNOWN'}"
    content.session_end_info.end_time_secs = value.end
    plugin_data.content = content.SerializeToString(deterministic=True)
    return end


def _layout(_: str, value: Layout) -> Any:
    """One category for all runs: TensorBoard loses charts of one that it meets in a later run.

    It takes the tags of lines for regular expressions, and those of a band as they are. Charts of
    several runs are one where they are equal.
    """
    charts = {}
    for chart in value.charts:
        each = [f"^{re.escape(tag)}$" for tag in chart.tags]
        lines = [chart.pattern] if chart.pattern else each
        kind, tags = ("Margin", chart.tags) if chart.band else ("Multiline", lines)
        charts[_clean(chart.title)] = [kind, [_clean(tag) for tag in tags]]
    return protos.taken_over(protos.builders().custom_scalars({_CATEGORY: charts}))


def _recorded(tag: str, value: Recorded) -> Any:
    held = protos.summaries().Summary.Value.FromString(value.data)
    held.tag = tag
    return held


def _plain(item: float | str) -> float | str:
    """A value that TensorBoard shows; one that is not finite fails its whole HParams tab."""
    if isinstance(item, bool):
        return item
    if isinstance(item, str):
        return _clean(item)
    try:
        number = float(item)
    except OverflowError:
        number = math.inf if item > 0 else -math.inf
    return number if math.isfinite(number) else str(number)


_BUILDERS: Mapping[type, Callable[[str, Any], Any]] = {
    Histogram: _histogram,
    Image: _image,
    Audio: _audio,
    HParams: _hparams,
    Session: _session,
    PrCurve: _pr_curve,
    Layout: _layout,
    Recorded: _recorded,
    Graph: _graph,
    Table: lambda tag, value: _text(tag, markdown(value)),
}


def _clean(text: str) -> str:
    """Valid Unicode: a surrogate without its other half becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
