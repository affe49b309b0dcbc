"""The networks: a trunk that ends in a feature map, then pool, then classify.

Pool first, classify second: `logits` are then bit-identical whatever the batch, and the map of
logits is the classifier laid over the feature map as a 1 x 1 convolution.
"""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .scenes import CLASS_COUNT

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class SceneNet(nn.Module):
    """uint8 or float pixels -> 365 scene logits."""

    def __init__(self, trunk: nn.Module, feature_count: int, stride: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.classifier = nn.Linear(feature_count, CLASS_COUNT)
        self.feature_count = feature_count
        self.stride = stride
        self.frozen_blocks = 0
        self.frozen_norms = False  # batch norms use what they know, in training too
        self.precision = torch.float32  # of the trunk's products, not of weights or outputs
        self._fused: tuple[nn.Module, ...] = ()  # fast copies of the frozen blocks; not saved

    def feature_map(self, image: Tensor) -> Tensor:  # [n, 3, h, w] -> [n, d, h/s, w/s]
        assert image.ndim == 4 and image.shape[1] == 3, f"Expected [n,3,h,w], got {image.shape}"
        with torch.no_grad():
            for block in self._fused:
                image = block(image)
        trunk = self.trunk[self.frozen_blocks :]
        if self.precision == torch.float32:
            return trunk(image)
        with torch.autocast(image.device.type, self.precision):
            return trunk(image).float()

    def classify(self, features: Tensor) -> Tensor:  # [n, d] -> [n, 365]
        return self.classifier(features)

    def map_logits(self, feature_map: Tensor) -> Tensor:  # [n, d, h, w] -> [n, 365, h, w]
        weight = self.classifier.weight[:, :, None, None]
        return F.conv2d(feature_map, weight, self.classifier.bias)

    def forward(self, image: Tensor) -> Tensor:  # [n, 3, h, w] -> [n, 365]
        return self.classify(self.feature_map(image).mean((2, 3)))

    def freeze_blocks(self, count: int) -> None:
        """The first `count` blocks keep their weights and their batch statistics."""
        self.frozen_blocks = count
        for block in self.trunk[:count]:
            block.requires_grad_(False)
        self.train(self.training)
        self._fused = tuple(fuse_norms(copy.deepcopy(block).eval()) for block in self.trunk[:count])

    def train(self, mode: bool = True) -> SceneNet:
        super().train(mode)
        self.trunk[: self.frozen_blocks].eval()
        if self.frozen_norms:
            for norm in (m for m in self.trunk.modules() if isinstance(m, nn.BatchNorm2d)):
                norm.eval()
        return self


def mobilenet_v2(
    reflectFrom: int | None = None,  # noqa: N803, a recipe's key
    localFrom: int | None = None,  # noqa: N803
) -> SceneNet:
    trunk = torchvision.models.mobilenet_v2(weights=None).features
    agree_with_windows(trunk, reflectFrom, localFrom)
    return SceneNet(trunk, 1280, 32)


def agree_with_windows(trunk: nn.Sequential, reflect_from: int | None, local_from: int | None):
    """What makes a single patch look more like the same ground within a larger window:

    `reflect_from`: first item of the trunk whose maps are continued by reflection, not by zeros.
    `local_from`: first one that reads each cell alone: its 3 x 3 kernels shrink to 1 x 1.
    An item of a DenseNet's trunk is one layer: of blocks 4, 8, 16, 12 the last begins at 32.
    """
    for index in (reflect_from, local_from):
        assert index is None or 0 <= index < len(trunk), f"{index} of {len(trunk)} items"
    if local_from is not None:
        read_cells_alone(trunk[local_from:])
    if reflect_from is not None:
        reflect_borders(trunk[reflect_from:])


def reflect_borders(blocks: nn.Module) -> None:
    for conv in (m for m in blocks.modules() if isinstance(m, nn.Conv2d) and max(m.padding) > 0):
        conv.padding_mode = "reflect"
        conv._reversed_padding_repeated_twice = [p for p in conv.padding[::-1] for _ in range(2)]


def read_cells_alone(blocks: nn.Module) -> None:
    pools = [m for m in blocks.modules() if isinstance(m, nn.AvgPool2d | nn.MaxPool2d)]
    assert not pools, "A block that halves the map needs its neighbours"
    for conv in (m for m in blocks.modules() if isinstance(m, nn.Conv2d) and max(m.padding) > 0):
        assert max(conv.stride) == 1, "A block that halves the map needs its neighbours"
        conv.kernel_size, conv.padding = (1, 1), (0, 0)
        conv._reversed_padding_repeated_twice = [0] * 4
        conv.weight = nn.Parameter(conv.weight.sum((2, 3), keepdim=True))


def fuse_norms(block: nn.Module) -> nn.Module:
    """Folds each batch norm that directly follows a convolution into it, in place."""
    previous, previous_name = None, ""
    for name, child in list(block.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
            setattr(block, previous_name, fuse_conv_bn_eval(previous, child))
            setattr(block, name, nn.Identity())
        else:
            fuse_norms(child)
        previous, previous_name = child, name
    return block


class DenseLayer(nn.Module):
    """BN-ReLU-1x1, BN-ReLU-3x3; its output is appended to its input."""

    def __init__(self, in_count: int, growth: int) -> None:
        super().__init__()
        width = 4 * growth
        self.norm1 = nn.BatchNorm2d(in_count)
        self.conv1 = nn.Conv2d(in_count, width, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(new)))], 1)


