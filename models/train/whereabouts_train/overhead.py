"""Trains the overhead model: patches learn the logits of photos that could be taken there, or of
the one photo that was (packs of pairs).

Large images without labels (`windows`) teach the map of logits to agree with single patches, and
hold the model to what its teachers, or without any its start, said of other sources (`keep`).

python -m whereabouts_train.overhead recipes/overhead.json --out runs/overhead
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from .augment import blended, chance, colour_jitter, haze, lighting, roads, rotated_views, uniform
from .bank import load_bank
from .config import OverheadConfig, load_config, parse_arguments
from .elders import open_elders
from .losses import contrast, set_likelihood
from .memory import Memory
from .networks import SceneNet, create_network, normalise
from .run import Run, load_network
from .sources.classmatched import Patches, Targets
from .warmstart import load_onnx

PROBE_COUNT = 64


def draw_views(patches: Patches, is_window: bool, config: OverheadConfig, rng):
    """Rotated views about the deployed scale.

    # [b, 3, side, side] 0…255, fits [b, 365], logits of the photo taken there [b, 365] or NaN
    """
    views, fits, own = [], [], []
    side = config.windowSide if is_window else config.side
    count = config.windowBatch if is_window else config.batch
    spread = torch.tensor(1 + config.gsdJitter).log().item()
    for pixels, gsd, pack_fits, pack_own in patches.draw(count, rng):
        own_gsd = torch.full((len(pixels),), gsd)
        target = config.gsd * uniform(len(pixels), -spread, spread, rng).exp()
        views.append(rotated_views(pixels, own_gsd, side, target, rng))
        fits.append(pack_fits)
        own.append(pack_own)
    return torch.cat(views), torch.cat(fits), torch.cat(own)


def other_light(pixels: Tensor, config: OverheadConfig, rng) -> Tensor:
    """The same ground in the imagery of another provider: exposure, colour, haze."""
    pixels = lighting(pixels, config.lightingShare, rng)
    return haze(colour_jitter(pixels, 0.3, rng), 0.15, 0.5, rng)


def inner_features(net: SceneNet, window: Tensor, side: int) -> Tensor:
    """Pooled features of a window's middle, as the dense map sees it: with surroundings."""
    feature_map = net.feature_map(window)  # [n, d, h, h]
    cells, whole = side // net.stride, feature_map.shape[-1]
    first = (whole - cells) // 2
    inner = feature_map[:, :, first : first + cells, first : first + cells]
    return inner.mean((2, 3))


