"""The teacher for scenes without photos: SqueezeNet 1.1 with batch norm, trained on Places365.

Public weights of urbste/squeezenet_places365 (a pickle of float32 arrays, not ours, not committed).
They were made with Theano: kernels are flipped. Pooling is unpadded, the activation is a leaky
ReLU with slope 0.55, and the mean of the last map is the logits.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.55
FIRE = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


class NumpyOnly(pickle.Unpickler):
    """A weight file may build arrays and nothing else."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    }

    def find_class(self, module: str, name: str):
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a weight file")
        return super().find_class(module, name)


class Unit(nn.Module):
    """Convolution, batch norm (inference form), leaky ReLU."""

    def __init__(self, in_count: int, out_count: int, kernel: int, stride: int = 1, norm=True):
        super().__init__()
        self.conv = nn.Conv2d(in_count, out_count, kernel, stride, padding=kernel // 2)
        self.has_norm = norm

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x), SLOPE)


class Fire(nn.Module):
    def __init__(self, in_count: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = Unit(in_count, squeeze, 1)
        self.expand1 = Unit(squeeze, expand, 1)
        self.expand3 = Unit(squeeze, expand, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        return torch.cat([self.expand1(x), self.expand3(x)], 1)


class Teacher(nn.Module):
    """RGB 0…255 [n, 3, h, w] -> logits [n, 365]."""

    def __init__(self, mean_bgr: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean_bgr", mean_bgr.view(1, 3, 1, 1))
        layers: list[nn.Module] = [Unit(3, 64, 3, 2), nn.MaxPool2d(3, 2)]
        count = 64
        for index, (squeeze, expand) in enumerate(FIRE):
            layers.append(Fire(count, squeeze, expand))
            count = 2 * expand
            if index in (1, 3):
                layers.append(nn.MaxPool2d(3, 2))
        layers.append(Unit(count, 365, 1, norm=False))
        self.layers = nn.Sequential(*layers)

    def forward(self, rgb: Tensor) -> Tensor:
        bgr = (rgb.flip(1) - self.mean_bgr) / 255
        return self.layers(bgr.contiguous(memory_format=torch.channels_last)).mean((2, 3))


@torch.no_grad()
def load_teacher(weights: str | Path, mean_bgr: tuple[float, float, float]) -> Teacher:
    arrays = NumpyOnly(io.BytesIO(Path(weights).read_bytes()), encoding="latin1").load()
    values = iter(torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32)) for a in arrays)
    teacher = Teacher(torch.tensor(mean_bgr))
    for unit in (m for m in teacher.modules() if isinstance(m, Unit)):
        kernel, bias = next(values).flip(2, 3), next(values)
        if unit.has_norm:
            beta, gamma, mean, inv_std = (next(values) for _ in range(4))
            scale = gamma * inv_std
            kernel, bias = kernel * scale.view(-1, 1, 1, 1), (bias - mean) * scale + beta
        assert unit.conv.weight.shape == kernel.shape, (unit.conv.weight.shape, kernel.shape)
        unit.conv.weight.copy_(kernel)
        unit.conv.bias.copy_(bias)
    assert next(values, None) is None, f"{weights} holds more arrays than the network"
    return teacher.eval().to(memory_format=torch.channels_last)
