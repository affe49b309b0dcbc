"""What PyTorch answers to a folder of picture files; test/embedding/parity.test.ts compares.

python -m whereabouts_train.parity ../photo-… --pictures DIR --out logits.f32
python -m whereabouts_train.parity ../photo-… --checkpoint runs/photo/checkpoint.pt …

Pictures are read as the models' photos are: upright, squashed to the card's size by Pillow's
bicubic; one that has that size keeps its pixels. The file gets float32 [n, 365], little-endian,
by file name.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .pack import decode
from .run import load_network
from .torch_graph import load_graph

BATCH = 10


def network_of(model: Path, card: dict, checkpoint: Path | None) -> Callable[[Tensor], Tensor]:
    """Normalised pictures -> logits: the trained network, or without it the exported graph."""
    if checkpoint:
        net = load_network(checkpoint)
        return torch.no_grad()(lambda image: net(image))
    graph = load_graph(model / card["file"])
    return lambda image: graph(image)["logits"]


def normalised_by(card: dict, pixels: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] -> float32 [n, 3, h, w], with the card's constants."""
    facts = card["input"]
    mean, std = (np.array(facts[key]) for key in ("mean", "std"))
    scaled = (pixels * facts["scale"] - mean) / std  # float64, rounded once
    return torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def logits_of(model: Path, files: list[Path], checkpoint: Path | None = None) -> np.ndarray:
    """# float32 [n, 365]"""
    card = json.loads((model / "model.json").read_text())
    height, width = card["size"]
    run, batches = network_of(model, card, checkpoint), []
    for start in range(0, len(files), BATCH):
        pixels = [decode(f.read_bytes(), width, height) for f in files[start : start + BATCH]]
        batches.append(run(normalised_by(card, np.stack(pixels))).numpy())
    return np.concatenate(batches)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("--checkpoint", type=Path, help="the network that it was exported from")
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    logits = logits_of(args.model, sorted(args.pictures.iterdir()), args.checkpoint)
    args.out.write_bytes(logits.astype("<f4").tobytes())
    print(f"{len(logits)} pictures through {args.model.name}")


if __name__ == "__main__":
    main()
