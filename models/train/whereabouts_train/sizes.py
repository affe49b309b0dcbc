"""Which input size serves sharp photos best? Reads originals, not a pack's 128 px.

python -m whereabouts_train.sizes ../photo-… recipes/pack-ground.json --set scene15 --split test
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from .evaluate import share
from .export import normalised
from .gallery import load_model
from .metrics import hits_at
from .pack import decode_square
from .scenes import scene_masks
from .sources import read_source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("recipe", type=Path, help="of a pack: its sources are read")
    parser.add_argument("--set", required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 144, 160, 176, 192, 224])
    parser.add_argument("--photos", type=int, default=1000, help="at most, evenly spread")
    args = parser.parse_args()
    sources = [s for s in json.loads(args.recipe.read_text())["sources"] if s["name"] == args.set]
    items = [i for source in sources for i in read_source(source) if i.split == args.split]
    items = items[:: max(1, len(items) // args.photos)][: args.photos]
    files = [item.read() for item in items]
    fits = scene_masks([args.set] * len(items), [item.cls for item in items])
    sides = [min(Image.open(io.BytesIO(file)).size) for file in files]
    print(f"{len(items)} photos, short side {np.percentile(sides, [5, 50, 95]).tolist()} px")
    print("| input, px | top 1, % | top 5, % |\n| --- | --- | --- |")
    model, classes = load_model(args.model), np.array([item.cls for item in items])
    for size in args.sizes:
        logits = []
        for file in files:
            image = normalised(decode_square(file, size).transpose(2, 0, 1)[None])
            logits.append(model.run.run(["logits"], {"image": image})[0][0])
        figures = [share(hits_at(np.array(logits), fits, k), classes) for k in (1, 5)]
        print(f"| {size} | " + " | ".join(f"{m} ({a} – {b})" for m, a, b in figures) + " |")


if __name__ == "__main__":
    main()
