"""What teachers said of a training's views, kept for when the same views come again.

Most of a step's time goes to the teachers. With `repeatAfter` steps to a round, each step of a
round draws its views from a seed of its own; the next rounds, in other orders, ask nobody. Runs
whose views and teachers are the same share a file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

from .config import OverheadConfig
from .scenes import CLASS_COUNT

VIEWS = (
    *("packs", "exclude", "windows", "side", "windowSide", "windowShare", "batch", "windowBatch"),
    *("gsd", "gsdJitter", "lightingShare", "blendShare", "repeatAfter", "teachers"),
)  # keys of a recipe that decide what teachers are shown


class Memory:
    """Stands for the teachers: normalised patches [n, 3, h, w] -> mean logits [n, 365]."""

    def __init__(self, tell: Callable[[Tensor], Tensor], config: OverheadConfig) -> None:
        self._tell, self._seed, self._turn = tell, config.seed, 0
        widest = max(config.batch, config.windowBatch)
        self._told = open_table(memory_file(config), (config.repeatAfter, widest, CLASS_COUNT))

    def turn_to(self, step: int) -> Generator:
        """-> what this step's views are drawn from: once in every round, in another order."""
        turns = len(self._told)
        order = Generator().manual_seed(self._seed * 1_000_003 + step // turns)
        self._turn = int(torch.randperm(turns, generator=order)[step % turns])
        return Generator().manual_seed(self._turn)

    def __call__(self, image: Tensor) -> Tensor:
        told = self._told[self._turn, : len(image)]
        if not told.any():  # a new table holds zeros
            told[:] = self._tell(image).cpu().numpy()
        return torch.from_numpy(told.astype(np.float32)).to(image.device)


def memory_file(config: OverheadConfig) -> Path:
    """Of one name for all runs that show the same views to the same teachers."""
    values = dataclasses.asdict(config)
    shown = json.dumps([values[name] for name in VIEWS], sort_keys=True)
    return Path(config.memory) / f"told-{hashlib.sha256(shown.encode()).hexdigest()[:16]}.npy"


def open_table(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A float16 table on disk, of zeros if it is new."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        np.lib.format.open_memmap(part, "w+", np.float16, shape).flush()
        part.replace(file)
    return np.lib.format.open_memmap(file, "r+")
