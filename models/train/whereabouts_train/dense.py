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
    """Per image: correlation after subtracting the mean over patches, raw correlation, patches."""
    return {image.stem: _agreement_on(model, image) for image in images}


def _agreement_on(model: Model, file: Path) -> list[float]:
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
    a, b = np.array(singles), np.array(dense)  # [n, 365]
    raw = float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    return [round(centred_correlation(a, b), 4), round(raw, 4), len(a)]
