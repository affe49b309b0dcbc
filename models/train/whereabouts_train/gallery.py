"""Runs released models over packs: photos squashed to the model's size, patches at true scale."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime import InferenceSession
from PIL import Image

from .bank import photo_logits
from .export import normalised, session
from .pack import Pack
from .scenes import LABELS, scene_index

OVERHEAD_GSD = 0.5


@dataclass(frozen=True)
class Model:
    """A model folder as released."""

    name: str
    card: dict[str, Any]
    file: Path
    run: InferenceSession


def model_file(folder: Path) -> Path:
    """The ONNX file that a model's folder names."""
    return folder / json.loads((folder / "model.json").read_text())["file"]


def load_model(folder: Path, threads: int = 1) -> Model:
    card, file = json.loads((folder / "model.json").read_text()), model_file(folder)
    return Model(card["name"], card, file, session(file, threads))


def remembered(model: Model, cache: Path | None, what: str, make: Callable[[], np.ndarray]):
    """Logits under the model's checksum: a second evaluation of the same model costs nothing."""
    if cache is None:
        return make()
    file = cache / f"{model.card['sha256'][:16]}-{zlib.crc32(what.encode()):08x}.npy"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, make())
    return np.load(file)


def embed_photos(
    model: Model, pack: Pack, rows: np.ndarray, cache: Path | None = None
) -> np.ndarray:  # [n, 365]
    what = f"{pack.items[rows[0]]['path']} {len(rows)} {rows.sum()}"
    return remembered(model, cache, what, lambda: photo_logits(model.file, pack, rows))


def rescaled(pixels: np.ndarray, gsd: float, target: float = OVERHEAD_GSD) -> np.ndarray:
    """A whole patch at another scale, bicubic as photos are. # [h,h,3] -> [k,k,3]"""
    side = round(pixels.shape[0] * gsd / target)
    if side == pixels.shape[0]:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def middle_of(pixels: np.ndarray, side: int) -> np.ndarray:
    """The middle of a square picture, or all of it where it is smaller or `side` is 0."""
    first = max(0, (len(pixels) - side) // 2) if side else 0
    last = first + side if side else len(pixels)
    return pixels[first:last, first:last]


def embed_patches(
    model: Model,
    pack: Pack,
    rows: np.ndarray,
    gsd: float,
    target: float = OVERHEAD_GSD,
    cache: Path | None = None,
    middle: int = 0,
) -> np.ndarray:
    """Pictures of a pack whose pixels measure `gsd` m, at `target` m/px: whole, or the `middle`
    that many px wide. # [n, 365]"""

    def make() -> np.ndarray:
        batches = []
        for start in range(0, len(rows), 16):
            pictures = [np.array(pack.pixels[row]) for row in rows[start : start + 16]]
            pixels = [middle_of(rescaled(p, gsd, target), middle) for p in pictures]
            image = normalised(np.stack(pixels).transpose(0, 3, 1, 2))
            batches.append(model.run.run(["logits"], {"image": image})[0])
        return np.concatenate(batches)

    first = pack.items[rows[0]]
    what = f"{first['set']} {first['path']} {len(rows)} {rows.sum()} {gsd} {target}"
    what += f" {middle}" if middle else ""
    return remembered(model, cache, what, make)


def indoor_scenes() -> np.ndarray:
    """Which scenes are indoors, by the flags published with Places365. # bool [365]"""
    indoor = np.zeros(len(scene_index()), bool)
    indoor[[scene_index()[name] for name in (LABELS / "indoor.txt").read_text().split()]] = True
    return indoor
