"""Logits of the ground photos, once per photo model: targets and negatives of the overhead loop.

Of an overhead pack of pairs it keeps, in `NAME.npy`, the logits of the photo taken on each patch.

python -m whereabouts_train.bank packs/ground --model ../photo-…/model.onnx --out bank/photo-…
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .export import normalised, session
from .pack import Pack, load_pack
from .scenes import CLASS_COUNT, scene_masks


@dataclass(frozen=True)
class Bank:
    """Photo logits with the scenes that each photo may show."""

    logits: np.ndarray  # float32 [n, 365]
    fits: np.ndarray  # bool [n, 365]
    mean: np.ndarray  # [365]
    std: np.ndarray  # [365]


def load_bank(folder: str | Path, split: str = "train") -> Bank:
    stored = np.load(Path(folder) / f"{split}.npz")
    logits = stored["logits"].astype(np.float32)
    fits = np.unpackbits(stored["fits"], axis=1, count=365).astype(bool)
    assert logits.shape == fits.shape, f"{logits.shape} vs {fits.shape}"
    return Bank(logits, fits, logits.mean(0), logits.std(0))


def partner_logits(folder: str | Path, pack_folder: str | Path, pack: Pack) -> np.ndarray | None:
    """Logits of the photo taken on each picture of a pack, NaN where it is no pair's patch; None
    for a pack without pairs. # float16 [n, 365], memory-mapped"""
    is_paired = pack.partners() >= 0
    if not is_paired.any():
        return None
    file = _partner_file(folder, pack_folder)
    if not file.is_file():
        raise FileNotFoundError(
            f"Expected {file}, the logits of the photos of {pack_folder}: "
            f"name that pack after --overhead when you run whereabouts_train.bank"
        )
    logits = np.load(file, mmap_mode="r")
    if not np.array_equal(is_paired, ~np.isnan(logits[:, 0])):
        raise ValueError(f"{file} is of another {pack_folder}; run whereabouts_train.bank again")
    return logits


def write_partners(out: Path, model: Path, pack_folder: Path) -> int:
    """Embeds the photos of a pack's pairs, of every split; returns how many pairs it has."""
    pack = load_pack(pack_folder)
    partners = pack.partners()
    rows = np.unique(partners[partners >= 0])
    if len(rows):
        logits = np.full((len(partners), CLASS_COUNT), np.nan, np.float16)
        own = np.searchsorted(rows, partners[partners >= 0])
        logits[partners >= 0] = photo_logits(model, pack, rows)[own]
        np.save(_partner_file(out, pack_folder), logits)
    return int((partners >= 0).sum())


def _partner_file(folder: str | Path, pack_folder: str | Path) -> Path:
    return Path(folder) / f"{Path(pack_folder).name}.npy"


def resized(pixels: np.ndarray, side: int) -> np.ndarray:
    """uint8 [h, w, 3] -> [side, side, 3], squashed, the same resampler as decode_square's."""
    if pixels.shape[:2] == (side, side):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def photo_logits(model: Path, pack: Pack, rows: np.ndarray, threads: int = 1) -> np.ndarray:
    """# [len(rows), 365]"""
    side = json.loads((model.parent / "model.json").read_text())["size"][0]
    run, batches = session(model, threads), []
    for start in range(0, len(rows), 32):
        pixels = [resized(np.array(pack.pixels[row]), side) for row in rows[start : start + 32]]
        image = normalised(np.stack(pixels).transpose(0, 3, 1, 2))
        batches.append(run.run(["logits"], {"image": image})[0])
    return np.concatenate(batches)


def matched_rows(pack: Pack, split: str, scenes: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` photos per class, of classes that share a scene with `scenes` [365].

    With no scene at all, as of pairs alone, photos of every labelled class: the scale of logits.
    """
    rng, rows = np.random.default_rng(seed), pack.rows(split)
    scenes = scenes if scenes.any() else np.ones_like(scenes)
    classes: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        classes.setdefault((pack.items[row]["set"], pack.items[row]["cls"]), []).append(row)
    chosen: list[int] = []
    for (set_name, class_name), members in sorted(classes.items()):
        if (scene_masks([set_name], [class_name])[0] & scenes).any():
            chosen += rng.permutation(members)[:most].tolist()
    if not chosen:
        raise ValueError(f"No photo of split {split!r} has a scene; the bank needs labelled photos")
    return np.array(sorted(chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="model.onnx beside model.json")
    parser.add_argument("--overhead", type=Path, nargs="+", required=True, help="overhead packs")
    parser.add_argument("--most", type=int, default=200, help="photos per class")
    parser.add_argument("--split", default="train")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    pack = load_pack(args.pack)
    scenes = np.any([load_pack(folder).masks().any(0) for folder in args.overhead], 0)
    rows = matched_rows(pack, args.split, scenes, args.most, seed=1)
    logits = photo_logits(args.model, pack, rows)
    args.out.mkdir(parents=True, exist_ok=True)
    fits = np.packbits(pack.masks()[rows], axis=1)
    np.savez(args.out / f"{args.split}.npz", logits=logits.astype(np.float16), fits=fits, rows=rows)
    paired = sum(write_partners(args.out, args.model, folder) for folder in args.overhead)
    print(f"{len(rows)} photos in {args.out}, and those of {paired} pairs")


if __name__ == "__main__":
    main()
