"""How often the scene that stands out most in a patch fits it, by how far it stands out.

python -m whereabouts_train.best_scene ../overhead-mobilenetv2-10 packs/rsscn7
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from .evaluate import groups_of, taught_scenes
from .gallery import OVERHEAD_GSD, Model, embed_patches, load_model
from .metrics import share
from .pack import load_pack

EDGES = (2.0, 3.0, 4.0)  # standard deviations, between the spans


def best_scenes(
    logits: np.ndarray, stats: dict[str, Any], taught: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """As `scene --best`, of single patches: the largest standardised logit among `taught` scenes.

    # [n, 365] -> scene [n], standard deviations [n]
    """
    standardised = (logits - np.array(stats["mean"])) / np.array(stats["std"])
    among = standardised[:, taught]
    return np.array(taught)[among.argmax(1)], among.max(1)


def right_by_sigma(
    sigma: np.ndarray, is_right: np.ndarray, groups: np.ndarray
) -> list[dict[str, Any]]:
    """-> of each span that has any: from how many σ, patches, share right in %, its interval"""
    span = np.digitize(sigma, EDGES)
    return [
        {
            "fromSigma": None if index == 0 else EDGES[index - 1],
            "patches": int((span == index).sum()),
            "right": share(is_right[span == index], groups[span == index]),
        }
        for index in np.unique(span)
    ]


def figures(model: Model, folder: Path, gsd: float, cache: Path | None) -> dict[str, Any]:
    """Of the test patches that have a label."""
    if "stats" not in model.card:
        raise ValueError(f"{model.name} has no statistics: run whereabouts_train.statistics first")
    pack, taught = load_pack(folder), taught_scenes(model)
    rows = pack.patch_rows("test")
    rows = rows[pack.masks()[rows].any(1)]
    if not len(rows):
        raise ValueError(f"Expected patches with labels in {folder}, split test, found none")
    fits, groups = pack.masks()[rows], groups_of(pack, rows)
    logits = embed_patches(model, pack, rows, gsd, OVERHEAD_GSD, cache)
    scene, sigma = best_scenes(logits, model.card["stats"], taught)
    is_right = fits[np.arange(len(rows)), scene]
    return {
        "patches": len(rows),
        "right": share(is_right, groups),
        "chance": float(100 * fits[:, taught].mean()),
        "spans": right_by_sigma(sigma, is_right, groups),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of an overhead model")
    parser.add_argument("pack", type=Path, help="patches with labels, split test")
    parser.add_argument("--overhead-gsd", type=float, default=OVERHEAD_GSD, help="m/px of the pack")
    parser.add_argument("--cache", type=Path, help="folder that keeps logits")
    args = parser.parse_args()
    found = figures(load_model(args.model), args.pack, args.overhead_gsd, args.cache)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
