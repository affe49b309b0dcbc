"""python -m unittest tests.test_imagenet"""

from __future__ import annotations

import copy
import tempfile
import unittest
from pathlib import Path

import flatbuffers
import numpy as np
import tflite
import torch
from torch.nn import functional as F

from whereabouts_train.imagenet import read_layers, read_our_pixels, start_from
from whereabouts_train.networks import fuse_norms, mobilenet_v2, normalise
from whereabouts_train.warmstart import trunk_convolutions

CONV, DEPTHWISE = tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D


def written(file: Path, convolutions: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]) -> Path:
    """A TFLite file of (kind, int8 kernel, int32 bias, scale per channel)."""
    b = flatbuffers.Builder()

    def vector(start, offsets: list[int]) -> int:
        start(b, len(offsets))
        for offset in reversed(offsets):
            b.PrependUOffsetTRelative(offset)
        return b.EndVector()

    def table(name: str, **fields) -> int:
        getattr(tflite, f"{name}Start")(b)
        for field, value in fields.items():
            getattr(tflite, f"{name}Add{field}")(b, value)
        return getattr(tflite, f"{name}End")(b)

    buffers, tensors, operators = [], [], []
    for number, (kind, kernel, bias, scale) in enumerate(convolutions):
        across = 3 if kind == DEPTHWISE else 0
        for values, dimension in ((kernel, across), (bias, 0)):
            quantisation = table(
                "QuantizationParameters",
                Scale=b.CreateNumpyVector(scale.astype(np.float32)),
                ZeroPoint=b.CreateNumpyVector(np.zeros(len(scale), np.int64)),
                QuantizedDimension=dimension,
            )
            data = b.CreateNumpyVector(np.frombuffer(values.tobytes(), np.uint8))
            buffers.append(table("Buffer", Data=data))
            is_int8 = values.dtype == np.int8
            tensors.append(
                table(
                    "Tensor",
                    Shape=b.CreateNumpyVector(np.array(values.shape, np.int32)),
                    Type=tflite.TensorType.INT8 if is_int8 else tflite.TensorType.INT32,
                    Buffer=2 * number + (not is_int8),
                    Quantization=quantisation,
                )
            )
        inputs = b.CreateNumpyVector(np.array([-1, 2 * number, 2 * number + 1], np.int32))
        operators.append(table("Operator", OpcodeIndex=number, Inputs=inputs))
    graph = table(
        "SubGraph",
        Tensors=vector(tflite.SubGraphStartTensorsVector, tensors),
        Operators=vector(tflite.SubGraphStartOperatorsVector, operators),
    )
    codes = [table("OperatorCode", DeprecatedBuiltinCode=kind) for kind, *_ in convolutions]
    root = {
        "OperatorCodes": vector(tflite.ModelStartOperatorCodesVector, codes),
        "Subgraphs": vector(tflite.ModelStartSubgraphsVector, [graph]),
        "Buffers": vector(tflite.ModelStartBuffersVector, buffers),
    }
    b.Finish(table("Model", **root), b"TFL3")
    file.write_bytes(b.Output())
    return file


class Published(unittest.TestCase):
    def test_kernels_are_scaled_per_channel_and_lie_in_our_order(self):
        rng = np.random.default_rng(1)
        kernel = rng.integers(-127, 128, (4, 3, 2, 5), dtype=np.int8)  # [out, h, w, in]
        deep = rng.integers(-127, 128, (1, 3, 3, 4), dtype=np.int8)  # [1, h, w, out]
        bias, scale = np.arange(4, dtype=np.int32), np.array([0.5, 0.25, 2, 1])
        layers = [(CONV, kernel, bias, scale), (DEPTHWISE, deep, bias, scale)]
        with tempfile.TemporaryDirectory() as folder:
            (first, shift), (second, _) = read_layers(written(Path(folder) / "m", layers))
        self.assertEqual(tuple(first.shape), (4, 5, 3, 2))
        self.assertEqual(first[1, 4, 2, 0].item(), 0.25 * kernel[1, 2, 0, 4])
        self.assertEqual(tuple(second.shape), (4, 1, 3, 3))
        self.assertEqual(second[2, 0, 1, 2].item(), 2.0 * deep[0, 1, 2, 2])
        self.assertEqual(shift.tolist(), [0, 0.25, 4, 3])

    def test_our_normalised_pixels_give_what_its_own_gave(self):
        torch.manual_seed(1)
        kernel, bias = torch.randn(4, 3, 3, 3), torch.randn(4)
        pixels = torch.randint(0, 256, (2, 3, 8, 8)).float()
        found = F.conv2d(normalise(pixels), *read_our_pixels((kernel, bias)))
        expected = F.conv2d(pixels / 127.5 - 1, kernel, bias)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


class Start(unittest.TestCase):
    def test_given_back_norms_change_nothing_and_standardise_their_input(self):
        torch.manual_seed(1)
        folded = mobilenet_v2()
        probe = torch.randn(4, 3, 64, 64)
        folded.train()(probe)  # statistics that are not 0 and 1
        folded.trunk = fuse_norms(copy.deepcopy(folded.trunk).eval())
        layers = [(m.weight, m.bias) for m in folded.modules() if isinstance(m, torch.nn.Conv2d)]
        # The first kernel as the published file has it: for pixels / 127.5 - 1.
        scale, shift = (f(torch.ones(1, 3, 1, 1), torch.zeros(1)) for f in (_scale, _shift))
        kernel = layers[0][0] / scale
        layers[0] = (kernel, layers[0][1] - (kernel * shift).sum((1, 2, 3)))
        net = mobilenet_v2()
        start_from(net, layers, probe)
        with torch.no_grad():
            found, expected = (n.eval().feature_map(probe) for n in (net, folded))
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
        outputs = []
        (conv, norm), *_ = trunk_convolutions(net.trunk)
        conv.register_forward_hook(lambda *call: outputs.append(call[2].detach()))
        net.feature_map(probe)
        torch.testing.assert_close(norm.running_mean, outputs[0].mean((0, 2, 3)))

    def test_a_file_of_another_network_is_refused(self):
        layer = (torch.zeros(8, 3, 3, 3), torch.zeros(8))
        with self.assertRaisesRegex(ValueError, r"Convolution 0: expected \(32, 3, 3, 3\)"):
            start_from(mobilenet_v2(), [layer] * 52, torch.zeros(1, 3, 32, 32))
        with self.assertRaisesRegex(ValueError, "Expected 52 convolutions, found 1"):
            start_from(mobilenet_v2(), [layer], torch.zeros(1, 3, 32, 32))


def _scale(kernel: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return read_our_pixels((kernel, bias))[0]


def _shift(_kernel: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """What each input channel's shift adds to the bias. # [1, 3, 1, 1]"""
    each = torch.eye(3).view(3, 3, 1, 1)
    return read_our_pixels((each, bias.expand(3)))[1].view(1, 3, 1, 1)


if __name__ == "__main__":
    unittest.main()
