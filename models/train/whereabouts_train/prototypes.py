"""What photos of each scene look like to the photo model: how to search for a scene of which the
overhead model learned no labelled ground.

python -m whereabouts_train.prototypes --overhead ../overhead-… --photo ../photo-…
    --pack packs/ground

Writes prototypes.f32 into the overhead model's folder, and into model.json its checksum and which
scenes some photo was labelled with: of others it holds what photos most like them show.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from .bank import photo_logits
from .gallery import Model, load_model
from .pack import load_pack
from .scenes import CLASS_COUNT

FILE = "prototypes.f32"


def scene_prototypes(logits: np.ndarray) -> np.ndarray:
    """Row s: the mean of photos' logits, each weighed by its probability of scene s. Labels are
    not needed. # [n, 365] -> [365, 365]"""
    powers = np.exp(logits - logits.max(1, keepdims=True), dtype=np.float64)
    shares = powers / powers.sum(1, keepdims=True)
    return (shares.T @ logits / shares.sum(0)[:, None]).astype(np.float32)


def load_prototypes(model: Model) -> np.ndarray:  # [365, 365]
    values = np.fromfile(model.file.parent / model.card["prototypes"]["file"], dtype="<f4")
    return values.reshape(CLASS_COUNT, CLASS_COUNT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--overhead", type=Path, required=True, help="model folder")
    parser.add_argument("--photo", type=Path, required=True, help="its photo model's folder")
    parser.add_argument("--pack", type=Path, required=True, help="photos")
    parser.add_argument("--most", type=int, default=20_000, help="training photos, drawn")
    args = parser.parse_args()
    model, photo, pack = load_model(args.overhead), load_model(args.photo), load_pack(args.pack)
    drawn = np.random.default_rng(1).permutation(pack.rows("train"))[: args.most]
    prototypes = scene_prototypes(photo_logits(photo.file, pack, np.sort(drawn)))
    data = prototypes.astype("<f4").tobytes()
    (args.overhead / FILE).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    shown = np.flatnonzero(pack.masks()[pack.rows("train")].any(0)).tolist()
    facts = {"file": FILE, "sha256": digest, "of": photo.name, "scenes": shown}
    model.card["prototypes"] = facts
    (args.overhead / "model.json").write_text(json.dumps(model.card, indent=1) + "\n")
    print(f"{args.overhead / FILE}: {len(drawn)} photos")


if __name__ == "__main__":
    main()
