"""Patches and their targets: the photo taken there, or photos whose scenes fit, drawn afresh each
step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..bank import Bank, partner_logits
from ..pack import load_pack


class Patches:
    """Training patches of several packs, each with its own scale."""

    def __init__(self, packs: list[dict[str, Any]], exclude: list[str], bank: str) -> None:
        """packs: folder, gsd (m/px that its pixels count as), weight (share of the draws).

        bank: folder with the photo logits of packs of pairs.
        """
        self.packs = [load_pack(p["folder"]) for p in packs]
        self.gsd = [p["gsd"] for p in packs]
        self.fits = [torch.from_numpy(pack.masks()) for pack in self.packs]
        both = zip(self.packs, packs, strict=True)
        self.own = [partner_logits(bank, options["folder"], pack) for pack, options in both]
        self.rows, weights = [], []
        for pack, options in zip(self.packs, packs, strict=True):
            rows = [r for r in pack.patch_rows("train") if not is_excluded(pack.items[r], exclude)]
            self.rows.append(np.array(rows, dtype=np.int64))
            weights.append(options["weight"] if rows else 0.0)
        self.weights = torch.tensor(weights) / sum(weights)

    def draw(self, count: int, rng: torch.Generator) -> list[tuple[Tensor, float, Tensor, Tensor]]:
        """-> per pack: pixels [b, 3, s, s] 0…255, gsd, fits [b, 365], logits of the photo taken
        there [b, 365] (NaN = none); b sums up to `count`."""
        shares = torch.multinomial(self.weights, count, replacement=True, generator=rng)
        drawn = []
        for index, (pack, rows) in enumerate(zip(self.packs, self.rows, strict=True)):
            amount = int((shares == index).sum())
            if not amount:
                continue
            picks = rows[torch.randint(len(rows), (amount,), generator=rng).numpy()]
            pixels = torch.from_numpy(pack.pixels[picks]).permute(0, 3, 1, 2).float()
            fits, own = self.fits[index][picks], self.own[index]
            none = np.full(fits.shape, np.nan, np.float32)
            photo = torch.from_numpy(none if own is None else own[picks].astype(np.float32))
            drawn.append((pixels, self.gsd[index], fits, photo))
        return drawn


def is_excluded(item: dict[str, str], exclude: list[str]) -> bool:
    return item["set"] in exclude or f"{item['set']}/{item['cls']}" in exclude


class Targets:
    """Photo logits of the bank as targets for patches."""

    def __init__(self, bank: Bank) -> None:
        self.logits = torch.from_numpy(bank.logits)  # [m, 365]
        self.fits = torch.from_numpy(bank.fits).float()  # [m, 365]
        self.std = torch.from_numpy(bank.std)  # [365]

    def draw(
        self, fits: Tensor, own: Tensor, count: int, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """`own` where there is one, else the mean logits of `count` random fitting photos.

        # [n, 365] twice -> [n, 365], bool [n]: has any
        A photo with one scene counts far more than one whose label is a wide set: weight = the
        square of the share of its own scenes that fit the patch.
        """
        weight = (fits.float() @ self.fits.T / self.fits.sum(1)).square()  # [n, m]
        has_any = weight.sum(1) > 0
        safe = torch.where(has_any[:, None], weight, torch.ones_like(weight))
        picks = torch.multinomial(safe, count, replacement=True, generator=rng)  # [n, count]
        is_paired = ~own.isnan().any(1)
        target = torch.where(is_paired[:, None], own, self.logits[picks].mean(1))
        return target, has_any | is_paired

    def sample(self, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random photos for the contrastive term. # [count, 365], [count, 365]"""
        picks = torch.randint(len(self.logits), (count,), generator=rng)
        return self.logits[picks], self.fits[picks] > 0
