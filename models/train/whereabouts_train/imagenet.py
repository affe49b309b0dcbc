"""A start that has seen no scene label: the published int8 MobileNetV2 of ImageNet.

python -m whereabouts_train.imagenet FILE.tflite --pack packs/ground --out start/imagenet.pt

The result is a checkpoint for a recipe's `start`. Its classifier is random.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import tflite
import torch
from torch import Tensor

from .networks import MEAN, STD, SceneNet, create_network, normalise
from .pack import load_pack
from .warmstart import restore_norms, trunk_convolutions

NETWORK = "mobilenet_v2"
PROBE_COUNT = 256
DTYPES = {tflite.TensorType.INT8: np.int8, tflite.TensorType.INT32: np.int32}
Layer = tuple[Tensor, Tensor]  # kernel [out, in / groups, h, w], bias [out]


def read_layers(file: str | Path) -> list[Layer]:
    """The convolutions of a quantised TFLite file, in the order of the graph, as float32."""
    model = tflite.Model.GetRootAs(Path(file).read_bytes(), 0)
    graph = model.Subgraphs(0)
    layers = []
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        kind = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        if kind not in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            continue
        kernel, bias = (dequantised(model, graph.Tensors(operator.Inputs(i))) for i in (1, 2))
        is_depthwise = kind == tflite.BuiltinOperator.DEPTHWISE_CONV_2D
        # [1, h, w, out] or [out, h, w, in] -> PyTorch's order
        kernel = kernel.permute(3, 0, 1, 2) if is_depthwise else kernel.permute(0, 3, 1, 2)
        layers.append((kernel.contiguous(), bias))
    return layers


def dequantised(model, tensor) -> Tensor:
    """(stored - zero point) x scale; both may differ per channel."""
    if tensor.Type() not in DTYPES:
        raise ValueError(f"Tensor {tensor.Name()!r}: expected int8 or int32, got {tensor.Type()}")
    shape = tuple(tensor.ShapeAsNumpy())
    stored = model.Buffers(tensor.Buffer()).DataAsNumpy().view(DTYPES[tensor.Type()])
    quantisation = tensor.Quantization()
    across = [1] * len(shape)
    across[quantisation.QuantizedDimension()] = -1
    scale = quantisation.ScaleAsNumpy().reshape(across)
    zero = quantisation.ZeroPointAsNumpy().reshape(across)
    return torch.from_numpy(((stored.reshape(shape) - zero) * scale).astype(np.float32))


@torch.no_grad()
def start_from(net: SceneNet, layers: list[Layer], probe: Tensor) -> None:
    """Fills the trunk; `probe` [n, 3, h, w] are normalised pictures that give back the norms.

    TensorFlow pads layers of stride 2 on one side only: here the picture lies one pixel further.
    """
    pairs = trunk_convolutions(net.trunk)
    layers = [read_our_pixels(layers[0]), *layers[1 : len(pairs)]]  # without its classifier
    if len(layers) < len(pairs):
        raise ValueError(f"Expected {len(pairs)} convolutions, found {len(layers)}")
    for number, ((conv, norm), (kernel, _)) in enumerate(zip(pairs, layers, strict=True)):
        if conv.weight.shape != kernel.shape:
            shapes = f"{tuple(conv.weight.shape)}, found {tuple(kernel.shape)}"
            raise ValueError(f"Convolution {number}: expected {shapes}")
        assert norm is not None, f"No norm follows convolution {number}"
        conv.weight.copy_(kernel)
    folded = [(conv, norm, bias) for (conv, norm), (_, bias) in zip(pairs, layers, strict=True)]
    restore_norms(net, folded, probe)


def read_our_pixels(first: Layer) -> Layer:
    """It was made for pixels / 127.5 - 1; ours are normalised by mean and deviation."""
    kernel, bias = first
    std, mean = (torch.tensor(values).view(1, 3, 1, 1) for values in (STD, MEAN))
    return kernel * 2 * std, bias + (kernel * (2 * mean - 1)).sum((1, 2, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="tf2_mobilenet_v2_1.0_224_ptq.tflite")
    parser.add_argument("--pack", type=Path, required=True, help="photos that give back the norms")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    pack = load_pack(args.pack)
    rows = pack.rows("train")
    pixels = torch.from_numpy(pack.pixels[rows[:: max(1, len(rows) // PROBE_COUNT)]])
    net = create_network(NETWORK)
    start_from(net, read_layers(args.file), normalise(pixels.permute(0, 3, 1, 2)))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    config = {"network": NETWORK, "networkOptions": {}}
    torch.save({"config": config, "average": net.state_dict()}, args.out)
    print(f"{args.out}: {args.file.name}, norms from {len(pixels)} photos")


if __name__ == "__main__":
    main()
