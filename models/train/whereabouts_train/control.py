"""What scenes without photos pay: a photo model on scenes withheld from it, beside its teacher.

python -m whereabouts_train.control runs/control/checkpoint.pt --pack packs/ground --teacher FILE
python -m whereabouts_train.control --draw 10 --seed 1 --pack packs/ground
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from .distil import open_teacher
from .evaluate import MINIPLACES, groups_of, share
from .metrics import hits_at, paired_difference
from .pack import Pack, load_pack
from .scenes import CLASS_COUNT, scene_index, scene_names

BATCH = 50


def drawable(pack: Pack) -> list[str]:
    """Scenes that can be withheld whole: of one MiniPlaces class, and in no other set's labels.

    Photos of other sets whose labels name such a scene would teach that it is something else.
    """
    rows = pack.rows("train")
    kinds = {(pack.items[r]["set"], pack.items[r]["cls"]): r for r in rows}
    masks, uses = pack.masks(), Counter()
    for (set_name, _), row in kinds.items():
        weight = 1 if set_name in MINIPLACES else 2
        uses.update({scene: weight for scene in np.flatnonzero(masks[row]).tolist()})
    return sorted(scene_names()[scene] for scene, count in uses.items() if count == 1)


def covered_scenes(pack: Pack, withheld: np.ndarray) -> np.ndarray:
    """Scenes that have training photos when `withheld` ones lose theirs. # bool [365], [365]"""
    return pack.masks()[pack.rows("train")].any(0) & ~withheld


def embed(weights: Path, pack: Pack, rows: np.ndarray, side: int) -> np.ndarray:
    """Logits of pictures resized to `side` px. # [n, 365]"""
    network, found = open_teacher(weights), []
    for start in range(0, len(rows), BATCH):
        pixels = torch.from_numpy(pack.pixels[rows[start : start + BATCH]]).permute(0, 3, 1, 2)
        resized = F.interpolate(pixels.float(), (side, side), mode="bicubic", antialias=True)
        with torch.no_grad():
            found.append(network(resized.clamp(0, 255)).numpy())
    return np.concatenate(found)


def accuracy(logits: np.ndarray, fits: np.ndarray, groups: np.ndarray) -> dict[str, list[float]]:
    """Percent, with intervals over classes and photos; all scenes compete."""
    return {f"top{k}": share(hits_at(logits, fits, k), groups) for k in (1, 5)}


def minus(model: np.ndarray, teacher: np.ndarray, fits: np.ndarray, groups: np.ndarray):
    """Paired difference in percent, model minus teacher, with intervals."""
    differences = {}
    for k in (1, 5):
        hits = [100.0 * hits_at(logits, fits, k) for logits in (teacher, model)]
        differences[f"top{k}"] = [round(v, 2) for v in paired_difference(*hits, groups)]
    return differences


def per_class(model, teacher, fits: np.ndarray, groups: np.ndarray) -> dict[str, list[float]]:
    """Class -> top 1 of the model and of the teacher, percent."""
    hits = [100.0 * hits_at(logits, fits, 1) for logits in (model, teacher)]
    return {
        str(g): [round(float(h[groups == g].mean()), 1) for h in hits] for g in np.unique(groups)
    }


def control_figures(args: argparse.Namespace) -> dict[str, Any]:
    pack = load_pack(args.pack)
    config = torch.load(args.checkpoint, map_location="cpu", weights_only=True)["config"]
    withheld = np.zeros(CLASS_COUNT, bool)
    withheld[[scene_index()[name] for name in config["holdOut"]]] = True
    covered = covered_scenes(pack, withheld)
    fits, rows = pack.masks(), pack.rows("val", MINIPLACES)
    is_withheld = (fits[rows] & withheld).any(1)
    is_rest = fits[rows].any(1) & ~is_withheld
    parts = {"withheld": rows[is_withheld], "rest": rows[is_rest][: args.rest]}
    figures: dict[str, Any] = {"withheld": config["holdOut"], "covered": int(covered.sum())}
    for part, chosen in parts.items():
        labels = (fits[chosen], groups_of(pack, chosen))
        own = embed(args.checkpoint, pack, chosen, args.side)
        part_figures: dict[str, Any] = {"photos": len(chosen)}
        teachers = {side: embed(args.teacher, pack, chosen, side) for side in args.teacher_sides}
        for side, logits in teachers.items():
            part_figures[f"teacher@{side}"] = accuracy(logits, *labels)
        for offset in args.offsets:
            raised = own + offset * ~covered
            model = part_figures[f"model+{offset:g}"] = accuracy(raised, *labels)
            for side, logits in teachers.items():
                model[f"minusTeacher@{side}"] = minus(raised, logits, *labels)
        if part == "withheld":
            part_figures["perClass"] = per_class(own, teachers[args.teacher_sides[0]], *labels)
        figures[f"{part}Photos"] = part_figures
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", help="of a run with holdOut")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, help="its weights, or a checkpoint")
    parser.add_argument("--side", type=int, default=160, help="px, of the model")
    parser.add_argument("--teacher-sides", type=int, nargs="+", default=[192, 160], help="px")
    parser.add_argument("--rest", type=int, default=2000, help="photos of the other classes")
    parser.add_argument(
        "--offsets", type=float, nargs="+", default=[0.0], help="added to scenes without photos"
    )
    parser.add_argument("--draw", type=int, help="only name so many scenes to withhold")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write JSON here")
    args = parser.parse_args()
    if args.draw:
        names = random.Random(args.seed).sample(drawable(load_pack(args.pack)), args.draw)
        print(json.dumps(sorted(names)))
        return
    if not args.checkpoint or not args.teacher:
        parser.error("a checkpoint and --teacher, or --draw")
    torch.set_num_threads(1)
    text = json.dumps(control_figures(args), indent=1)
    if args.out:
        args.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
