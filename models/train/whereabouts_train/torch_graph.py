"""Runs an exported model with PyTorch's kernels: an ONNX graph, node by node.

Released models have no checkpoint beside them. This computes what they answer without
onnxruntime, so that a runtime that computes something else is found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor
from torch.nn import functional as F

Attributes = dict[str, Any]


def load_graph(file: str | Path) -> Callable[[Tensor], dict[str, Tensor]]:
    """-> a function: normalised pictures [n, 3, h, w] -> every output of the model by name."""
    graph = onnx.load(str(file)).graph
    constants = {i.name: _tensor(i) for i in graph.initializer}
    steps = []
    for node in graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            constants[node.output[0]] = _tensor(attributes["value"])
        elif node.op_type in OPERATORS:
            steps.append((OPERATORS[node.op_type], node, attributes))
        else:
            raise ValueError(f"Expected one of {', '.join(OPERATORS)}, got {node.op_type}")

    @torch.no_grad()
    def run(image: Tensor) -> dict[str, Tensor]:
        values = {**constants, graph.input[0].name: image}
        for operator, node, attributes in steps:
            inputs = [values[name] if name else None for name in node.input]
            values[node.output[0]] = operator(attributes, *inputs)
        return {output.name: values[output.name] for output in graph.output}

    return run


def _tensor(stored: onnx.TensorProto) -> Tensor:
    return torch.from_numpy(np.array(numpy_helper.to_array(stored)))


def _padding(attributes: Attributes) -> list[int]:
    """Rows, columns; what begins and ends differently is refused."""
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    assert pads[:2] == pads[2:], f"Expected the same padding on both sides, got {pads}"
    return pads[:2]


def _convolve(a: Attributes, x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    return F.conv2d(x, kernel, bias, strides, _padding(a), dilations, a.get("group", 1))


def _classify(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # Gemm
    assert a.get("alpha", 1) == a.get("beta", 1) == 1 and not a.get("transA"), a
    return F.linear(x, weight if a.get("transB") else weight.T, bias)


def _mean(a: Attributes, x: Tensor) -> Tensor:
    return x.mean(tuple(a["axes"]), keepdim=bool(a.get("keepdims", 1)))


def _clip(_: Attributes, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return x.clamp(low, high)


def _pool(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def pool(a: Attributes, x: Tensor) -> Tensor:
        assert not a.get("ceil_mode"), "Expected pooling that rounds down"
        return reduce(x, a["kernel_shape"], a.get("strides", [1, 1]), _padding(a))

    return pool


def _pad(a: Attributes, x: Tensor, pads: Tensor, *_: Tensor | None) -> Tensor:
    """Around rows and columns; `pads` are the beginnings of the four axes, then the ends."""
    first, last = pads[:4].tolist(), pads[4:].tolist()
    assert first[:2] == last[:2] == [0, 0], f"Expected to pad rows and columns, got {pads}"
    sides = [first[3], last[3], first[2], last[2]]
    return F.pad(x, sides, {b"reflect": "reflect", b"constant": "constant"}[a["mode"]])


def _normalise(a: Attributes, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, var: Tensor):
    return F.batch_norm(x, mean, var, scale, shift, eps=a.get("epsilon", 1e-5))


def _reshape(_: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape.tolist())])


TYPES = {onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.FLOAT16: torch.float16}

OPERATORS: dict[str, Callable[..., Tensor]] = {
    "Add": lambda _, x, y: x + y,
    "AveragePool": _pool(F.avg_pool2d),
    "BatchNormalization": _normalise,
    "Cast": lambda a, x: x.to(TYPES[a["to"]]),
    "Clip": _clip,
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "Conv": _convolve,
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Gemm": _classify,
    "GlobalAveragePool": lambda _, x: x.mean((2, 3), keepdim=True),
    "Identity": lambda _, x: x,
    "MaxPool": _pool(F.max_pool2d),
    "Mul": lambda _, x, y: x * y,
    "Pad": _pad,
    "ReduceMean": _mean,
    "Relu": lambda _, x: x.relu(),
    "Reshape": _reshape,
}
