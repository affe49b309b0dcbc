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
    convolutions, norms, (weight, bias) = _read_onnx(file)
    net.classifier.weight.copy_(weight)
    net.classifier.bias.copy_(bias)
    layers = trunk_convolutions(net.trunk)
    assert len(layers) == len(convolutions), f"{len(layers)} layers, {len(convolutions)} in {file}"
    folded = []
    for (conv, following), (kernel, shift) in zip(layers, convolutions, strict=True):
        if conv.kernel_size == (1, 1):  # same answer on an even map (networks.read_cells_alone)
            kernel = kernel.sum((2, 3), keepdim=True)
        assert conv.weight.shape == kernel.shape, f"{conv.weight.shape} vs {kernel.shape}"
        conv.weight.copy_(kernel)
        if shift is not None:
            assert following is not None, f"A bias in {file} where the network has no norm"
            folded.append((conv, following, shift))
    copy_norms(net.trunk, [norm for _, norm, _ in folded], norms)
    restore_norms(net, folded, probe)


def _read_onnx(file: str | Path):
    """-> (kernel, bias or None) of each convolution; weight, bias, mean, variance of each norm
    that is still one; weight and bias of the classifier: all in the order of the graph."""
    graph = load_plain(file).graph
    tensors = {
        i.name: torch.from_numpy(np.array(numpy_helper.to_array(i))) for i in graph.initializer
    }
    convolutions, norms, linear = [], [], None
    for node in graph.node:
        if node.op_type == "Conv" and node.output[0] != "logitsmap":
            kernel, *bias = (tensors[name] for name in node.input[1:])
            convolutions.append((kernel, bias[0] if bias else None))
        if node.op_type == "BatchNormalization":
            norms.append([tensors[name] for name in node.input[1:5]])
        if node.op_type == "Gemm":
            kernel = tensors[node.input[1]]
            is_transposed = any(a.name == "transB" and a.i == 1 for a in node.attribute)
            linear = (kernel if is_transposed else kernel.T.contiguous(), tensors[node.input[2]])
    assert linear is not None, f"No classifier in {file}"
    return convolutions, norms, linear


def trunk_convolutions(trunk: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Each convolution with the next norm, if that comes next: where the file gives the
    convolution a bias, export folded the norm into it; elsewhere it belongs to what follows."""
    modules = [m for m in trunk.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    return [
        (module, after if isinstance(after, nn.BatchNorm2d) else None)
        for module, after in zip(modules, [*modules[1:], None], strict=True)
        if isinstance(module, nn.Conv2d)
    ]


def copy_norms(trunk: nn.Module, folded: list[nn.BatchNorm2d], stored: list[list[Tensor]]) -> None:
    """Fills the norms that stand alone (a DenseNet's, before its convolutions)."""
    alone = [m for m in trunk.modules() if isinstance(m, nn.BatchNorm2d) and m not in folded]
    assert len(alone) == len(stored), f"{len(alone)} norms, {len(stored)} in the file"
    for norm, values in zip(alone, stored, strict=True):
        own = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        for target, value in zip(own, values, strict=True):
            target.copy_(value)


def restore_norms(
    net: SceneNet, folded: list[tuple[nn.Conv2d, nn.BatchNorm2d, Tensor]], probe: Tensor
) -> None:
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
    handles = [conv.register_forward_hook(restore(norm, bias)) for conv, norm, bias in folded]
    net(probe)
    for handle in handles:
        handle.remove()
