"""Decodes the pictures of a recipe's sources once into one array: `pixels.npy` and `items.csv`.

python -m whereabouts_train.pack recipes/ground.json --out packs/ground
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .scenes import scene_masks
from .sources import Item, read_source
from .sources.pairs import GROUND, OVERHEAD

FIELDS = ("set", "cls", "split", "path", "place")


@dataclass(frozen=True)
class Pack:
    """Square pictures of one size with their labels, in the order of the recipe."""

    pixels: np.ndarray  # uint8 [n, side, side, 3], memory-mapped
    items: list[dict[str, str]]

    def masks(self) -> np.ndarray:
        """Which scenes fit each picture. # bool [n, 365]"""
        return scene_masks([i["set"] for i in self.items], [i["cls"] for i in self.items])

    def rows(self, split: str, sets: list[str] | None = None) -> np.ndarray:
        """Indices of the pictures of one split, of the named sets only if given."""
        return np.array(
            [
                row
                for row, item in enumerate(self.items)
                if item["split"] == split and (sets is None or item["set"] in sets)
            ],
            dtype=np.int64,
        )

    def partners(self) -> np.ndarray:
        """Row of the photo that was taken on each patch; -1 = the picture is no pair's patch.

        # int [n]"""
        photos = {
            (stem, item["path"]): row
            for row, item in enumerate(self.items)
            if (stem := item["set"].removesuffix(GROUND)) != item["set"]
        }
        keys = ((i["set"].removesuffix(OVERHEAD), i["path"]) for i in self.items)
        is_patch = (i["set"].endswith(OVERHEAD) for i in self.items)
        found = [photos.get(k, -1) if p else -1 for k, p in zip(keys, is_patch, strict=True)]
        return np.array(found, dtype=np.int64)

    def patch_rows(self, split: str) -> np.ndarray:
        """As `rows`, without the photos of pairs: what an overhead model looks at."""
        rows, photos = self.rows(split), self.partners()
        return rows[~np.isin(rows, photos[photos >= 0])]


def load_pack(folder: str | Path) -> Pack:
    folder = Path(folder)
    if not (folder / "pixels.npy").is_file():
        raise FileNotFoundError(f"No pack in {folder}; make it with whereabouts_train.pack")
    with open(folder / "items.csv", newline="") as file:
        items = list(csv.DictReader(file))
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")
    assert len(pixels) == len(items), f"{folder}: {len(pixels)} pictures, {len(items)} rows"
    return Pack(pixels, items)


def decode(data: bytes, width: int, height: int) -> np.ndarray:
    """Upright RGB, squashed by Pillow's bicubic: src/image/resize.ts gives the same bits."""
    with Image.open(io.BytesIO(data)) as image:
        image = ImageOps.exif_transpose(image).convert("RGB")
        if image.size != (width, height):
            image = image.resize((width, height), Image.Resampling.BICUBIC)
        return np.asarray(image)


def decode_square(data: bytes, side: int) -> np.ndarray:
    """Photos lose their aspect ratio as the encoder's photos do."""
    return decode(data, side, side)


def write_pack(recipe: dict[str, Any], folder: Path) -> int:
    """One pass to count, one to decode: the array is written straight to disk."""
    items = [item for source in recipe["sources"] for item in _kept(source)]
    side = recipe["sidePx"]
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(items), side, side, 3)
    part = folder / "pixels.npy.part"
    pixels = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
    for row, item in enumerate(items):
        try:
            pixels[row] = decode_square(item.read(), side)
        except UnidentifiedImageError as error:
            # Some repositories hold a few lines of text where Git LFS keeps the picture.
            raise ValueError(f"Not a picture: {item.path} of {item.set}; get its file") from error
    pixels.flush()
    part.rename(folder / "pixels.npy")
    with open(folder / "items.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows([getattr(item, field) for field in FIELDS] for item in items)
    return len(items)


def _kept(source: dict[str, Any]) -> Iterator[Item]:
    """`every: n` keeps each n-th picture, or pair, which shares a path: small packs for trials."""
    every = source.get("every", 1)
    for index, (_, items) in enumerate(groupby(read_source(source), lambda item: item.path)):
        if index % every == 0:
            yield from items


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path, help="JSON with sidePx and sources")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    count = write_pack(json.loads(args.recipe.read_text()), args.out)
    print(f"{count} pictures in {args.out}")


if __name__ == "__main__":
    main()
