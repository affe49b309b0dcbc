"""Trains the overhead model: patches learn the logits of photos that could be taken there.

python -m whereabouts_train.overhead recipes/overhead.json --out runs/overhead
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from .augment import colour_jitter, haze, lighting, rotated_views, uniform
from .bank import load_bank
from .config import OverheadConfig, load_config, parse_arguments
from .losses import contrast, set_likelihood
from .networks import SceneNet, create_network, normalise
from .run import Run, load_network
from .sources.classmatched import Patches, Targets
from .warmstart import load_onnx

PROBE_COUNT = 64


def draw_views(patches: Patches, is_window: bool, config: OverheadConfig, rng):
    """Rotated, jittered views about the deployed scale. # [b, 3, side, side], fits [b, 365]"""
    views, fits = [], []
    side = config.windowSide if is_window else config.side
    count = config.windowBatch if is_window else config.batch
    spread = torch.tensor(1 + config.gsdJitter).log().item()
    for pixels, gsd, own_fits in patches.draw(count, rng):
        own_gsd = torch.full((len(pixels),), gsd)
        target = config.gsd * uniform(len(pixels), -spread, spread, rng).exp()
        views.append(rotated_views(pixels, own_gsd, side, target, rng))
        fits.append(own_fits)
    pixels = lighting(torch.cat(views), config.lightingShare, rng)
    pixels = haze(colour_jitter(pixels, 0.3, rng), 0.15, 0.5, rng)
    return pixels, torch.cat(fits)


def inner_features(net: SceneNet, window: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Pooled features of a window's middle, as the dense map sees it: with surroundings.

    Also the corner of that middle, in pixels, so that the same ground can be cut as a patch.
    """
    feature_map = net.feature_map(window)  # [n, d, h, h]
    cells, whole = side // net.stride, feature_map.shape[-1]
    first = (whole - cells) // 2
    inner = feature_map[:, :, first : first + cells, first : first + cells]
    return inner.mean((2, 3)), first * net.stride


def similarity(logits: Tensor, photos: Tensor) -> Tensor:
    """Minus the reference's distance, RMS of the difference. # [n, 365], [m, 365] -> [n, m]"""
    return -torch.cdist(logits, photos) / photos.shape[1] ** 0.5


def overhead_loss(
    net: SceneNet, patches: Patches, targets: Targets, config: OverheadConfig, rng
) -> tuple[Tensor, dict[str, float]]:
    """One batch -> loss and its terms."""
    is_window = bool(torch.rand((), generator=rng) < config.windowShare)
    pixels, fits = draw_views(patches, is_window, config, rng)
    image = normalise(pixels.to(config.device))
    terms, std = {}, targets.std.to(config.device)
    if is_window:
        features, corner = inner_features(net, image, config.side)
        cut = image[:, :, corner : corner + config.side, corner : corner + config.side]
        single = net(cut.contiguous(memory_format=torch.channels_last))  # [n, 365]
        logits = net.classify(features)
        terms["agree"] = ((logits - single) / std).square().mean()
    else:
        logits = net(image)  # [n, 365]
    target, has_target = targets.draw(fits, config.drawCount, rng)
    error = ((logits - target.to(config.device)) / std).square().mean(1)
    terms["matchTarget"] = error[has_target.to(config.device)].mean()
    terms["labelSet"] = set_likelihood(logits, fits.to(config.device))
    photos, photo_fits = targets.sample(config.contrastCount, rng)
    shared = ((fits.float() @ photo_fits.float().T) > 0).to(config.device)  # [n, m]
    nearness = similarity(logits, photos.to(config.device))
    # Both ways: a search ranks patches for one photo, and only that way sees a patch that is
    # near to, or far from, every photo.
    terms["contrast"] = contrast(nearness, shared, config.temperature)
    terms["contrastPhotos"] = contrast(nearness.T, shared.T, config.temperature)
    loss = sum(getattr(config, name) * term for name, term in terms.items())
    return loss, {name: term.item() for name, term in terms.items()}


def create_start(config: OverheadConfig, patches: Patches) -> SceneNet:
    net = create_network(config.network, **config.networkOptions)
    if config.start.endswith(".onnx"):
        rng = torch.Generator().manual_seed(config.seed)
        probe, _ = draw_views(patches, False, replace(config, batch=PROBE_COUNT), rng)
        load_onnx(net, config.start, normalise(probe))
    elif config.start:
        net = load_network(config.start)
    net.freeze_blocks(config.frozenBlocks)
    return net.to(config.device, memory_format=torch.channels_last)


def train(config: OverheadConfig, folder: Path) -> None:
    torch.manual_seed(config.seed)
    patches, targets = Patches(config.packs, config.exclude), Targets(load_bank(config.bank))
    run = Run(config, folder, create_start(config, patches))
    while run.step < config.steps:
        run.net.train()
        loss, terms = overhead_loss(run.net, patches, targets, config, run.rng)
        run.update(loss)
        run.count(**terms)
        if run.is_due:
            run.report()


def main() -> None:
    args = parse_arguments(__doc__)
    train(load_config(OverheadConfig, args.recipe, args.set), args.out)


if __name__ == "__main__":
    main()
