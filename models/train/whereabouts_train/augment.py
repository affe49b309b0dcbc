"""Random views of whole batches: one affine map per picture, then colour and damage.

Pictures are float tensors 0…255, [n, 3, h, w]. Everything draws from the generator it is given.
"""

from __future__ import annotations

import math

import torch
import torchvision
from torch import Generator, Tensor
from torch.nn import functional as F


def uniform(count: int, low: float, high: float, rng: Generator) -> Tensor:  # [n]
    return torch.rand(count, generator=rng) * (high - low) + low


def chance(count: int, share: float, rng: Generator) -> Tensor:  # bool [n]
    return torch.rand(count, generator=rng) < share


def random_crops(pixels: Tensor, side: int, area_min: float, rng: Generator) -> Tensor:
    """Crops of random area and aspect, squashed to a square, flipped half the time."""
    count = len(pixels)
    area = uniform(count, area_min, 1.0, rng)
    aspect = torch.exp(uniform(count, -0.4, 0.4, rng))
    width = (area * aspect).sqrt().clamp(max=1.0)
    height = (area / aspect).sqrt().clamp(max=1.0)
    shift_x = uniform(count, -1, 1, rng) * (1 - width)
    shift_y = uniform(count, -1, 1, rng) * (1 - height)
    flip = 1 - 2 * chance(count, 0.5, rng).float()
    zero = torch.zeros(count)
    rows = [width * flip, zero, shift_x, zero, height, shift_y]
    theta = torch.stack(rows, 1).view(count, 2, 3)
    grid = F.affine_grid(theta, [count, 3, side, side], align_corners=False)
    return F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)


