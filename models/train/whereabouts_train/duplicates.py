"""Test pictures that are also training pictures: public sets share sources, and names do not tell.

python -m whereabouts_train.duplicates packs/sun --splits test --trained packs/ground --mark

Prints how many there are by set. `--mark` gives them the split `duplicate`, so that no evaluation
reads them. Finds the same picture at another size or compression, not one that is cut or turned.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from .pack import FIELDS, Pack, load_pack

SMALL, LARGE = 16, 64  # px
# At 64 px. Pairs were looked at: one picture, in colour or grey, has 0.996 and more but for a few,
# other pictures (seas, hazy hills) 0.975 and less.
CORRELATION_MIN = 0.98
# At 16 px, where all are compared: below it none passed at 64 px.
CANDIDATE_MIN = 0.94
BLOCK = 2000


def fingerprints(pack: Pack, rows: np.ndarray, side: int) -> np.ndarray:
    """Grey pictures, mean 0 and length 1, so that products are correlations. # [n, side · side]"""
    found = np.empty((len(rows), side * side), dtype=np.float32)
    for index, row in enumerate(rows):
        picture = Image.fromarray(pack.pixels[row]).convert("L")
        found[index] = np.asarray(picture.resize((side, side), Image.Resampling.BOX)).ravel()
    found -= found.mean(1, keepdims=True)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


def find(tested: tuple[Pack, np.ndarray], trained: tuple[Pack, np.ndarray]) -> dict[int, int]:
    """Row of each tested picture that is also a trained one -> that one's row."""
    pack, rows = tested
    other, others = trained
    prints, found = fingerprints(other, others, SMALL), {}
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        alike = fingerprints(pack, block, SMALL) @ prints.T
        for row, near in zip(block, alike, strict=True):
            candidates = others[near > CANDIDATE_MIN]
            if not len(candidates):
                continue
            own = fingerprints(pack, np.array([row]), LARGE)[0]
            exact = fingerprints(other, candidates, LARGE) @ own
            if exact.max() > CORRELATION_MIN:
                found[int(row)] = int(candidates[exact.argmax()])
    return found


def mark(folder: Path, rows: set[int]) -> None:
    """Gives these rows of a pack the split `duplicate`."""
    items = load_pack(folder).items
    with open(folder / "items.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for row, item in enumerate(items):
            writer.writerow(item | ({"split": "duplicate"} if row in rows else {}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path, help="whose pictures test")
    parser.add_argument("--splits", nargs="+", default=["val", "test"])
    parser.add_argument("--trained", type=Path, nargs="+", required=True, help="packs, split train")
    parser.add_argument("--mark", action="store_true", help="in the pack, as split `duplicate`")
    args = parser.parse_args()
    pack = load_pack(args.pack)
    rows, marked = np.concatenate([pack.rows(split) for split in args.splits]), set()
    for folder in args.trained:
        trained = load_pack(folder)
        found = find((pack, rows), (trained, trained.rows("train")))
        marked |= found.keys()
        pairs = Counter((pack.items[a]["set"], trained.items[b]["set"]) for a, b in found.items())
        for (tested_set, trained_set), count in sorted(pairs.items()):
            print(f"{count} of {tested_set} are in {trained_set} ({folder})")
    sets = Counter(pack.items[row]["set"] for row in rows)
    by_set = Counter(pack.items[row]["set"] for row in marked)
    for name, count in sets.items():
        print(f"{name}: {by_set[name]} of {count} test pictures are training pictures")
    if args.mark and marked:
        mark(args.pack, marked)


if __name__ == "__main__":
    main()