class Transition(nn.Sequential):
    """Halves channels and size."""

    def __init__(self, in_count: int, out_count: int) -> None:
        super().__init__(
            nn.BatchNorm2d(in_count),
            nn.ReLU(),
            nn.Conv2d(in_count, out_count, 1, bias=False),
            nn.AvgPool2d(2),
        )


def densenet_bc(
    growth: int = 16,
    blocks: tuple[int, ...] = (4, 8, 16, 12),
    stem: int = 32,
    reflectFrom: int | None = None,  # noqa: N803, a recipe's key
    localFrom: int | None = None,  # noqa: N803
) -> SceneNet:
    """Compact DenseNet-BC (bottleneck, compression 0.5), stride 32 at the last map.

    The last transition has no pooling partner: four blocks with three transitions, as DenseNet-121.
    """
    layers: list[nn.Module] = [
        nn.Sequential(
            nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
    ]
    count = stem
    for index, depth in enumerate(blocks):
        for _ in range(depth):
            layers.append(DenseLayer(count, growth))
            count += growth
        if index < len(blocks) - 1:
            layers.append(Transition(count, count // 2))
            count //= 2
    layers.append(nn.Sequential(nn.BatchNorm2d(count), nn.ReLU()))
    trunk = nn.Sequential(*layers)
    agree_with_windows(trunk, reflectFrom, localFrom)
    return SceneNet(trunk, count, 32)


def densenet_121() -> SceneNet:
    """A teacher for the compact one: 7 M weights, a GPU's work to train."""
    trunk = torchvision.models.densenet121(weights=None).features.append(nn.ReLU())
    return SceneNet(trunk, 1024, 32)


NETWORKS = OrderedDict(
    mobilenet_v2=mobilenet_v2, densenet_bc=densenet_bc, densenet_121=densenet_121
)


def create_network(name: str, **options) -> SceneNet:
    if name not in NETWORKS:
        raise ValueError(f"Unknown network {name!r}; known: {', '.join(NETWORKS)}")
    return NETWORKS[name](**options)


def normalise(pixels: Tensor) -> Tensor:
    """uint8 or float 0…255, [n, 3, h, w] -> what the networks read, channels last in memory."""
    mean = torch.tensor(MEAN, device=pixels.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=pixels.device).view(1, 3, 1, 1)
    scaled = (pixels.float() / 255 - mean) / std
    return scaled.contiguous(memory_format=torch.channels_last)
