"""Retrieval and accuracy figures with bootstrap intervals; numpy only.

The TypeScript evaluation computes the same numbers: keep the two in step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array


def hits_at(logits: Array, fits: Array, k: int) -> Array:
    """Per row: does one of the k best scenes fit? # [n, 365], [n, 365] -> bool [n]"""
    assert logits.shape == fits.shape, f"{logits.shape} vs {fits.shape}"
    best = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(fits, best, 1).any(1)


def rms_distance(queries: Array, gallery: Array) -> Array:
    """The reference's distance of raw logits. # [q, 365], [g, 365] -> [q, g]"""
    squares = (queries**2).sum(1)[:, None] + (gallery**2).sum(1)[None] - 2 * queries @ gallery.T
    return np.sqrt(np.maximum(squares, 0) / queries.shape[1])


def scaled(logits: Array, mean: Array, std: Array) -> Array:
    """Centred and scaled per class, length one: for cosine distance. # [n, 365]"""
    values = (logits - mean) / std
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def cosine_distance(queries: Array, gallery: Array) -> Array:
    """Of rows of length one. # [q, 365], [g, 365] -> [q, g]"""
    return 1 - queries @ gallery.T


def distances(photo: Array, patch: Array, cards: tuple[dict, dict]) -> dict[str, Any]:
    """The three comparisons; statistics come from the cards, that is from training data."""
    (ground, overhead) = (tuple(np.array(c["stats"][k]) for k in ("mean", "std")) for c in cards)
    return {
        "rms": rms_distance(photo, patch),
        "groundScaled": cosine_distance(scaled(photo, *ground), scaled(patch, *ground)),
        "ownScaled": cosine_distance(scaled(photo, *ground), scaled(patch, *overhead)),
    }


def ranks_of_fitting(distance: Array, fits: Array) -> tuple[Array, Array, Array]:
    """Per query over the gallery: AUC, mean percentile rank and average precision.

    distance [q, g], fits bool [q, g]. Percentile rank 0 = best; ties count against the query
    in average precision and half in AUC. Queries without a fitting or a non-fitting patch: NaN.
    """
    assert distance.shape == fits.shape, f"{distance.shape} vs {fits.shape}"
    if np.isnan(distance).any():
        raise ValueError("A distance is not a number: it would count as a perfect hit")
    auc, percentile, precision = (np.full(len(distance), np.nan) for _ in range(3))
    for row, (values, good) in enumerate(zip(distance, fits, strict=True)):
        if not good.any() or good.all():
            continue
        inside, outside = np.sort(values[good]), np.sort(values[~good])
        below = np.searchsorted(outside, inside, "left")
        upto = np.searchsorted(outside, inside, "right")
        auc[row] = 1 - ((below + upto) / 2).mean() / len(outside)
        own_upto = np.searchsorted(inside, inside, "right")
        percentile[row] = (
            ((upto + own_upto - 1) / (len(values) - 1)).mean() if len(values) > 1 else 0
        )
        precision[row] = (own_upto / (own_upto + upto)).mean()
    return auc, percentile, precision


def average_precision(scores: Array, fits: Array) -> float:
    """One query: larger score = better; ties count against. # [g], [g]"""
    return float(ranks_of_fitting(-scores[None], fits[None])[2][0])


def bootstrap(
    statistic: Callable[[Array], float], groups: Array, draws: int = 1000, seed: int = 1
) -> tuple[float, float, float]:
    """-> value, low, high: 95 % interval of `statistic(rows)` under resampling.

    Classes (`groups` [n]) are drawn first, then rows within each: both vary in the world.
    """
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    values = []
    for _ in range(draws):
        chosen = rng.integers(len(members), size=len(members))
        values.append(
            statistic(np.concatenate([rng.choice(members[c], len(members[c])) for c in chosen]))
        )
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(statistic(np.arange(len(groups)))), float(low), float(high)


def share(values: Array, groups: Array) -> list[float]:
    """Mean and its 95 % interval, in percent."""
    figures = bootstrap(lambda rows: 100 * float(np.nanmean(values[rows])), groups)
    return [round(v, 2) for v in figures]


def paired_difference(first: Array, second: Array, groups: Array, draws: int = 1000):
    """Mean of second - first per row, with its 95 % interval. # [n], [n], [n]"""
    difference = second - first
    return bootstrap(lambda rows: float(np.nanmean(difference[rows])), groups, draws)


def centred_correlation(first: Array, second: Array) -> float:
    """Correlation after subtracting each class's mean over patches. # [n, 365] twice"""
    a, b = first - first.mean(0), second - second.mean(0)
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))
