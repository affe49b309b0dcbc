"""Makes small sets of drawn pictures and runs every step on them: minutes on a CPU, no download.

python -m whereabouts_train.tiny --out runs/tiny

The drawings carry their scene in colours and stripes, alike in both views: a chain that works
matches them well above chance, and `main` fails if it does not.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

SCENES = (
    "beach",
    "forest_path",
    "golf_course",
    "harbor",
    "highway",
    "parking_lot",
    "river",
    "yard",
)
AUC_LEAST = 0.7


def drawing(scene: int, seed: int, side: int) -> np.ndarray:
    """A picture whose two colours and stripe width belong to the scene. # uint8 [side, side, 3]"""
    rng = np.random.default_rng([scene, seed])
    palette = np.random.default_rng(scene + 100).integers(30, 226, (2, 3))
    y, x = np.mgrid[:side, :side] / side
    angle, phase = rng.uniform(0, np.pi, 2)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (6 + 5 * scene) + 2 * phase)
    mixed = palette[(wave > rng.uniform(-0.4, 0.4)).astype(int)]
    return np.clip(mixed + rng.normal(0, 14, mixed.shape), 0, 255).astype(np.uint8)


def jpeg(scene: int, seed: int, side: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(drawing(scene, seed, side)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def write_sets(root: Path) -> None:
    """The same drawings in each layout that an adapter reads."""
    for split, seeds in (("train", range(40)), ("val", range(40, 56))):
        for scene, name in enumerate(SCENES):
            folder = root / "photos" / split / name
            folder.mkdir(parents=True, exist_ok=True)
            for seed in seeds:
                (folder / f"{seed:03}.jpg").write_bytes(jpeg(scene, seed, 64))
    for shard, seeds in (("a.tar", range(100, 130)), ("test.tar", range(130, 142))):
        (root / "patches").mkdir(exist_ok=True)
        with tarfile.open(root / "patches" / shard, "w") as tar:
            for scene, name in enumerate(SCENES):
                for seed in seeds:
                    _add(tar, f"{name}-{seed}.jpg", jpeg(scene, seed, 96))
                    _add(tar, f"{name}-{seed}.cls", name.encode())
    _write_pairs(root / "pairs")


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _write_pairs(root: Path) -> None:
    root.mkdir(exist_ok=True)
    with open(root / "pairs.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "patch", "lat", "lon"])
        for seed in range(24):
            names = (f"photo-{seed}.jpg", f"patch-{seed}.jpg")
            for name, drawn in zip(names, (200 + seed, 300 + seed), strict=True):
                (root / name).write_bytes(jpeg(seed % len(SCENES), drawn, 64))
            writer.writerow([*names, 47 + seed / 7, 9.5])


def write_recipes(root: Path) -> None:
    """The recipes of a real run, shrunk."""
    net = {"network": "densenet_bc", "networkOptions": {"growth": 6, "blocks": [1, 1, 2, 2]}}
    shared = net | {"optimiser": "adamw", "learningRate": 0.004, "warmupSteps": 5, "everySteps": 40}
    photos = {"kind": "folders", "name": "tiny-ground"}
    recipes = {
        "pack-photos": {
            "sidePx": 64,
            "sources": [
                photos | {"root": str(root / "photos" / split), "split": split}
                for split in ("train", "val")
            ],
        },
        "pack-patches": {
            "sidePx": 96,
            "sources": [
                {
                    "kind": "shards",
                    "name": "tiny-overhead",
                    "root": str(root / "patches"),
                    "test": ["test.tar"],
                }
            ],
        },
        "pack-pairs": {
            "sidePx": 64,
            "sources": [
                {
                    "kind": "pairs",
                    "name": "tiny-pairs",
                    "root": str(root / "pairs"),
                    "csv": str(root / "pairs" / "pairs.csv"),
                    "testShare": 0.4,
                }
            ],
        },
        "photo": shared
        | {"pack": str(root / "pack-photos"), "sides": [64], "steps": 120, "batch": 32}
        | {"teachCovered": 0, "teachOthers": 0, "teachMass": 0, "validateSide": 64}
        | {"averageDecay": 0.95},
        "overhead": shared
        | {
            "packs": [
                {"folder": str(root / "pack-patches"), "gsd": 0.5, "weight": 0.8},
                {"folder": str(root / "pack-pairs"), "gsd": 0.5, "weight": 0.2},
            ]
        }
        | {"bank": str(root / "bank"), "start": str(root / "run-photo" / "checkpoint.pt")}
        | {"side": 64, "windowSide": 128, "steps": 120, "batch": 24, "averageDecay": 0.95},
    }
    for name, recipe in recipes.items():
        (root / f"{name}.json").write_text(json.dumps(recipe, indent=1))


def step(module: str, *arguments: str | Path) -> None:
    """Each step as a user runs it."""
    command = [sys.executable, "-m", f"whereabouts_train.{module}", *map(str, arguments)]
    print("$", " ".join(command[1:]), flush=True)
    subprocess.run(command, check=True)


def run_chain(root: Path) -> tuple[float, float]:
    """Packs, trains, exports and evaluates; returns the AUC by class and that of pairs."""
    for name in ("photos", "patches", "pairs"):
        step("pack", root / f"pack-{name}.json", "--out", root / f"pack-{name}")
    photo, overhead = root / "tiny-photo", root / "tiny-overhead"
    step("photo", root / "photo.json", "--out", root / "run-photo")
    options = ["--name", photo.name, "--side", "64", "--out", root]
    step("export", root / "run-photo" / "checkpoint.pt", "--view", "ground", *options)
    step("statistics", "--model", photo, "--packs", root / "pack-photos")
    overhead_packs = ["--overhead", root / "pack-patches", root / "pack-pairs"]
    bank = ["--model", photo / "model.onnx", *overhead_packs, "--out", root / "bank"]
    step("bank", root / "pack-photos", *bank)
    step("overhead", root / "overhead.json", "--out", root / "run-overhead")
    options = ["--name", overhead.name, "--side", "64", "--out", root]
    step("export", root / "run-overhead" / "checkpoint.pt", "--view", "overhead", *options)
    step("statistics", "--model", overhead, "--packs", root / "pack-patches", "--gsd", "0.5")
    photos = ["--photo", photo, "--pack", root / "pack-photos"]
    step("prototypes", "--overhead", overhead, *photos)
    pair = ["--pair", photo, overhead, "--ground", root / "pack-photos"]
    scale, found = ["--overhead-gsd", "0.5", "--gsd", "0.5"], []
    for pack, figures in (("pack-patches", "@0.5"), ("pack-pairs", "@0.5 pairs")):
        out = root / f"evaluation-{pack}.json"
        step("evaluate", *pair, "--overhead", root / pack, *scale, "--out", out)
        found.append(json.loads(out.read_text())[0][pack + figures]["rms"]["auc"][0])
    return found[0], found[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    write_sets(args.out)
    write_recipes(args.out)
    by_class, of_pairs = run_chain(args.out)
    print(f"AUC {by_class}, pairs {of_pairs}; chance is 0.5, at least {AUC_LEAST} expected")
    if min(by_class, of_pairs) < AUC_LEAST:
        raise SystemExit("The chain runs, but what it learned does not match the two views")


if __name__ == "__main__":
    main()
