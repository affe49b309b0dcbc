"""Makes a model folder of published PyTorch weights, after `whereabouts models fetch` got them.

python -m whereabouts_train.convert resnet18_places365.pth.tar --name places365-resnet18 --out ..

The checkpoint holds tensors alone: it is read without running any code in it. Photos are squashed
to 224 px as for the reference's models; Pillow's bicubic stands for torchvision's bilinear.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from .export import check_bits, check_same, export_onnx, manifest
from .networks import SceneNet
from .scenes import CLASS_COUNT

SIDE = 224
LICENCE = "CC BY, no version stated; (c) Places365, CSAIL, MIT; research and education"


def resnet18_places365(state: dict[str, Tensor]) -> SceneNet:
    """The published network as a trunk and a classifier; every tensor has to find its place."""
    net = torchvision.models.resnet18(weights=None, num_classes=CLASS_COUNT)
    net.load_state_dict(state)
    trunk = nn.Sequential(*list(net.children())[:-2])  # without pooling and classifier
    scene_net = SceneNet(trunk, net.fc.in_features, 32)
    scene_net.classifier = net.fc
    return scene_net.eval()


def read_checkpoint(file: Path) -> dict[str, Tensor]:
    """Weights by name, without the `module.` of a network trained on several GPUs."""
    # Written by Python 2: its strings are bytes.
    stored = torch.load(file, map_location="cpu", weights_only=True, encoding="latin1")
    return {name.removeprefix("module."): value for name, value in stored["state_dict"].items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--name", default="places365-resnet18")
    parser.add_argument("--out", type=Path, required=True, help="folder of model folders")
    args = parser.parse_args()
    folder = args.out / args.name
    folder.mkdir(parents=True, exist_ok=True)
    net, file = resnet18_places365(read_checkpoint(args.checkpoint)), folder / "model.onnx"
    export_onnx(net, "ground", SIDE, file)
    difference = check_same(net, file, SIDE)
    check_bits(file, SIDE)
    facts = manifest(args.name, "ground", SIDE, net, file)
    # Only an overhead model that learned this network's logits may be searched with it.
    facts |= {"logitSpace": "places365-resnet18", "licence": {"weights": LICENCE}}
    (folder / "model.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{folder}: {facts['bytes']} bytes, PyTorch and ONNX differ by {difference:.1e}")


if __name__ == "__main__":
    main()
