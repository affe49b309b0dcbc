"""Photo -> its own patch: how well held-out pairs find each other among the others' patches."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from .gallery import Model, embed_patches, embed_photos
from .metrics import distances, ranks_of_fitting, share
from .pack import Pack
from .sources.pairs import cell_of


def distinct_patches(pack: Pack, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-> rows of patches that differ [g], and which of them each of `rows` is [n].

    Photos of one place share a patch (CVUSA's cut-outs), which the pack holds once per photo.
    """
    digests = [hashlib.blake2b(pack.pixels[row].tobytes()).hexdigest() for row in rows]
    _, first, own = np.unique(digests, return_index=True, return_inverse=True)
    return rows[first], own


def in_top_percent(percentile: np.ndarray, gallery: int) -> np.ndarray:
    """Does the only fitting patch stand in the first hundredth, of few patches first? # bool [n]"""
    rank = np.rint(percentile * (gallery - 1)).astype(int)  # 0 = first
    return rank < max(1, gallery // 100)


def own_patch_figures(
    pair: tuple[Model, Model],
    pack: Pack,
    scales: tuple[float, float],
    most: int,
    cache: Path | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Test pairs of a pack, at most about `most`, evenly spread -> figures, and what paired
    comparisons need. scales: m/px of the pack's patches, and of the test.

    A patch is the middle that the deployed model sees: there the photo was taken. Intervals
    resample places (0.1 degree cells, cities), then photos.
    """
    partners, rows = pack.partners(), pack.patch_rows("test")
    rows = rows[partners[rows] >= 0]
    rows = rows[:: max(1, len(rows) // most)][:most]
    gallery, own = distinct_patches(pack, rows)
    if len(gallery) < 2:
        raise ValueError(f"Expected two test pairs or more, found {len(gallery)}: raise testShare")
    photos = embed_photos(pair[0], pack, partners[rows], cache)
    middle = pair[1].card["size"][0]
    patches = embed_patches(pair[1], pack, gallery, *scales, cache, middle)
    items = [pack.items[row] for row in rows]
    groups = np.array([cell_of(item["place"] or item["path"]) for item in items])
    fits = own[:, None] == np.arange(len(gallery))
    figures: dict[str, Any] = {"photos": len(rows), "patches": len(gallery)}
    per_query: dict[str, Any] = {"groups": groups}
    for name, distance in distances(photos, patches, (pair[0].card, pair[1].card)).items():
        auc, percentile, _ = ranks_of_fitting(distance, fits)
        top = in_top_percent(percentile, len(gallery))
        figures[name] = {
            "auc": [round(v / 100, 4) for v in share(auc, groups)],
            "meanPercentileRank": share(percentile, groups),
            "top1Percent": share(top, groups),
        }
        per_query |= {name: auc, f"{name}-top1Percent": top}
    return figures, per_query
