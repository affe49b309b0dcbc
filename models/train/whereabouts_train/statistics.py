"""Writes the mean and deviation of each scene's logit over training data into model.json, and, for
an overhead model, which scenes that data has labelled ground of.

python -m whereabouts_train.statistics --model ../photo-… --packs packs/ground
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .gallery import embed_patches, embed_photos, indoor_scenes, load_model
from .pack import Pack, load_pack
from .scenes import CLASS_COUNT
from .sources.classmatched import is_excluded


def spread_rows(pack: Pack, most: int, outdoor_only: bool) -> np.ndarray:
    """At most `most` training rows, evenly spread; without photos of indoor scenes only."""
    rows, fits = (pack.rows if outdoor_only else pack.patch_rows)("train"), pack.masks()
    if outdoor_only:
        rows = rows[(fits[rows] & ~indoor_scenes()).any(1)]
    return rows[:: max(1, len(rows) // most)][:most]


def taught_by(pack: Pack, exclude: list[str]) -> np.ndarray:
    """Scenes that some labelled training patch shows. # bool [365]"""
    rows = [r for r in pack.rows("train") if not is_excluded(pack.items[r], exclude)]
    return pack.masks()[rows].any(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model folder")
    parser.add_argument("--packs", type=Path, nargs="+", required=True)
    parser.add_argument("--gsd", type=float, nargs="+", default=[], help="m/px, one per pack")
    parser.add_argument("--exclude", nargs="*", default=[], help="as in the recipe: not taught")
    parser.add_argument("--most", type=int, default=2000, help="pictures per pack")
    args = parser.parse_args()
    model, logits, taught = load_model(args.model), [], np.zeros(CLASS_COUNT, bool)
    for index, folder in enumerate(args.packs):
        pack = load_pack(folder)
        is_ground = model.card["view"] == "ground"
        rows = spread_rows(pack, args.most, outdoor_only=is_ground)
        if is_ground:
            logits.append(embed_photos(model, pack, rows))
        else:
            logits.append(embed_patches(model, pack, rows, args.gsd[index]))
            taught |= taught_by(pack, args.exclude)
    values = np.concatenate(logits)  # [n, 365]
    kind = "outdoor training photos" if model.card["view"] == "ground" else "training patches"
    model.card["stats"] = {
        "mean": [round(float(v), 4) for v in values.mean(0)],
        "std": [round(float(v), 4) for v in values.std(0)],
        "over": f"{len(values)} {kind}",
    }
    if taught.any():
        model.card["taughtScenes"] = np.flatnonzero(taught).tolist()
    (args.model / "model.json").write_text(json.dumps(model.card, indent=1) + "\n")
    print(f"{args.model}: statistics over {len(values)} {kind}")


if __name__ == "__main__":
    main()
