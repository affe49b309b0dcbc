"""Patches per second of CPU time, one thread, with DenseNet-161 in the same run as the yardstick.

python -m whereabouts_train.benchmark --out runs/benchmark

Speed does not depend on the weights, so networks of `networks.py` run with random ones. CPU time
and interleaved rounds keep the ratios meaningful on a machine that others use too.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torchvision
from onnxruntime import InferenceSession

from .export import export_onnx, session
from .networks import NETWORKS, SceneNet, create_network

SIDE = 224
ROUNDS = 5
WINDOWS = (448, 640)


def densenet_161() -> SceneNet:
    """The reference's overhead network."""
    trunk = torchvision.models.densenet161(weights=None).features
    trunk.append(torch.nn.ReLU())
    return SceneNet(trunk, 2208, 32)


def sessions(folder: Path) -> dict[str, InferenceSession]:
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in [*NETWORKS, "densenet_161"]:
        file = folder / f"{name}.onnx"
        if not file.is_file():
            net = densenet_161() if name == "densenet_161" else create_network(name)
            export_onnx(net, "overhead", SIDE, file)
        found[name] = session(file)
    return found


def seconds(run: InferenceSession, batch: int, side: int, output: str) -> float:
    """CPU seconds of one inference."""
    image = np.random.default_rng(1).normal(size=(batch, 3, side, side)).astype(np.float32)
    start = time.process_time()
    run.run([output], {"image": image})
    return time.process_time() - start


def patches_in(window: int) -> int:
    """Patches at 16 m, the stride of the map, in one window."""
    return ((window - SIDE) // 32 + 1) ** 2


def table(folder: Path) -> list[list[str | float]]:
    """Best of some rounds: network, case, patches per CPU second."""
    cases = [(f"batch {b}", b, SIDE, "logits", b) for b in (1, 8, 32)]
    cases += [(f"window {w}", 1, w, "logitsmap", patches_in(w)) for w in WINDOWS]
    runs, rows = sessions(folder), []
    for case, batch, side, output, patches in cases:
        best: dict[str, float] = {}
        for turn in range(ROUNDS):
            for name, run in runs.items():
                if name == "densenet_161" and (turn or batch > 8 or side > 448):
                    continue  # half a second a patch: once is enough
                spent = seconds(run, batch, side, output)
                best[name] = min(best.get(name, np.inf), spent)
        rows += [[name, case, round(patches / spent, 1)] for name, spent in best.items()]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the ONNX files")
    args = parser.parse_args()
    print("| network | case | patches per CPU second |\n| --- | --- | --- |")
    for row in table(args.out):
        print("|", " | ".join(map(str, row)), "|")


if __name__ == "__main__":
    main()
