"""Computes the teacher's logits for every picture of a pack once: `teacher.npy` beside its pixels.

python -m whereabouts_train.distil packs/ground --weights raw/teacher/….params
python -m whereabouts_train.distil packs/ground --weights runs/photo-teacher/checkpoint.pt
python -m whereabouts_train.distil packs/ground --weights ../photo-mobilenetv2

The teacher is the released SqueezeNet, or any photo model that was trained here: a checkpoint, an
ONNX file or the model's folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .elders import open_elder
from .gallery import model_file
from .networks import normalise
from .pack import Pack, load_pack
from .scenes import CLASS_COUNT
from .teacher import load_teacher

# Mean of the Places mean image over its pixels (places365CNN_mean.binaryproto), B, G, R.
MEAN_BGR = (104.05, 112.51, 116.67)


def open_targets(folder: Path, count: int) -> np.memmap:
    """float16 [n, 365]; rows not computed yet are NaN."""
    file = folder / "teacher.npy"
    if file.exists():
        return np.load(file, mmap_mode="r+")
    targets = np.lib.format.open_memmap(
        file, mode="w+", dtype=np.float16, shape=(count, CLASS_COUNT)
    )
    targets[:] = np.nan
    return targets


def open_teacher(weights: Path, device: str = "cpu") -> Callable[[Tensor], Tensor]:
    """-> a function: pixels 0…255 [n, 3, h, w] -> logits [n, 365] on the CPU"""
    file = model_file(weights) if weights.is_dir() else weights
    if file.suffix not in (".pt", ".onnx"):
        return load_teacher(file, MEAN_BGR)
    net = open_elder(str(file), device)
    return lambda pixels: net(normalise(pixels.to(device))).cpu()


class TeacherCache:
    """The teacher's logits of a pack's pictures, computed when first asked for and kept.

    Without `weights` nothing is computed: rows that are not stored come back as NaN.
    """

    def __init__(
        self,
        pack: Pack,
        folder: Path,
        weights: Path | None,
        side: int = 160,
        device: str = "cpu",
    ) -> None:
        self.pack, self.side = pack, side
        self.targets = open_targets(folder, len(pack.items))
        self.teacher = open_teacher(weights, device) if weights else None

    @torch.no_grad()
    def logits(self, rows: np.ndarray) -> Tensor:  # -> [b, 365]
        missing = rows[np.isnan(self.targets[rows, 0])]
        if len(missing) and self.teacher:
            pixels = torch.from_numpy(self.pack.pixels[missing]).permute(0, 3, 1, 2).float()
            size = (self.side, self.side)
            enlarged = F.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 255)
            self.targets[missing] = self.teacher(enlarged).numpy().astype(np.float16)
        return torch.from_numpy(self.targets[rows].astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--side", type=int, default=160, help="picture size for the teacher, px")
    parser.add_argument("--split", default="train")
    parser.add_argument("--part", default="0/1", help="k/n: every n-th batch, from k")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--replace", action="store_true", help="forget another teacher's logits")
    parser.add_argument("--device", default="cpu", help="of a network trained here: cuda")
    args = parser.parse_args()
    torch.set_num_threads(1)
    pack = load_pack(args.pack)
    if args.replace:
        (args.pack / "teacher.npy").unlink(missing_ok=True)
    cache = TeacherCache(pack, args.pack, args.weights, args.side, args.device)
    part, parts = map(int, args.part.split("/"))
    rows = pack.rows(args.split)
    for start in range(part * args.batch, len(rows), parts * args.batch):
        cache.logits(rows[start : start + args.batch])
    cache.targets.flush()
    print(f"part {args.part}: {len(rows)} pictures of split {args.split!r}")


if __name__ == "__main__":
    main()
