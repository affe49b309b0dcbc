"""How weights are laid down in an ONNX file: the classifier once, and if wanted in float16.

The runtime undoes both when it loads the file, so neither changes its kernels or its speed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

# Smaller tensors stay float32: biases weigh little, and shapes are not numbers to round.
FLOAT16_LEAST = 1024
MAP_OUTPUT = "logitsmap"


def _initializers(model: ModelProto) -> dict[str, TensorProto]:
    return {i.name: i for i in model.graph.initializer}


def _remove(model: ModelProto, name: str) -> None:
    model.graph.initializer.remove(_initializers(model)[name])


def share_classifier(model: ModelProto) -> ModelProto:
    """Makes the 1 x 1 convolution of the map read the classifier's matrix instead of a copy of it.

    A model without a map, or with other weights there, is left as it is.
    """
    stored, nodes = _initializers(model), model.graph.node
    layer = next((n for n in nodes if n.op_type == "Gemm"), None)
    over_map = next((n for n in nodes if n.output[0] == MAP_OUTPUT and n.op_type == "Conv"), None)
    if layer is None or over_map is None or over_map.input[1] not in stored:
        return model
    matrix = numpy_helper.to_array(stored[layer.input[1]])  # [365, d] when transB
    kernel = numpy_helper.to_array(stored[over_map.input[1]])  # [365, d, 1, 1]
    if not np.array_equal(matrix, kernel[:, :, 0, 0]):
        return model
    _remove(model, over_map.input[1])
    shape = numpy_helper.from_array(np.array(kernel.shape, np.int64), "classifier_shape")
    model.graph.initializer.append(shape)
    names = [layer.input[1], shape.name]
    nodes.insert(0, helper.make_node("Reshape", names, ["classifier_kernel"]))
    over_map.input[1] = "classifier_kernel"
    return model


def fold_shapes(model: ModelProto) -> ModelProto:
    """Replaces whole numbers that the exporter computes, as of padding, by their values.

    Weights stay as they are: two equal ones share one tensor.
    """
    known = {name: numpy_helper.to_array(i) for name, i in _initializers(model).items()}
    kept, folded = [], {}
    for node in model.graph.node:
        constant = next((a.t for a in node.attribute if node.op_type == "Constant"), None)
        if constant is not None:
            known[node.output[0]] = numpy_helper.to_array(constant)
        elif node.input and all(name in known for name in node.input if name):
            (value,) = ReferenceEvaluator(node).run(None, {n: known[n] for n in node.input if n})
            if np.issubdtype(value.dtype, np.integer):
                known[node.output[0]] = folded[node.output[0]] = value
                continue
        kept.append(node)
    used = {name for node in kept for name in node.input}
    kept = [n for n in kept if n.op_type != "Constant" or n.output[0] in used]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    tensors = [numpy_helper.from_array(v, name) for name, v in folded.items() if name in used]
    model.graph.initializer.extend(tensors)
    return model


def to_float16(model: ModelProto) -> ModelProto:
    """Stores large tensors as float16 behind a cast: half the file, weights rounded to 11 bits."""
    for name, tensor in _initializers(model).items():
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < FLOAT16_LEAST:
            continue
        with np.errstate(over="ignore"):
            rounded = values.astype(np.float16)
        if not np.isfinite(rounded).all():
            continue  # a folded norm of next to no variance goes beyond 65,504: it stays float32
        tensor.CopyFrom(numpy_helper.from_array(rounded, f"{name}_float16"))
        cast = helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT)
        model.graph.node.insert(0, cast)
    return model


def load_plain(file: str | Path) -> ModelProto:
    """A model with all weights as float32 initializers, however the file lays them down."""
    model = onnx.load(str(file))
    stored = {name: numpy_helper.to_array(i) for name, i in _initializers(model).items()}
    kept: list[NodeProto] = []
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]].astype(np.float32)
        elif node.op_type == "Reshape" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]].reshape(stored[node.input[1]])
        elif node.op_type == "Identity" and node.input[0] in stored:  # equal weights, stored once
            stored[node.output[0]] = stored[node.input[0]]
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(kept)
    tensors = [numpy_helper.from_array(v, name) for name, v in stored.items() if name in used]
    model.graph.initializer.extend(tensors)
    return model


def copy_beside(card: dict[str, Any], source: Path, target: Path) -> None:
    """Copies what the card names beside the network: it holds for the copy as well."""
    if "prototypes" in card:
        shutil.copy(source / card["prototypes"]["file"], target)
