"""Trains the photo model: scene labels, and a teacher for the scenes that have no photos.

python -m whereabouts_train.photo recipes/photo.json --out runs/photo
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .augment import chance, colour_jitter, damage, random_crops
from .config import PhotoConfig, load_config, parse_arguments
from .distil import TeacherCache
from .losses import (
    mass_distillation,
    opinion_likelihood,
    ranking_distillation,
    set_likelihood,
)
from .networks import SceneNet, create_network, normalise
from .pack import Pack, load_pack
from .run import Run, load_network
from .scenes import scene_index
from .warmstart import load_onnx

PROBE_COUNT = 128


class Photos:
    """Training photos of a pack with labels and the teacher's logits."""

    def __init__(self, config: PhotoConfig) -> None:
        self.pack, self.device = load_pack(config.pack), config.device
        weights = Path(config.teacher) if config.teacher else None
        self.teacher = TeacherCache(self.pack, Path(config.pack), weights)
        self.fits = torch.from_numpy(self.pack.masks())  # [n, 365]
        rows = self.pack.rows("train")
        held_out = torch.zeros(365, dtype=torch.bool)
        held_out[[scene_index()[name] for name in config.holdOut]] = True
        # A held-out scene leaves the sets of all classes; photos that show nothing else have no
        # label then: they go, or stay for the teacher's terms alone.
        sole = (self.fits & held_out).any(1) & ~(self.fits & ~held_out).any(1)
        self.fits &= ~held_out
        gone = sole.numpy() & (not config.holdOutLabelsOnly)
        self.rows = rows[~gone[rows]]
        self.kinds = self._kinds(config.unlabelledShare)
        self.covered = self.fits[self.rows].any(0).to(config.device)  # [365]

    def _kinds(self, unlabelled_share: float) -> list[tuple[np.ndarray, float]]:
        """Rows that are drawn from apart, each with its share of a batch."""
        if not unlabelled_share:
            return [(self.rows, 1.0)]
        is_labelled = self.fits[self.rows].any(1).numpy()
        labelled, alone = self.rows[is_labelled], self.rows[~is_labelled]
        if not (0 < unlabelled_share < 1 and len(labelled) and len(alone)):
            raise ValueError(
                "unlabelledShare: expected a share between 0 and 1, and photos with and without "
                f"labels, got {unlabelled_share}, {len(labelled)} and {len(alone)} photos"
            )
        return [(labelled, 1 - unlabelled_share), (alone, unlabelled_share)]

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """-> pixels [b, 3, s, s] 0…255, fits [b, 365], teacher's logits [b, 365]"""
        chosen = [
            kind[torch.randint(len(kind), (round(share * count),), generator=rng).numpy()]
            for kind, share in self.kinds
        ]
        rows = np.unique(np.concatenate(chosen))
        pixels = torch.from_numpy(self.pack.pixels[rows]).permute(0, 3, 1, 2).float()
        device = self.device
        return pixels, self.fits[rows].to(device), self.teacher.logits(rows).to(device)


def teacher_terms(logits: Tensor, teacher: Tensor, covered: Tensor, heat: float):
    """Ranking within both kinds of scenes, and the share of each kind, as three separate terms."""
    return {
        "teachCovered": ranking_distillation(logits[:, covered], teacher[:, covered], heat),
        "teachOthers": ranking_distillation(logits[:, ~covered], teacher[:, ~covered], heat),
        "teachMass": mass_distillation(logits, teacher, covered, heat),
    }


def photo_loss(net: SceneNet, photos: Photos, config: PhotoConfig, rng: torch.Generator):
    """One batch -> loss and its terms."""
    pixels, fits, teacher = photos.draw(config.batch, rng)
    side = config.sides[int(torch.randint(len(config.sides), (1,), generator=rng))]
    views = colour_jitter(random_crops(pixels, side, config.areaMin, rng), 0.25, rng)
    posted = chance(len(views), config.postedShare, rng)
    if posted.any():
        views[posted] = damage(views[posted], rng)
    logits = net(normalise(views.to(config.device)))  # [b, 365]
    terms = {
        "labelAll": set_likelihood(logits, fits),
        "labelCovered": set_likelihood(logits, fits, photos.covered),
    }
    known = ~teacher.isnan().any(1)
    if known.any():
        terms |= teacher_terms(logits[known], teacher[known], photos.covered, config.temperature)
    alone = known & ~fits.any(1)
    if config.teachUnlabelled and alone.any():
        opinion = opinion_likelihood(logits[alone], teacher[alone], config.opinionTemperature)
        terms["teachUnlabelled"] = opinion.sum() / len(logits)  # by photos of the batch
    loss = sum(getattr(config, name) * term for name, term in terms.items())
    return loss, {name: term.item() for name, term in terms.items()}


@torch.no_grad()
def accuracy(net: SceneNet, pack: Pack, rows: np.ndarray, side: int) -> dict[str, float]:
    """Share of photos whose best scene (or one of the best five) fits; all 365 compete."""
    fits, hits = torch.from_numpy(pack.masks()[rows]), []
    for start in range(0, len(rows), 100):
        pixels = torch.from_numpy(pack.pixels[rows[start : start + 100]]).permute(0, 3, 1, 2)
        resized = F.interpolate(pixels.float(), (side, side), mode="bicubic", antialias=True)
        image = normalise(resized.clamp(0, 255).to(net.classifier.weight.device))
        best = net(image).topk(5, 1).indices.cpu()  # [b, 5]
        hits.append(fits[start : start + 100].gather(1, best))
    hit = torch.cat(hits)  # [n, 5]
    return {
        "top1": round(100 * hit[:, 0].float().mean().item(), 2),
        "top5": round(100 * hit.any(1).float().mean().item(), 2),
    }


def create_start(config: PhotoConfig, pack: Pack) -> SceneNet:
    net = create_network(config.network, **config.networkOptions)
    if config.start.endswith(".onnx"):
        rows = pack.rows("train")
        probe = torch.from_numpy(pack.pixels[rows[:: max(1, len(rows) // PROBE_COUNT)]])
        load_onnx(net, config.start, normalise(probe.permute(0, 3, 1, 2)))
    elif config.start:
        net = load_network(config.start)
    net.freeze_blocks(config.frozenBlocks)
    return net.to(config.device, memory_format=torch.channels_last)


def train(config: PhotoConfig, folder: Path) -> None:
    torch.manual_seed(config.seed)
    photos = Photos(config)
    run = Run(config, folder, create_start(config, photos.pack))
    rows = photos.pack.rows("val")
    rows = rows[photos.pack.masks()[rows].any(1)][: config.validateCount]
    while run.step < config.steps:
        run.net.train()
        loss, terms = photo_loss(run.net, photos, config, run.rng)
        run.update(loss)
        run.count(**terms)
        if run.is_due:
            run.report(**accuracy(run.average, photos.pack, rows, config.validateSide))


def main() -> None:
    args = parse_arguments(__doc__)
    train(load_config(PhotoConfig, args.recipe, args.set), args.out)


if __name__ == "__main__":
    main()
