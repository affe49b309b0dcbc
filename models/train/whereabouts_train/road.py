"""What does a road through the middle of a patch do? Deployed patches have one, test patches don't.

python -m whereabouts_train.road --pair ../photo-… ../overhead-… --overhead packs/ucm

Draws one through every test patch, at an angle of its own, and searches again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .evaluate import class_matched, groups_of
from .export import normalised
from .gallery import Model, embed_photos, load_model, rescaled
from .metrics import paired_difference, ranks_of_fitting, rms_distance
from .pack import Pack, load_pack
from .scenes import scene_names

GSD = 0.5
ASPHALT = (112.0, 112.0, 110.0)
TOLD = 6  # scenes that gain most, and that lose most


def with_road(patch: np.ndarray, angle: float, width_m: float, seed: int) -> np.ndarray:
    """A straight road through the middle: grey, a little noisy, soft at its edges. # [h, h, 3]"""
    side = patch.shape[0]
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    across = np.abs(x * np.cos(angle) + y * np.sin(angle))  # px from the road's axis
    cover = np.clip(width_m / GSD / 2 - across + 0.5, 0, 1)[..., None]
    noise = np.random.default_rng(seed).normal(0, 5, (side, side, 1))
    road = np.asarray(ASPHALT) + noise
    return np.clip(patch * (1 - cover) + road * cover, 0, 255).astype(np.uint8)


def embed(model: Model, pack: Pack, rows: np.ndarray, gsd: float, width_m: float) -> np.ndarray:
    """Logits of whole patches at 0.5 m/px; `width_m` 0 = as they are. # [n, 365]"""
    rng, logits = np.random.default_rng(1), []
    for row, angle in zip(rows, rng.uniform(0, np.pi, len(rows)), strict=True):
        patch = rescaled(np.array(pack.pixels[row]), gsd, GSD)
        patch = with_road(patch, angle, width_m, int(row)) if width_m else patch
        image = normalised(patch.transpose(2, 0, 1)[None])
        logits.append(model.run.run(["logits"], {"image": image})[0][0])
    return np.array(logits)


def moved(plain: np.ndarray, paved: np.ndarray) -> dict[str, list[tuple[str, float]]]:
    """Scenes whose mean logit rises or falls most, in deviations over the patches."""
    shift = (paved - plain).mean(0) / plain.std(0)
    order, names = np.argsort(shift), scene_names()
    told = {"gain": order[::-1][:TOLD], "lose": order[:TOLD]}
    return {k: [(names[i], round(float(shift[i]), 2)) for i in found] for k, found in told.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", type=Path, nargs=2, required=True)
    parser.add_argument("--ground", type=Path, default=Path("packs/ground"))
    parser.add_argument("--overhead", type=Path, default=Path("packs/ucm"))
    parser.add_argument("--overhead-gsd", type=float, default=0.3, help="m/px of its pixels")
    parser.add_argument("--widths", type=float, nargs="+", default=[4.0, 7.0, 14.0], help="m")
    args = parser.parse_args()
    ground, overhead = load_pack(args.ground), load_pack(args.overhead)
    photo_model, patch_model = (load_model(folder) for folder in args.pair)
    rows = overhead.patch_rows("test")
    photo_rows, shared = class_matched(ground, overhead)
    photos, groups = embed_photos(photo_model, ground, photo_rows), groups_of(ground, photo_rows)
    plain = embed(patch_model, overhead, rows, args.overhead_gsd, 0)
    before = ranks_of_fitting(rms_distance(photos, plain), shared)[0]
    print(f"no road: AUC {np.nanmean(before):.4f}")
    for width in args.widths:
        paved = embed(patch_model, overhead, rows, args.overhead_gsd, width)
        after = ranks_of_fitting(rms_distance(photos, paved), shared)[0]
        difference = [round(v, 4) for v in paired_difference(before, after, groups)]
        facts = {"AUC": round(float(np.nanmean(after)), 4), "difference": difference}
        print(f"{width} m: {json.dumps(facts | moved(plain, paved))}", flush=True)


if __name__ == "__main__":
    main()
