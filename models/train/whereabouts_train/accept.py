"""May a smaller copy of a model take its place? Only if the AUC drops by less than 0.005.

python -m whereabouts_train.accept --pair ../photo-… ../overhead-… --candidate ../photo-… ../…-int8

Fails if it may not. The AUC is that of class-matched retrieval with the program's distance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from .evaluate import retrieval_figures
from .gallery import load_model
from .metrics import paired_difference
from .pack import load_pack

DROP_MOST = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", type=Path, nargs=2, required=True)
    parser.add_argument("--candidate", type=Path, nargs=2, required=True)
    parser.add_argument("--ground", type=Path, default=Path("packs/ground"))
    parser.add_argument("--overhead", type=Path, default=Path("packs/ucm"))
    parser.add_argument("--overhead-gsd", type=float, default=0.3, help="m/px of its pixels")
    parser.add_argument("--gsd", type=float, default=0.5, help="m/px of the test")
    parser.add_argument("--cache", type=Path, help="folder that remembers logits")
    args = parser.parse_args()
    ground, overhead = load_pack(args.ground), load_pack(args.overhead)
    scales = [args.overhead_gsd, args.gsd]
    sides = []
    for folders in (args.pair, args.candidate):
        pair = (load_model(folders[0]), load_model(folders[1]))
        _, per_query = retrieval_figures(pair, ground, overhead, scales, args.cache)
        sides.append(per_query)
    before, after = (np.asarray(side["rms"], float) for side in sides)
    change, low, high = paired_difference(before, after, sides[0]["groups"])
    interval = f"{change:+.4f} ({low:+.4f} – {high:+.4f})"
    print(f"AUC {before.mean():.4f} -> {after.mean():.4f}: {interval}")
    if -change >= DROP_MOST:
        raise SystemExit(f"Expected a drop below {DROP_MOST}, got {-change:.4f}")


if __name__ == "__main__":
    main()
