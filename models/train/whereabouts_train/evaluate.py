"""The figures that decide between pairs of models, as JSON: of packs with classes, retrieval by
class; of packs of pairs, from each photo to its own patch.

python -m whereabouts_train.evaluate --pair ../photo-a ../overhead-a --pair ../photo-b ../overhead-b
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from .dense import agreement
from .gallery import Model, embed_patches, embed_photos, indoor_scenes, load_model
from .metrics import (
    average_precision,
    distances,
    hits_at,
    paired_difference,
    ranks_of_fitting,
    share,
)
from .pack import Pack, load_pack
from .pair_retrieval import own_patch_figures
from .prototypes import load_prototypes
from .scenes import CLASS_COUNT
from .withheld import precisions

URBAN = ("street", "buildings")
MINIPLACES = ["miniplaces", "tiny-ground"]  # sets whose validation photos have one scene each


def groups_of(pack: Pack, rows: np.ndarray) -> np.ndarray:
    """Class of each picture, for resampling by class. # str [n]"""
    return np.array([f"{pack.items[r]['set']}/{pack.items[r]['cls']}" for r in rows])


def photo_figures(
    model: Model, pack: Pack, count: int, cache: Path | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Accuracy on held-out photos -> figures, and what paired comparisons need."""
    fits, indoor = pack.masks(), indoor_scenes()
    rows = pack.rows("val", MINIPLACES)
    rows = rows[fits[rows].any(1)][:count]
    logits, groups = embed_photos(model, pack, rows, cache), groups_of(pack, rows)
    top1, top5 = hits_at(logits, fits[rows], 1), hits_at(logits, fits[rows], 5)
    share_indoor = np.exp(logits - logits.max(1, keepdims=True))
    share_indoor = (share_indoor * indoor).sum(1) / share_indoor.sum(1)
    is_indoor = (fits[rows] & indoor).any(1)
    figures = {
        "photos": len(rows),
        "top1": share(top1, groups),
        "top5": share(top5, groups),
        "indoorOutdoor": share((share_indoor > 0.5) == is_indoor, groups),
    }
    if len(rows := pack.rows("test", ["intel"])):
        figures |= intel_figures(model, pack, rows[:: max(1, len(rows) // count)], cache)
    return figures, {"top1": top1, "groups": groups}


def intel_figures(model: Model, pack: Pack, rows: np.ndarray, cache: Path | None):
    """Set-valued labels: a hit is any scene of the class's set."""
    fits = pack.masks()
    logits = embed_photos(model, pack, rows, cache)
    classes = np.array([pack.items[r]["cls"] for r in rows])
    hits = hits_at(logits, fits[rows], 5)
    figures = {
        "intelTop1": share(hits_at(logits, fits[rows], 1), classes),
        "intelTop5": share(hits, classes),
    }
    for name in URBAN:
        figures[f"{name}Top5"] = round(100 * float(hits[classes == name].mean()), 2)
    return figures


def class_matched(ground: Pack, overhead: Pack) -> tuple[np.ndarray, np.ndarray]:
    """Held-out photos that some held-out patch fits. # rows [n], fits bool [n, patches]"""
    rows = ground.rows("val", MINIPLACES)
    photo_fits = ground.masks()[rows].astype(np.float32)
    fits = (photo_fits @ overhead.masks()[overhead.patch_rows("test")].astype(np.float32).T) > 0
    kept = fits.any(1)
    return rows[kept], fits[kept]


def retrieval_figures(pair: tuple[Model, Model], ground: Pack, overhead: Pack, gsd, cache):
    """Held-out photos against held-out patches, matched by class; gsd: of pixels, of test."""
    patch_rows = overhead.patch_rows("test")
    photo_rows, fits = class_matched(ground, overhead)
    photos = embed_photos(pair[0], ground, photo_rows, cache)
    patches = embed_patches(pair[1], overhead, patch_rows, *gsd, cache)
    groups = groups_of(ground, photo_rows)
    figures: dict[str, Any] = {"photos": len(photo_rows), "patches": len(patch_rows)}
    per_query = {"groups": groups}
    for name, distance in distances(photos, patches, (pair[0].card, pair[1].card)).items():
        auc, percentile, precision = ranks_of_fitting(distance, fits)
        figures[name] = {
            "auc": [round(v / 100, 4) for v in share(auc, groups)],
            "meanPercentileRank": round(100 * float(np.nanmean(percentile)), 2),
            "mAP": [round(v / 100, 4) for v in share(precision, groups)],
        }
        per_query[name] = auc
        per_query[f"{name}-ap"] = precision
    figures["sceneQueries"] = scene_queries(pair[1], patches, overhead.masks()[patch_rows])
    return figures, per_query


def scene_queries(model: Model, patches: np.ndarray, fits: np.ndarray) -> dict[str, Any]:
    """Ranking patches by one scene: average precision per scene that some patch fits; apart by
    whether labelled ground of it was in training. `mAP` is by the scene's logit, `asSearched` as
    the program asks: for scenes without labelled ground by their prototype, where there is one."""
    scenes = np.flatnonzero(fits.any(0))
    values = np.array([average_precision(patches[:, s], fits[:, s]) for s in scenes])
    is_taught, searched = np.isin(scenes, taught_scenes(model)), values.copy()
    if "prototypes" in model.card and not is_taught.all():
        found = precisions(patches, fits, scenes[~is_taught], load_prototypes(model))
        searched[~is_taught] = found[:, 1]

    def part(rows: np.ndarray) -> dict[str, Any]:
        figures = {"mAP": values[rows], "asSearched": searched[rows]}
        means = {k: round(float(v.mean()), 4) if len(v) else None for k, v in figures.items()}
        return {"scenes": int(rows.sum())} | means

    return part(np.ones_like(is_taught)) | {
        "chance": round(float(fits[:, scenes].mean()), 4),
        "taught": part(is_taught),
        "untaught": part(~is_taught),
        "perScene": {int(s): round(float(v), 4) for s, v in zip(scenes, values, strict=True)},
    }


def taught_scenes(model: Model) -> list[int]:
    """Scenes of which labelled ground was in training; all where the card does not tell."""
    return model.card.get("taughtScenes", list(range(CLASS_COUNT)))


def compare(first: dict, second: dict) -> dict[str, list[float]]:
    """Second minus first, paired over images, resampled over classes and images."""
    differences = {}
    for key in first:
        if key != "groups":
            values = [np.asarray(side[key], float) for side in (first, second)]
            found = paired_difference(values[0], values[1], first["groups"])
            differences[key] = [round(v, 4) for v in found]
    return differences


def evaluate_pair(folders: list[Path], args: argparse.Namespace) -> tuple[dict, dict]:
    pair = (load_model(folders[0]), load_model(folders[1]))
    ground, overhead = load_pack(args.ground), load_pack(args.overhead)
    figures: dict[str, Any] = {"pair": [m.name for m in pair]}
    figures["photo"], photo = photo_figures(pair[0], ground, args.photos, args.cache)
    paired = {"photo": photo}
    is_paired = bool((overhead.partners() >= 0).any())
    is_labelled = bool(overhead.masks()[overhead.patch_rows("test")].any())
    for gsd in args.gsd:
        name, scales = f"{args.overhead.name}@{gsd}", (args.overhead_gsd, gsd)
        if is_labelled or not is_paired:
            found = retrieval_figures(pair, ground, overhead, scales, args.cache)
            figures[name], paired[name] = found
        if is_paired:
            found = own_patch_figures(pair, overhead, scales, args.photos, args.cache)
            figures[f"{name} pairs"], paired[f"{name} pairs"] = found
    if args.windows:
        figures["mapAgreement"] = agreement(pair[1], args.windows)
    return figures, paired


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", type=Path, nargs=2, action="append", required=True)
    parser.add_argument("--ground", type=Path, default=Path("packs/ground"))
    parser.add_argument("--overhead", type=Path, default=Path("packs/ucm"))
    parser.add_argument("--overhead-gsd", type=float, default=0.3, help="m/px of its pixels")
    parser.add_argument("--photos", type=int, default=2000, help="of MiniPlaces, or of pairs")
    parser.add_argument(
        "--gsd", type=float, nargs="+", default=[0.5, 0.34], help="m/px of the test"
    )
    parser.add_argument("--windows", type=Path, nargs="*", default=[], help="large images, PNG")
    parser.add_argument("--cache", type=Path, help="folder that remembers logits")
    parser.add_argument("--out", type=Path, help="write JSON here")
    args = parser.parse_args()
    results, baseline = [], None
    for folders in args.pair:
        figures, paired = evaluate_pair(folders, args)
        if baseline:
            figures["minusFirst"] = {k: compare(baseline[k], paired[k]) for k in paired}
        baseline = baseline or paired
        results.append(figures)
    text = json.dumps(results, indent=1)
    if args.out:
        args.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