def rotated_views(
    pixels: Tensor, gsd: Tensor, side: int, target_gsd: Tensor, rng: Generator
) -> Tensor:
    """Overhead views: any rotation, flips, a shift, at `target_gsd` m/px; borders are reflected.

    pixels [n, 3, h, h] at `gsd` [n] m/px -> [n, 3, side, side] at `target_gsd` [n] m/px.
    """
    count, source = len(pixels), pixels.shape[-1]
    angle = uniform(count, 0, 2 * math.pi, rng)
    flip = 1 - 2 * chance(count, 0.5, rng).float()
    # In units of the source's half side: how far the view reaches from its centre.
    reach = side * target_gsd / (source * gsd)
    slack = (1 - reach).clamp(min=0.0)
    shift = torch.stack([uniform(count, -1, 1, rng), uniform(count, -1, 1, rng)], 1)
    shift = shift * slack[:, None]
    cos, sin = angle.cos() * reach, angle.sin() * reach
    rows = [cos * flip, -sin, shift[:, 0], sin * flip, cos, shift[:, 1]]
    theta = torch.stack(rows, 1).view(count, 2, 3)
    grid = F.affine_grid(theta, [count, 3, side, side], align_corners=False)
    return F.grid_sample(
        pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def colour_jitter(pixels: Tensor, amount: float, rng: Generator) -> Tensor:
    """Brightness, contrast, saturation and a cast, each by up to `amount`."""
    count = len(pixels)

    def factor(scale: float = 1.0) -> Tensor:
        return 1 + uniform(count, -amount * scale, amount * scale, rng).view(-1, 1, 1, 1)

    grey = pixels.mean(1, keepdim=True)
    pixels = grey + (pixels - grey) * factor(1.5)
    mean = grey.mean((2, 3), keepdim=True)
    pixels = (mean + (pixels - mean) * factor()) * factor()
    cast = 1 + uniform(count * 3, -amount / 4, amount / 4, rng).view(count, 3, 1, 1)
    return (pixels * cast).clamp(0, 255)


def lighting(pixels: Tensor, share: float, rng: Generator) -> Tensor:
    """Exposure and tone curve of another provider: dark, flat or bright imagery."""
    count = len(pixels)
    applied = chance(count, share, rng).view(-1, 1, 1, 1)
    gamma = uniform(count, -0.5, 0.5, rng).exp().view(-1, 1, 1, 1)
    gain = uniform(count, -1.0, 0.25, rng).exp().view(-1, 1, 1, 1)
    toned = 255 * (pixels / 255).clamp(0.001, 1) ** gamma * gain
    return torch.where(applied, toned.clamp(0, 255), pixels)


def haze(pixels: Tensor, share: float, strongest: float, rng: Generator) -> Tensor:
    """Mixes some pictures with light grey."""
    count = len(pixels)
    amount = uniform(count, 0, strongest, rng) * chance(count, share, rng)
    amount = amount.view(-1, 1, 1, 1)
    return pixels * (1 - amount) + 210 * amount


def blended(pixels: Tensor, share: float, rng: Generator) -> tuple[Tensor, Tensor]:
    """Some pictures with another of the batch laid over, at any strength (mixup).

    -> pictures, which were blended [n]. Teachers tell what such ground would be; no label does.
    """
    count = len(pixels)
    if not share:
        return pixels, torch.zeros(count, dtype=torch.bool)
    is_blended = chance(count, share, rng)
    amount = (uniform(count, 0, 1, rng) * is_blended).view(-1, 1, 1, 1)
    others = pixels[torch.randperm(count, generator=rng)]
    return pixels + amount * (others - pixels), is_blended


def roads(pixels: Tensor, share: float, gsd: float, rng: Generator) -> Tensor:
    """Paves a straight road of 4 to 14 m through the middle of some patches, at `gsd` m/px.

    Deployed patches lie on roads, the training sets' do not.
    """
    if not share:
        return pixels
    count, side = len(pixels), pixels.shape[-1]
    angle = uniform(count, 0, math.pi, rng).view(-1, 1, 1)
    half_px = uniform(count, 2, 7, rng).view(-1, 1, 1) / gsd
    steps = torch.arange(side) - (side - 1) / 2
    across = steps * angle.cos() + steps[:, None] * angle.sin()  # px from the axis [n, h, w]
    cover = (half_px - across.abs() + 0.5).clamp(0, 1) * chance(count, share, rng).view(-1, 1, 1)
    asphalt = uniform(count, 70, 180, rng).view(-1, 1, 1, 1) + uniform(count * 3, -6, 6, rng).view(
        count, 3, 1, 1
    )
    grain = 5 * torch.randn(pixels.shape, generator=rng)
    return pixels + cover[:, None] * ((asphalt + grain).clamp(0, 255) - pixels)


def damage(pixels: Tensor, rng: Generator) -> Tensor:
    """What social media does to photos: night, grey, low resolution, noise, captions, rotation."""
    count, side = len(pixels), pixels.shape[-1]
    dark = (0.15 + 0.6 * torch.rand(count, generator=rng)).view(-1, 1, 1, 1)
    pixels = torch.where(chance(count, 0.08, rng).view(-1, 1, 1, 1), pixels * dark, pixels)
    grey = chance(count, 0.06, rng).view(-1, 1, 1, 1)
    pixels = torch.where(grey, pixels.mean(1, keepdim=True), pixels)
    if rows := chance(count, 0.08, rng).nonzero().flatten().tolist():
        small = F.interpolate(pixels[rows], scale_factor=0.5, mode="area")
        if torch.rand((), generator=rng) < 0.6:
            small = torch.stack([compressed(image, rng) for image in small])
        pixels[rows] = F.interpolate(small, (side, side), mode="bilinear", align_corners=False)
    if rows := chance(count, 0.06, rng).nonzero().flatten().tolist():
        pixels[rows] += 12 * torch.randn(pixels[rows].shape, generator=rng)
    for row in chance(count, 0.05, rng).nonzero().flatten().tolist():
        top = int(torch.randint(0, int(side * 0.85), (1,), generator=rng))
        value = 255.0 * float(torch.randint(0, 2, (1,), generator=rng))
        pixels[row, :, top : top + side // 8] = value
    for row in chance(count, 0.05, rng).nonzero().flatten().tolist():
        quarter = 1 if torch.rand((), generator=rng) < 0.5 else -1
        pixels[row] = torch.rot90(pixels[row], quarter, (1, 2))
    return haze(pixels, 0.06, 0.6, rng).clamp(0, 255)


def compressed(image: Tensor, rng: Generator) -> Tensor:
    """Through JPEG of a random low quality. # [3, h, w] 0…255"""
    quality = int(torch.randint(15, 60, (1,), generator=rng))
    data = torchvision.io.encode_jpeg(image.clamp(0, 255).to(torch.uint8), quality)
    return torchvision.io.decode_jpeg(data).float()
