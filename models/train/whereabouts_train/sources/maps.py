"""Photo beside street map (pix2pix `maps`, about 1 m/px): the map's colours label the photo.

Windows get the classes `water`, `park`, `built`; with `"whole": true` the photos come uncut and
without a class, as large windows for the map of logits.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from . import Item

WATER, PARK = (176, 208, 255), (203, 223, 175)  # colours of the map, RGB
NEAR = 24  # largest difference in any channel
WATER_LEAST, PARK_LEAST, OTHER_MOST = 0.7, 0.6, 0.05  # shares of the window


def read(spec: dict[str, Any]) -> Iterator[Item]:
    """spec: name, root, and any of
    split     "test" unless given
    windowPx  photo pixels of one patch, 112
    most      patches per class, 400
    whole     true: the whole photo, no class
    """
    side, left = spec.get("windowPx", 112), {}
    split = spec.get("split", "test")
    for file in sorted(Path(spec["root"]).glob("*.jpg")):
        with Image.open(file) as image:
            both = np.asarray(image.convert("RGB"))  # [h, 2h, 3]
        half = both.shape[0]
        if spec.get("whole"):
            photo = both[:, :half]
            yield Item(spec["name"], "", split, file.name, lambda photo=photo: _png(photo))
            continue
        for top, start in _corners(half, side):
            label = _label(both[top : top + side, half + start : half + start + side])
            if not label or left.setdefault(label, spec.get("most", 400)) == 0:
                continue
            left[label] -= 1
            photo = both[top : top + side, start : start + side]
            path = f"{file.name}/{top}-{start}"
            yield Item(spec["name"], label, split, path, lambda photo=photo: _png(photo))


def _corners(half: int, side: int) -> list[tuple[int, int]]:
    """Four windows, one in each quarter: neighbours share too much to count twice."""
    first, second = (half // 2 - side) // 2, half // 2 + (half // 2 - side) // 2
    return [(a, b) for a in (first, second) for b in (first, second)]


def _label(street_map: np.ndarray) -> str:
    water, park = (
        float((np.abs(street_map.astype(int) - colour).max(2) <= NEAR).mean())
        for colour in (WATER, PARK)
    )
    if water >= WATER_LEAST:
        return "water"
    if park >= PARK_LEAST:
        return "park"
    return "built" if max(water, park) <= OTHER_MOST else ""


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