def middle_of(window_side: int, side: int, stride: int) -> slice:
    """Pixels of the patch whose cells `inner_features` pools."""
    first = (window_side // stride - side // stride) // 2 * stride
    return slice(first, first + side)


def strange_surroundings(window: Tensor, middle: slice, share: float, rng) -> Tensor:
    """Some windows keep their middle and get the surroundings of the window before them."""
    count = len(window)
    mixed = torch.where(
        chance(count, share, rng).view(-1, 1, 1, 1).to(window.device), window.roll(1, 0), window
    )
    mixed[:, :, middle, middle] = window[:, :, middle, middle]
    return mixed.contiguous(memory_format=torch.channels_last)


def similarity(logits: Tensor, photos: Tensor) -> Tensor:
    """Minus the reference's distance, RMS of the difference. # [n, 365], [m, 365] -> [n, m]"""
    return -torch.cdist(logits, photos) / photos.shape[1] ** 0.5


def refuse_unused(config: OverheadConfig) -> None:
    """Keys that do nothing without others."""
    if bool(config.repeatAfter) != bool(config.memory):
        raise ValueError("repeatAfter (steps) and memory (a folder) need each other: set both")
    if config.repeatAfter and not config.teachers:
        raise ValueError("repeatAfter needs teachers: there is nothing else to remember")
    if config.blendShare and not (config.teachers and config.teach):
        raise ValueError("blendShare needs teachers and teach: nothing else tells of such patches")


class Trainer:
    """What a step needs besides the network."""

    def __init__(self, config: OverheadConfig, patches: Patches, start: SceneNet) -> None:
        refuse_unused(config)
        self.config, self.patches = config, patches
        windows = config.windows and Patches(config.windows, config.exclude, config.bank)
        self.windows = windows or patches
        self.targets = Targets(load_bank(config.bank))
        self.std = self.targets.std.to(config.device)
        self.elders = open_elders(config.teachers, config.device) if config.teachers else None
        self.memory = Memory(self.elders, config) if config.repeatAfter else None
        self.elders = self.memory or self.elders
        self.before = self.elders or (copy.deepcopy(start).eval() if config.keep else None)

    def loss(self, net: SceneNet, rng, step: int = 0) -> tuple[Tensor, dict[str, float]]:
        """One batch -> loss and its terms. What teachers see comes again where they are remembered;
        all else is drawn afresh."""
        views_rng = self.memory.turn_to(step) if self.memory else rng
        is_window = bool(torch.rand((), generator=views_rng) < self.config.windowShare)
        source = self.windows if is_window else self.patches
        views, fits, own = draw_views(source, is_window, self.config, views_rng)
        lit = other_light(views, self.config, views_rng)
        if not is_window:
            lit, is_blended = blended(lit, self.config.blendShare, views_rng)
            fits[is_blended], own[is_blended] = False, torch.nan
        paved = roads(lit, self.config.roadShare, self.config.gsd, rng)
        image = normalise(paved.to(self.config.device))
        if is_window:
            logits, terms = self.window_terms(net, views, image, rng)
        else:
            logits = net(image)  # [n, 365]
            terms = self.teacher_terms(logits, normalise(lit.to(self.config.device)))
        terms |= self.target_terms(logits, fits, own, rng)
        if fits.any():
            terms |= self.label_terms(logits, fits, rng)
        loss = sum(getattr(self.config, name) * term for name, term in terms.items())
        return loss, {name: term.item() for name, term in terms.items()}

    def window_terms(self, net: SceneNet, views: Tensor, image: Tensor, rng):
        """-> logits of the windows' middles [n, 365], terms"""
        side = self.config.side
        middle = middle_of(image.shape[-1], side, net.stride)
        image = strange_surroundings(image, middle, self.config.strangeShare, rng)
        features = inner_features(net, image, side)
        cut = image[:, :, middle, middle].contiguous(memory_format=torch.channels_last)
        single, logits = net(cut), net.classify(features)  # [n, 365]
        terms = {"agree": ((logits - single) / self.std).square().mean()}
        if self.before and self.config.keep:
            with torch.no_grad():  # reads the picture as it is
                told = self.before(normalise(views[:, :, middle, middle].to(image.device)))
            terms["keep"] = ((single - told) / self.std).square().mean()
        return logits, terms

    def teacher_terms(self, logits: Tensor, image: Tensor) -> dict[str, Tensor]:
        if self.elders is None or not self.config.teach:
            return {}
        return {"teach": ((logits - self.elders(image)) / self.std).square().mean()}

    def target_terms(self, logits: Tensor, fits: Tensor, own: Tensor, rng) -> dict[str, Tensor]:
        """Of labelled patches and of pairs; nothing of patches that are neither."""
        if not (fits.any() or own.isfinite().any()):
            return {}
        target, has_target = self.targets.draw(fits, own, self.config.drawCount, rng)
        error = ((logits - target.to(logits.device)) / self.std).square().mean(1)
        return {"matchTarget": error[has_target.to(logits.device)].mean()}

    def label_terms(self, logits: Tensor, fits: Tensor, rng) -> dict[str, Tensor]:
        config, device = self.config, logits.device
        photos, photo_fits = self.targets.sample(config.contrastCount, rng)
        shared = ((fits.float() @ photo_fits.float().T) > 0).to(device)  # [n, m]
        nearness = similarity(logits, photos.to(device))
        return {
            "labelSet": set_likelihood(logits, fits.to(device)),
            # Both ways: a search ranks patches for one photo, and only that way sees a patch
            # that is near to, or far from, every photo.
            "contrast": contrast(nearness, shared, config.temperature),
            "contrastPhotos": contrast(nearness.T, shared.T, config.temperature),
        }


def create_start(config: OverheadConfig, patches: Patches) -> SceneNet:
    net = create_network(config.network, **config.networkOptions)
    if config.start.endswith(".onnx"):
        rng = torch.Generator().manual_seed(config.seed)
        probe, *_ = draw_views(patches, False, replace(config, batch=PROBE_COUNT), rng)
        load_onnx(net, config.start, normalise(probe))
    elif config.start:  # the weights alone: how borders continue is this recipe's choice
        net.load_state_dict(load_network(config.start).state_dict())
    net.frozen_norms = config.frozenNorms
    net.freeze_blocks(config.frozenBlocks)
    return net.to(config.device, memory_format=torch.channels_last)


def train(config: OverheadConfig, folder: Path) -> None:
    torch.manual_seed(config.seed)
    patches = Patches(config.packs, config.exclude, config.bank)
    start = create_start(config, patches)
    trainer, run = Trainer(config, patches, start), Run(config, folder, start)
    while run.step < config.steps:
        run.net.train()
        loss, terms = trainer.loss(run.net, run.rng, run.step)
        run.update(loss)
        run.count(**terms)
        if run.is_due:
            run.report()


def main() -> None:
    args = parse_arguments(__doc__)
    train(load_config(OverheadConfig, args.recipe, args.set), args.out)


if __name__ == "__main__":
    main()
