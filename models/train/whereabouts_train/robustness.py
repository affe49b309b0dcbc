"""What social media does to photos, and what it costs the photo model.

python -m whereabouts_train.robustness ../photo-… --ground packs/ground --photos 1000
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from .bank import resized
from .evaluate import MINIPLACES
from .export import normalised
from .gallery import load_model
from .metrics import hits_at
from .pack import load_pack

Damage = Callable[[Image.Image], Image.Image]


def cropped(width_share: float, height_share: float) -> Damage:
    """The middle of the photo; the model squashes it to a square again."""

    def crop(image: Image.Image) -> Image.Image:
        width, height = round(image.width * width_share), round(image.height * height_share)
        left, top = (image.width - width) // 2, (image.height - height) // 2
        return image.crop((left, top, left + width, top + height))

    return crop


def night(image: Image.Image) -> Image.Image:
    """Dark, blue and noisy."""
    pixels = np.asarray(image, np.float32) * (0.22, 0.24, 0.32)
    noise = np.random.default_rng(1).normal(0, 8, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def hazy(image: Image.Image) -> Image.Image:
    return Image.blend(image, Image.new("RGB", image.size, (205, 208, 212)), 0.55)


def compressed(image: Image.Image) -> Image.Image:
    """Half the size, JPEG quality 20, twice."""
    small = image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
    for _ in range(2):
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=20)
        small = Image.open(buffer).convert("RGB")
    return small


def captioned(image: Image.Image) -> Image.Image:
    """A black bar with text over the lower fifth, a logo in a corner."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    top = round(image.height * 0.78)
    draw.rectangle((0, top, image.width, image.height), fill=(0, 0, 0))
    draw.text((4, top + 4), "BREAKING: what we know", fill=(255, 255, 255))
    draw.rectangle((4, 4, 26, 16), fill=(200, 0, 0))
    return image


DAMAGES: dict[str, Damage] = {
    "as it is": lambda image: image,
    "crop, middle half of the area": cropped(0.71, 0.71),
    "9:16 crop": cropped(0.5625, 1.0),
    "16:9 crop": cropped(1.0, 0.5625),
    "night": night,
    "haze": hazy,
    "phone compression": compressed,
    "caption and logo": captioned,
    "grey": lambda image: ImageEnhance.Color(image).enhance(0.0),
    "rotated by 90 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--ground", type=Path, default=Path("packs/ground"))
    parser.add_argument("--photos", type=int, default=1000)
    args = parser.parse_args()
    model, pack = load_model(args.model), load_pack(args.ground)
    fits, side = pack.masks(), model.card["size"][0]
    rows = pack.rows("val", MINIPLACES)
    rows = rows[fits[rows].any(1)][: args.photos]
    print("| photos | top 1, % | top 5, % |\n| --- | --- | --- |")
    for name, damage in DAMAGES.items():
        logits = []
        for start in range(0, len(rows), 50):
            images = [damage(Image.fromarray(pack.pixels[r])) for r in rows[start : start + 50]]
            pixels = np.stack([resized(np.asarray(image), side) for image in images])
            image = normalised(pixels.transpose(0, 3, 1, 2))
            logits.append(model.run.run(["logits"], {"image": image})[0])
        values = np.concatenate(logits)
        shares = [100 * hits_at(values, fits[rows], k).mean() for k in (1, 5)]
        print(f"| {name} | {shares[0]:.1f} | {shares[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
