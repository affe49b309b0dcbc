"""Patches per second, with DenseNet-161 in the same run as the yardstick.

python -m whereabouts_train.benchmark --out runs/benchmark [--model ../overhead-… --model …-int8]

Networks of `networks.py` run with random weights (speed does not depend on them), and as int8.
Rounds are interleaved and the best one is told. On a machine that others use too, `--busy` counts
CPU seconds instead of the clock's: patches per CPU second, times the threads, which is what as many
free cores give at most.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torchvision
from onnxruntime import InferenceSession, SessionOptions

from .export import export_onnx
from .networks import NETWORKS, SceneNet, create_network
from .quantise import to_int8
from .storage import load_plain

SIDE = 224
BATCHES = (1, 8, 32)
WINDOWS = (448, 640)
SHIPPED = ["mobilenet_v2", "densenet_bc"]
YARDSTICK = "densenet_161"


def densenet_161() -> SceneNet:
    """The reference's overhead network."""
    trunk = torchvision.models.densenet161(weights=None).features
    trunk.append(torch.nn.ReLU())
    return SceneNet(trunk, 2208, 32)


def random_pictures() -> Iterator[np.ndarray]:
    yield from np.random.default_rng(1).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)


def files(folder: Path, names: list[str], models: list[Path]) -> dict[str, Path]:
    """Every network by name, made in `folder` where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in [*names, YARDSTICK]:
        plain, int8 = folder / f"{name}.onnx", folder / f"{name}-int8.onnx"
        if not plain.is_file():
            net = densenet_161() if name == YARDSTICK else create_network(name)
            export_onnx(net, "overhead", SIDE, plain)
        found[name] = plain
        if name == YARDSTICK:
            continue
        if not int8.is_file():
            to_int8(load_plain(plain), random_pictures(), int8)
        found[f"{name} int8"] = int8
    return found | {model.name: model / "model.onnx" for model in models}


def open_session(file: Path, threads: int) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait by turning in circles would count as work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def seconds(run: InferenceSession, batch: int, side: int, clock: Callable[[], float]) -> float:
    """Seconds of one inference."""
    image = np.random.default_rng(1).normal(size=(batch, 3, side, side)).astype(np.float32)
    start = clock()
    run.run(["logits" if side == SIDE else "logitsmap"], {"image": image})
    return clock() - start


def patches_in(window: int) -> int:
    """Patches at 16 m, the stride of the map, in one window."""
    return ((window - SIDE) // 32 + 1) ** 2


def cases(threads: int) -> list[tuple[str, int, int, int]]:
    """Name, batch, side in px, patches."""
    found = [(f"batch {b}", b, SIDE, b) for b in BATCHES]
    if threads == 1:
        found += [(f"window {w}", 1, w, patches_in(w)) for w in WINDOWS]
    return found


def table(
    networks: dict[str, Path], threads: int, rounds: int, is_busy: bool
) -> dict[str, dict[str, float]]:
    """Best of some rounds: network -> case -> patches per second."""
    runs = {name: open_session(file, threads) for name, file in networks.items()}
    rates: dict[str, dict[str, float]] = {name: {} for name in runs}
    clock, cores = (time.process_time, threads) if is_busy else (time.perf_counter, 1)
    for case, batch, side, patches in cases(threads):
        for turn in range(rounds):
            for name, run in runs.items():
                if name == YARDSTICK and turn * batch >= 32:
                    continue  # a quarter of a second a patch: fewer rounds of large batches
                rate = cores * patches / seconds(run, batch, side, clock)
                rates[name][case] = max(rates[name].get(case, 0), rate)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the ONNX files")
    parser.add_argument("--model", type=Path, action="append", default=[], help="model folder")
    parser.add_argument("--network", choices=NETWORKS, nargs="+", default=SHIPPED)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", action="store_true", help="count CPU seconds")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    networks = files(args.out, args.network, args.model)
    for threads in args.threads:
        names = [case for case, *_ in cases(threads)]
        print(f"\n| patches/s, threads: {threads} | {' | '.join(names)} |")
        print("| --- |" + " --- |" * len(names))
        for name, rates in table(networks, threads, args.rounds, args.busy).items():
            print(f"| {name} | {' | '.join(f'{rates[n]:.1f}' for n in names)} |", flush=True)


if __name__ == "__main__":
    main()
