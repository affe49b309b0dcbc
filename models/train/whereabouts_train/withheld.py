"""Scenes of which an overhead model saw no labelled ground: are they found by their logit, or by
what photos of them look like?

python -m whereabouts_train.withheld ../overhead-… --run runs/withheld --overhead packs/ucm

The model is one whose recipe excludes classes, with prototypes (whereabouts_train.prototypes).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .gallery import embed_patches, load_model
from .metrics import average_precision, paired_difference, rms_distance
from .pack import load_pack
from .prototypes import load_prototypes
from .scenes import scene_names
from .statistics import taught_by

WAYS = ("logit", "prototype")


def precisions(patches, fits, scenes, prototypes) -> np.ndarray:
    """Of each scene, by its logit and by the distance to its prototype. # [scenes, 2]"""
    near = -rms_distance(prototypes[scenes], patches)  # [scenes, patches]
    return np.array(
        [
            [average_precision(scores, fits[:, scene]) for scores in (patches[:, scene], row)]
            for scene, row in zip(scenes, near, strict=True)
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("--run", type=Path, required=True, help="where its recipe stands")
    parser.add_argument("--overhead", type=Path, default=Path("packs/ucm"))
    parser.add_argument("--overhead-gsd", type=float, default=0.3, help="m/px of its pixels")
    args = parser.parse_args()
    config = json.loads((args.run / "config.json").read_text())
    packs = [load_pack(pack["folder"]) for pack in config["packs"]]
    taught = np.any([taught_by(pack, config["exclude"]) for pack in packs], 0)
    model, overhead = load_model(args.model), load_pack(args.overhead)
    rows = overhead.patch_rows("test")
    patches, fits = embed_patches(model, overhead, rows, args.overhead_gsd), overhead.masks()[rows]
    for kind, among in (("withheld", ~taught), ("taught", taught)):
        scenes = np.flatnonzero(fits.any(0) & among)
        if not len(scenes):
            continue
        found = precisions(patches, fits, scenes, load_prototypes(model))
        difference = paired_difference(found[:, 0], found[:, 1], np.arange(len(scenes)))
        means = dict(zip(WAYS, found.mean(0).round(3).tolist(), strict=True))
        print(f"{kind}: {len(scenes)} scenes, mAP {means}, difference {np.round(difference, 3)}")
        for scene, (by_logit, by_prototype) in zip(scenes, found, strict=True):
            print(f"  {scene_names()[scene]}: {by_logit:.2f} {by_prototype:.2f}")


if __name__ == "__main__":
    main()
