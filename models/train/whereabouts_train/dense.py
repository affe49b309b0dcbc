"""Does the map of logits agree with single patches? Measured on large images at 0.5 m/px."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .export import normalised
from .gallery import Model
from .metrics import centred_correlation

PATCH = 224
WINDOW = 352


def agreement(model: Model, images: list[Path]) -> dict[str, list[float]]:
    """Per image, and for "all" together: correlation after subtracting the mean over patches, raw
    correlation, patches."""
    pairs = {image.stem: _logits_on(model, image) for image in images}
    if len(images) > 1:
        pairs["all"] = np.concatenate(list(pairs.values()), 1)
    return {name: _compare(*pair) for name, pair in pairs.items()}


def _compare(single: np.ndarray, dense: np.ndarray) -> list[float]:
    raw = float(np.corrcoef(single.ravel(), dense.ravel())[0, 1])
    return [round(centred_correlation(single, dense), 4), round(raw, 4), len(single)]


def _logits_on(model: Model, file: Path) -> np.ndarray:
    """Of each patch with surroundings, cut alone and read from the map. # [2, n, 365]"""
    with Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB"))  # [h, w, 3]
    stride = model.card["stride"]
    margin, cells = (WINDOW - PATCH) // 2, PATCH // stride
    singles, dense = [], []
    for top in range(0, pixels.shape[0] - WINDOW + 1, stride):
        for left in range(0, pixels.shape[1] - WINDOW + 1, stride):
            window = pixels[top : top + WINDOW, left : left + WINDOW].transpose(2, 0, 1)[None]
            inner = window[:, :, margin : margin + PATCH, margin : margin + PATCH]
            if (inner.max(1) == 0).mean() > 0.02:  # no imagery here
                continue
            logits_map = model.run.run(["logitsmap"], {"image": normalised(window)})[0][0]
            first = margin // stride
            cut = logits_map[:, first : first + cells, first : first + cells]  # [365, 7, 7]
            dense.append(cut.mean((1, 2)))
            singles.append(model.run.run(["logits"], {"image": normalised(inner)})[0][0])
    return np.array([singles, dense])
