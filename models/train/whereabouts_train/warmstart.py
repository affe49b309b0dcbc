"""Reads the weights of a released ONNX model back into the network that it was exported from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from .networks import SceneNet
from .storage import load_plain


@torch.no_grad()
def load_onnx(net: SceneNet, file: str | Path, probe: Tensor) -> None:
    """Fills `net` from `file`; `probe` are some normalised pictures. # [n, 3, h, w]

    Export folded each batch norm into its convolution. Training needs the norms back, so that
    the first step does not destroy the weights: they get the statistics of the convolution's
    output on `probe` and the scale and shift that undo them.
    """
    convolutions, (weight, bias) = _read_onnx(file)
    net.classifier.weight.copy_(weight)
    net.classifier.bias.copy_(bias)
    pairs = conv_norm_pairs(net.trunk)
    assert len(pairs) == len(convolutions), f"{len(pairs)} layers, {len(convolutions)} in {file}"
    for (conv, _), (kernel, _) in zip(pairs, convolutions, strict=True):
        if conv.kernel_size == (1, 1):  # same answer on an even map (networks.read_cells_alone)
            kernel = kernel.sum((2, 3), keepdim=True)
        assert conv.weight.shape == kernel.shape, f"{conv.weight.shape} vs {kernel.shape}"
        conv.weight.copy_(kernel)
    restore_norms(net, pairs, [bias for _, bias in convolutions], probe)


def _read_onnx(file: str | Path):
    graph = load_plain(file).graph
    tensors = {
        i.name: torch.from_numpy(np.array(numpy_helper.to_array(i))) for i in graph.initializer
    }
    convolutions, linear = [], None
    for node in graph.node:
        if node.op_type == "Conv" and node.output[0] != "logitsmap":
            convolutions.append((tensors[node.input[1]], tensors[node.input[2]]))
        if node.op_type == "Gemm":
            kernel = tensors[node.input[1]]
            is_transposed = any(a.name == "transB" and a.i == 1 for a in node.attribute)
            linear = (kernel if is_transposed else kernel.T.contiguous(), tensors[node.input[2]])
    assert linear is not None, f"No classifier in {file}"
    return convolutions, linear


def conv_norm_pairs(trunk: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    modules = [m for m in trunk.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    pairs = list(zip(modules[::2], modules[1::2], strict=True))
    assert all(isinstance(c, nn.Conv2d) and isinstance(n, nn.BatchNorm2d) for c, n in pairs)
    return pairs


def restore_norms(net: SceneNet, pairs, biases: list[Tensor], probe: Tensor) -> None:
    """Layer by layer, in the order of the forward pass: each hook sees restored inputs."""

    def restore(norm: nn.BatchNorm2d, bias: Tensor):
        def hook(_conv, _inputs, output: Tensor) -> None:  # output [n, c, h, w]
            mean = output.mean((0, 2, 3))
            variance = output.var((0, 2, 3)).clamp_min(1e-4)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.copy_(bias + mean)

        return hook

    net.eval()
    handles = [
        conv.register_forward_hook(restore(norm, bias))
        for (conv, norm), bias in zip(pairs, biases, strict=True)
    ]
    net(probe)
    for handle in handles:
        handle.remove()
