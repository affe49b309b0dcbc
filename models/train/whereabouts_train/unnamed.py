"""How photos fare whose scene no training label names alone, beside the teacher's naming of them.

python -m whereabouts_train.unnamed ../photo-mobilenetv2 ../photo-mobilenetv2-3 \
    --pack packs/sun --trained packs/ground --teacher raw/teacher/….params
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .control import accuracy, embed, minus, per_class
from .evaluate import groups_of
from .pack import Pack, load_pack


def named_scenes(pack: Pack) -> np.ndarray:
    """Scenes that are the only one some training photo's label allows. # bool [365]"""
    fits = pack.masks()[pack.rows("train")]
    return fits[fits.sum(1) == 1].any(0)


def parts_of(pack: Pack, named: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of test photos with a scene that labels name alone, and of those without."""
    rows = pack.rows("test")
    fits = pack.masks()[rows]
    is_named = (fits & named).any(1)
    return {"unnamed": rows[fits.any(1) & ~is_named], "named": rows[is_named]}


def figures(args: argparse.Namespace) -> dict[str, Any]:
    """-> for each part that has photos: their number, teacher, models by the path given"""
    pack, found = load_pack(args.pack), {}
    for part, rows in parts_of(pack, named_scenes(load_pack(args.trained))).items():
        if not len(rows):
            continue
        fits, groups = pack.masks()[rows], groups_of(pack, rows)
        teacher = embed(args.teacher, pack, rows, args.teacher_side)
        models = {}
        for weights in args.models:
            own = embed(weights, pack, rows, args.side)
            models[str(weights)] = accuracy(own, fits, groups) | {
                "minusTeacher": minus(own, teacher, fits, groups),
                "perClass": per_class(own, teacher, fits, groups),
            }
        told = accuracy(teacher, fits, groups)
        found[part] = {"photos": len(rows), "teacher": told, "models": models}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+", help="folders, ONNX files or checkpoints")
    parser.add_argument("--pack", type=Path, required=True, help="photos with labels, split test")
    parser.add_argument(
        "--trained", type=Path, required=True, help="pack of the newest model's training"
    )
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--side", type=int, default=160, help="px, of the models")
    parser.add_argument("--teacher-side", type=int, default=192, help="px")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(figures(args), indent=1))


if __name__ == "__main__":
    main()
