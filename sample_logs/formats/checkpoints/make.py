"""Sample dumps of parameters, in every kind of file: the weights are those of a small network."""

from __future__ import annotations

from embedding import projector
from exports import flax, gguf, hdf5, keras, onnx
from parameters import json_weights, matrix, safetensors
from torch_files import checkpoints, sb3

MAKERS = (
    projector,
    hdf5,
    keras,
    onnx,
    gguf,
    flax,
    safetensors,
    json_weights,
    matrix,
    checkpoints,
    sb3,
)
